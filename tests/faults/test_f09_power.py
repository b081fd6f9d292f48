"""F09: the power fails at any wait for the disk, or just after something was reported.

`full`: nothing that was reported is forgotten. `normal`: the newest may be, but nothing is corrupt. In both a store
opens without a word, for what a power loss may take is no damage.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest
from msgspec import to_builtins
from tests.faults.disk import Op, after, has_strace, record
from tests.faults.rig import Rig

from steplane.app.examining import examine_run, examine_shared
from steplane.events import AnyEvent
from steplane.plugins import Registry, read_index
from steplane.store import RunStore, StateDirectory

pytestmark = pytest.mark.skipif(
    not has_strace(), reason="strace is not installed (Debian package `strace`), or not allowed"
)

Durability = Literal["full", "normal"]

FLOW = """\
steplane: 1
name: power
steps:
  - id: first
    run: echo "$STEPLANE_IDEMPOTENCY_KEY" >> "$LEDGER"
  - id: large
    run: head -c 100000 /dev/zero | tr '\\0' x
  - id: sides
    parallel:
      left: [{id: l, run: 'echo "$STEPLANE_IDEMPOTENCY_KEY" >> "$LEDGER"'}]
      right: [{id: r, run: exit 3, on_error: warn}]
  - id: file
    run: echo kept > "$STEPLANE_ARTIFACTS/a.txt"
  - {id: below, call: part.yaml}
  - {id: kept, run: ':', compensate: [{id: not_kept, run: ':'}]}
  - {id: back, undo: [kept]}
  - {id: send, signal: {name: go, data: 7}}
  - {id: got, wait: {signal: go}}
  - id: last
    run: echo "$STEPLANE_IDEMPOTENCY_KEY" >> "$LEDGER"
"""

PART = """\
steplane: 1
name: part
steps:
  - run: echo "$STEPLANE_IDEMPOTENCY_KEY" >> "$LEDGER"
"""

ASKS = """\
steplane: 1
name: asks
steps: [{id: got, wait: {signal: go}}]
"""

WRITE = """
import os, sys
from steplane.events import AttemptEnded
from steplane.store import RunStore, StateDirectory
store = RunStore(StateDirectory.find(".", "state"))
with store.create("one", "text", "hash", {}, sys.argv[1]) as journal:
    for number in range(1, 1 + 3 * int(sys.argv[2])):
        journal.append(AttemptEnded(instance=number, attempt=1, outcome="succeeded", outputs="x" * 900))
        if number % 3 == 0:
            journal.commit()
            os.write(1, b"%d\\n" % number)
"""
"""Commits often enough that the log is folded in on the way."""


class Recording:
    """What a program wrote, and where the power may fail: at each wait for the disk, and after each word."""

    def __init__(self, folder: Path, command: list[str], env: dict[str, str]) -> None:
        self.folder = folder / "recorded"
        self.folder.mkdir()
        said = folder / "said"
        self.ops: list[Op] = record(command, self.folder, env, said)
        self.points = [number for number, op in enumerate(self.ops) if op.kind in {"sync", "say"}]
        self.points = sorted({*self.points, *(number + 1 for number in self.points), len(self.ops)})
        self.scratch = folder / "after"

    def state(self, point: int, random: Random | None, *, most: bool = False) -> tuple[RunStore, bytes]:
        """The store as it may be after a power loss at that point, and what had been said."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()
        disk = after(self.ops, point, str(self.folder))
        disk.lay_out(self.scratch, random, most=most)
        return RunStore(StateDirectory(str(self.scratch / "state"))), disk.said

    def faithful(self) -> None:
        """With all that was written, and no power loss, it is what stands on the disk."""
        self.state(len(self.ops), None, most=True)
        for path in sorted(self.folder.rglob("*")):
            copy = self.scratch / path.relative_to(self.folder)
            if path.is_file() and not path.is_symlink() and "artifacts" not in path.parts:
                assert path.name.endswith("-shm") or copy.read_bytes() == path.read_bytes(), path


