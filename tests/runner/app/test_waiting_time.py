"""What remains of a wait is right after a restart, and what came meanwhile counts once. The clock is the test's."""

import pytest
from msgspec import to_builtins
from tests.runner.running import Outcome, Workbench

from steplane.app import signalling
from steplane.app.due import Waiting, waiting_runs
from steplane.app.stories import explain_run, explain_step
from steplane.app.stories.shapes import Story
from steplane.errors import UsageError
from steplane.events import RunWaiting, StepWoken

HOUR, DAY = 3600, 86_400
START = 1_800_000_000


class Watch:
    """Wall time and monotonic time of the test's own: they stand still until somebody moves them."""

    def __init__(self) -> None:
        self.seconds = float(START)
        self._shift = 0.0

    def set_by(self, seconds: float) -> None:
        """Set the wall clock, and no other."""
        self.seconds += seconds
        self._shift += seconds

    def now(self) -> int:
        """Microseconds since the epoch."""
        return round(self.seconds * 1_000_000)

    def monotonic(self) -> float:
        """Seconds since somewhen."""
        return self.seconds - self._shift - START + 5

    def uptime(self) -> int:
        """Nanoseconds since somewhen."""
        return round(self.monotonic() * 1_000_000_000)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """The clock of every run of the test. The machine is another each time, so that no other clock counts."""
    made = Watch()
    monkeypatch.setattr("steplane.app.execution.boot", lambda: "")
    monkeypatch.setattr("steplane.driver.post.boot", lambda: "")
    monkeypatch.setattr("steplane.app.execution.Clock", lambda: made)
    return made


