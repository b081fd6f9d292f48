"""Death, damage, full and read-only disks: nothing recorded is lost, nothing half is shown, nothing is made anew."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen
from typing import Literal

import pytest

from steplane.errors import StateDamaged, StateError, UnknownRun
from steplane.events import AnyEvent, AttemptEnded, RunStarted
from steplane.store import Journal, RunStore

Start = Callable[..., Popen[str]]

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

LIMITED = """
import resource, sys
from steplane.errors import StateError
from steplane.events import AttemptEnded
from steplane.store import RunStore, StateDirectory
journal = RunStore(StateDirectory(sys.argv[1])).acquire("r1")
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
done = 0
try:
    while True:
        journal.append(AttemptEnded(instance=1, attempt=1, outcome="succeeded", outputs="x" * int(sys.argv[3])))
        journal.commit()
        done += 1
except StateError as error:
    print(done, error.exit_code, error.message, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.commit()
print(journal.last_seq(), flush=True)
"""


def ended(number: int) -> AttemptEnded:
    return AttemptEnded(at=number, instance=number, attempt=1, outcome="succeeded", outputs={"n": number})


def fill(journal: Journal, count: int) -> None:
    for number in range(1, count + 1):
        journal.append(ended(number))
        journal.commit()


@pytest.fixture
def path(store: RunStore) -> Path:
    """The journal of a closed run `r1` with 200 events."""
    with store.create("r1", "the text", "hash", {"title": "a title"}) as journal:
        fill(journal, 200)
    return Path(journal.folder.journal)


# ---------------------------------------------------------------- death


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_kill_at_random_moments_loses_nothing_and_shows_nothing_half(
    store: RunStore, start: Start, durability: str
) -> None:
    store.create("r1", "text", "hash", {}).close()
    said = 0
    for _ in range(5):
        writer = start(WRITE, store.directory.path, durability)
        assert writer.stdout is not None
        for _ in range(random.randint(1, 60)):
            said = int(writer.stdout.readline())
        writer.kill()
        said = max([said, *map(int, (line for line in writer.stdout if line.endswith("\n")))])
        writer.wait()
        with store.read("r1") as reader:
            numbers = [event.instance for _, event in reader.events() if isinstance(event, AttemptEnded)]
            assert numbers == list(range(1, len(numbers) + 1))
            assert len(numbers) >= said
            assert len(numbers) % 3 == 0
            assert reader.check() == []
    store.acquire("r1").close()
    assert not list(Path(store.directory.path).rglob(".new-*"))


MAKE = """
import sys
from steplane.store import RunStore, StateDirectory
store = RunStore(StateDirectory(sys.argv[1]))
for number in range(10**6):
    store.create(f"r{number}", "text", "hash", {"title": "t"}).close()
    print(number, flush=True)
"""


def test_a_run_whose_making_is_killed_is_there_whole_or_not_at_all(store: RunStore, start: Start) -> None:
    maker = start(MAKE, store.directory.path)
    assert maker.stdout is not None
    for _ in range(random.randint(1, 10)):
        said = int(maker.stdout.readline())
    maker.kill()
    maker.wait()

    listed = store.list_runs()

    assert len(listed) > said
    assert {(one.title, one.status) for one in listed} == {("t", "interrupted")}
    store.create("next", "text", "hash", {}).close()
    assert os.listdir(Path(store.directory.runs, ".new")) == []


# ---------------------------------------------------------------- damage


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
    whole = log.read_bytes()
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


# ---------------------------------------------------------------- no room, no permission


@pytest.mark.parametrize(("limit", "size"), [(200_000, 1000), (100_000, 150_000)], ids=["log", "blob"])
def test_a_full_disk_names_the_path_and_the_run_goes_on_when_there_is_room(
    store: RunStore, start: Start, limit: int, size: int
) -> None:
    store.create("r1", "text", "hash", {}).close()
    writer = start(LIMITED, store.directory.path, limit, size)
    assert writer.stdout is not None
    done, code, words = writer.stdout.readline().split(maxsplit=2)
    last = int(writer.stdout.readline())
    writer.wait()

    assert code == "6"
    assert store.folder("r1").path in words
    assert last == int(done) + (size < 65536)
    with store.read("r1") as reader:
        assert reader.check() == []
        assert reader.last_seq() == last


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    import subprocess

    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_really_full_disk(small_disk: Path) -> None:
    from steplane.store import StateDirectory

    store = RunStore(StateDirectory.find("/", str(small_disk)))
    with store.create("r1", "text", "hash", {}) as journal:
        ballast = small_disk / "ballast"
        with pytest.raises(OSError, match="No space"), ballast.open("wb", buffering=0) as file:  # noqa: PT012
            while True:
                file.write(b"x" * 4096)
        with pytest.raises(StateError) as caught:
            fill(journal, 1000)
        assert caught.value.message == f"cannot use {journal.folder.journal}: the disk is full"
        with pytest.raises(StateError):
            store.create("r2", "text", "hash", {})
        assert store.ids() == ["r1"]
        ballast.unlink()
        journal.commit()
        numbers = [event.instance for _, event in journal.events() if isinstance(event, AttemptEnded)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= 1


AS_NOBODY = """
import os, sqlite3, sys, urllib.parse
from steplane.errors import SteplaneError
from steplane.store import RunStore, StateDirectory
os.setgid(65534)
os.setuid(65534)
store = RunStore(StateDirectory(sys.argv[1]))
print([one.status for one in store.list_runs()], len(list(store.read("r1").events())))
for attempt in (lambda: store.acquire("r1"), lambda: store.create("r2", "t", "h", {}), lambda: store.ended("r1", "x")):
    try:
        attempt()
    except SteplaneError as error:
        print(error.exit_code, error.message)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_directory_that_cannot_be_written_is_still_read(store: RunStore, path: Path, start: Start) -> None:
    import subprocess
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as open_place:  # pytest's own folders are closed to other users
        os.chmod(open_place, 0o755)
        copied = Path(open_place, "state")
        shutil.copytree(store.directory.path, copied)
        for one in [copied, *copied.rglob("*")]:
            os.chmod(one, 0o555 if one.is_dir() else 0o444)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", AS_NOBODY, str(copied)]
        lines = subprocess.run(command, env=environment, text=True, capture_output=True, check=True).stdout.splitlines()

    assert lines[0] == "['interrupted'] 200"
    assert lines[1] == f"6 cannot write {copied}/runs/r1/owner.lock: Permission denied"
    assert lines[2].startswith(f"6 cannot write {copied}/runs/.new/r2-")
    assert lines[3] == f"6 cannot use {copied}/steplane.db: it cannot be written"


def test_an_unknown_run_is_named_before_anything_is_opened(store: RunStore) -> None:
    for text in ("r9", "../r1", "", "."):
        with pytest.raises(UnknownRun):
            store.acquire(text)
        with pytest.raises(UnknownRun):
            store.read(text)


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
