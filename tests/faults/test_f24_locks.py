"""F24: the holder of a lock is killed, suspended, cancelled: the lock is free, and never held twice."""

import os
import signal
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from tests.faults.rig import NOTE, Life, Rig, Victim, until
from tests.faults.story import Crash, Story, crash, executions_of, judge, story

from steplane.events import StepStarted

FREED = 5.0
"""Seconds from the kill of a holder until the next one's step begins."""

ALONE = "flock -n door true || echo clash >> $LEDGER; exec 9> door; flock -n 9 || echo clash >> $LEDGER"
"""Takes a lock of the operating system too, which goes with the process: a second holder at the same time shows."""


def shared(*steps: str, name: str = "shared") -> str:
    return f"steplane: 1\nname: {name}\nsteps:\n" + "".join(f"  - {step}\n" for step in steps)


def holder(step: str = "hold", lock: str = "{name: door, scope: store}", gate: str = "gate") -> str:
    script = f"{NOTE}; {ALONE}; until [ -e {gate} ]; do sleep 0.01; done"
    return f"{{id: {step}, lock: {lock}, run: '{script}'}}"


def waits(rig: Rig, run: str, path: str = "hold") -> None:
    """Wait until the run waits for its lock."""

    def asked() -> bool:
        return any(one.run == run and one.path == path and not one.held for one in rig.locks())

    until(asked, what=rig.outputs)


TWO = shared(holder(), f"{{id: after, run: '{NOTE}'}}")


def undisturbed(rig: Rig, text: str) -> tuple[Story, Counter[str]]:
    """What a run of the workflow that has the locks for itself tells and does."""
    rig.write(text)
    gate = rig.folder / "gate"
    gate.touch()
    assert rig.run("calm").wait() == 0, rig.outputs()
    gate.unlink()
    return story(rig.events("calm")), executions_of(rig, "calm")


def two(rig: Rig) -> tuple[Life, Life]:
    """One run that holds, and one that waits."""
    rig.write(TWO)
    first = rig.run("first")
    rig.noted("hold", "first")
    second = rig.run("second")
    waits(rig, "second")
    return first, second


@pytest.mark.parametrize("victim", ["runner", "warden", "both"])
def test_a_killed_run_holds_nothing(rig: Rig, victim: Victim) -> None:
    wanted, executions = undisturbed(rig, TWO)
    first, second = two(rig)
    killed = time.time()
    first.kill(victim)
    rig.noted("hold", "second")
    [begun] = [one for one in rig.events("second") if isinstance(one, StepStarted) and one.path == "hold"]
    assert begun.at / 1e6 - killed < FREED
    assert rig.counts()["clash"] == 0  # what the first had begun is gone before the second begins
    crashes = [crash(rig, "first")]
    again = rig.resume("first")
    waits_again(rig, "first")
    assert rig.executions("hold", "first") == 1
    (rig.folder / "gate").touch()
    assert (second.wait(), again.wait()) == (0, 0), rig.outputs()
    assert rig.executions("hold", "first") == 2
    assert rig.counts()["clash"] == 0
    assert rig.locks() == []
    judge(rig, "first", wanted, executions, crashes, ordered=True)
    judge(rig, "second", wanted, executions, [], ordered=True)


def waits_again(rig: Rig, run: str) -> None:
    """The resumed run, which held the lock by its journal, asks for it again."""
    waits(rig, run)
    assert rig.status(run) == "running"


def test_a_killed_step_gives_the_lock_to_the_next_of_its_run(rig: Rig) -> None:
    rig.write(
        "steplane: 1\nname: inside\nfailure: continue\nsteps:\n"
        f"  - {{id: hold, lock: door, on_error: warn, run: '{NOTE}; echo $$ > pid; exec sleep $MARKED'}}\n"
        f"  - {{id: next, needs: [], lock: door, run: '{NOTE}'}}\n"
    )
    life = rig.run()
    rig.noted("hold")
    pid = until(lambda: rig.folder.joinpath("pid").is_file() and rig.folder.joinpath("pid").read_text().strip())
    os.kill(int(pid), signal.SIGKILL)
    assert life.wait() == 0, rig.outputs()
    assert rig.counts() == {"one/hold/1": 1, "one/next/1": 1}


