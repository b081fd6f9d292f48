"""The command in processes that are forked from one in which all is imported: `python striker.py`.

Each line of its input is a JSON list: how many commits of the journal the process survives (0: it is not killed), the
file for what it writes, the folder, the words of the command. The answer is a line with its exit code and the number of
commits that it came to.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.faults.points import commits

from steplane.app import execution, running
from steplane.app.loading import load, make_registry
from steplane.cli import commands, main, report
from steplane.executors import perform, worker
from steplane.store.database import Database

LOADED = (execution, running, load, make_registry, commands, report, perform, worker)
"""Imported here, so that the forked processes need not."""

_plain = Database.run


class Count:
    """Counts the commits of the journal in a process; at the last that it is to survive, kills it."""

    def __init__(self, survives: int, file: str) -> None:
        self.survives = survives
        self.file = file
        self.number = 0

    def run(self, database: Database, statement: str, values: tuple[Any, ...]) -> int:
        counts = database.path.endswith("journal.db") and commits(database, statement)
        value = _plain(database, statement, values)
        if counts:
            self.number += 1
            with open(self.file, "w", encoding="ascii") as file:
                file.write(str(self.number))
            if self.number == self.survives:
                os.kill(os.getpid(), signal.SIGKILL)
        return value


def child(survives: int, output: str, folder: str, words: list[str]) -> int:
    """The life of a forked process."""
    os.setsid()
    os.chdir(folder)
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        opened = os.open(os.devnull if number == 0 else output, flags | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    count = Count(survives, f"{output}.commits")

    def run(database: Database, statement: str, values: tuple[Any, ...] = ()) -> int:
        return count.run(database, statement, values)

    Database.run = run  # type: ignore[assignment, method-assign]
    sys.argv = ["steplane", *words]
    return main()


def strike(line: str) -> str:
    """Fork a process and see it through."""
    survives, output, folder, words = json.loads(line)
    Path(f"{output}.commits").unlink(missing_ok=True)
    pid = os.fork()
    if not pid:
        code = 4
        try:
            code = child(survives, output, folder, words)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:  # noqa: BLE001 - it must not come back into the server's own loop
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    try:
        with open(f"{output}.commits", encoding="ascii") as file:
            number = int(file.read() or 0)
    except FileNotFoundError:
        number = 0
    return f"{os.waitstatus_to_exitcode(status)} {number}\n"


if __name__ == "__main__":
    for line in sys.stdin:
        answer = strike(line)
        sys.stdout.write(answer)
        sys.stdout.flush()
