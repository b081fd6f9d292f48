"""One step from outside in: its turn, its `if`, its loop, its precondition, its action, what comes after."""

from msgspec.structs import replace

from steplane.events import OK
from steplane.forecast import bodies, lists, loops, rounds
from steplane.forecast.environment import folder
from steplane.forecast.fates import (
    BEGUN,
    BLOCKED,
    CANCELLED,
    FAILED,
    NONE,
    REUSED,
    SKIPPED,
    SUCCEEDED,
    WARNING,
    Certainty,
    Condition,
    Ends,
    Fate,
)
from steplane.forecast.ordering import Turn
from steplane.forecast.recorded import Site
from steplane.forecast.walk import Outcome, Place, Walk
from steplane.plan.nodes import Fork, Node, Rounds
from steplane.plan.step_names import id_path
from steplane.plan.waits import Reach

LEFT_OUT = "not selected"


def step(walk: Walk, node: Node, place: Place, turn: Turn) -> Fate:
    """Look at a step of a list."""
    turn = _unless_reached(walk, node, turn)
    if turn.certain == "no" and not turn.trouble:
        fate = Fate("skip", turn.reason, ends=turn.otherwise, trouble=turn.otherwise, key=place.key)
        return _shut(walk, node, replace(fate, stops=turn.stops, ender=turn.ender))
    here = replace(place.inside(node), trouble=place.trouble or turn.trouble)
    condition = None if node.condition is None else walk.condition(node.condition, here)
    if condition is not None and condition.value is False:
        ends = turn.otherwise if turn.certain == "no" else SKIPPED | turn.otherwise
        fate = Fate("skip", "", condition, ends=ends, trouble=ends | SKIPPED | _before(node), key=place.key)
        return _shut(walk, node, replace(fate, stops=turn.stops, ender=turn.ender))
    if condition is not None and condition.error:
        return walk.record(node, _fate(node, place, turn, condition, _broken(walk, node, condition, place.key)))
    certain = turn.certain == "yes" and place.certain == "yes" and (condition is None or condition.value is not None)
    inner = here if certain else replace(here, certain="maybe", reason=f"only if `{node.id}` runs")
    outcome = _inside(walk, node, inner)
    if turn.certain != "no" and any(_finishes(one) for one in walk.reached.get(node.number, ())):
        outcome = replace(outcome, ends=outcome.ends | SUCCEEDED | (NONE if node.loop is None else WARNING))
    return walk.record(node, _fate(node, place, turn, condition, outcome))


def _unless_reached(walk: Walk, node: Node, turn: Turn) -> Turn:
    """A `cancel` or `finish` step may end it before its turn comes, or before it is known that it never does."""
    reaching = walk.reached.get(node.number, [])
    if not reaching:
        return turn
    turn = replace(turn, stops="maybe" if turn.stops == "yes" else turn.stops)  # the run goes on where it ends sooner
    turn = replace(turn, otherwise=turn.otherwise.union(*(_unbegun(one) for one in reaching)))
    if turn.certain == "no":
        return turn
    reason = turn.reason or f"not where `{reaching[0].id}` comes before it begins"
    return replace(turn, certain="maybe", reason=reason)


def _unbegun(reaching: Node) -> Ends:
    """How such a step ends what has not begun."""
    return SKIPPED if _finishes(reaching) else CANCELLED


def _finishes(reaching: Node) -> bool:
    return isinstance(reaching.action, Reach) and reaching.action.force


def _inside(walk: Walk, node: Node, place: Place) -> Outcome:
    if node.loop is None:
        return instance(walk, node, place)
    return rounds.repeated(walk, node, place) if isinstance(node.loop, Rounds) else loops.repeated(walk, node, place)


