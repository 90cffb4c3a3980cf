"""The viewers and the pusher of benches/live.sh.

live.py program DIR PARTNERS adds a source that may be pushed to and partners to a starter program. live.py load ADDRESS TOKEN
PARTNERS RATE SECONDS opens one page for each partner (server-sent events of that partner alone) and pushes events, evenly and never
two of one partner at once, so that what a page is told after an event was acknowledged is told of that event. It prints how many
events a second there were, and how long it took from acknowledgement to delivery.
"""

import asyncio
import json
import sys
import time

from push import add_source

BATCH = 20


def partner(number):
    return f"P-{10_000 + number}"


def add_partners(folder, count):
    add_source(f"{folder}/program.yaml")
    with open(f"{folder}/data/partners.csv", "a") as directory:
        for number in range(count):
            directory.write(f"{partner(number)},Partner {number},reseller\n")


class Load:
    def __init__(self, address, token, partners, rate, seconds):
        self.host, self.port = address.split(":")
        self.bearing = f"host: {address}\r\nauthorization: Bearer {token}\r\n"
        self.partners, self.rate, self.seconds = partners, rate, seconds
        self.idle = asyncio.Queue()
        self.acknowledged = {}
        self.took, self.wrong = [], []
        self.told_early = 0
        self.run = time.time_ns()

    async def view(self, number, is_open):
        reader, writer = await asyncio.open_connection(self.host, self.port)
        path = f"/v1/events?partner={partner(number)}"
        writer.write(f"GET {path} HTTP/1.1\r\n{self.bearing}\r\n".encode())
        status = await reader.readline()
        if b" 200 " not in status:
            self.wrong.append(status.decode().strip())
        is_open.release()
        while line := await reader.readline():
            if line.startswith(b"event: changed"):
                self.delivered(number, time.perf_counter())

    def delivered(self, number, at):
        sent = self.acknowledged.get(number)
        if sent is None:
            return
        if sent is False:
            # It was told before whoever pushed it read the answer.
            self.acknowledged[number] = True
            self.told_early += 1
            return
        if sent is not True:
            del self.acknowledged[number]
            self.took.append(at - sent)
            self.idle.put_nowait(number)

    async def push(self):
        reader, writer = await asyncio.open_connection(self.host, self.port)
        begun = time.perf_counter()
        pushed = 0
        while time.perf_counter() - begun < self.seconds:
            due = int((time.perf_counter() - begun) * self.rate) - pushed
            batch = []
            while len(batch) < min(due, BATCH) and not self.idle.empty():
                batch.append(self.idle.get_nowait())
            if not batch:
                await asyncio.sleep(0.002)
                continue
            await self.send(reader, writer, batch, pushed)
            pushed += len(batch)
        return pushed / (time.perf_counter() - begun)

    async def send(self, reader, writer, batch, pushed):
        events = [
            {
                "number": f"{self.run}/{pushed + at}",
                "revision": 1,
                "customer": {"id": partner(number)},
                "day": "2026-03-28",
                "amount": "1.00",
            }
            for at, number in enumerate(batch)
        ]
        for number in batch:
            self.acknowledged[number] = False
        body = json.dumps(events).encode()
        head = f"POST /v1/facts/shop HTTP/1.1\r\n{self.bearing}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next(line for line in answer.split("\r\n") if line.startswith("content-length: "))
        await reader.readexactly(int(length.split()[1]))
        at = time.perf_counter()
        if " 200 " not in answer.split("\r\n")[0]:
            self.wrong.append(answer.split("\r\n")[0])
        for number in batch:
            if self.acknowledged[number] is True:
                del self.acknowledged[number]
                self.took.append(0.0)
                self.idle.put_nowait(number)
            else:
                self.acknowledged[number] = at

    async def go(self):
        is_open = asyncio.Semaphore(0)
        viewers = [asyncio.create_task(self.view(number, is_open)) for number in range(self.partners)]
        for _ in viewers:
            await is_open.acquire()
        for number in range(self.partners):
            self.idle.put_nowait(number)
        rate = await self.push()
        # What was acknowledged last is still on its way.
        ends = time.perf_counter() + 10
        while self.acknowledged and time.perf_counter() < ends:
            await asyncio.sleep(0.05)
        took = sorted(self.took)
        if self.wrong or not took:
            sys.exit(f"not everything was answered: {self.wrong[:3]}, {len(took)} deliveries")
        at = lambda share: took[min(int(len(took) * share), len(took) - 1)] * 1000
        print(
            f"  {self.partners} viewers, {self.rate} events/s asked for: {rate:,.0f} events/s; told {at(0.5):,.0f} ms after "
            f"the acknowledgement, p99 {at(0.99):,.0f} ms, at most {at(1):,.0f} ms; {len(self.acknowledged)} never told"
        )


if __name__ == "__main__":
    if sys.argv[1] == "program":
        add_partners(sys.argv[2], int(sys.argv[3]))
    else:
        address, token = sys.argv[2:4]
        asyncio.run(Load(address, token, *(int(word) for word in sys.argv[4:7])).go())
