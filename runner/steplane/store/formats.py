"""The format of a journal: its tables, and how one of an earlier format is brought forward.

| format | since | what is new |
|---|---|---|
| 1 | 0.1.0.dev1 | |
| 2 | 0.1.0 | each checksum follows from that of the event before; the header names the run |
"""

import os
from collections.abc import Iterable
from zlib import crc32

import msgspec

from steplane.store.database import Database, Older, Row, Schema, damaged
from steplane.store.records import COLUMNS, checksum, digest, root

_RUN = (
    "CREATE TABLE run (one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL, header TEXT NOT NULL, "
    "checksum TEXT NOT NULL)"
)
_DEFINITIONS = (
    "CREATE TABLE definitions (number INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, text TEXT NOT NULL, "
    "checksum TEXT NOT NULL)"
)
_EVENTS = (
    "CREATE TABLE events (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, mono INTEGER NOT NULL, "
    "epoch INTEGER NOT NULL, type TEXT NOT NULL, path TEXT NOT NULL, activation INTEGER NOT NULL, "
    "attempt INTEGER NOT NULL, actor TEXT NOT NULL, data TEXT NOT NULL, blob TEXT NOT NULL, "
    "checksum INTEGER NOT NULL)"
)
_TABLES = (_RUN, _DEFINITIONS, _EVENTS)

_PAGE = 4096
_SELECT = f"SELECT {COLUMNS} FROM events WHERE seq > ? ORDER BY seq LIMIT {_PAGE}"  # noqa: S608 - no user text


def pages(database: Database, since: int) -> Iterable[list[Row]]:
    """The rows of the events after that number. Page by page: memory stays bounded, and no long read keeps the
    writer's log from being folded in.
    """
    while rows := database.all(_SELECT, (since,)):
        yield rows
        since = rows[-1][0]


def first_checksum(fields: Row, _: int) -> int:
    """The checksum of format 1: of the columns alone. In a damaged file any of them may be of any type."""
    seq, at, mono, epoch, activation, attempt = (fields[place] for place in (0, 1, 2, 3, 6, 7))
    kind, path, actor, data, blob = (str(fields[place]) for place in (4, 5, 8, 9, 10))
    numbers = f"{seq},{at},{mono},{epoch},{activation},{attempt},{len(kind)},{len(path)},{len(actor)},{blob},"
    return crc32(f"{numbers}{kind}{path}{actor}{data}".encode())


def _chain(database: Database) -> None:
    """From 1 to 2. What is damaged is refused: a new checksum would make it look sound."""
    row = database.one("SELECT header, checksum FROM run")
    if row is None or digest(row[0]) != row[1]:
        raise damaged(database.path, "its header is not what was recorded (checksum)")
    run = os.path.basename(os.path.dirname(database.path))
    header = msgspec.json.encode({"run": run, **msgspec.json.decode(row[0])}).decode()
    database.run("UPDATE run SET header = ?, checksum = ?", (header, digest(header)))
    previous = root(digest(header))
    for page in pages(database, 0):
        news: list[Row] = []
        for old in page:
            if first_checksum(old[:11], 0) != old[11]:
                raise damaged(database.path, f"event {old[0]} is not what was recorded (checksum)")
            previous = checksum(old[:11], previous)
            news.append((previous, old[0]))
        database.run_many("UPDATE events SET checksum = ? WHERE seq = ?", news)


SCHEMA = Schema(2, _TABLES, older=(Older(1, _TABLES, _chain),))
"""A journal as this release writes it, and what it can bring forward."""

CHECKSUMS = {1: first_checksum, 2: checksum}
"""By format: the checksum of the columns (without it) and of the checksum before."""