@pytest.fixture(autouse=True)
def _the_next_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A power loss is followed by a start of the machine."""
    monkeypatch.setattr("steplane.store.lease.boot", lambda: "the next start of the machine")


def variants(seed: str, count: int) -> Iterator[Random | None]:
    """What is found: only what is certain, then some of the rest."""
    yield None
    for number in range(count):
        yield Random(f"{seed} {number}")


# ---------------------------------------------------------------- a run of the command


def run_recorded(rig: Rig, durability: Durability) -> Recording:
    file = rig.write(FLOW)
    (rig.folder / "part.yaml").write_text(PART, "utf-8")
    command = [sys.executable, "-m", "steplane", "run", str(file), "--id", "one", "--state", "state"]
    return Recording(rig.folder, [*command, "--format", "json", "--durability", durability], rig.env)


def told(said: bytes) -> list[dict[str, Any]]:
    """The events in the lines that were written whole."""
    return [json.loads(line) for line in said.split(b"\n")[:-1]]


def facts(events: list[AnyEvent]) -> set[tuple[Any, ...]]:
    return {fact(to_builtins(event)) for event in events}


def fact(event: dict[str, Any]) -> tuple[Any, ...]:
    """What identifies an event, in the journal and in the stream."""
    return event["type"], event.get("path"), event.get("status") if event["type"] == "step.ended" else None


def loses_power(recording: Recording, durability: Durability, count: int) -> int:
    """Let the power fail at each point; how many stores were found."""
    registry = Registry(read_index(None))
    seen = 0
    for point in recording.points:
        for random in variants(f"{durability} {point}", count):
            store, said = recording.state(point, random)
            reported = [one for one in told(said) if one["type"].startswith("step.")]
            ids = store.ids()
            if durability == "full" and reported:
                assert ids == ["one"], (point, random)
            if not ids:
                continue
            seen += 1
            with store.read("one") as journal:
                events = [event for _, event in journal.events()]
            if durability == "full":
                missing = {fact(one) for one in reported} - facts(events)
                assert not missing, (point, random, missing)
            assert examine_run(store, registry, "one").problems == [], (point, random)
            assert examine_shared(store) == [], (point, random)
    return seen


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_a_run(rig: Rig, durability: Durability) -> None:
    recording = run_recorded(rig, durability)
    recording.faithful()

    assert loses_power(recording, durability, 1) > 30


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("durability", ["full", "normal"])
def test_a_run_many_times(rig: Rig, durability: Durability) -> None:
    assert loses_power(run_recorded(rig, durability), durability, 20) > 300


def resumes(rig: Rig, recording: Recording, points: list[int]) -> None:
    """After a power loss the run is gone on with; what was reported to have ended does not run again."""
    for point in points:
        store, said = recording.state(point, Random(point))
        if not store.ids():
            continue
        ended = [one["path"] for one in told(said) if one["type"] == "step.ended"]
        over = any(one["type"] == "run.ended" for one in told(said))
        shutil.rmtree(rig.state, ignore_errors=True)
        shutil.copytree(recording.scratch / "state", rig.state)
        rig.ledger.write_text("")
        life = rig.resume()
        assert life.wait() == 0, rig.outputs()
        assert rig.status() == "warning"
        again = [path for path in ended if rig.executions(path)]
        assert again == [], point
        assert not over or rig.counts().total() == 0


def test_it_is_gone_on_with(rig: Rig) -> None:
    recording = run_recorded(rig, "full")
    words = [number + 1 for number, op in enumerate(recording.ops) if op.kind == "say"]
    resumes(rig, recording, [words[0], words[len(words) // 3], words[2 * len(words) // 3], words[-1]])


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_it_is_gone_on_with_from_everywhere(rig: Rig) -> None:
    recording = run_recorded(rig, "full")
    resumes(rig, recording, recording.points)


# ---------------------------------------------------------------- a signal for a run that waits


def test_a_signal_that_was_acknowledged_is_there(rig: Rig) -> None:
    """It is sent to a run that has stopped to wait for it."""
    rig.write(ASKS)
    command = f"exec 3>&1 >/dev/null; {sys.executable} -m steplane"
    state = "--state state"
    words = (
        f"{command} run {rig.folder}/flow.yaml --id one {state} -q --patience 0; test $? = 3 && "
        f"{sys.executable} -m steplane signal one go --data 7 {state} && echo sent >&3"
    )
    recording = Recording(rig.folder, ["sh", "-c", words], rig.env)
    said = [number for number, op in enumerate(recording.ops) if op.kind == "say"]
    assert len(said) == 1
    for point in (said[0] + 1, len(recording.ops)):
        for random in variants(f"signal {point}", 2):
            recording.state(point, random)
            shutil.rmtree(rig.state, ignore_errors=True)
            shutil.copytree(recording.scratch / "state", rig.state)
            life = rig.resume()
            assert life.wait() == 0, rig.outputs()


# ---------------------------------------------------------------- a log that is folded in on the way


def written(rig: Rig, durability: Durability, commits: int) -> Recording:
    env = {**rig.env, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return Recording(rig.folder, [sys.executable, "-c", WRITE, durability, str(commits)], env)


def around_folding(recording: Recording, random: Random, count: int) -> list[int]:
    """Points around the waits for the journal itself, which come when its log is folded in, and some others."""
    folded = [
        number for number, op in enumerate(recording.ops) if op.kind == "sync" and op.path.endswith("/one/journal.db")
    ]
    near = {one + step for one in folded for step in (-1, 0, 1, 2)} & set(range(len(recording.ops) + 1))
    return sorted(near | set(random.sample(recording.points, min(count, len(recording.points)))))


def loses_power_while_writing(recording: Recording, durability: Durability, points: list[int], count: int) -> None:
    for point in points:
        for random in variants(f"{durability} {point}", count):
            store, said = recording.state(point, random)
            last = int(said.split(b"\n")[-2]) if b"\n" in said else 0
            if not store.ids():
                assert not last, point
                continue
            with store.read("one") as journal:
                assert journal.check() == [], (point, random)
                found = journal.last_seq()
            assert found >= last or durability == "normal", (point, random, found, last)
            assert found % 3 == 0
            with store.acquire("one") as journal:
                assert journal.last_seq() == found


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_a_log_is_folded_in(rig: Rig, durability: Durability) -> None:
    recording = written(rig, durability, 420)
    recording.faithful()
    points = around_folding(recording, Random(durability), 25)

    assert len(points) > 30, "it was folded in on the way"
    loses_power_while_writing(recording, durability, points, 1)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("durability", ["full", "normal"])
def test_a_log_is_folded_in_many_times(rig: Rig, durability: Durability) -> None:
    recording = written(rig, durability, 1500)
    loses_power_while_writing(recording, durability, around_folding(recording, Random(durability), 250), 3)
