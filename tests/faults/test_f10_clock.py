"""F10: the machine's clock is set back and forward by a day, or by daylight saving, while a run waits.

The clock that is shifted is that of the run's processes, by libfaketime (Debian package `faketime`).
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest
from tests.faults.rig import NOTE, Life, Rig, until
from tests.faults.story import crash, executions_of, judge, story

from steplane.app.pruning import Doomed, prune
from steplane.errors import StateError
from steplane.events import AnyEvent, StepEnded, StepFact, StepRetry, StepStarted, StepWaiting, TimerFired
from steplane.store import RunStore, StateDirectory

FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
shifted = pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not there (Debian package `faketime`)")

SHIFTS = {"back": "-1d", "forward": "+1d", "summer": "@2026-03-29 01:59:59", "winter": "@2026-10-25 02:59:59"}
"""By a day, or to the last second before the clocks of Berlin change."""

FLOW = f"""\
steplane: 1
name: clock
failure: continue
steps:
  - {{id: often, needs: [], retry: {{attempts: 3, delay: 400ms}}, run: '{NOTE}; test $STEPLANE_ATTEMPT = 3'}}
  - id: long
    needs: []
    timeout: 3s
    on_error: warn
    with: {{grace: 100ms}}
    run: '{NOTE}; until [ -e never ]; do sleep 0.05; done'
  - id: group
    needs: []
    timeout: 20s
    steps: [{{id: inner, run: '{NOTE}; until [ -e shifted ]; do sleep 0.01; done; date +%s > moment'}}]
  - {{id: pause, needs: [], wait: 700ms}}
  - {{id: word, needs: [], on_error: warn, wait: {{signal: never, timeout: 800ms}}}}
  - {{id: after, run: '{NOTE}'}}
"""

LEAST, MOST = 0.99, 60.0
"""What a second may take by the run's own account, on a machine that is busy."""


class Clock:
    """The clock of the processes that are started with its environment."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.set("+0")
        self.env = {
            "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "TZ": "Europe/Berlin",
        }  # fmt: skip

    def set(self, shift: str) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"{shift}\n")
        new.replace(self._file)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[Rig]:
    """A folder of its own, for the same run under the right clock."""
    folder = tmp_path / "calm"
    folder.mkdir()
    made = Rig(folder)
    try:
        yield made
    finally:
        made.end()


def run(rig: Rig, clock: Clock, *words: object) -> Life:
    """A command whose clock is the shifted one."""
    return rig.start(*words, "--state", rig.state, env=clock.env)


def begun(rig: Rig, clock: Clock) -> Life:
    rig.write(FLOW)
    life = run(rig, clock, "run", rig.folder / "flow.yaml", "--id", "one", "-q")
    for path in ("often", "group/inner"):  # on a starved machine `long` may be ended before it has written anything
        rig.noted(path)
    return life


def times_of(events: list[AnyEvent], path: str) -> tuple[int, int]:
    """The begin of the first attempt and the end."""
    facts = [one for one in events if isinstance(one, StepFact) and one.path == path]
    first = next(one for one in facts if isinstance(one, StepStarted))
    return first.at, next(one.at for one in facts if isinstance(one, StepEnded))


@shifted
@pytest.mark.parametrize("shift", SHIFTS)
def test_durations_are_those_of_the_monotonic_clock(rig: Rig, calm: Rig, clock: Clock, shift: str) -> None:
    calm.write(FLOW)
    (calm.folder / "shifted").touch()
    undisturbed = calm.run()
    life = begun(rig, clock)
    clock.set(SHIFTS[shift])
    (rig.folder / "shifted").touch()
    assert life.wait() == 0, rig.outputs()
    assert {"one/long/1": 1, **rig.counts()} == {
        "one/often/1": 3, "one/long/1": 1, "one/group/inner/1": 1, "one/after/1": 1
    }  # fmt: skip
    moment = int((rig.folder / "moment").read_text())
    assert abs(moment - time.time()) > 3600  # it was shifted indeed
    events = rig.events()
    begin, end = times_of(events, "long")
    assert 3 * LEAST <= (end - begin) / 1e6 <= MOST
    begin, end = times_of(events, "often")
    assert 2 * 0.4 * LEAST <= (end - begin) / 1e6 <= MOST
    for path, least in (("pause", 0.7), ("word", 0.8)):
        begin, end = times_of(events, path)
        assert least * LEAST <= (end - begin) / 1e6 <= MOST, path
    assert [one.at for one in events] == sorted(one.at for one in events)  # within one process time never goes back
    fired = Counter((one.instance, one.timer) for one in events if isinstance(one, TimerFired))
    # the limits of `long` and `word` once, the wait of `pause` once, the back-off of `often` twice
    assert sorted(fired.values()) == [1, 1, 1, 2]
    assert undisturbed.wait() == 0, calm.outputs()
    # `long`, on a starved machine, may not have come so far as to note its execution: so these are compared above
    assert story(events).steps == story(calm.events()).steps


def is_over(pid: int | None) -> bool:
    """Whether the process is no more, or nothing of it but its end is there."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in "ZX"
    except OSError:
        return True


