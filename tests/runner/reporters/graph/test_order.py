"""What follows what: as few edges as say it all."""

from hypothesis import HealthCheck, given, settings

from steplane.events import OK
from steplane.plan.nodes import Plan
from steplane.reporters.graph.order import order_of

from .plans import diamond, lists, plan_of

CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _waits(plan: Plan) -> set[tuple[int, int]]:
    """Every pair of positions of which the second waits for the first, directly or not: by the words of the manual."""
    nodes = [plan.nodes[one] for one in plan.lists[0].nodes]
    direct = {
        node.position: {need.position for need in node.needs} if node.needs is not None else set(range(node.position))
        for node in nodes
    }
    found: set[tuple[int, int]] = set()
    for position, needed in direct.items():
        seen, left = set(), list(needed)
        while left:
            one = left.pop()
            if one not in seen:
                seen.add(one)
                left += direct[one]
        found |= {(one, position) for one in seen}
    return found


def _closed(edges: set[tuple[int, int]]) -> set[tuple[int, int]]:
    while more := {(a, d) for a, b in edges for c, d in edges if b == c} - edges:
        edges = edges | more
    return edges


@CALM
@given(lists())
def test_the_edges_say_the_whole_order_and_nothing_else(text: str) -> None:
    plan = plan_of(text)
    order = order_of(plan, 0)
    edges = {(edge.before, edge.after) for edge in order.edges}
    assert len(edges) == len(order.edges)
    assert _closed(edges) == _waits(plan)
    places = {position: place for place, position in enumerate(order.positions)}
    assert sorted(places) == list(range(len(plan.lists[0].nodes)))
    assert all(places[before] < places[after] for before, after in edges)


@CALM
@given(lists())
def test_no_edge_between_steps_without_needs_follows_from_the_others(text: str) -> None:
    plan = plan_of(text)
    nodes = [plan.nodes[one] for one in plan.lists[0].nodes]
    edges = {(edge.before, edge.after) for edge in order_of(plan, 0).edges}
    for before, after in edges:
        if nodes[after].needs is None:
            assert (before, after) not in _closed(edges - {(before, after)})


@CALM
@given(lists())
def test_outcomes_and_joins_are_never_left_out(text: str) -> None:
    plan = plan_of(text)
    order = order_of(plan, 0)
    drawn = {(edge.before, edge.after): edge.words for edge in order.edges}
    for node in (plan.nodes[one] for one in plan.lists[0].nodes):
        for need in node.needs or ():
            if need.words != OK or node.wanted is not None:
                assert drawn[need.position, node.position] == need.words


@CALM
@given(lists())
def test_peers_wait_for_the_same(text: str) -> None:
    order = order_of(plan_of(text), 0)
    assert sorted(one for group in order.peers for one in group) == sorted(order.positions)
    for group in order.peers:
        before = [{(e.before, e.words) for e in order.edges if e.after == one} for one in group]
        after = [{(e.after, e.words) for e in order.edges if e.before == one} for one in group]
        assert all(one == before[0] for one in before)
        assert all(one == after[0] for one in after)


def test_a_long_list_has_an_edge_for_each_step() -> None:
    steps = "".join(f"  - {{id: s{number}, run: echo}}\n" for number in range(600))
    order = order_of(plan_of(f"steplane: 1\nsteps:\n{steps}"), 0)
    assert [(edge.before, edge.after) for edge in order.edges] == [(number, number + 1) for number in range(599)]


def test_a_diamond() -> None:
    order = order_of(plan_of(diamond(28)), 0)
    assert len(order.edges) == 56
    assert order.peers == ((0,), tuple(range(1, 29)), (29,))
