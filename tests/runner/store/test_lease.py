"""Real processes, real locks."""

import fcntl
import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest

from steplane.app.examining import Problem, examined
from steplane.app.loading import make_registry
from steplane.errors import RunHeld, StateError
from steplane.events import RunEnded, RunStarted, RunWaiting
from steplane.store import Lease, RunStore, is_held, now, owner_of

Start = Callable[..., Popen[str]]

HOLD = """
import sys
from steplane.store import RunStore, StateDirectory
journal = RunStore(StateDirectory("DIRECTORY")).acquire("r1")
print("held", flush=True)
sys.stdin.read()
"""

RACE = """
import sys
from steplane.errors import RunHeld
from steplane.store import RunStore, StateDirectory
print("ready", flush=True)
sys.stdin.readline()
try:
    journal = RunStore(StateDirectory(sys.argv[1])).acquire("r1")
except RunHeld:
    print("held by another", flush=True)
else:
    print("mine", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(store: RunStore, start: Start) -> Popen[str]:
    store.create("r1", "text", "hash", {}).close()
    process = start(HOLD.replace("DIRECTORY", store.directory.path))
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_held_run_is_refused_naming_the_holder(store: RunStore, holder: Popen[str]) -> None:
    with pytest.raises(RunHeld) as caught:
        store.acquire("r1")

    assert caught.value.exit_code == 5
    assert caught.value.message.startswith(f"run r1 is held by process {holder.pid} on {os.uname().nodename}, since 20")
    assert caught.value.remedy == "Wait for it to end, or end it: steplane cancel r1"
    assert store.status("r1") == "running"


def test_the_death_of_the_holder_frees_the_run(store: RunStore, holder: Popen[str]) -> None:
    holder.kill()
    holder.wait()

    assert store.status("r1") == "interrupted"
    with store.acquire("r1") as journal:
        assert journal.epoch == 3


def test_a_suspended_holder_still_holds_unless_it_is_taken_by_force(store: RunStore, holder: Popen[str]) -> None:
    holder.send_signal(signal.SIGSTOP)

    with pytest.raises(RunHeld):
        store.acquire("r1")
    with store.acquire("r1", force=True) as journal:
        journal.append(RunStarted())
        journal.commit()
        holder.send_signal(signal.SIGCONT)
        holder.kill()
        holder.wait()
        assert store.status("r1") == "running"


def test_without_its_file_the_lock_is_held_all_the_same(store: RunStore, holder: Popen[str]) -> None:
    lock = store.folder("r1").lock
    os.unlink(lock)

    assert store.status("r1") == "running"
    with pytest.raises(RunHeld) as caught:
        store.acquire("r1")
    assert caught.value.message == f"run r1 is held by a live process that cannot be named: {lock} is gone"
    holder.kill()
    holder.wait()
    store.acquire("r1").close()


def test_the_owner_puts_the_file_back(store: RunStore) -> None:
    with store.create("r1", "text", "hash", {}) as journal:
        os.unlink(journal.folder.lock)
        journal.append(RunEnded(status="failed"))
        journal.commit()

        owner = owner_of(journal.folder)
        assert owner is not None
        assert (owner.pid, owner.epoch) == (os.getpid(), 1)
        with pytest.raises(RunHeld):
            Lease.take(journal.folder)
    assert not is_held(store.folder("r1"))
    store.acquire("r1").close()


def test_of_many_that_race_one_wins(store: RunStore, start: Start) -> None:
    store.create("r1", "text", "hash", {}).close()
    racers = [start(RACE, store.directory.path) for _ in range(5)]
    assert [racer.stdout.readline() for racer in racers if racer.stdout] == ["ready\n"] * 5
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()

    answers = [racer.stdout.readline() for racer in racers if racer.stdout]

    assert sorted(answers) == ["held by another\n"] * 4 + ["mine\n"]


def test_a_program_started_by_the_owner_does_not_hold_the_run(store: RunStore, start: Start) -> None:
    journal = store.create("r1", "text", "hash", {})
    child = start("import sys; print('on', flush=True); sys.stdin.read()")
    assert child.stdout is not None
    child.stdout.readline()
    journal.close()

    assert not is_held(journal.folder)


def test_a_forked_child_neither_frees_nor_keeps_the_run(store: RunStore) -> None:
    journal = store.create("r1", "text", "hash", {})
    child = os.fork()
    if child == 0:
        journal.lease.release()
        os._exit(0)
    os.waitpid(child, 0)
    assert is_held(journal.folder)
    journal.close()
    assert not is_held(journal.folder)


def test_a_forked_child_can_go_on_as_the_owner(store: RunStore) -> None:
    store.create("r1", "text", "hash", {}).close()
    folder = store.folder("r1")
    lease = Lease.take(folder)
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        lease.adopt()
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        lease.release()
        os._exit(0)
    os.read(ready[0], 1)
    lease.forget()
    owner = owner_of(folder)
    held = is_held(folder)
    os.write(go[1], b"x")
    os.waitpid(child, 0)
    for descriptor in (*ready, *go):
        os.close(descriptor)

    assert owner is not None
    assert owner.pid == child
    assert held
    assert not is_held(folder)


def test_looking_does_not_keep_anyone_from_taking(store: RunStore, start: Start) -> None:
    store.create("r1", "text", "hash", {}).close()
    looker = start(
        "import sys; from steplane.store import RunFolder, is_held\nprint('on', flush=True)\n"
        "while True: is_held(RunFolder(sys.argv[1]))",
        store.folder("r1").path,
    )
    assert looker.stdout is not None
    looker.stdout.readline()

    for _ in range(20):
        store.acquire("r1").close()


@pytest.mark.parametrize(
    ("event", "status"),
    [(RunWaiting(steps=("a",)), "waiting"), (RunEnded(status="failed"), "failed"), (RunStarted(), "interrupted")],
)
def test_the_status_is_what_the_journal_says_last(store: RunStore, event: RunWaiting | RunEnded, status: str) -> None:
    with store.create("r1", "text", "hash", {}) as journal:
        journal.append(event)
        journal.commit()
        assert store.status("r1") == "running"

    assert store.status("r1") == status
    assert store.list_runs()[0].status == status


def test_it_is_known_until_when_a_run_was_gone_on_with(store: RunStore) -> None:
    def left(*, records: bool) -> tuple[int, int]:
        with store.acquire("r1") as journal:
            if records:
                journal.append(RunStarted(at=now()))
                journal.commit()
            last, held = journal.last(), owner_of(journal.folder)
        freed = owner_of(store.folder("r1"))
        assert last is not None
        assert held is not None
        assert freed is not None
        assert held.left_after(last.at) == 0 or not records
        return last.at, freed.left_after(last.at)

    store.create("r1", "text", "hash", {}).close()
    at, until = left(records=True)
    assert until >= at
    assert left(records=False) == (at, until)
    later, end = left(records=True)
    assert end >= later >= until


def test_a_lock_that_was_replaced_while_it_was_taken_does_not_count(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the opening of the lock's file and its locking somebody puts another in its place."""
    store.create("r1", "text", "hash", {}).close()
    lock = store.folder("r1").lock
    real, replaced = fcntl.flock, list[int]()

    def flock(descriptor: int, operation: int) -> None:
        if not replaced and not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            replaced.append(os.stat(lock).st_ino)
            Path(f"{lock}.other").write_bytes(b"")
            os.replace(f"{lock}.other", lock)
        real(descriptor, operation)

    monkeypatch.setattr("steplane.store.lease.fcntl.flock", flock)
    with store.acquire("r1"):
        assert replaced != [os.stat(lock).st_ino]
        assert is_held(store.folder("r1"))
    assert not is_held(store.folder("r1"))


@pytest.mark.parametrize("kind", ["pipe", "directory", "link"])
def test_what_is_no_file_in_the_place_of_the_lock_is_told_with_what_helps(store: RunStore, kind: str) -> None:
    store.create("r1", "text", "hash", {}).close()
    lock = store.folder("r1").lock
    os.unlink(lock)
    {"pipe": os.mkfifo, "directory": os.mkdir, "link": lambda path: os.symlink("nowhere", path)}[kind](lock)
    for act in (store.acquire, store.delete):
        with pytest.raises(StateError) as caught:
            act("r1")
        assert caught.value.message == f"{lock} is not a plain file"
        assert caught.value.remedy == "Move it away: it is made again."
    assert examined(store, make_registry(None, None), "r1").problems[-1] == Problem(
        caught.value.message, caught.value.remedy
    )
    os.rename(lock, f"{store.directory.path}/away")
    store.acquire("r1").close()
