"""F19: the workflow is changed between kill -9 and resume: refused with a diff of the steps, or accepted."""

import pytest
from tests.faults.rig import NOTE, Rig, Victim

from steplane.events import Redefined, RunEnded, StepEnded

FLOW = f"""\
steplane: 1
name: flow
steps:
  - id: first
    run: {NOTE}; echo 1
  - id: second
    run: {NOTE}; until [ -e gate ]; do sleep 0.01; done
  - id: third
    run: {NOTE}
outputs: {{said: "${{{{ steps.second.outputs.stdout }}}}"}}
"""

CANCELLING = f"""\
steplane: 1
name: flow
steps:
  - id: ask
    join: {{count: 1, rest: cancel}}
    parallel:
      near: [{{run: 'true'}}]
      far:
        - id: far
          run: sleep 30
          finally:
            - id: tidy
              run: {NOTE}; until [ -e gate ]; do sleep 0.01; done
"""


def changed(rig: Rig, before: str, after: str) -> None:
    """Another text in the file."""
    file = rig.folder / "flow.yaml"
    file.write_text(file.read_text().replace(before, after, 1))


def killed(rig: Rig, victim: Victim = "both") -> None:
    """A run, killed in the middle of its second step."""
    rig.write(FLOW)
    life = rig.run()
    rig.noted("second", "one")
    life.kill(victim)


def resumed(rig: Rig, *words: str) -> tuple[int, str]:
    life = rig.start("resume", "one", "--state", rig.state, "--color", "never", *words)
    return life.wait(), life.text


def ran(rig: Rig) -> dict[str, int]:
    """How often each activation has begun."""
    return dict(rig.counts())


def outputs(rig: Rig) -> object:
    return next(one.outputs for one in reversed(rig.events("one")) if isinstance(one, RunEnded))


def test_it_is_refused_with_what_that_means(rig: Rig) -> None:
    killed(rig)
    before = len(list(rig.events("one")))
    changed(rig, "until [ -e gate ]; do sleep 0.01; done", "echo new")
    code, said = resumed(rig)
    assert code == 2
    assert "has changed since run one was begun: step `second` is changed" in said
    assert "-  run: " + NOTE + "; until [ -e gate ]; do sleep 0.01; done" in said
    assert "+  run: " + NOTE + "; echo new" in said
    assert "third   after `second`" in said
    assert "--accept-changes" in said
    assert len(list(rig.events("one"))) == before, "nothing is recorded of a refusal"


@pytest.mark.parametrize("victim", ["runner", "both"])
def test_accepted_it_goes_on_as_the_file_is_now(rig: Rig, victim: Victim) -> None:
    killed(rig, victim)
    changed(rig, "until [ -e gate ]; do sleep 0.01; done", "echo new")
    code, said = resumed(rig, "--accept-changes")
    assert code == 0, said
    assert ran(rig) == {"one/first/1": 1, "one/second/1": 1, "one/second/2": 1, "one/third/1": 1}
    events = list(rig.events("one"))
    (edit,) = (one for one in events if isinstance(one, Redefined))
    assert {name: word for found in edit.steps.values() for name, word in found.items() if name} == {
        "second": "changed", "third": "after",
    }  # fmt: skip
    ends = {(one.path, one.activation): one.status for one in events if isinstance(one, StepEnded)}
    assert ends["second", 1] == "cancelled"
    assert ends["second", 2] == "succeeded"
    assert outputs(rig) == {"said": "new"}
    explained = rig.start("explain", "one", "second", "--state", rig.state)
    assert explained.wait() == 0
    old, new = explained.text.split("activation 2", 1)[0].rsplit("\n", 1)
    assert "until [ -e gate ]" in old.split("\n", 1)[0], "an activation is told with the text that it had"
    assert "echo new" in new
    assert "after it began: begun anew on resume\n" in explained.text
    assert "begins anew, as its definition has changed\n" in explained.text


def test_what_is_being_cancelled_is_not_said_to_begin_anew(rig: Rig) -> None:
    rig.write(CANCELLING)
    life = rig.run()
    rig.noted("ask/far/tidy", "one")
    life.kill("both")
    changed(rig, "until [ -e gate ]; do sleep 0.01; done", "echo new")
    code, said = resumed(rig)
    assert code == 2
    assert "far   changed: finally  was being cancelled: ends so, without a `finally`\n" in said
    code, said = resumed(rig, "--accept-changes")
    assert code == 0, said
    assert ran(rig) == {"one/ask/far/tidy/1": 1}, "nothing of it has begun anew"


def test_it_can_go_on_as_it_was_recorded(rig: Rig) -> None:
    killed(rig)
    changed(rig, "until [ -e gate ]; do sleep 0.01; done", "echo new")
    (rig.folder / "gate").touch()
    assert resumed(rig, "--recorded")[0] == 0
    assert outputs(rig) == {"said": ""}


def test_killed_again_in_an_accepted_resume_it_goes_on_under_the_new_definition(rig: Rig) -> None:
    """The new definition is now the recorded one: nothing has to be accepted again, and nothing is lost of it."""
    killed(rig)
    changed(rig, "gate", "door")
    life = rig.start("resume", "one", "--state", rig.state, "--accept-changes", "-q")
    rig.noted("second", "one", activation=2)
    life.kill("both")
    (rig.folder / "door").touch()
    code, said = resumed(rig)
    assert code == 0, said
    assert ran(rig) == {"one/first/1": 1, "one/second/1": 1, "one/second/2": 2, "one/third/1": 1}
    assert sum(isinstance(one, Redefined) for one in rig.events("one")) == 1
