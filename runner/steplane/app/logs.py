"""The logs of a run as they grow."""

import os
import time
from collections.abc import Callable, Collection, Iterator
from typing import BinaryIO

from steplane.app.chosen import chosen, step_ids, unknown_step
from steplane.errors import UsageError
from steplane.events import StepFact
from steplane.store import RunStore, open_regular

_PAUSE = 0.1
_CHUNK = 1 << 16


class LogReader:
    """Reads the logs of a run: whole lines, each with the path of its instance.

    `step` is a STEP[KEY] as `chosen` takes it. `tail` begins with so many of the last lines of each instance. `known`
    are the ids of the workflow's steps: one that may still begin is waited for, any other is refused. `offset` is where
    the line that was given last begins in its log, in bytes.
    """

    def __init__(
        self, store: RunStore, run_id: str, step: str | None, *, tail: int | None = None, known: Collection[str] = ()
    ) -> None:
        self._store = store
        self._run = run_id
        self._step = step
        self._tail = tail
        self._known = known
        self._folder = store.folder(run_id)
        self._steps: dict[str, str] = {}
        self._seen = 0
        self._looked = False  # what comes after the first look is new, and shown whole
        self._read: dict[str, int] = {}
        self._parts: dict[str, bytes] = {}
        self._begins: dict[str, int] = {}  # where the next line begins
        self.offset = 0

    def lines(self, *, follow: bool = False, wanted: Callable[[], bool] = lambda: True) -> Iterator[tuple[str, str]]:
        """The lines there are as (path, line); with `follow` those to come, until nobody runs the run any more.

        Ends too when `wanted` says that nobody reads on; it is asked between looks. Raises `UsageError` for a step
        that is none.
        """
        while wanted():
            live = follow and self._store.status(self._run) == "running"
            yield from self._new(live=live)
            if not live:
                break
            time.sleep(_PAUSE)
        for path, rest in self._parts.items():
            self.offset = self._begins[path]
            yield path, rest.decode("utf-8", "replace")

    def _new(self, *, live: bool) -> Iterator[tuple[str, str]]:
        with self._store.read(self._run) as journal:
            for number, event in journal.events(self._seen):
                self._seen = number
                if isinstance(event, StepFact):
                    self._steps.setdefault(event.path, event.step)
        try:
            paths = chosen(self._run, self._steps, self._step)
        except UsageError:
            if not live:
                raise
            self._refuse_what_never_comes()
            return
        for path in paths:
            yield from self._grown(path)
        self._looked = True

    def _refuse_what_never_comes(self) -> None:
        assert self._step is not None
        if self._known and "*" not in self._step and not set(step_ids(self._step)) <= set(self._known):
            raise unknown_step(self._run, self._step, [*self._known, *self._steps])

    def _grown(self, path: str) -> Iterator[tuple[str, str]]:
        try:
            file = open_regular(self._folder.log_path(path))  # a log that is not there is none
        except OSError:
            return
        with file:
            if path not in self._read:
                begin = 0 if self._tail is None or self._looked else tail_offset(file, self._tail)
                self._read[path] = self._begins[path] = begin
            file.seek(self._read[path])
            while data := file.read(_CHUNK):
                self._read[path] = file.tell()
                *whole, rest = (self._parts.pop(path, b"") + data).split(b"\n")
                if rest:
                    self._parts[path] = rest
                for line in whole:
                    self.offset = self._begins[path]
                    self._begins[path] += len(line) + 1
                    yield path, line.decode("utf-8", "replace")


def tail_offset(file: BinaryIO, lines: int) -> int:
    """Where the last `lines` lines of an open file begin; a line without its end counts."""
    at = end = file.seek(0, os.SEEK_END)
    ends = 0  # line feeds met, from the end on; the one that ends the last line begins none
    while at > 0:
        size = min(_CHUNK, at)
        at -= size
        file.seek(at)
        data = file.read(size)
        place = size - 1 if at + size == end and data.endswith(b"\n") else size
        while (place := data.rfind(b"\n", 0, place)) >= 0:
            ends += 1
            if ends == lines:
                return at + place + 1
    return 0 if lines > 0 else end