TIMED = StepRetry | StepWaiting
"""What says that a time is running."""

CUT = {
    "back-off": "retry: {attempts: 2, delay: 1s}, run: '" + NOTE + "; exit 1'",
    "wait": "wait: 1s",
    "wait for a word": "wait: {signal: never, timeout: 1s}",
}


@shifted
@pytest.mark.parametrize("step", CUT)
@pytest.mark.parametrize("shift", ["back", "forward"])
def test_a_wait_that_is_cut_off_is_never_longer_than_it_was(
    rig: Rig, calm: Rig, clock: Clock, shift: str, step: str
) -> None:
    """Nor shorter: what has run over is told by how long the machine is up."""
    for one in (rig, calm):
        one.write(f"steplane: 1\nname: cut\nsteps:\n  - {{id: cut, {CUT[step]}}}\n")
    undisturbed = calm.run()
    life = run(rig, clock, "run", rig.folder / "flow.yaml", "--id", "one", "-q")
    until(lambda: rig.exists() and any(isinstance(one, TIMED) for one in rig.events()), what=rig.outputs)
    runner = life.runner
    life.kill("both")
    until(lambda: is_over(runner))  # who waits for it sleeps, and a program under libfaketime cannot
    crashes = [crash(rig, "one")]
    clock.set(SHIFTS[shift])
    resumed = run(rig, clock, "resume", "one", "-q")
    assert resumed.wait() == undisturbed.wait() == (0 if step == "wait" else 1), rig.outputs()
    judge(rig, "one", story(calm.events()), executions_of(calm, "one"), crashes, ordered=True)
    with rig.store.read("one") as journal:
        entries = list(journal.entries())
    (began,) = [one.mono for one in entries if isinstance(one.event, TIMED)]
    (fired,) = [one.mono for one in entries if isinstance(one.event, TimerFired)]
    assert LEAST <= (fired - began) / 1e9 <= MOST
    for words in (["show", "one"], ["explain", "one"], ["runs"]):
        look = run(rig, clock, *words)
        assert look.wait() == 0, rig.outputs()
        assert not re.search(r"(?<![\w.-])-[\d,.]+(ms|s|m|h)", look.text), look.text  # nothing took less than 0


SEVERAL = """\
steplane: 1
name: several
steps:
  - {id: short, needs: [], wait: 1s}
  - {id: long, needs: [], wait: 1h}
  - {id: date, needs: [], wait: {until: "DATE"}}
"""
"""A run that stops to wait, and of which other processes go on with what is due."""

DUE = re.compile(r"\b(short|long|date)`?:? waits until ([\d-]+ [\d:]+) UTC")


def dues_of(text: str) -> dict[str, datetime]:
    """Until when the steps wait, by what a command says."""
    return {name: datetime.fromisoformat(f"{due}+00:00") for name, due in DUE.findall(text)}


def words_of(rig: Rig, clock: Clock, *words: object) -> str:
    """What a command says."""
    life = run(rig, clock, *words)
    assert life.wait() in {0, 3}, rig.outputs()
    return life.text


