"""The command, with named points at which it kills itself: `python points.py WORDS`.

A point is a kind, `before` or `after`, and its number in the process, from 1: `commit:before:3` in `FAULTS_POINT`. The
runner has `commit` (to the journal, the catalogue, the locks of the store), `spawn`, `name` (a file gets its name),
`unname` (it loses it), `kill` (another process is sent its first signal) and `leave` (what it leaves is ended). Its
warden has `fork` (the runner begins), `watch` (until the runner has ended), `hand` (a signal is handed on) and `rest`
(what is left is ended). Without a point the file `FAULTS_POINTS` gets a line for each that is passed.

At the point `FAULTS_CANCEL` it asks itself instead, through its socket, to cancel the run, and goes on when the request
has come in; the file gets a line that says what came of it.
"""

import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from steplane.app import execution
from steplane.cli import main
from steplane.driver import control, warden
from steplane.driver.inbox import Inbox
from steplane.driver.messages import CancelAsked
from steplane.executors import process, tree
from steplane.executors.spawn import spawn
from steplane.store.database import Database

_POINT = os.environ.pop("FAULTS_POINT", "")
_LIST = os.environ.pop("FAULTS_POINTS", "")
_CANCEL = os.environ.pop("FAULTS_CANCEL", "")
_FOLDER = os.environ.pop("FAULTS_FOLDER", "")
_come = threading.Event()
_counters: dict[str, "itertools.count[int]"] = {}
_runner: list[bool] = []
"""Not empty in the runner, which its warden has forked."""


def passing(kind: str, side: str) -> None:
    """A point is reached."""
    name = f"{kind}:{side}"
    point = f"{name}:{next(_counters.setdefault(name, itertools.count(1)))}"
    if point == _POINT:
        os.kill(os.getpid(), signal.SIGKILL)
    if point == _CANCEL:
        threading.Thread(target=cancel, daemon=True).start()
        _come.wait(10)
    elif _LIST and not _CANCEL:
        note(point)


def note(line: str) -> None:
    with open(_LIST, "a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def cancel() -> None:
    """Ask for the end of the run; where nobody listens (yet, or any more) nothing comes of it."""
    reply = control.ask(_FOLDER, {"kind": "cancel", "actor": "test"})
    note("taken" if reply.taken else f"known: {reply.known}")
    _come.set()


class Watched(Inbox):
    """Says when a request to cancel has come in."""

    __slots__ = ()

    def put(self, message: Any) -> None:
        super().put(message)
        if isinstance(message, CancelAsked):
            _come.set()


def between(
    kind: str, action: Callable[..., Any], counts: Callable[..., bool] = lambda *_, **__: True
) -> Callable[..., Any]:
    """The action with a point on either side, where it counts."""

    def watched(*words: Any, **options: Any) -> Any:
        if not counts(*words, **options):
            return action(*words, **options)
        passing(kind, "before")
        value = action(*words, **options)
        passing(kind, "after")
        return value

    return watched


def commits(database: Database, statement: str, *_: Any, **__: Any) -> bool:
    """Whether the statement ends a transaction, or is one."""
    word = statement.split(None, 1)[0]
    return word == "COMMIT" or (word in {"INSERT", "UPDATE", "DELETE"} and not database._connection.in_transaction)


def forked(fork: Callable[[], int]) -> Callable[[], int]:
    """`fork` with a point on either side for the parent: what a child does is its own."""

    def watched() -> int:
        passing("fork", "before")
        child = fork()
        if child:
            passing("fork", "after")
        else:
            _runner.append(True)
        return child

    return watched


def ending(end: Callable[[], None]) -> Callable[[], None]:
    """The end of all that is left, with a point on either side; both processes see to it."""

    def watched() -> None:
        between("leave" if _runner else "rest", end)()

    return watched


def sending(send: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """`send` with a point on either side of the first signal to each process: how often one is looked for until it has
    died is a matter of moments.
    """
    reached: set[int] = set()

    def watched(pid: int, number: int) -> None:
        if pid in reached:
            return send(pid, number)
        reached.add(pid)
        kind = "kill" if _runner else "hand"
        return between(kind, send)(pid, number)  # type: ignore[no-any-return]

    return watched


if __name__ == "__main__":
    Database.run = between("commit", Database.run, commits)  # type: ignore[method-assign]
    Database.run_many = between("commit", Database.run_many, commits)  # type: ignore[method-assign]
    vars(process)["spawn"] = between("spawn", spawn)
    vars(execution)["Inbox"] = Watched
    for name in ("rename", "replace", "link"):
        setattr(os, name, between("name", getattr(os, name)))
    for name in ("unlink", "rmdir"):
        setattr(os, name, between("unname", getattr(os, name), lambda path, **_: os.path.lexists(path)))
    os.fork = forked(os.fork)
    vars(tree)["send"] = sending(tree.send)
    vars(warden)["_watch"] = between("watch", vars(warden)["_watch"])
    vars(warden)["_end_the_rest"] = ending(vars(warden)["_end_the_rest"])
    sys.argv[0] = "steplane"
    sys.exit(main())