@pytest.mark.parametrize("victim", ["runner", "both"])
def test_a_lock_in_one_run_is_no_hindrance_after_a_kill(rig: Rig, victim: Victim) -> None:
    rig.write(shared(holder(lock="door"), f"{{id: next, needs: [], lock: door, run: '{NOTE}'}}"))
    wanted, executions = undisturbed(rig, (rig.folder / "flow.yaml").read_text("utf-8"))
    life = rig.run()
    rig.noted("hold")
    life.kill(victim)
    rig.gone(1.0) if victim != "both" else None
    crashes = [crash(rig, "one")]
    (rig.folder / "gate").touch()
    assert rig.resume().wait() == 0, rig.outputs()
    assert executions_of(rig, "one") == {"hold/1": 2, "next/1": 1}
    judge(rig, "one", wanted, executions, crashes, ordered=False)


def test_a_suspended_holder_keeps_the_lock(rig: Rig) -> None:
    first, second = two(rig)
    runner = first.runner
    assert runner
    os.kill(runner, signal.SIGSTOP)
    try:
        second.after(1.5)  # longer than one look
        assert rig.executions("hold", "second") == 0
    finally:
        os.kill(runner, signal.SIGCONT)
    (rig.folder / "gate").touch()
    assert (first.wait(), second.wait()) == (0, 0), rig.outputs()
    assert rig.counts()["clash"] == 0


def test_one_that_is_cancelled_while_it_waits_leaves_the_queue(rig: Rig) -> None:
    first, second = two(rig)
    third = rig.run("third")
    waits(rig, "third")
    assert rig.cancel("second").wait() == 0, rig.outputs()
    assert second.wait() == 1
    (rig.folder / "gate").touch()
    assert (first.wait(), third.wait()) == (0, 0), rig.outputs()
    assert rig.executions("hold", "second") == 0


def test_a_signal_ends_the_wait_and_the_run_can_be_resumed(rig: Rig) -> None:
    first, second = two(rig)
    second.send(signal.SIGTERM)
    assert second.wait() == 143, rig.outputs()
    (rig.folder / "gate").touch()
    assert first.wait() == 0, rig.outputs()
    assert rig.resume("second").wait() == 0, rig.outputs()
    assert rig.locks() == []


FREE = "steplane: 1\nname: free\nsteps: [{id: only, lock: {name: door, scope: store}, run: 'echo x'}]\n"


def test_without_patience_the_run_stops_and_says_how_to_go_on(rig: Rig) -> None:
    first, second = two(rig)
    third = rig.run("third", "--patience", "0")
    assert third.wait() == 3, rig.outputs()
    assert "steplane resume third" in third.text
    (rig.folder / "gate").touch()
    assert (first.wait(), second.wait()) == (0, 0), rig.outputs()
    assert rig.resume("third").wait() == 0, rig.outputs()


def test_a_free_lock_is_had_without_patience(rig: Rig) -> None:
    rig.write(FREE)
    assert rig.run("one", "--patience", "0").wait() == 0, rig.outputs()


GROUP = "steplane: 1\nname: free\nconcurrency: {group: door}\nsteps: [{id: only, run: 'echo x'}]\n"


@pytest.mark.parametrize(("text", "what"), [(FREE, "lock"), (GROUP, "group")])
def test_what_waits_for_a_lock_is_due_once_it_is_free(rig: Rig, text: str, what: str) -> None:
    rig.write(text.replace("echo", "until [ -e gate ]; do sleep 0.01; done; echo"))
    holder = rig.run("holder")
    until(lambda: any(one.held for one in rig.locks()), what=rig.outputs)
    assert rig.run("late", "--patience", "0").wait() == 3, rig.outputs()
    early = rig.start("resume", "--due", "--state", rig.state)
    assert early.wait() == 0
    assert rig.status("late") == "waiting"
    (rig.folder / "gate").touch()
    assert holder.wait() == 0, rig.outputs()
    due = rig.start("resume", "--due", "--state", rig.state)
    assert due.wait() == 0, rig.outputs()
    assert f"run late (free): the {what} `door` is free" in due.text
    assert rig.status("late") == "succeeded"