def left_out(walk: Walk, node: Node, place: Place) -> Fate:
    """A step that is not selected is skipped at once, or stands there as recorded; nothing asks for it."""
    recorded = walk.taken.results.get(id_path(walk.plan, node.number)) if walk.taken and not place.key else None
    reason, ends = LEFT_OUT, SKIPPED
    if walk.taken is not None and recorded is not None:
        walk.recorded[node.id] = recorded
        reason, ends = f"taken from run {walk.taken.run}", REUSED
    walk.shut(walk.inside(node), reason, place.key)
    return walk.record(node, Fate("skip", reason, ends=ends, trouble=ends, key=place.key))


def _fate(node: Node, place: Place, turn: Turn, condition: Condition | None, outcome: Outcome) -> Fate:
    """The fate of a step that may begin."""
    unknown = condition is not None and condition.value is None and not condition.error
    certain = turn.certain == "yes" and place.certain == "yes" and not unknown
    otherwise = (SKIPPED if unknown else NONE) | (turn.otherwise if turn.certain != "yes" else NONE)
    trouble = (BEGUN - SUCCEEDED if outcome.ends == FAILED else BEGUN) | outcome.ends | otherwise | _before(node)
    if node.tolerant or node.loop is not None or isinstance(node.action, Fork):
        trouble |= WARNING
    own = [one for one in (turn.reason if turn.certain != "yes" else "", outcome.failing) if one]
    inherited = not own and not unknown and bool(place.reason)
    return Fate(
        verdict="skip" if not outcome.begun else "run" if certain else "depends",
        reason=place.reason if inherited else "; ".join(own),
        condition=condition,
        ends=turn.otherwise if turn.certain == "no" else outcome.ends | otherwise,
        trouble=trouble,
        stops=_stops(turn, outcome, certain=turn.certain == "yes" and not unknown),
        ender=outcome.ender or turn.ender,
        fails=bool(outcome.failing) and certain and outcome.ends == FAILED,
        inherited=inherited,
        key=place.key,
    )


def _stops(turn: Turn, outcome: Outcome, *, certain: bool) -> Certainty:
    """Whether the run has ended when the step has."""
    if turn.stops == "yes":
        return "yes"
    if turn.stops == outcome.stops == "no":
        return "no"
    return outcome.stops if certain else "maybe"


def _before(node: Node) -> Ends:
    """What becomes of the step if one before it fails."""
    if node.needs is None:
        return BLOCKED if node.position else NONE
    return (BLOCKED if node.needs else NONE) | (SKIPPED if any(need.words != OK for need in node.needs) else NONE)


def _shut(walk: Walk, node: Node, fate: Fate) -> Fate:
    """The step does not begin, nor what is in it."""
    walk.shut(walk.inside(node), f"`{node.id}` is skipped", fate.key)
    return walk.record(node, fate)


def _broken(walk: Walk, node: Node, condition: Condition, key: str) -> Outcome:
    """The step fails before it begins: neither its action nor what cleans up runs."""
    walk.shut(walk.inside(node), f"`{node.id}` fails before it begins", key)
    return Outcome(FAILED, failing=f"its `if` cannot be evaluated: {condition.error}", begun=False)


def instance(walk: Walk, node: Node, place: Place) -> Outcome:
    """Look at one instance, inside of its lock: a recorded result, precondition, action, rescue, finally."""
    if node.cache is None:
        return _began(walk, node, place)
    if walk.basis.recorded is not None:
        where = folder(walk.judge.engine, walk.basis, place.around)
        around = tuple(one for one, _ in place.around)
        said = walk.basis.recorded.look(Site(walk.plan, node, walk.names(place), around, place.key, where))
        walk.cached.setdefault(node.number, []).append(said)
    outcome = _began(walk, node, place)
    return replace(outcome, ends=outcome.ends | REUSED)  # what others do meanwhile may change what is recorded