@shifted
@pytest.mark.parametrize(("shift", "days"), [("back", -1), ("forward", 1)])
def test_what_has_run_over_in_several_processes_is_told_by_a_clock_that_nobody_sets(
    rig: Rig, clock: Clock, shift: str, days: int
) -> None:
    begin = datetime.now(UTC)
    dues = {"short": begin, "long": begin + timedelta(hours=1), "date": begin + timedelta(hours=12)}
    file = rig.write(SEVERAL.replace("DATE", dues["date"].isoformat()))
    for one in ("one", "two"):
        words_of(rig, clock, "run", file, "--id", one, "-q", "--patience", "0s")
    clock.set(SHIFTS[shift])
    set_by = timedelta(days=days)
    wanted = {"short": dues["short"] + set_by, "long": dues["long"] + set_by, "date": dues["date"]}
    for words in (["show", "one"], ["explain", "one"], ["runs"]):
        text = words_of(rig, clock, *words)
        seen = dues_of(text)
        assert seen.keys() == wanted.keys(), text
        assert max(abs(seen[name] - wanted[name]) for name in seen) < timedelta(minutes=1), text
    until(lambda: datetime.now(UTC) - begin > timedelta(seconds=3))
    over = {"short", "date"} if days > 0 else {"short"}
    for one, resume in (("one", ["resume", "one", "--patience", "0s"]), ("two", ["resume", "--due"])):
        text = words_of(rig, clock, *resume)
        assert {each.path for each in rig.events(one) if isinstance(each, StepEnded)} == over, text
        assert rig.status(one) == "waiting"
    text = words_of(rig, clock, "show", "one")
    assert abs(dues_of(text)["long"] - wanted["long"]) < timedelta(minutes=1), text


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (-43_200_000_000, "1969-12-31 12:00:00 UTC"),
        (0, "1970-01-01 00:00:00 UTC"),
        (253_402_300_800_000_000, "a time after the year 9999"),
    ],
)
def test_no_run_begins_or_goes_on_at_a_time_that_cannot_be_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, told: str
) -> None:
    store = RunStore(StateDirectory.find(str(tmp_path), str(tmp_path / "state"), make=True))
    store.create("one", "text", "hash", {}, "normal").close()
    monkeypatch.setattr("steplane.store.records.now", lambda: at)
    for action in (partial(store.create, "two", "text", "hash", {}), partial(store.acquire, "one")):
        with pytest.raises(StateError) as caught:
            action()
        assert caught.value.message == (
            f"the clock of this machine says that it is {told}: a run is recorded at a time from 1970 to 9999"
        )
        assert caught.value.remedy == "Set the clock."
    assert store.ids() == ["one"]


@pytest.mark.parametrize("ended", [True, False])
def test_a_run_of_a_clock_before_1970_hides_no_other(tmp_path: Path, ended: bool) -> None:
    """Earlier runners began such runs."""
    store = RunStore(StateDirectory.find(str(tmp_path), str(tmp_path / "state"), make=True))
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr("steplane.store.runs.now", lambda: -43_200_000_000)
        earlier.setattr("steplane.store.runs.refuse_clock", lambda: None)
        store.create("odd", "text", "hash", {"workflow": "w"}, "normal").close()
        if ended:
            store.ended("odd", "succeeded", -43_100_000_000)
    store.create("fine", "text", "hash", {"workflow": "w"}, "normal").close()
    assert [(one.id, one.status) for one in store.list_runs()] == [("fine", "interrupted"), ("odd", "damaged")]
    (doomed,) = [Doomed(one, 0) for one in store.list_runs() if one.id == "odd"]
    assert [one.error for one in prune(store, [doomed])] == [""]
    assert store.ids() == ["fine"]


def test_what_cannot_be_read_when_it_is_to_go_is_told_as_that(tmp_path: Path) -> None:
    store = RunStore(StateDirectory.find(str(tmp_path), str(tmp_path / "state"), make=True))
    store.create("one", "text", "hash", {"workflow": "w"}, "normal").close()
    (seen,) = store.list_runs()
    Path(store.directory.run("one").journal).write_bytes(b"nothing")
    (told,) = prune(store, [Doomed(msgspec.structs.replace(seen, status="succeeded"), 0)])
    assert (told.error, told.exit_code) == ("run one is damaged", 2)
    assert "steplane runs check one" in told.remedy
