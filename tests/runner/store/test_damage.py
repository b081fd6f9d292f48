"""A journal that is not what was written is refused with advice, and never made anew."""

import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Literal

import pytest

from steplane.errors import StateDamaged, StateError
from steplane.events import AnyEvent, AttemptEnded, RunStarted
from steplane.store import RunStore

from .writing import WRITE, ended, fill

Start = Callable[..., Popen[str]]


def refused(store: RunStore, words: str) -> StateDamaged:
    """The error that both reading and going on with the run give; the file is left as it is."""
    path = Path(store.folder("r1").journal)
    before = path.read_bytes()
    with pytest.raises(StateDamaged, match=words) as caught, store.read("r1") as reader:
        list(reader.events())
    assert str(path) in caught.value.message
    assert caught.value.remedy
    assert caught.value.exit_code == 2
    assert path.read_bytes() == before
    return caught.value


def test_junk_is_refused(store: RunStore, path: Path) -> None:
    path.write_bytes(b"this is no database " * 1000)

    refused(store, "is damaged: file is not a database")
    with pytest.raises(StateDamaged):
        store.acquire("r1")
    assert store.status("r1") == "damaged"
    assert [one.status for one in store.list_runs()] == ["damaged"]


def test_an_empty_file_is_refused(store: RunStore, path: Path) -> None:
    path.write_bytes(b"")

    refused(store, "is damaged: it is empty")
    with pytest.raises(StateDamaged):
        store.acquire("r1")
    assert path.read_bytes() == b""


def test_a_missing_journal_is_refused_and_not_made_anew(store: RunStore, path: Path) -> None:
    path.unlink()

    with pytest.raises(StateError, match=r"journal\.db: No such file or directory"):
        store.acquire("r1")
    assert not path.exists()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_journal_is_refused(store: RunStore, path: Path, part: float) -> None:
    os.truncate(path, int(path.stat().st_size * part))

    refused(store, "is damaged")


def test_a_later_format_is_refused(store: RunStore, path: Path) -> None:
    change(path, "PRAGMA user_version=99")

    error = refused(store, "was written by a later release")
    assert error.message == f"{path} was written by a later release (format 99)"
    assert error.remedy == "Update Steplane to the release that wrote it, or a later one."


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM events WHERE seq = 7", "event 7 is missing"),
        ("UPDATE events SET data = replace(data, 'succeeded', 'cancelled') WHERE seq = 7", r"event 7 is not what was"),
        ("UPDATE events SET epoch = 9 WHERE seq = 7", "event 7 is not what was recorded"),
        ("UPDATE events SET blob = '../../../../etc/passwd' WHERE seq = 7", "event 7 is not what was recorded"),
        ("UPDATE events SET data = CAST(x'ff' AS TEXT) WHERE seq = 7", "is damaged"),
        ("UPDATE events SET path = 'o', actor = 'x' WHERE seq = 7", "event 7 is not what was recorded"),
        ("DELETE FROM events WHERE seq = 200", r"its newest events are missing \(200 were recorded, it has 199\)"),
        ("CREATE TRIGGER evil AFTER INSERT ON events BEGIN DELETE FROM run; END", "its tables are not those"),
        ("DROP TABLE definitions", "its tables are not those"),
    ],
)
def test_a_changed_row_or_table_is_refused(store: RunStore, path: Path, statement: str, words: str) -> None:
    change(path, statement)

    refused(store, words)


COLUMNS = "at, mono, epoch, type, path, activation, attempt, actor, data, blob, checksum"
MISPLACED = {
    "swapped": f"""UPDATE events SET ({COLUMNS}) = (SELECT {COLUMNS} FROM events AS other
        WHERE other.seq = 15 - events.seq) WHERE seq IN (7, 8)""",
    "dropped": """DELETE FROM events WHERE seq = 7; UPDATE events SET seq = -seq WHERE seq > 7;
        UPDATE events SET seq = -seq - 1 WHERE seq < 0""",
    "doubled": f"UPDATE events SET ({COLUMNS}) = (SELECT {COLUMNS} FROM events WHERE seq = 6) WHERE seq = 7",
    "of another run": f"""ATTACH 'OTHER' AS other; UPDATE events SET ({COLUMNS}) = (SELECT {COLUMNS}
        FROM other.events AS o WHERE o.seq = events.seq) WHERE seq >= 7""",
}


@pytest.mark.parametrize("how", MISPLACED)
def test_a_row_in_a_wrong_place_is_refused(store: RunStore, path: Path, how: str) -> None:
    with store.create("r2", "the text", "hash", {"title": "a title"}) as journal:
        fill(journal, 200)
    change(path, MISPLACED[how].replace("OTHER", journal.folder.journal))
    Path(store.folder("r1").lock).unlink()  # which names the newest event: this is about the rows alone

    refused(store, "event 7 is not what was recorded")


@pytest.mark.parametrize("statement", ["UPDATE run SET header = '{}'", "UPDATE definitions SET text = 'rm -rf /'"])
def test_a_changed_header_or_definition_is_refused(store: RunStore, path: Path, statement: str) -> None:
    change(path, statement)

    with store.read("r1") as reader:
        assert len(reader.check()) == 1
        with pytest.raises(StateDamaged, match="is not what was recorded"):
            _ = reader.header, reader.definitions()


