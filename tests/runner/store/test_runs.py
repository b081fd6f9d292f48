"""The store as a whole: listing, finding, the catalogue and its loss."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from steplane.errors import StateDamaged, StateError, UnknownRun, UsageError
from steplane.events import RunEnded
from steplane.store import RunStore, RunSummary
from steplane.store.records import digest
from steplane.store.requests import Requests


def make(store: RunStore, run: str, started_at: int = 1, end: str = "", **header: object) -> None:
    with store.create(run, "text", "hash", {"started_at": started_at, **header}) as journal:
        if end in {"succeeded", "failed"}:
            journal.append(RunEnded(at=started_at + 5, status="failed" if end == "failed" else "succeeded"))
            journal.commit()


def lose_catalogue(store: RunStore) -> None:
    for path in Path(store.directory.path).glob("steplane.db*"):
        path.unlink()


def test_a_summary_takes_the_header(store: RunStore) -> None:
    make(
        store, "r1", 7, workflow="release", file="w.yaml", version=3, title="t", case="c", labels={"a": "b"}, parent="p"
    )

    assert store.list_runs() == [
        RunSummary("r1", "release", "w.yaml", "3", "hash", "t", 7, 0, "interrupted", "c", {"a": "b"}, "p")
    ]


def test_runs_are_listed_newest_first_and_filtered(store: RunStore) -> None:
    make(store, "a", 10, "failed", workflow="x", case="1")
    make(store, "b", 30, workflow="y", case="1")
    make(store, "c", 20, "succeeded", workflow="x", case="2")

    def ids(**where: str) -> list[str]:
        return [one.id for one in store.list_runs(**where)]  # type: ignore[arg-type]

    assert ids() == ["b", "c", "a"]
    assert ids(workflow="x") == ["c", "a"]
    assert ids(case="1", workflow="x") == ["a"]
    assert ids(status="interrupted") == ["b"]
    assert [one.id for one in store.list_runs(limit=1)] == ["b"]


def test_the_word_latest_is_no_id(store: RunStore) -> None:
    with pytest.raises(UnknownRun, match="there is no run yet"):
        store.resolve("latest")
    with pytest.raises(UsageError, match="it stands for the newest one"):
        make(store, "latest", 10)
    make(store, "latest-2", 20)

    assert store.resolve("latest") == "latest-2"


def test_the_latest(store: RunStore) -> None:
    with pytest.raises(UnknownRun) as none:
        store.latest()
    make(store, "a", 10)
    make(store, "b", 20, "failed")

    assert store.latest() == store.resolve("latest") == "b"
    assert store.latest(unfinished=True) == "a"
    assert none.value.message == f"there is no run in {store.directory.path}"


def test_an_end_that_the_catalogue_missed_is_told_from_the_journal(store: RunStore) -> None:
    make(store, "a", 10, "failed")
    (one,) = store.list_runs()

    assert (one.status, one.ended_at) == ("failed", 15)


def test_an_end_is_recorded_and_taken_back(store: RunStore) -> None:
    make(store, "a", 10)
    store.ended("a", "cancelled", 99)
    assert [(one.status, one.ended_at) for one in store.list_runs()] == [("cancelled", 99)]

    store.reopened("a")
    assert [(one.status, one.ended_at) for one in store.list_runs()] == [("interrupted", 0)]


def test_a_lost_catalogue_is_made_again(store: RunStore) -> None:
    make(store, "a", 10, "failed", title="one")
    make(store, "b", 20, title="two", labels={"x": 1})
    before = store.list_runs()
    lose_catalogue(store)

    assert store.list_runs() == before
    lose_catalogue(store)
    make(store, "c", 30)
    assert [one.id for one in store.list_runs()] == ["c", "b", "a"]


def test_a_run_that_the_catalogue_does_not_know_is_listed_and_one_without_folder_is_not(store: RunStore) -> None:
    make(store, "b", 20)
    lose_catalogue(store)
    make(store, "c", 30)
    known = Path(store.directory.database).read_bytes()
    make(store, "a", 10, title="one")
    Path(store.directory.database).write_bytes(known)
    shutil.rmtree(store.folder("c").path)

    assert [(one.id, one.title) for one in store.list_runs()] == [("b", ""), ("a", "one")]


def test_a_run_whose_folder_got_another_name_is_refused(store: RunStore) -> None:
    make(store, "a", 10, title="one")
    os.rename(store.folder("a").path, Path(store.directory.runs, "moved"))

    assert [(one.id, one.status) for one in store.list_runs()] == [("moved", "damaged")]
    with pytest.raises(StateDamaged, match="it is the journal of run 'a'") as caught:
        store.acquire("moved")
    assert caught.value.remedy == "Give the folder the name 'a' again, or put the right journal into it."


def test_a_damaged_catalogue_is_refused_with_advice_and_not_replaced(store: RunStore) -> None:
    make(store, "a")
    lose_catalogue(store)
    Path(store.directory.database).write_bytes(b"junk" * 5000)

    with pytest.raises(StateDamaged, match=r"steplane\.db is damaged") as caught:
        store.list_runs()
    with pytest.raises(StateDamaged):
        store.create("b", "text", "hash", {})
    assert caught.value.remedy == (
        "Move it (and its -wal) away: it is made again from the runs' own folders at the next command."
    )
    assert Path(store.directory.database).read_bytes() == b"junk" * 5000
    assert store.ids() == ["a"]


def test_an_id_is_found_by_its_beginning(store: RunStore) -> None:
    for run in ("20260101-a", "20260101-b", "20260202-c", "20260202-cc"):
        make(store, run)

    assert store.resolve("20260101-a") == "20260101-a"
    assert store.resolve("20260202-c") == "20260202-c"
    with pytest.raises(UsageError) as several:
        store.resolve("20260101")
    assert several.value.message == "'20260101' fits 2 runs: 20260101-b, 20260101-a"
    with pytest.raises(UnknownRun) as unknown:
        store.resolve("20260101-x")
    assert unknown.value.message == "no run '20260101-x'"
    assert unknown.value.remedy.startswith("Nearest: 20260101-")
    for text in ("", "..", "../runs/20260101-a"):
        with pytest.raises(UsageError):
            store.resolve(text)


def test_without_any_run_the_message_says_so(store: RunStore) -> None:
    with pytest.raises(UnknownRun) as caught:
        store.resolve("x")

    assert caught.value.message == "no run 'x': there is no run yet"
    assert caught.value.remedy == "Start one: steplane run FILE"


def test_a_file_in_the_place_of_the_runs_is_told(store: RunStore) -> None:
    os.rmdir(store.directory.runs)
    assert store.list_runs() == []
    Path(store.directory.runs).touch()
    with pytest.raises(StateError, match=r"cannot read .*/runs: Not a directory"):
        store.list_runs()


def test_requests_wait_until_they_are_done(store: RunStore) -> None:
    make(store, "a")
    make(store, "b")
    store.ask("a", "cancel", {"reason": "wrong"}, "ann")
    store.ask("b", "cancel")
    store.ask("a", "signal", [1])
    waiting = store.requests("a")

    assert [(one.kind, one.data, one.actor) for one in waiting] == [
        ("cancel", {"reason": "wrong"}, "ann"),
        ("signal", [1], ""),
    ]
    store.done("a", waiting[:1])
    assert [one.kind for one in store.requests("a")] == ["signal"]
    with pytest.raises(UnknownRun):
        store.ask("c", "cancel")


def test_requests_go_where_the_run_goes_and_outlive_the_catalogue(store: RunStore) -> None:
    """They were acknowledged: what the advice of a damaged catalogue says to do loses none."""
    make(store, "a")
    for number in range(12):
        store.ask("a", "signal", number)
    Path(store.directory.database).write_bytes(b"junk" * 5000)
    with pytest.raises(StateDamaged, match=r"steplane\.db is damaged"):
        store.requests("a")
    lose_catalogue(store)
    assert [one.data for one in store.requests("a")] == list(range(12))
    assert {os.stat(one).st_mode & 0o777 for one in Path(store.folder("a").requests).iterdir()} == {0o600}
    os.rename(store.folder("a").path, Path(store.directory.path, "away"))
    make(store, "a")
    assert store.requests("a") == []


def test_a_request_of_an_earlier_release_stands_in_the_catalogue(store: RunStore) -> None:
    make(store, "a")
    with closing(sqlite3.connect(store.directory.database)) as database, database:
        database.execute("INSERT INTO requests (run, kind, data, actor, at) VALUES ('a', 'signal', '[1]', 'ann', 5)")
    store.ask("a", "signal", [2])
    waiting = store.requests("a")
    assert [(one.data, one.number) for one in waiting] == [([1], 1), ([2], 0)]
    store.done("a", waiting)
    assert store.requests("a") == []


@pytest.mark.parametrize("harm", ["changed", "cut off", "a link", "no JSON"])
def test_a_damaged_request_is_told_and_stops_none_of_the_others(store: RunStore, harm: str) -> None:
    make(store, "a")
    for number in range(2):
        store.ask("a", "signal", number)
    path = Path(store.folder("a").requests, store.requests("a")[0].file)
    whole = path.read_bytes()
    text = "[" * 50_000
    path.write_bytes(
        {"cut off": whole[:40], "no JSON": f"{digest(text)}\n{text}\n".encode()}.get(harm, whole.replace(b"0", b"9"))
    )
    if harm == "a link":
        path.rename(path.with_name("x"))
        path.symlink_to("x")
    assert [one.data for one in store.requests("a")] == [1]
    (told,) = Requests(store.folder("a")).damages()
    assert told.message.startswith(f"{path} is damaged: ")
    assert told.remedy == "What was asked is lost: remove the file, and send the signal again."


def test_nothing_but_the_begin_and_the_end_writes_the_catalogue(store: RunStore) -> None:
    make(store, "first")
    with store.create("a", "text", "hash", {}) as journal:
        before = Path(store.directory.database).stat().st_mtime_ns
        for _ in range(20):
            journal.append(RunEnded(status="failed"))
            journal.commit()
        assert Path(store.directory.database).stat().st_mtime_ns == before


def test_a_run_is_made_whole_or_not_at_all_where_its_header_is_no_json(store: RunStore) -> None:
    with pytest.raises(TypeError):
        store.create("a", "text", "hash", {"x": object()})

    assert store.ids() == []
    assert os.listdir(Path(store.directory.runs, ".new")) == []


def test_making_the_catalogue_leaves_nothing_beside_it(store: RunStore) -> None:
    make(store, "a")

    assert sorted(os.listdir(store.directory.path)) == [".gitignore", "cache", "runs", "steplane.db"]
    assert os.listdir(Path(store.directory.runs, ".new")) == []


def test_without_a_catalogue_that_can_be_made_the_runs_are_still_listed(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(store, "a", title="one")
    lose_catalogue(store)

    def fail(_: object) -> None:
        raise StateError("cannot write")

    monkeypatch.setattr(RunStore, "rebuild", fail)

    assert [(one.id, one.title) for one in store.list_runs()] == [("a", "one")]
    assert store.requests("a") == []
