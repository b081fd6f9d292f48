"""`cancel` and `finish`: targets and regions that are not there, or of which nothing can be left."""

from tests.runner.checks.support import check_steps, codes, said


def test_steps_of_other_lists_and_regions_are_found() -> None:
    found = check_steps("""
        - id: work
          needs: []
          steps:
            - {id: slow, region: look, run: "true"}
        - {id: stop, needs: [], cancel: [slow, work]}
        - {id: rest, needs: [], cancel: {region: look}}
        - {id: enough, needs: [], finish: [work]}
    """)
    assert said(found) == []


def test_a_target_that_is_no_step() -> None:
    (found,) = check_steps("""
        - {id: reproduce, needs: [], run: "true"}
        - {id: stop, needs: [], cancel: [reprodce]}
    """)
    assert said((found,)) == ["unknown-step 4:36 `cancel` of step `stop` names `reprodce`, which is not a step"]
    assert found.label == "did you mean `reproduce`?"
    assert found.help == "the steps of this file are `reproduce`"
    assert found.fix is not None


def test_a_target_that_is_nothing_like_a_step() -> None:
    (found,) = check_steps("[{id: stop, finish: [xyz]}]")
    assert said((found,)) == ["unknown-step 3:24 `finish` of step `stop` names `xyz`, which is not a step"]
    assert found.help == "give the step that is meant an `id`"


def test_a_region_that_no_step_is_in() -> None:
    first, second = check_steps("""
        - {id: a, needs: [], region: first_look, run: "true"}
        - {id: stop, needs: [], cancel: {region: firstlook}}
        - {id: other, needs: [], cancel: {region: xyz}}
    """)
    words = "`cancel` of step `stop` names the region `firstlook`, and no step is in it"
    assert said((first,)) == [f"unknown-region 4:44 {words}"]
    assert first.label == "did you mean `first_look`?"
    assert second.help == "the regions of this file are `first_look`"


def test_no_region_at_all() -> None:
    (found,) = check_steps("[{id: stop, cancel: {region: look}}]")
    assert found.help == "put the steps that are meant into it: `region: look`"


def test_a_region_that_nothing_cancels() -> None:
    (found,) = check_steps("[{id: a, region: look, run: 'true'}]")
    assert said((found,)) == ["idle-region 3:20 no step cancels the region `look`: to be in it changes nothing"]
    assert found.severity == "warning"
    assert found.help == "add `cancel: {region: look}`, or take `region` out"


def test_itself() -> None:
    (found,) = check_steps("[{id: stop, cancel: [stop]}]")
    assert said((found,)) == ["cancel-itself 3:24 `cancel` of step `stop` names the step itself"]


def test_what_has_always_ended() -> None:
    (found,) = check_steps("""
        - {id: work, run: "true"}
        - id: later
          steps:
            - {id: stop, cancel: [work]}
    """)
    words = "step `stop` begins when `work` has ended: there is nothing left of it to cancel"
    assert said((found,)) == [f"nothing-to-cancel 6:29 {words}"]
    assert found.severity == "warning"
    assert found.related[0].span.line == 3


def test_what_may_be_left_of_it() -> None:
    joined = "[{id: a, needs: [], run: 'true'}, {id: b, needs: [], run: 'true'}, {id: stop, needs: [a, b], %s}]"
    assert codes(check_steps(joined % "join: any, cancel: [b]")) == []
    assert codes(check_steps(joined % "finish: [b]")) == ["nothing-to-cancel"]
    assert codes(check_steps("[{id: stop, cancel: [later]}, {id: later, run: 'true'}]")) == []
    jumps = "[{id: a, run: 'true'}, {id: stop, cancel: [a]}, {id: again, if: steps.a.attempts > 1, goto: a, max: 2}]"
    assert codes(check_steps(jumps)) == []


def test_two_actions_are_refused_with_both_places() -> None:
    (found,) = check_steps("[{id: a, needs: [], run: 'true'}, {id: stop, needs: [], cancel: [a], finish: [a]}]")
    assert found.code == "exclusive"
    assert found.related
