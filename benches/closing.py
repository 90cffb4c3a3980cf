"""Closing a period of ten thousand partners with ten components each: from a kept run to what is locked and payable.

Usage: closing.py TRUEUP [ROWS]. The program is that of benches/folder.py with fewer rows; every agreement is signed. Everything before
the last quarter is closed first; then the last quarter, in which all ten components settle, is calculated, approved and closed.
"""

import pathlib
import subprocess
import sys
import tempfile
import time

import folder


class Program:
    def __init__(self, trueup: str, path: pathlib.Path) -> None:
        self.trueup, self.path = trueup, path

    def asked(self, *arguments: str) -> tuple[float, str]:
        begun = time.perf_counter()
        done = subprocess.run(
            [self.trueup, *arguments, "--program", str(self.path), "--quiet"], check=True, stdout=subprocess.PIPE, text=True
        )
        return time.perf_counter() - begun, done.stdout

    def close(self, until: str) -> None:
        calculated, said = self.asked("period", "calculate", "--until", until, "--by", "u-1")
        total = said.split(": ", 1)[1].split(" in ", 1)[0]
        took = [calculated]
        # A period of unusual size needs two.
        for by in ("u-2", "u-3")[: 1 + said.count("Next: two others")]:
            took.append(self.asked("period", "approve", "--total", total, "--by", by)[0])
        closed, last = self.asked("period", "close", "--by", "u-1")
        both = calculated + sum(took[1:]) + closed
        print(f"  until {until}: calculated {calculated:.2f} s, approved {sum(took[1:]):.2f} s, closed {closed:.2f} s, in all {both:.2f} s")
        print(f"    {said.splitlines()[0]}")
        print(f"    {last.splitlines()[0]}")


def main() -> None:
    trueup, rows = sys.argv[1], int((sys.argv[2:] or ["500000"])[0])
    with tempfile.TemporaryDirectory() as kept:
        path = pathlib.Path(kept)
        folder.write(path, rows)
        program = Program(trueup, path)
        for what, arguments in (
            ("rows taken in", ("ingest",)),
            ("journal opened", ("journal", "open")),
            ("keys of everyone", ("keys", "add", "--custodial", "everyone")),
            ("agreements proposed", ("agreement", "propose", "--all", "--because", "the bench")),
            ("agreements accepted", ("agreement", "accept", "--all", "--for", "everyone")),
            ("run", ("run",)),
        ):
            took, _ = program.asked(*arguments)
            print(f"  {what}: {took:.2f} s")
        program.close("2025-Q3")
        program.close("2025-Q4")
        took, said = program.asked("verify")
        print(f"  looked through: {took:.2f} s, {said.splitlines()[-1]}")


main()
