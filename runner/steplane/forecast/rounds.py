"""The rounds of `while` and `until` before the run: whether the first begins; of the others nothing is known."""

from msgspec.structs import replace

from steplane.forecast import instances
from steplane.forecast.fates import CANCELLED, FAILED, SUCCEEDED
from steplane.forecast.names import Names
from steplane.forecast.walk import Outcome, Place, Walk
from steplane.plan.nodes import Node, Rounds


def repeated(walk: Walk, node: Node, place: Place) -> Outcome:
    """Look at a step that goes in rounds: once, for all of them."""
    loop = node.loop
    assert isinstance(loop, Rounds)
    any_round = replace(place, names=place.names.without("loop"), key=f"{place.key}/*" if place.key else "*")
    endless = walk.condition(loop.condition, any_round).value is loop.before
    if not loop.before:
        return _all_of_them(loop, instances.instance(walk, node, any_round), endless=endless)
    first = walk.condition(loop.condition, replace(place, names=_first(place.names)))
    if first.error:
        walk.shut(walk.inside(node), f"`{node.id}` fails before it begins", place.key)
        return Outcome(FAILED, failing=f"its `while` cannot be evaluated: {first.error}", begun=False)
    if first.value is False:
        walk.shut(walk.inside(node), f"`{node.id}` has no round", place.key)
        return Outcome(SUCCEEDED, failing="its `while` does not hold: there is no round", begun=False)
    if first.value is None:
        any_round = replace(any_round, certain="maybe", reason=f"only if the `while` of `{node.id}` holds")
    outcome = _all_of_them(loop, instances.instance(walk, node, any_round), endless=endless)
    return outcome if first.value else replace(outcome, ends=outcome.ends | SUCCEEDED)


def _all_of_them(loop: Rounds, outcome: Outcome, *, endless: bool) -> Outcome:
    """How the loop ends; `endless`: its condition never ends it, whatever happens in the rounds."""
    outcome = replace(outcome, begun=True)  # the loop has, whatever becomes of its first round
    if not endless or outcome.ends == FAILED or outcome.stops == "yes":
        return outcome
    failing = f"its `{loop.question}` never ends it: {loop.limit} rounds are allowed"
    return replace(outcome, ends=FAILED | (outcome.ends & CANCELLED), failing=failing)


def _first(names: Names) -> Names:
    """The names in which the first round is asked for."""
    return names.with_(loop={"index": 1, "index0": 0, "first": True, "key": "0", "previous": None})
