"""What can still be read of a run's journal, whatever has become of the file. Nothing is written or repaired."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec

from steplane.errors import StateDamaged, StateError
from steplane.events import AnyEvent
from steplane.store.blobs import Blobs
from steplane.store.database import Row
from steplane.store.files import state_error
from steplane.store.folder import RunFolder
from steplane.store.formats import CHECKSUMS
from steplane.store.lease import owner_of
from steplane.store.pages import Pages
from steplane.store.reader import Definition
from steplane.store.records import digest, root, to_saved

_COLUMNS = 12


class Saved(msgspec.Struct):
    """An event that could be read. `verified`: it is what was recorded, its checksum follows from the event before."""

    row: Row
    event: AnyEvent
    verified: bool


class SavedDefinition(msgspec.Struct, frozen=True):
    """A definition that could be read; `verified` by its own checksum."""

    definition: Definition
    verified: bool


class Salvage:
    """The header, the definitions and the events (by number) of a journal, and what is `missing`, in sentences.

    `sound`: the header is what was recorded.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.header: dict[str, Any] | None = None
        self.sound = False
        self.definitions: list[SavedDefinition] = []
        self.missing: list[str] = []
        self._checksum = ""
        self._rows: dict[int, list[Row]] = {}
        self._collect()

    @property
    def last(self) -> int:
        """The number of the newest event that is there, or is known to have been."""
        owner = owner_of(self.folder)
        promised = owner.promised[0] if owner is not None else 0
        return max([promised, *self._rows], default=0)

    def events(self) -> Iterator[Saved]:
        """The events in order. What is not there is told in `missing` when all have been looked for."""
        gap: list[int] = []
        doubtful: list[int] = []
        previous: int | None = root(self._checksum) if self._checksum else None
        blobs = Blobs(self.folder.blobs)
        for seq in sorted({*self._rows, *_wanted(self.last, self._rows)}):
            row, verified = self._choose(seq, previous)
            previous = row[11] if row is not None else None
            event = self._event(row, blobs) if row is not None else None
            if row is None or event is None:
                gap.append(seq)
                continue
            if not verified:
                doubtful.append(seq)
            yield Saved(row, event, verified)
        self.missing += [f"{one} cannot be read" for one in _ranges(gap)]
        self.missing += [f"{one} cannot be proved to be what was recorded (checksum)" for one in _ranges(doubtful)]

    def _choose(self, seq: int, previous: int | None) -> tuple[Row | None, bool]:
        """The row of that number that fits, else any."""
        found = self._rows.get(seq, [])
        for row in found:
            if any(check(row[:11], previous or 0) == row[11] for check in self._checks(previous)):
                return row, True
        return (found[0] if found else None), False

    @staticmethod
    def _checks(previous: int | None) -> list[Any]:
        """The checksums to try: the file may not tell its format any more. Without an event before, only the oldest."""
        return [check for version, check in CHECKSUMS.items() if version == 1 or previous is not None]

    def _event(self, row: Row, blobs: Blobs) -> AnyEvent | None:
        try:
            return to_saved(row, blobs)
        except (StateDamaged, StateError) as error:
            self.missing.append(error.message)
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
            pass
        return None

    def _collect(self) -> None:
        try:
            pages = Pages(self.folder.journal)
        except OSError as error:
            self.missing.append(state_error(self.folder.journal, error, "read").message)
            return
        seen: set[Row] = set()
        try:
            for row in pages.rows():
                if row not in seen:
                    seen.add(row)
                    self._take(row)
        finally:
            pages.close()
        unproved = "cannot be proved to be what was recorded (checksum)"
        if not self.sound:
            self.missing.append(f"the header (inputs, times) {unproved if self.header else 'cannot be read'}")
        if not self.definitions:
            self.missing.append("the definition of the workflow cannot be read")
        elif not all(one.verified for one in self.definitions):
            self.missing.append(f"a definition of the workflow {unproved}")

    def _take(self, row: Row) -> None:
        """A row by what it looks like, its number first, then its columns, of which the first stands for the number."""
        number, values = row[0], row[2:]
        kinds = tuple(type(value) for value in values)
        if kinds == (int, str, str):
            self._take_header(values[1], values[2])
        elif kinds == (str, str, str):
            found = SavedDefinition(Definition(values[0], values[1]), digest(*values[:2]) == values[2])
            self.definitions += [found] if found not in self.definitions else []
        elif len(values) == _COLUMNS - 1 and kinds[3:5] == (str, str) and kinds[8] is str and kinds[10] is int:
            self._rows.setdefault(number, []).append((number, *values))

    def _take_header(self, text: str, check: str) -> None:
        sound = digest(text) == check
        with suppress(msgspec.MsgspecError, RecursionError):
            header = msgspec.json.decode(text)
            if isinstance(header, dict) and (sound or not self.sound):
                self.header, self.sound = header, sound
                self._checksum = check if sound else ""


def _wanted(last: int, known: dict[int, list[Row]]) -> range:
    """All numbers up to the last; of a mad number only those that are there."""
    return range(1, last + 1 if last <= 10 * len(known) + 1_000_000 else 1)


def _ranges(numbers: list[int]) -> list[str]:
    """`event 7`, `events 9 to 12`."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][-1] == number - 1:
            found[-1][1:] = [number]
        else:
            found.append([number])
    return [f"event {one[0]}" if len(one) == 1 else f"events {one[0]} to {one[1]}" for one in found]
