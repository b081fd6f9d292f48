"""Which runs go, and that nothing else does."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from steplane.app.pruning import Choice, choose, parse_size, prune
from steplane.errors import RunHeld, StateError, UsageError
from steplane.events import RunEnded, RunStarted, RunWaiting
from steplane.store import RunStore, StateDirectory
from steplane.store.files import delete_tree, disk_usage

DAY = 86_400_000_000


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """Runs `r1` (oldest) to `r5` that have ended, one that waits, one that was interrupted."""
    made = RunStore(StateDirectory.find(str(tmp_path)))
    for number, status in enumerate(["succeeded", "failed", "succeeded", "cancelled", "warning"], 1):
        make(made, f"r{number}", number * DAY, status, "odd" if number % 2 else "even")
    make(made, "waits", DAY, "waiting")
    make(made, "cut", DAY, "interrupted")
    return made


def make(store: RunStore, run: str, at: int, status: str, workflow: str = "") -> None:
    with store.create(run, "text", "hash", {"workflow": workflow, "started_at": at}) as journal:
        journal.append(RunStarted(at=at))
        if status == "waiting":
            journal.append(RunWaiting(at=at))
        elif status != "interrupted":
            journal.append(RunEnded(at=at, status=status))  # type: ignore[arg-type]
        journal.commit()
    if status not in {"waiting", "interrupted"}:
        store.ended(run, status, at)


@pytest.mark.parametrize(
    ("choice", "gone"),
    [
        (Choice(), ["r1", "r2", "r3", "r4", "r5"]),
        (Choice(before=3 * DAY), ["r1", "r2"]),
        (Choice(keep=2), ["r1", "r2", "r3"]),
        (Choice(keep=9), []),
        (Choice(before=3 * DAY, keep=4), ["r1"]),
        (Choice(status="succeeded"), ["r1", "r3"]),
        (Choice(status="succeeded", keep=1), ["r1"]),
        (Choice(workflow="even"), ["r2", "r4"]),
        (Choice(workflow="even", before=4 * DAY), ["r2"]),
        (Choice(unfinished=True, before=2 * DAY), ["cut", "r1", "waits"]),
        (Choice(status="waiting", unfinished=True), ["waits"]),
        (Choice(room=0), ["r1", "r2", "r3", "r4", "r5"]),
        (Choice(room=1 << 40), []),
    ],
)
def test_each_part_narrows_the_choice(store: RunStore, choice: Choice, gone: list[str]) -> None:
    assert sorted(one.summary.id for one in choose(store, choice)) == gone


def test_the_oldest_go_until_there_is_room(store: RunStore) -> None:
    store.list_runs()  # which leaves files of SQLite's own beside some
    sizes = {one: disk_usage(store.folder(one).path) for one in store.ids()}
    room = sum(sizes.values()) - sizes["r1"] - 1

    assert [one.summary.id for one in choose(store, Choice(room=room))] == ["r1", "r2"]


def test_what_is_deleted_is_gone_from_the_disk_and_from_the_list(store: RunStore) -> None:
    store.ask("r1", "signal")
    doomed = choose(store, Choice(before=3 * DAY))
    assert [one.error for one in prune(store, doomed)] == ["", ""]

    assert store.ids() == ["cut", "r3", "r4", "r5", "waits"]
    assert {one.id for one in store.catalogue.summaries()} == set(store.ids())
    assert store.requests("r1") == []
    assert os.listdir(Path(store.directory.runs, ".new")) == []


def test_a_run_that_is_held_never_goes(store: RunStore) -> None:
    with store.acquire("r1"):
        left = {one.doomed.summary.id: one.exit_code for one in prune(store, choose(store, Choice(unfinished=True)))}
        assert left == {"cut": 0, "waits": 0, "r1": 5, "r2": 0, "r3": 0, "r4": 0, "r5": 0}
        with pytest.raises(RunHeld, match="run r1 is held by process"):
            store.delete("r1")
    assert store.ids() == ["r1"]


def test_a_run_that_goes_on_after_it_was_chosen_is_left(store: RunStore) -> None:
    doomed = choose(store, Choice(status="failed"))
    with store.acquire("r2") as journal:
        journal.append(RunStarted(at=1))
        journal.commit()
    store.reopened("r2")

    (left,) = prune(store, doomed)
    assert (left.error, left.exit_code) == ("run r2 has been gone on with meanwhile", 5)
    assert "r2" in store.ids()


def test_no_link_is_followed(store: RunStore, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    folder = Path(store.folder("r1").path)
    (folder / "artifacts" / "out").symlink_to(outside)
    elsewhere = tmp_path / "elsewhere"
    os.rename(store.folder("r2").path, elsewhere)
    os.symlink(elsewhere, store.folder("r3").path.replace("r3", "r2"))

    results = {one.doomed.summary.id: one for one in prune(store, choose(store, Choice(before=3 * DAY)))}

    assert results["r1"].error == ""
    assert results["r2"].error == f"{store.directory.runs}/r2 is a link to {elsewhere}"
    assert (outside / "precious").read_text() == "x"
    assert (elsewhere / "journal.db").exists()


def test_runs_that_lie_elsewhere_are_not_touched(store: RunStore, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    os.rename(store.directory.runs, elsewhere)
    os.symlink(elsewhere, store.directory.runs)

    with pytest.raises(UsageError, match="is a link to"):
        store.delete("r1")
    assert (elsewhere / "r1" / "journal.db").exists()


def test_what_a_step_has_closed_goes_too(tmp_path: Path) -> None:
    closed = tmp_path / "run" / "artifacts" / "closed"
    closed.mkdir(parents=True)
    (closed / "file").write_text("x")
    closed.chmod(0o500)
    closed.parent.chmod(0o000)

    delete_tree(str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_what_cannot_be_deleted_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"cannot remove .*nothing: No such file"):
        delete_tree(str(tmp_path / "nothing"))


KILLED = """
import os, signal, sys
from steplane.store import RunStore, StateDirectory
import steplane.store.runs as runs
point = sys.argv[2]
def dies(*values):
    os.kill(os.getpid(), signal.SIGKILL)
if point == "forget":
    runs.Catalogue.forget = dies
elif point == "delete":
    runs.delete_tree = dies
else:
    runs.sync_directory = dies
RunStore(StateDirectory(sys.argv[1])).delete("r1")
"""


@pytest.mark.parametrize("point", ["renamed", "forget", "delete"])
def test_killed_on_the_way_it_is_no_run_any_more_and_the_next_one_clears_up(store: RunStore, point: str) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    words = [sys.executable, "-c", KILLED, store.directory.path, point]
    assert subprocess.run(words, env=env, check=False).returncode == -signal.SIGKILL

    assert "r1" not in store.ids()
    assert "r1" not in {one.id for one in store.list_runs()}
    assert os.listdir(Path(store.directory.runs, ".new")) != []
    make(store, "r1", DAY, "succeeded")
    assert os.listdir(Path(store.directory.runs, ".new")) == []
    assert store.status("r1") == "succeeded"


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("1024", 1024), ("500M", 500 << 20), ("2g", 2 << 30), ("1.5GiB", 3 << 29), ("10 kB", 10240), ("7B", 7)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1G", "1X", "nan", "1e400", "G"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_size(text)
    assert caught.value.message == f"`--max-size {text}` is no size"
    assert caught.value.remedy == "Write a number of bytes with a unit: 500M, 2G, 1.5GiB."
