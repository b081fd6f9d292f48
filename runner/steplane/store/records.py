"""Events as rows of the journal: columns, compact JSON, checksum; and back, by type."""

import time
from functools import cache
from typing import Any, get_args
from zlib import crc32

import msgspec

from steplane.digests import blake2b
from steplane.errors import StateError
from steplane.events import AnyEvent, Fact
from steplane.moments import spoken
from steplane.store.blobs import Blobs
from steplane.store.database import Row, damaged
from steplane.uptime import uptime

LATEST = 253_402_300_799_000_000
"""The last second of the year 9999, in µs since the epoch, UTC: later times cannot be told."""

BLOB_OVER = 64 << 10
"""An event whose JSON is longer (bytes) lives in a blob; its row names it."""

COLUMNS = "seq, at, mono, epoch, type, path, activation, attempt, actor, data, blob, checksum"

FACTS = frozenset(str(kind.__struct_config__.tag) for kind in get_args(Fact))
"""The types of events that only tell what has followed from others."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AnyEvent).decode


class Entry(msgspec.Struct, frozen=True):
    """One row of a journal. `at`: µs since the epoch, UTC; `mono`: ns of the uptime of the writer's machine; `epoch`:
    that of the lease it was written under; `actor`: who wrote it.
    """

    seq: int
    at: int
    mono: int
    epoch: int
    type: str
    path: str
    activation: int
    attempt: int
    actor: str
    event: AnyEvent


def checksum(fields: Row, previous: int) -> int:
    """CRC-32 (as in zlib) over the JSON of the columns, begun with the checksum of the event before (first: `root`).

    So it also says what came before: an event of another run, of an older copy of the journal, or in the place of
    another does not fit. It is against damage; who may write the file can make any.
    """
    return crc32(_encode(fields), previous)


def root(header_checksum: str) -> int:
    """What the first event's checksum begins with: it stands for the header, which names the run."""
    return crc32(header_checksum.encode())


def digest(*texts: str) -> str:
    """The checksum of the texts of a header or a definition."""
    text = "\n".join(f"{len(str(text))}:{text}" for text in texts)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def now() -> int:
    """The wall clock in microseconds since the epoch, UTC."""
    return time.time_ns() // 1000


def refuse_clock() -> None:
    """Raise `StateError` where the clock is at a time that no run can be recorded at: before 1970, after 9999."""
    if not 0 < (at := now()) <= LATEST:
        raise StateError(
            f"the clock of this machine says that it is {spoken(at)}: a run is recorded at a time from 1970 to 9999",
            "Set the clock.",
        )


def to_row(
    event: AnyEvent, seq: int, previous: int, epoch: int, blobs: Blobs, *, actor: str = "", path: str = ""
) -> Row:
    """The row of an event, with its checksum last; one without a time gets the present. `previous`: see `checksum`.

    Raises `ValueError` for a value that JSON cannot hold (a lone surrogate, an integer of more than 4,300 digits,
    an object), `StateError` if its blob cannot be written.
    """
    if not event.at:
        event = msgspec.structs.replace(event, at=now())
    try:
        data = _encode(event)
    except (TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"this event cannot be recorded as JSON: {error}") from error
    blob = ""
    if len(data) > BLOB_OVER:
        blob, data = blobs.put(data), b""
    kind, of_path, activation, attempt, of_actor = _columns(event.__class__)
    detail: Any = event
    fields = (
        seq,
        event.at,
        uptime(),
        epoch,
        kind,
        path or (detail.path if of_path else ""),
        detail.activation if activation else 0,
        detail.attempt if attempt else 0,
        (detail.actor if of_actor else "") or actor,
        data.decode(),
        blob,
    )
    return (*fields, checksum(fields, previous))


@cache
def _columns(kind: type[AnyEvent]) -> tuple[str, bool, bool, bool, bool]:
    """What kind of event it is, and which of the columns that not every event has."""
    names = kind.__struct_fields__
    tag = str(kind.__struct_config__.tag)
    return tag, "path" in names, "activation" in names, "attempt" in names, "actor" in names


def to_event(row: Row, expected: int, previous: int, journal: str, blobs: Blobs) -> AnyEvent:
    """The event of a row that should have the number `expected` and follow the checksum `previous`.

    Raises `StateDamaged` for a gap, a wrong checksum, a type that this release does not know.
    """
    prove(row, expected, previous, journal)
    try:
        return to_saved(row, blobs)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        remedy = "A later release may have written it: update Steplane."
        raise damaged(journal, f"event {expected} ({row[4]}) cannot be understood: {error}", remedy) from error


def prove(row: Row, expected: int, previous: int, journal: str) -> None:
    """Raise `StateDamaged` unless the row has the number and follows the checksum of the one before."""
    if row[0] != expected:
        raise damaged(journal, f"event {expected} is missing")
    if crc32(_encode(row[:11]), previous) != row[11]:
        raise damaged(journal, f"event {expected} is not what was recorded (checksum)")


def to_saved(row: Row, blobs: Blobs) -> AnyEvent:
    """The event of a row, unproved. Raises `StateDamaged` for a lost blob, `MsgspecError`, `ValueError`,
    `RecursionError`.
    """
    event: AnyEvent = _decode(blobs.get(row[10]) if row[10] else row[9])
    return event


def to_entry(row: Row, expected: int, previous: int, journal: str, blobs: Blobs) -> Entry:
    """As `to_event`, with the columns."""
    event = to_event(row, expected, previous, journal, blobs)
    seq, at, mono, epoch, kind, path, activation, attempt, actor = row[:9]
    return Entry(seq, at, mono, epoch, kind, path, activation, attempt, actor, event)