def test_flipped_bytes_never_give_a_wrong_event(store: RunStore, path: Path) -> None:
    whole = path.read_bytes()
    right = [(number, ended(number)) for number in range(1, 201)]
    for _ in range(60):
        damage(path, whole)
        seen: list[tuple[int, AnyEvent]] = []
        try:
            with store.read("r1") as reader:
                seen.extend(reader.events())
        except (StateDamaged, StateError):
            pass
        assert seen == right[: len(seen)]


def damage(path: Path, whole: bytes) -> None:
    content = bytearray(whole)
    for _ in range(random.choice([1, 1, 200])):
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    path.write_bytes(content)


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(statement)
    connection.commit()
    connection.close()


@pytest.fixture
def dead(store: RunStore, start: Start) -> Path:
    """The journal of a run whose owner was killed with events in the write-ahead log."""
    store.create("r1", "text", "hash", {}).close()
    writer = start(WRITE, store.directory.path, "full")
    assert writer.stdout is not None
    for _ in range(10):
        writer.stdout.readline()
    writer.kill()
    writer.wait()
    return Path(store.folder("r1").journal)


def test_a_missing_log_is_noticed(store: RunStore, dead: Path) -> None:
    log = dead.with_name("journal.db-wal")
    kept = log.with_name("kept")
    log.rename(kept)

    error = refused(store, "its newest events are missing")
    with pytest.raises(StateDamaged):
        store.acquire("r1")
    assert error.remedy.startswith("Put journal.db and journal.db-wal back as they were.")
    kept.rename(log)
    with store.acquire("r1") as journal:
        assert journal.last_seq() >= 3


def test_a_log_that_is_lost_after_it_was_folded_in_once_is_noticed(store: RunStore, start: Start) -> None:
    """The journal has the epoch then, and most of the events: only what the owner wrote down tells."""
    store.create("r1", "text", "hash", {}).close()
    writer = start(WRITE, store.directory.path, "normal")
    assert writer.stdout is not None
    path = Path(store.folder("r1").journal)
    begin = path.stat().st_size
    while path.stat().st_size == begin:
        writer.stdout.readline()
    writer.stdout.readline()
    writer.kill()
    writer.wait()
    path.with_name("journal.db-wal").unlink()

    error = refused(store, r"its newest events are missing \(\d+ were recorded, it has \d+\)")
    with pytest.raises(StateDamaged):
        store.acquire("r1")
    os.unlink(error.remedy.rpartition(" rm ")[2])
    with store.acquire("r1") as journal:
        assert journal.check() == []


def test_a_log_that_is_cut_off_or_damaged_is_noticed(store: RunStore, dead: Path) -> None:
    log = dead.with_name("journal.db-wal")
    whole = log.read_bytes().rstrip(b"\0")  # without the room that was made ahead
    for part in (0.0, 0.2, 0.4, 0.6):  # the last commit may be one that nobody was told of
        log.write_bytes(whole[: int(len(whole) * part)])
        refused(store, "its newest events are missing")
        middle = int(len(whole) * part)
        log.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        refused(store, "its newest events are missing")


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_what_a_power_loss_may_take_is_not_missed(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, durability: Literal["full", "normal"]
) -> None:
    """In `normal` the owner's file may reach the disk before the event that it names."""
    with store.create("r1", "text", "hash", {}, durability) as journal:
        fill(journal, 3)
    monkeypatch.setattr("steplane.store.lease.boot", lambda: "the next start of the machine")
    change(Path(journal.folder.journal), "DELETE FROM events WHERE seq = 3")
    if durability == "full":
        refused(store, "its newest events are missing")
        return
    with store.acquire("r1") as again:
        assert again.last_seq() == 2


def test_a_process_that_ends_without_closing_leaves_a_sound_journal(store: RunStore, start: Start) -> None:
    store.create("r1", "text", "hash", {}).close()
    writer = start(WRITE.replace("while True:", "for _ in range(5):"), store.directory.path, "full")
    writer.wait()

    with store.acquire("r1") as journal:
        assert journal.last_seq() == 15
        assert journal.check() == []


def test_a_missing_or_changed_blob_is_noticed(store: RunStore) -> None:
    with store.create("r1", "text", "hash", {}) as journal:
        journal.append(AttemptEnded(instance=1, attempt=1, outcome="succeeded", outputs="x" * 100_000))
        journal.commit()
    (blob,) = (one for one in Path(journal.folder.blobs).rglob("*") if one.is_file())
    content = blob.read_bytes()
    for change_it in (lambda: blob.write_bytes(content[:-1] + b" "), blob.unlink, lambda: os.mkfifo(blob)):
        change_it()
        with store.read("r1") as reader, pytest.raises(StateDamaged, match=str(blob)):
            list(reader.events())


def test_an_event_of_a_later_release_is_refused_with_advice(store: RunStore, path: Path) -> None:
    from steplane.store.blobs import Blobs
    from steplane.store.records import checksum, to_row

    connection = sqlite3.connect(path)
    (previous,) = connection.execute("SELECT checksum FROM events WHERE seq = 200").fetchone()
    row = list(to_row(RunStarted(at=1), 201, previous, 1, Blobs("/nowhere")))
    row[9] = '{"type":"later"}'
    row[11] = checksum(tuple(row[:11]), previous)
    connection.execute(f"INSERT INTO events VALUES ({', '.join('?' * 12)})", row)
    connection.commit()
    connection.close()

    error = refused(store, "event 201 .run.begun. cannot be understood")
    assert error.remedy == "A later release may have written it: update Steplane."
