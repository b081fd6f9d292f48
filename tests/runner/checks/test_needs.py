from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runner.checks.support import check_steps, codes, said


def test_a_step_that_does_not_exist_is_named_with_the_one_that_was_meant() -> None:
    (found,) = check_steps("""
        - {id: build, run: make}
        - {id: deploy, needs: [biuld], run: ./deploy}
    """)
    assert found.message == "`needs` of step `deploy` names `biuld`, which is not a step"
    assert found.label == "did you mean `build`?"
    assert (found.span.line, found.span.column, found.span.end_column) == (4, 26, 31)
    assert found.fix is not None
    assert found.fix.edits[0].text == "build"
    assert found.related[0].span.line == 3


def test_a_step_of_another_list_cannot_be_needed() -> None:
    found = check_steps("""
        - id: pair
          steps:
            - {id: inner, run: 'true'}
        - {id: after, needs: [inner], run: 'true'}
    """)
    assert said(found) == [
        "needs-across 6:25 `needs` of step `after` names `inner`, which is a step of another list (inside step `pair`)"
    ]
    assert found[0].help == "name the step around it, `pair`"


def test_a_step_that_needs_itself_or_one_step_twice() -> None:
    found = check_steps("""
        - {id: a, needs: [a], run: 'true'}
        - {id: b, needs: [a, a], run: 'true'}
    """)
    assert codes(found) == ["needs-itself", "needs-twice"]
    assert [one.severity for one in found] == ["error", "warning"]


def test_the_shortest_circle_is_told_from_its_first_needs() -> None:
    found = check_steps("""
        - {id: a, needs: [c], run: 'true'}
        - {id: b, needs: [a], run: 'true'}
        - {id: c, needs: [b], run: 'true'}
        - {id: d, needs: [e, c], run: 'true'}
        - {id: e, needs: [d], run: 'true'}
    """)
    assert said(found) == [
        "cycle 3:21 `needs` form a cycle, so that none of these steps can start: `a` needs `c` needs `b` needs `a`",
        "cycle 6:21 `needs` form a cycle, so that none of these steps can start: `d` needs `e` needs `d`",
    ]
    assert [one.label for one in found[0].related] == ["`c` needs `b`", "`b` needs `a`"]


def test_a_circle_through_the_order_of_the_list_is_found() -> None:
    found = check_steps("""
        - {id: a, needs: [b], run: 'true'}
        - {id: b, run: 'true'}
    """)
    assert codes(found) == ["cycle"]


def test_join_that_can_never_be_reached() -> None:
    found = check_steps("""
        - {id: a, run: 'true'}
        - {id: b, needs: [a], join: 2, run: 'true'}
        - {id: c, join: 3, parallel: {x: [{run: 'true'}], y: [{run: 'true'}]}}
        - {id: d, join: {count: 3, rest: cancel}, parallel: {v: [{run: 'true'}], w: [{run: 'true'}]}}
        - {id: e, needs: [], join: any, run: 'true'}
    """)
    assert said(found) == [
        "join-too-large 4:31 `join` of step `b` wants 2 arrivals, and it has 1 need",
        "join-too-large 5:19 `join` of step `c` wants 3 arrivals, and it has 2 branches",
        "join-too-large 6:27 `join` of step `d` wants 3 arrivals, and it has 2 branches",
        "join-too-large 7:30 `join` of step `e` wants 1 arrival, and it has 0 needs",
    ]
    assert [one.help for one in found][-1] == "take `join` out: nothing is waited for"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.lists(st.integers(0, 6), max_size=3, unique=True)), min_size=2, max_size=7))
def test_a_circle_is_reported_just_when_no_order_exists(needs: list[list[int] | None]) -> None:
    size = len(needs)
    named = [
        None if one is None else [number for number in one if number < size and number != at]
        for at, one in enumerate(needs)
    ]
    lines = [
        f"- {{id: s{at}, run: 'true'" + ("" if one is None else f", needs: [{', '.join(f's{n}' for n in one)}]") + "}"
        for at, one in enumerate(named)
    ]
    started: set[int] = set()
    while True:
        more = {
            at
            for at, one in enumerate(named)
            if at not in started and set(range(at) if one is None else one) <= started
        }
        if not more:
            break
        started |= more
    assert ("cycle" in codes(check_steps("\n".join(lines)))) == (len(started) < size)
