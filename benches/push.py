"""The client of benches/push.sh.

push.py source FILE adds a source that may be pushed to; push.py load ADDRESS CLIENTS REQUESTS EVENTS RATE pushes to it and
prints events a second and how long answers took. With a rate, requests come evenly; without (0), as fast as they are answered.
"""

import http.client
import json
import sys
import threading
import time

SOURCE = """sources:
  shop:
    is: The web shop
    owner: finance
    kind: sale
    format: json
    id: [number]
    revision: revision
    complete: { from: 2026-01-01, until: 2026-07-01 }
    map:
      partner: { column: customer.id, identity: partners }
      invoiced_on: day
      amount: amount
"""


def add_source(path):
    text = open(path).read()
    with open(path, "w") as out:
        out.write(text.replace("sources:\n", SOURCE, 1))


def push(address, client, requests, events, pause, run, took, wrong):
    connection = http.client.HTTPConnection(address)
    begun = time.perf_counter()
    for request in range(requests):
        wait = begun + request * pause - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        body = json.dumps(
            [
                {
                    "number": f"{run}/{client}/{request}/{event}",
                    "revision": 1,
                    "customer": {"id": "P-100"},
                    "day": "2026-03-28",
                    "amount": "1.00",
                }
                for event in range(events)
            ]
        )
        sent = time.perf_counter()
        connection.request("POST", "/v1/facts/shop", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - sent)
        if answer.status != 200:
            wrong.append(answer.status)


def load(address, clients, requests, events, rate):
    took, wrong = [], []
    run = time.time_ns()
    pause = clients * events / rate if rate else 0
    threads = [
        threading.Thread(target=push, args=(address, client, requests, events, pause, run, took, wrong))
        for client in range(clients)
    ]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    took.sort()
    at = lambda share: took[min(int(len(took) * share), len(took) - 1)] * 1000
    print(
        f"  {clients} clients, {events} events a request: {len(took) * events / seconds:,.0f} events/s; "
        f"answered in {at(0.5):.1f} ms, p99 {at(0.99):.1f} ms, at most {at(1):.1f} ms"
    )
    if wrong:
        sys.exit(f"{len(wrong)} requests were not taken: {sorted(set(wrong))}")


if __name__ == "__main__":
    if sys.argv[1] == "source":
        add_source(sys.argv[2])
    else:
        load(sys.argv[2], *(int(word) for word in sys.argv[3:]))
