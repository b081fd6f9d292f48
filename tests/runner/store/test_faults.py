"""Death, damage, full and read-only disks: nothing recorded is lost, nothing half is shown, nothing is made anew."""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from steplane.errors import StateError, UnknownRun
from steplane.events import AttemptEnded
from steplane.store import RunStore

from .writing import WRITE, fill

Start = Callable[..., Popen[str]]

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
