"""Journals that are written for the tests, here and in processes of their own."""

from steplane.events import AttemptEnded
from steplane.store import Journal

WRITE = """
import sys
from steplane.events import AttemptEnded
from steplane.store import RunStore, StateDirectory
journal = RunStore(StateDirectory(sys.argv[1])).acquire("r1", sys.argv[2])
number = journal.last_seq()
while True:
    for _ in range(3):
        number += 1
        large = "x" * (70_000 if number % 50 == 0 else 10)
        journal.append(AttemptEnded(instance=number, attempt=1, outcome="succeeded", outputs=large))
    journal.commit()
    print(number, flush=True)
"""


def ended(number: int) -> AttemptEnded:
    return AttemptEnded(at=number, instance=number, attempt=1, outcome="succeeded", outputs={"n": number})


def fill(journal: Journal, count: int) -> None:
    for number in range(1, count + 1):
        journal.append(ended(number))
        journal.commit()
