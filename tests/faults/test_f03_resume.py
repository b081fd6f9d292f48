"""F03: killed again while it resumes; resume of a run that has ended in each way."""

from random import Random

from tests.faults.rig import NOTE, Rig

GATED = f"""\
steplane: 1
name: gated
steps:
  - {{id: before, run: '{NOTE}; echo 7'}}
  - {{id: gate, run: '{NOTE}; until [ -e gate ]; do sleep 0.01; done; echo "${{{{ steps.before.outputs.stdout }}}}"'}}
  - {{id: after, run: '{NOTE}'}}
outputs: {{seven: '${{{{ steps.gate.outputs.stdout }}}}'}}
finally: [{{id: tidy, run: '{NOTE}'}}]
"""
REPAIRED = f"""\
steplane: 1
name: repaired
steps:
  - {{id: before, run: '{NOTE}'}}
  - {{id: wrong, run: '{NOTE}; test -e fixed'}}
  - {{id: after, run: '{NOTE}'}}
finally: [{{id: tidy, run: '{NOTE}'}}]
"""
TIMES = 10


def test_killed_ten_times_in_the_same_step(rig: Rig) -> None:
    rig.write(GATED)
    life = rig.run()
    for number in range(1, TIMES + 1):
        rig.noted("gate", times=number)
        life.kill("both")
        life = rig.resume()
    (rig.folder / "gate").touch()
    assert life.wait() == 0, rig.outputs()
    assert rig.counts() == {
        "one/before/1": 1, "one/gate/1": rig.executions("gate"), "one/after/1": 1, "one/tidy/1": 1,
    }  # fmt: skip
    assert TIMES <= rig.executions("gate") <= TIMES + 1
    assert rig.store.status("one") == "succeeded"


def test_killed_ten_times_while_it_resumes(rig: Rig) -> None:
    """From the first import on, wherever it is."""
    random = Random(3)
    rig.write(GATED)
    life = rig.run()
    rig.noted("gate")
    life.kill("both")
    for _ in range(TIMES):
        life = rig.resume()
        life.after(random.uniform(0.0, 0.4))
        life.kill("both")
    (rig.folder / "gate").touch()
    assert rig.resume().wait() == 0, rig.outputs()
    assert rig.executions("gate") <= TIMES + 2
    assert all(number == 1 for key, number in rig.counts().items() if "gate" not in key)


def test_resume_of_a_finished_run_does_nothing(rig: Rig) -> None:
    rig.write(GATED)
    (rig.folder / "gate").touch()
    assert rig.run().wait() == 0, rig.outputs()
    events, counts, files = rig.events(), rig.counts(), rig.files()
    assert rig.resume().wait() == 0
    assert (rig.events(), rig.counts(), rig.files()) == (events, counts, files)


def test_resume_of_a_failed_run_renews_what_had_not_succeeded(rig: Rig) -> None:
    rig.write(REPAIRED)
    assert rig.run().wait() == 1, rig.outputs()
    assert rig.counts() == {"one/before/1": 1, "one/wrong/1": 1, "one/tidy/1": 1}
    assert rig.resume().wait() == 1, rig.outputs()
    assert rig.counts() == {"one/before/1": 1, "one/wrong/1": 1, "one/tidy/1": 1, "one/wrong/2": 1, "one/tidy/2": 1}
    (rig.folder / "fixed").touch()
    assert rig.resume().wait() == 0, rig.outputs()
    wanted = {
        "one/before/1": 1, "one/wrong/1": 1, "one/wrong/2": 1, "one/wrong/3": 1,
        "one/tidy/1": 1, "one/tidy/2": 1, "one/tidy/3": 1,
    }  # fmt: skip
    found = rig.counts()
    assert sum(number for key, number in found.items() if "/after/" in key) == 1
    assert {key: number for key, number in found.items() if "/after/" not in key} == wanted
    events = rig.events()
    assert rig.resume().wait() == 0
    assert (rig.counts(), rig.events()) == (found, events)


def test_a_failed_run_that_is_killed_while_it_is_repaired(rig: Rig) -> None:
    rig.write(REPAIRED)
    assert rig.run().wait() == 1, rig.outputs()
    (rig.folder / "fixed").touch()
    random = Random(4)
    for _ in range(4):
        life = rig.resume()
        life.after(random.uniform(0.1, 0.4))
        if not life.alive:
            break
        life.kill("both")
    assert rig.resume().wait() == 0, rig.outputs()
    assert rig.executions("before") == 1
    assert rig.status() == "succeeded"


def test_resume_of_a_cancelled_run_goes_on(rig: Rig) -> None:
    rig.write(GATED)
    life = rig.run()
    rig.noted("gate")
    assert rig.cancel().wait() == 0, rig.outputs()
    assert life.wait() == 1
    (rig.folder / "gate").touch()
    assert rig.resume().wait() == 0, rig.outputs()
    assert rig.executions("before") == 1
    assert rig.executions("tidy") == 1
    assert rig.executions("tidy", activation=2) == 1