def test_people_are_told_who_holds_it(rig: Rig) -> None:
    first, second = two(rig)
    state = ["--state", rig.state]
    shown, explained = rig.start("show", "second", *state), rig.start("explain", "second", "hold", *state)
    assert (shown.wait(), explained.wait()) == (0, 0)
    assert "waits for `door`, held by `first/hold`" in shown.text
    assert "waits for the lock `door`, held by `first/hold` (running)" in explained.text
    (rig.folder / "gate").touch()
    assert (first.wait(), second.wait()) == (0, 0), rig.outputs()
    afterwards = rig.start("explain", "second", "hold", *state)
    assert afterwards.wait() == 0
    assert "waits for the lock `door`, held by `first/hold`\n" in afterwards.text


def test_runs_that_wait_for_each_other(rig: Rig) -> None:
    """The one that closes the ring fails, the other goes on."""
    inner = "- {{id: inner, lock: {{name: {}, scope: store}}, run: '{}'}}"
    head = "steplane: 1\nname: {}\nsteps:\n  - id: outer\n    lock: {{name: {}, scope: store}}\n"
    text = head + "    steps:\n      {}\n      {}\n"
    gate = f"- {{id: gate, run: '{NOTE}; until [ -e gate ]; do sleep 0.01; done'}}"
    lives = []
    for name, (one, other) in {"left": ("door", "window"), "right": ("window", "door")}.items():
        file = rig.folder / f"{name}.yaml"
        file.write_text(text.format(name, one, gate, inner.format(other, NOTE)))
        lives.append(rig.start("run", file, "--id", name, "--state", rig.state, "-q"))
        rig.noted("outer/gate", name)
    (rig.folder / "gate").touch()
    codes = sorted(life.wait() for life in lives)
    assert codes == [0, 1], rig.outputs()
    assert any("whose holders wait for others in turn" in life.text for life in lives), rig.outputs()


SHAPE = """\
steplane: 1
name: crowd
steps:
  - id: each
    foreach: [p, q]
    key: ${{ item }}
    concurrency: 2
    lock: {name: "door ${{ item }}", scope: store}
    steps:
      - {id: first, run: 'NOTE; exec 9> "door-${{ item }}"; flock -n 9 || echo clash >> $LEDGER; sleep 0.03'}
      - {id: second, run: 'NOTE; exec 9> "door-${{ item }}"; flock -n 9 || echo clash >> $LEDGER; sleep 0.03'}
""".replace("NOTE", NOTE)


def crowd(rig: Rig, runs: int, kills: int, random: Random) -> None:
    """So many runs at once, so many of them killed at some moment and resumed."""
    wanted, executions = undisturbed(rig, SHAPE)
    crashes: dict[str, list[Crash]] = {f"r{number}": [] for number in range(runs)}
    lives = {f"r{number}": rig.run(f"r{number}") for number in range(runs)}
    for _ in range(kills):
        name = random.choice(sorted(lives))
        victims: list[Victim] = ["runner", "warden", "both"]
        lives[name].after(random.uniform(0.0, 0.3))
        if lives[name].alive:
            lives[name].kill(random.choice(victims))
            crashes[name].append(crash(rig, name))
        if rig.exists(name):
            lives[name].wait()
            lives[name] = rig.resume(name)
        else:
            lives[name] = rig.run(name)
    for life in lives.values():
        assert life.wait() == 0, rig.outputs()
    assert rig.counts()["clash"] == 0, rig.outputs()
    assert rig.locks() == []
    for name in lives:
        judge(rig, name, wanted, executions, crashes[name], ordered=False)


def test_never_two_holders(rig: Rig) -> None:
    crowd(rig, 5, 8, Random(24))


@pytest.mark.nightly
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(10))
def test_never_two_holders_for_long(rig: Rig, seed: int) -> None:
    crowd(rig, 8, 40, Random(seed))


def test_a_database_of_locks_that_is_damaged_is_told(rig: Rig) -> None:
    rig.write(shared(holder()))
    (rig.folder / "gate").touch()
    assert rig.run("first").wait() == 0, rig.outputs()
    Path(rig.state / "locks.db").write_bytes(b"no database" * 1000)
    second = rig.run("second")
    assert second.wait() == 2, rig.outputs()
    assert str(rig.state / "locks.db") in second.text
    examined = rig.start("runs", "check", "--state", rig.state)
    assert examined.wait() == 2, rig.outputs()
    assert f"{rig.state / 'locks.db'} is damaged" in examined.text
    (rig.state / "locks.db").unlink()
    assert rig.resume("second").wait() == 0, rig.outputs()