def _began(walk: Walk, node: Node, place: Place) -> Outcome:
    requires = tuple(walk.condition(one, place) for one in node.require)
    if requires:
        walk.requires.setdefault(node.number, []).append(requires)
    broken = next((one for one in requires if one.value is False or one.error), None)
    if broken is not None:
        walk.shut(bodies.lists_of(node), f"the precondition of `{node.id}` does not hold", place.key)
        outcome = Outcome(FAILED, failing=_unmet(broken), begun=False)
    else:
        since = walk.now
        outcome = _ensured(walk, node, place, bodies.action(walk, node, place))
        if isinstance(node.action, Fork) and node.action.leaves_late and "failed" in outcome.ends:
            walk.doubt(bodies.lists_of(node), f"only if it begins before `{node.id}` fails", since)
    return _cleaned_up(walk, node, place, _rescued(walk, node, place, outcome))


def _ensured(walk: Walk, node: Node, place: Place, outcome: Outcome) -> Outcome:
    """What `ensure` makes of it, where that is known."""
    if "succeeded" not in outcome.ends:
        return outcome
    for one in node.ensure:
        condition = walk.condition(one, place)
        if condition.value is False or condition.error:
            ends = FAILED | (outcome.ends & CANCELLED)
            return replace(outcome, ends=ends, failing=_unmet(condition, "postcondition"))
    return outcome


def _unmet(condition: Condition, what: str = "precondition") -> str:
    if condition.error:
        return f"its {what} `{condition.text}` cannot be evaluated: {condition.error}"
    seen = f" ({', '.join(condition.seen)})" if condition.seen else ""
    return f"its {what} `{condition.text}` does not hold{seen}"


def _rescued(walk: Walk, node: Node, place: Place, outcome: Outcome) -> Outcome:
    """What `rescue` and `on_error` make of it."""
    if node.rescue is not None:
        if outcome.ends == FAILED and outcome.stops == "no":
            after = replace(place, trouble=True)
        else:
            after = replace(place, certain="maybe", reason=f"only if {_name(node)} fails", trouble=True)
        rescue = _aside(walk, node.rescue, after)
        if "failed" in outcome.ends:
            rescued = f"{outcome.failing}, and is rescued" if outcome.failing else ""
            failing = outcome.failing if rescue.ends == FAILED else rescued
            ends = (outcome.ends - FAILED) | rescue.ends
            outcome = _ended_by(outcome, rescue, certain=outcome.ends == FAILED)
            outcome = replace(outcome, ends=ends, failing=failing)
    if node.tolerant and "failed" in outcome.ends:
        return replace(outcome, ends=(outcome.ends - FAILED) | WARNING)
    return outcome


def _aside(walk: Walk, number: int, place: Place) -> Outcome:
    """A list beside the action: where it is cancelled it has not succeeded, which is a failure of it."""
    end = lists.go_through(walk, number, place)
    return replace(end, ends=(end.ends - CANCELLED) | FAILED) if "cancelled" in end.ends else end


def _ended_by(outcome: Outcome, after: Outcome, *, certain: bool) -> Outcome:
    """What runs afterwards may end the run too."""
    if outcome.stops == "yes" or after.stops == "no":
        return outcome
    return replace(outcome, stops=after.stops if certain else "maybe", ender=after.ender)


def _cleaned_up(walk: Walk, node: Node, place: Place, outcome: Outcome) -> Outcome:
    """What `finally` makes of it."""
    if node.compensate is not None:
        undone = replace(place, certain="maybe", reason=f"only if {_name(node)} is undone", trouble=True)
        end = _aside(walk, node.compensate, undone)
        walk.undone[node.number] = walk.undone.get(node.number, NONE) | end.ends
    if node.finally_ is None:
        return outcome
    end = _aside(walk, node.finally_, replace(place, trouble=True))
    outcome = _ended_by(outcome, end, certain=True)
    if end.ends == FAILED:
        return replace(outcome, ends=FAILED, failing=outcome.failing or end.failing)
    return replace(outcome, ends=outcome.ends | (end.ends & FAILED))


def _name(node: Node) -> str:
    return f"`{node.id}`" if node.number else "the run"
