"""`milestone`: steps that are not beside it, circles, and times that never come."""

from tests.runner.checks.support import check_steps, codes, said

GOOD = """
    - {id: open_day, needs: [], run: "true"}
    - {id: order, needs: [], milestone: {after: open_day, before: close_day}, run: "true"}
    - {id: close_day, needs: [], run: "true"}
"""


def test_steps_of_the_same_list() -> None:
    assert said(check_steps(GOOD)) == []


def test_a_step_that_is_not_there() -> None:
    (found,) = check_steps(GOOD.replace("after: open_day", "after: openday"))
    assert found.code == "unknown-step"
    assert found.message == "`milestone` of step `order` names `openday`, which is not a step"
    assert found.label == "did you mean `open_day`?"
    assert found.help == "the steps beside it are `open_day` and `close_day`"


def test_a_step_of_another_list() -> None:
    (found,) = check_steps("""
        - {id: group, needs: [], steps: [{id: inner, run: "true"}]}
        - {id: order, needs: [], milestone: {before: inner}, run: "true"}
    """)
    assert found.message == "`milestone` of step `order` names `inner`, which is a step of another list"
    assert found.related[0].span.line == 3


def test_itself() -> None:
    (found,) = check_steps("[{id: a, milestone: {after: a}, run: 'true'}]")
    assert found.message == "`milestone` of step `a` names the step itself"
    assert found.help == "there are no others beside it"


def test_no_such_time() -> None:
    (found,) = check_steps(GOOD.replace("before: close_day", "before: open_day"))
    assert found.message == "`milestone` of step `order` comes after `open_day` and before it: there is no such time"
    assert found.related


def test_neither_can_start() -> None:
    (found,) = check_steps("""
        - {id: order, milestone: {after: later}, run: "true"}
        - {id: later, run: "true"}
    """)
    assert found.code == "cycle"
    assert found.message == "step `order` starts only after `later`, which waits for it: neither can start"


def test_always_skipped() -> None:
    (found,) = check_steps("""
        - {id: close_day, run: "true"}
        - {id: order, milestone: {before: close_day}, run: "true"}
    """)
    words = "step `order` waits for `close_day`, and may start only before it: it is always skipped"
    assert found.message == words
    assert codes(check_steps(GOOD.replace("order, needs: []", "order, needs: [close_day]"))) == ["never-starts"]


def test_an_empty_one_is_refused() -> None:
    assert codes(check_steps("[{id: a, milestone: {}, run: 'true'}]")) != []
