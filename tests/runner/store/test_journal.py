"""The journal in undisturbed use. Damage, death and full disks: test_faults.py."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steplane.errors import LeaseLost, StateDamaged, UsageError
from steplane.events import (
    Answered,
    AnyEvent,
    AttemptEnded,
    ErrorInfo,
    RunEnded,
    RunStarted,
    StepEnded,
    StepReady,
    StepStarted,
)
from steplane.store import Journal, RunStore
from steplane.store.blobs import Blobs
from steplane.store.database import Database, Row
from steplane.store.records import BLOB_OVER, to_event, to_row

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
AT = st.integers(1, 2**52)
ERROR = st.none() | st.builds(
    ErrorInfo, type=st.text(), message=st.text(), code=st.none() | st.integers(0, 255), detail=JSON
)
EVENT = st.one_of(
    st.builds(Answered, at=AT, instance=st.integers(0, 9), question=st.just("loop"), value=JSON, error=ERROR),
    st.builds(AttemptEnded, at=AT, instance=st.integers(0, 9), attempt=st.integers(1, 9), outcome=st.just("failed"),
              outputs=JSON, error=ERROR),
    st.builds(StepEnded, at=AT, step=st.text(), path=st.text(), activation=st.integers(1, 9), status=st.just("failed"),
              error=ERROR),
    st.builds(RunEnded, at=AT, status=st.just("warning"), outputs=JSON, error=ERROR),
)  # fmt: skip


@pytest.fixture
def journal(store: RunStore) -> Any:
    with store.create("r1", "the text", "h1", {"workflow": "w", "inputs": {"n": 1}}) as made:
        yield made


def test_a_new_journal_holds_its_header_and_definition(journal: Journal) -> None:
    assert journal.header["inputs"] == {"n": 1}
    assert [(one.hash, one.text) for one in journal.definitions()] == [("h1", "the text")]
    assert list(journal.events()) == []
    assert journal.last() is None


def test_events_come_back_in_order_with_their_numbers(journal: Journal) -> None:
    events: list[AnyEvent] = [RunStarted(at=5), StepStarted(at=6, step="a", path="g/a", activation=2, attempt=3)]
    assert [journal.append(event) for event in events] == [1, 2]
    journal.commit()

    assert list(journal.events()) == [(1, events[0]), (2, events[1])]
    assert list(journal.events(since=1)) == [(2, events[1])]


def test_what_the_kernel_took_in_is_read_alone_and_all_is_proved(store: RunStore, journal: Journal) -> None:
    large = AttemptEnded(at=7, instance=1, attempt=1, outcome="succeeded", outputs={"v": "x" * BLOB_OVER})
    events: list[AnyEvent] = [
        RunStarted(at=5),
        StepStarted(at=6, step="a", path="a"),
        large,
        RunEnded(at=8, status="succeeded"),
    ]
    for event in events:
        journal.append(event)
    journal.commit()
    assert list(journal.inputs()) == [events[0], events[2]]

    journal._database.run("UPDATE events SET path = 'b' WHERE seq = 2")
    found = journal.inputs()
    assert next(found) == events[0]
    with pytest.raises(StateDamaged, match="event 2 is not what was recorded"):
        next(found)


def test_instances_are_listed_in_order_with_what_was_said_of_them_last(store: RunStore, journal: Journal) -> None:
    error = ErrorInfo("x", "y" * BLOB_OVER)
    events: list[AnyEvent] = [
        RunStarted(at=1),
        StepReady(at=2, step="b", path="b"),
        StepReady(at=3, step="a", path="a[x/y]"),
        StepStarted(at=4, step="a", path="a[x/y]"),
        StepEnded(at=5, step="b", path="b", status="skipped"),
        StepEnded(at=6, step="c", path="c", status="failed", error=error),
        Answered(at=7, instance=1, question="outputs", value=1),
    ]
    for event in events:
        journal.append(event)
    journal.commit()
    with store.read("r1") as reader:
        assert reader.instances() == [("b", "skipped"), ("a[x/y]", "started"), ("c", "")], "a blob is not looked into"


def test_columns_say_what_a_query_needs(journal: Journal) -> None:
    journal.append(StepStarted(at=6, step="a", path="g/a", activation=2, attempt=3))
    journal.commit()
    entry = journal.last()

    assert entry is not None
    assert (entry.seq, entry.at, entry.epoch, entry.type) == (1, 6, 1, "step.started")
    assert (entry.path, entry.activation, entry.attempt) == ("g/a", 2, 3)
    assert entry.mono > 0


def test_an_event_without_a_time_gets_the_present(journal: Journal) -> None:
    journal.append(RunStarted())
    journal.commit()

    assert next(journal.events())[1].at > 1_700_000_000_000_000


def test_what_is_not_committed_is_not_there_for_anyone(store: RunStore, journal: Journal) -> None:
    journal.append(RunStarted())
    with store.read("r1") as reader:
        assert list(reader.events()) == []
        journal.commit()
        assert reader.last_seq() == 1


def test_what_is_not_committed_is_dropped_by_close(store: RunStore, journal: Journal) -> None:
    journal.append(RunStarted())
    journal.close()

    with store.acquire("r1") as again:
        assert again.epoch == 2
        assert again.append(RunStarted()) == 1


def test_a_large_event_lives_in_a_blob_and_the_same_value_only_once(store: RunStore, journal: Journal) -> None:
    event = AttemptEnded(at=1, instance=1, attempt=1, outcome="succeeded", outputs={"text": "é" * BLOB_OVER})
    for _ in range(2):
        journal.append(event)
    journal.commit()
    blobs = [path for path in Path(journal.folder.blobs).rglob("*") if path.is_file()]

    assert [one for _, one in journal.events()] == [event, event]
    assert len(blobs) == 1


def test_a_blob_that_a_crash_left_half_written_is_removed_by_the_next_owner_alone(
    store: RunStore, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = AttemptEnded(at=1, instance=1, attempt=1, outcome="succeeded", outputs="x" * BLOB_OVER)
    with monkeypatch.context() as crash:
        crash.setattr("steplane.store.files.os.rename", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        child = os.fork()
        if child == 0:
            journal.append(event)
            os._exit(1)  # not reached: it dies between the writing and the naming
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    journal.close()

    def left() -> list[Path]:
        return [path for path in Path(journal.folder.blobs).rglob("*") if path.is_file()]

    assert [path.name.startswith(".new-") for path in left()] == [True]
    with store.read("r1"):
        assert len(left()) == 1
    with store.acquire("r1"):
        assert left() == []


@pytest.mark.parametrize(
    "value", ["\ud800", object(), {1, object()}, 10**5000], ids=["surrogate", "object", "set", "huge"]
)
def test_what_json_cannot_hold_is_refused_and_nothing_gathered(journal: Journal, value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are those of the codec
        journal.append(RunEnded(status="succeeded", outputs=value))
    journal.append(RunStarted(at=1))
    journal.commit()

    assert list(journal.events()) == [(1, RunStarted(at=1))]


def test_a_changed_definition_is_added_once(store: RunStore, journal: Journal) -> None:
    journal.add_definition("new text", "h2")
    journal.add_definition("new text", "h2")

    assert [one.hash for one in journal.definitions()] == ["h1", "h2"]
    assert journal.check() == []


def test_a_stale_owner_cannot_write(store: RunStore, journal: Journal) -> None:
    journal.append(RunStarted(at=1))
    with store.acquire("r1", force=True) as heir:
        with pytest.raises(LeaseLost, match="run r1 was taken over by another process"):
            journal.commit()
        with pytest.raises(LeaseLost):
            journal.add_definition("new", "h2")
        heir.append(RunStarted(at=2))
        heir.commit()
        journal.close()
        assert list(heir.events()) == [(1, RunStarted(at=2))]
        assert store.status("r1") == "running"


def test_an_id_that_is_taken_is_refused(store: RunStore, journal: Journal) -> None:
    with pytest.raises(UsageError) as caught:
        store.create("r1", "text", "hash", {})

    assert caught.value.message == f"a run 'r1' exists already in {store.directory.path}"
    assert caught.value.remedy == (
        "Go on with it: steplane resume r1; look at it: steplane show r1; or give another --id."
    )


def test_a_commit_that_was_done_before_an_interrupt_is_not_done_twice(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Database.run

    def interrupted(self: Database, statement: str, values: Row = ()) -> int:
        changed = run(self, statement, values)
        if statement.startswith("INSERT INTO events"):
            raise KeyboardInterrupt
        return changed

    journal.append(RunStarted(at=1))
    with monkeypatch.context() as patch:
        patch.setattr(Database, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            journal.commit()
    journal.append(RunStarted(at=2))
    journal.commit()

    assert [event.at for _, event in journal.events()] == [1, 2]


@pytest.mark.parametrize("count", [1, 15, 16, 17, 33])
def test_any_number_of_events_is_one_transaction(journal: Journal, count: int) -> None:
    for number in range(count):
        journal.append(RunStarted(at=number + 1))
    journal.commit()
    assert [event.at for _, event in journal.events()] == list(range(1, count + 1))

    journal._database.run("UPDATE run SET epoch = epoch + 1")
    for number in range(count):
        journal.append(RunStarted(at=number + 1))
    with pytest.raises(LeaseLost):
        journal.commit()
    assert journal.last_seq() == count


@given(EVENT)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_event_survives_its_row(event: AnyEvent) -> None:
    blobs = Blobs("/nowhere")

    assert to_event(to_row(event, 7, 99, 1, blobs), 7, 99, "journal.db", blobs) == event


@given(st.lists(EVENT, min_size=1, max_size=8), st.lists(st.integers(1, 3), min_size=8, max_size=8))
@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
def test_any_batches_come_back(journal: Journal, events: list[AnyEvent], sizes: list[int]) -> None:
    begin = journal.last_seq()
    for number, event in enumerate(events):
        journal.append(event)
        if number % sizes[number] == 0:
            journal.commit()
    journal.commit()

    assert [one for _, one in journal.events(begin)] == events