@pytest.fixture
def same(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """The clock of every run of the test, on one machine that is never started again."""

    def set_since(at: int, mono: int) -> int:
        return watch.now() - at - (watch.uptime() - mono) // 1000

    for module in ("app.execution", "app.signalling", "driver.post"):
        monkeypatch.setattr(f"steplane.{module}.boot", lambda: "one")
    for module in ("app.signalling", "driver.post", "store.records"):
        monkeypatch.setattr(f"steplane.{module}.uptime", watch.uptime)
    monkeypatch.setattr("steplane.app.execution.set_since", set_since)
    return watch


def due(outcome: Outcome) -> float:
    """When the run is due, in seconds after the start."""
    waiting = outcome.events[-1]
    assert isinstance(waiting, RunWaiting)
    return waiting.due / 1_000_000 - START


def looked_at(bench: Workbench, watch: Watch) -> Waiting:
    """The run as `resume --due` sees it at the present time of the watch."""
    (found,) = waiting_runs(bench.store, bench.registry, watch.now())
    return found


WAITS = [
    "steps: [{id: a, wait: 1h}]",
    "steps: [{id: a, wait: {until: '2027-01-15T09:00:00Z'}}]",
    "steps: [{id: a, on_error: warn, wait: {signal: never, timeout: 1h}}]",
    "steps: [{id: a, race: {b: {wait: {signal: never}, steps: [{end: failed}]}, c: {wait: 1h, steps: [{wait: 0s}]}}}]",
    "steps: [{id: a, retry: {attempts: 2, delay: 1h}, run: 'test -e ready || (touch ready; exit 1)'}]",
]


@pytest.mark.parametrize("text", WAITS)
def test_the_time_that_remains_is_right(bench: Workbench, watch: Watch, text: str) -> None:
    first = bench.run(text, patience="1m")
    assert first.status == "waiting"
    assert due(first) == pytest.approx(HOUR, abs=1)
    watch.seconds += HOUR / 2
    second = bench.resume(patience="1m")
    assert (second.status, due(second)) == ("waiting", due(first))
    watch.seconds = START + HOUR - 62
    assert bench.resume(patience="1m").status == "waiting"
    watch.seconds = START + HOUR + 1
    assert bench.resume(patience="0").status in {"succeeded", "warning"}


@pytest.mark.parametrize("text", [one for one in WAITS if "until" not in one])
def test_where_the_clock_was_set_back_in_another_boot_it_is_due_after_the_whole_length(
    bench: Workbench, watch: Watch, text: str
) -> None:
    """Counted from the first process that sees that, be it `resume --due` or any other."""
    bench.run(text, patience="0")
    watch.seconds -= DAY
    assert looked_at(bench, watch).why.startswith("the clock was set back")
    assert due(bench.resume(patience="0")) == pytest.approx(HOUR - DAY, abs=1)
    assert looked_at(bench, watch).why == ""
    watch.seconds += HOUR / 2
    assert due(bench.resume(patience="1m")) == pytest.approx(HOUR - DAY, abs=1)  # and not from the beginning again
    assert looked_at(bench, watch).why == ""
    watch.seconds += HOUR / 2 + 1
    assert looked_at(bench, watch).why.startswith("a time has come")
    assert bench.resume(patience="0").status in {"succeeded", "warning"}


def test_a_date_stays_one_where_the_clock_was_set_back_in_another_boot(bench: Workbench, watch: Watch) -> None:
    bench.run("steps: [{id: a, wait: {until: '2027-01-15T09:00:00Z'}}]", patience="0")
    watch.seconds -= DAY
    assert due(bench.resume(patience="0")) == HOUR
    assert looked_at(bench, watch).why == ""


def test_the_limit_of_an_attempt_that_waits_goes_on_too(bench: Workbench, watch: Watch) -> None:
    branches = "b: {wait: 1h, steps: [{wait: 3h}]}, c: {wait: {signal: x}, steps: [{wait: 0s}]}"
    text = f"steps: [{{id: a, timeout: 2h, on_error: warn, race: {{{branches}}}}}]"
    first = bench.run(text, patience="1m")
    watch.seconds += HOUR + 1
    second = bench.resume(patience="1m")
    assert (due(first), due(second)) == (HOUR, 2 * HOUR)
    watch.seconds = START + 2 * HOUR + 1
    last = bench.resume(patience="0")
    assert (last.status, last.error("a")[0]) == ("warning", "timeout")


def send(bench: Workbench, watch: Watch, name: str) -> None:
    """Leave a signal for the run, at the present time of the watch."""
    parcel = signalling.new_parcel(name, {"at": watch.seconds}, "ann", watch.now(), transient=False)
    bench.store.ask("r1", "signal", to_builtins(parcel), "ann")


def woken(outcome: Outcome) -> list[str]:
    """The branch that the race `a` took."""
    return [event.branch for event in outcome.events if isinstance(event, StepWoken) and event.path == "a"]


RACE = "steps: [{id: a, race: {sig: {wait: {signal: go}, steps: [{wait: 0s}]}, time: {wait: 1h, steps: [{wait: 0s}]}}}]"


@pytest.mark.parametrize(("after", "branch"), [(HOUR - 1, "sig"), (HOUR + 1, "time")])
def test_what_came_first_while_nobody_ran_it_decides(bench: Workbench, watch: Watch, after: int, branch: str) -> None:
    bench.run(RACE, patience="0")
    watch.seconds += after
    send(bench, watch, "go")
    watch.seconds = START + 5 * HOUR
    last = bench.resume(patience="0")
    assert last.status == "succeeded"
    assert woken(last) == [branch]


@pytest.mark.parametrize(("sent", "resumed"), [(0, -DAY), (DAY, -DAY), (0, DAY), (-DAY, DAY)])
@pytest.mark.parametrize(("after", "branch"), [(HOUR - 2, "sig"), (HOUR + 2, "time")])
def test_what_came_first_is_told_by_a_clock_that_nobody_sets(
    bench: Workbench, same: Watch, after: int, branch: str, sent: int, resumed: int
) -> None:
    bench.run(RACE, patience="0")
    same.seconds += after
    same.set_by(sent)
    send(bench, same, "go")
    same.set_by(resumed)
    same.seconds += HOUR
    assert woken(bench.resume(patience="0")) == [branch]


def test_explain_tells_what_it_took_by_a_clock_that_nobody_sets(bench: Workbench, same: Watch) -> None:
    bench.run("steps: [{id: a, wait: 4h}]", patience="0")
    for shift in (DAY, -2 * DAY):
        same.seconds += HOUR
        same.set_by(shift)
        bench.resume(patience="0")
    for one in (explain_run(bench.store, bench.registry, "r1").whole, *explained(bench, "a")):
        assert one is not None
        assert one.waiting[0].data["until"] / 1e6 == pytest.approx(START - DAY + 4 * HOUR, abs=1)  # of the clock of now
    same.seconds += 2 * HOUR + 1
    assert bench.resume(patience="0").status == "succeeded"
    told = explain_run(bench.store, bench.registry, "r1")
    assert told.whole is not None
    assert sum(one.end - one.begin for one in told.whole.critical) / 1e6 == pytest.approx(4 * HOUR, abs=2)
    assert told.record.summary.ended_at / 1e6 == pytest.approx(START + 4 * HOUR, abs=2)
    (story,) = explained(bench, "a")
    times = [one.at for one in story.entries]
    assert times == sorted(times)
    assert (times[-1] - times[0]) / 1e6 == pytest.approx(4 * HOUR, abs=2)


def explained(bench: Workbench, step: str) -> tuple[Story, ...]:
    """The stories of a step."""
    return explain_step(bench.store, bench.registry, "r1", step).stories


@pytest.mark.parametrize(("after", "branch"), [(HOUR - 2, "sig"), (HOUR + 2, "time")])
def test_what_an_earlier_release_left_has_the_time_of_the_wall_clock(
    bench: Workbench, same: Watch, after: int, branch: str
) -> None:
    bench.run(RACE, patience="0")
    same.seconds += after
    left = {"id": "x", "name": "go", "data": None, "sender": "ann", "at": same.now(), "transient": False}
    bench.store.ask("r1", "signal", left, "ann")
    same.seconds += HOUR
    assert woken(bench.resume(patience="0")) == [branch]


def test_what_was_left_twice_counts_once(bench: Workbench, watch: Watch) -> None:
    bench.run("steps: [{id: a, wait: {signal: go}}, {id: b, wait: {signal: go}}]", patience="0")
    parcel = signalling.new_parcel("go", None, "ann", watch.now(), transient=False)
    for _ in range(2):
        bench.store.ask("r1", "signal", to_builtins(parcel), "ann")
    second = bench.resume(patience="0")
    assert (second.status, second.statuses) == ("waiting", {"a": "succeeded"})
    assert bench.store.requests("r1") == []


def test_a_signal_is_known_to_have_come_when_its_answer_was_lost(bench: Workbench, watch: Watch) -> None:
    """The run took it, went on and ended, and its process died before it answered: the sender asks again."""
    bench.run("steps: [{id: a, wait: {signal: go}}]", patience="0")
    parcel = signalling.new_parcel("go", None, "ann", watch.now(), transient=False)
    assert signalling.send(bench.store, "r1", parcel).outcome == "kept"
    assert bench.resume(patience="0").status == "succeeded"

    assert signalling.send(bench.store, "r1", parcel).outcome == "live"
    other = signalling.new_parcel("go", None, "ann", watch.now(), transient=False)
    with pytest.raises(UsageError, match="run r1 has ended: succeeded"):
        signalling.send(bench.store, "r1", other)
