"""The actions: step types, groups, `parallel`, `switch`, `call`, `end`."""

from collections.abc import Sequence

from msgspec.structs import replace

from steplane.expressions import ExpressionError
from steplane.expressions.faults import NotKnown
from steplane.forecast import lists
from steplane.forecast.environment import folder
from steplane.forecast.fates import CANCELLED, FAILED, SUCCEEDED, WARNING, Certainty, Condition, Fate
from steplane.forecast.parameters import rendered
from steplane.forecast.walk import Outcome, Performed, Place, Walk
from steplane.plan.nodes import Arm, Body, Branch, Call, Choice, End, Fork, Goto, Node, Perform, Undo, inner_lists
from steplane.plan.waits import Race, Reach, Wait
from steplane.scripts import ScriptValueError


def lists_of(node: Node) -> list[int]:
    """The lists of the action."""
    return list(inner_lists(node))


def action(walk: Walk, node: Node, place: Place) -> Outcome:
    """Look at one attempt of the action."""
    act = node.action
    if isinstance(act, Perform):
        return _perform(walk, node, act, place)
    if isinstance(act, Body):
        return lists.go_through(walk, act.list, place)
    if isinstance(act, Fork):
        return _fork(walk, node, act, place)
    if isinstance(act, Choice):
        return _choice(walk, node, act, place)
    if isinstance(act, Call):
        return _call(walk, act, place)
    if isinstance(act, Undo):
        return Outcome(SUCCEEDED | FAILED if _may_not_undo(walk, node, act) else SUCCEEDED)
    if isinstance(act, Goto):
        return Outcome(SUCCEEDED | FAILED if _may_come_too_often(walk, node) else SUCCEEDED)
    if isinstance(act, Race):
        return _race(walk, node, act, place)
    if not isinstance(act, End):
        may_fail = node.timeout is not None or node.timeout_value is not None or not isinstance(act, Wait | Reach)
        return Outcome(SUCCEEDED | FAILED if may_fail else SUCCEEDED)
    return Outcome(SUCCEEDED, stops="yes", ender=node.id)


def _may_come_too_often(walk: Walk, node: Node) -> bool:
    """Whether a `goto` leads back to itself, or another one of its list back to it, by which it jumps once more."""
    jumps = (walk.plan.nodes[one] for one in walk.plan.lists[node.list].nodes if walk.selection.verdict(one) != "out")
    return any(isinstance(one.action, Goto) and one.action.target <= min(one.position, node.position) for one in jumps)


def _perform(walk: Walk, node: Node, act: Perform, place: Place) -> Outcome:
    """A step type: its parameters, as far as they are known."""
    given = None
    try:
        given = rendered(walk.judge.engine, act, walk.names(place))
    except NotKnown:
        pass
    except (ExpressionError, ScriptValueError) as error:
        message = walk.judge.mask.text(error.message)
        return Outcome(FAILED, failing=f"its parameters cannot be evaluated: {message}", begun=False)
    shown = None if given is None else walk.judge.mask.data(given)
    where = folder(walk.judge.engine, walk.basis, place.around)
    walk.performed.setdefault(node.number, []).append(Performed(place.key, given, shown, where, place))
    return Outcome(SUCCEEDED)


def _may_not_undo(walk: Walk, node: Node, act: Undo) -> bool:
    """Whether a `compensate` list of what is undone may fail; of one that was not looked at yet nobody knows."""
    named = [walk.plan.nodes[walk.plan.lists[node.list].nodes[position]] for position in act.positions]
    inside = (one for target in named for one in (target, *walk.below(walk.inside(target))))
    return any("failed" in walk.undone.get(one.number, FAILED) for one in inside if one.compensate is not None)


def _call(walk: Walk, act: Call, place: Place) -> Outcome:
    """A call: what the child is given can be evaluated, as far as it is known. Nothing is said of what is in it."""
    try:
        walk.judge.engine.render(act.given, walk.names(place))
    except NotKnown:
        pass
    except ExpressionError as error:
        message = walk.judge.mask.text(error.message)
        return Outcome(FAILED, failing=f"what it is given cannot be evaluated: {message}", begun=False)
    return Outcome(SUCCEEDED)


# ---------------------------------------------------------------- parallel


def _fork(walk: Walk, node: Node, act: Fork, place: Place) -> Outcome:
    fates = _branches(walk, act, place)
    for branch, fate in zip(act.branches, fates, strict=True):
        walk.record_arm(branch.list, fate)
    broken = next((fate.reason for fate in fates if fate.fails), "")
    if broken or all(fate.verdict == "skip" for fate in fates):
        walk.shut(lists_of(node), f"`{node.id}` fails", place.key)
        return Outcome(FAILED, failing=broken or "no branch's `if` holds and there is no default")
    ends, since = [], walk.now
    for branch, fate in zip(act.branches, fates, strict=True):
        name = f"branch `{branch.name}`"
        if fate.verdict == "skip":
            walk.shut([branch.list], f"{name} is not taken", place.key)
        else:
            ends.append((branch, fate, lists.go_through(walk, branch.list, _through(place, fate, name))))
    _doubt_others(walk, node, ends, since)
    _doubt_rest(walk, node, act, ends, since)
    end = _joined(node, act, ends)
    return replace(end, ends=end.ends | FAILED) if _none_taken(act, fates) else end


def _through(place: Place, fate: Fate, what: str) -> Place:
    """Within a branch or an arm."""
    if fate.verdict == "run":
        return place
    return replace(place, certain="maybe", reason=f"only if {what} is taken")


def _branches(walk: Walk, act: Fork, place: Place) -> list[Fate]:
    """Which branches are taken."""
    asked = [None if one.condition is None else walk.condition(one.condition, place) for one in act.branches]
    holds = [_holds(branch, condition) for branch, condition in zip(act.branches, asked, strict=True)]
    default: Certainty = "no" if "yes" in holds else "maybe" if "maybe" in holds else "yes"
    found = []
    for branch, condition, held in zip(act.branches, asked, holds, strict=True):
        if branch.default:
            found.append(_taken(default, _WHEN_DEFAULT[default], None, place))
        else:
            found.append(_taken(held, _error(condition), condition, place))
    return found


_WHEN_DEFAULT: dict[Certainty, str] = {
    "yes": "no other branch is taken", "no": "another branch is taken", "maybe": "only if no other branch is taken",
}  # fmt: skip


def _holds(branch: Branch, condition: Condition | None) -> Certainty:
    if branch.default:
        return "no"
    if condition is None or condition.value:
        return "yes"
    return "maybe" if condition.value is None else "no"


def _error(condition: Condition | None) -> str:
    error = "" if condition is None else condition.error
    return f"its condition cannot be evaluated: {error}" if error else ""


def _taken(certain: Certainty, reason: str, condition: Condition | None, place: Place) -> Fate:
    verdicts = {"yes": "run" if place.certain == "yes" else "depends", "no": "skip", "maybe": "depends"}
    fails = condition is not None and bool(condition.error)
    return Fate(verdicts[certain], reason, condition, fails=fails, key=place.key)  # type: ignore[arg-type]


def _doubt_others(walk: Walk, node: Node, ends: Sequence[tuple[Branch, Fate, Outcome]], since: int) -> None:
    """Beside a branch that ends the run, or cancels the others by its failure, these run only if they begin before."""
    for branch, _, end in ends:
        cancels = node.failure == "cancel" and "failed" in end.ends
        if end.stops != "no" or cancels:
            what = "fails" if end.stops == "no" else "ends the run"
            for other, _, _ in ends:
                if other is not branch:
                    walk.doubt([other.list], f"only if it begins before branch `{branch.name}` {what}", since)


def _doubt_rest(walk: Walk, node: Node, act: Fork, ends: Sequence[tuple[Branch, Fate, Outcome]], since: int) -> None:
    """What a join cancels once enough branches have arrived runs only if it begins before."""
    if act.rest == "cancel" and act.wanted is not None and act.wanted < len(ends):
        for branch, _, _ in ends:
            walk.doubt([branch.list], f"only if it begins before enough branches of `{node.id}` have ended well", since)


def _joined(node: Node, act: Fork, ends: Sequence[tuple[Branch, Fate, Outcome]]) -> Outcome:
    """How the branches end together."""
    stops: Certainty = "no"
    for _, fate, end in ends:
        if end.stops == "yes" and fate.verdict == "run":
            stops = "yes"
        elif end.stops != "no" and stops == "no":
            stops = "maybe"
    failed = [end for _, fate, end in ends if end.ends == FAILED and fate.verdict == "run"]
    ender = next((end.ender for _, _, end in ends if end.stops != "no"), "")
    if stops == "yes" and act.wanted is not None and not act.active:
        stops = "maybe"  # enough others may have arrived before
    if failed and (act.wanted is None or len(ends) - len(failed) < act.wanted):
        return Outcome(FAILED, stops, ender, failed[0].failing)
    lost = frozenset[str]().union(*(end.ends for _, _, end in ends)) & (FAILED | CANCELLED)
    if not lost:
        return Outcome(SUCCEEDED, stops, ender)
    good = SUCCEEDED if act.wanted is None else SUCCEEDED | WARNING
    enough = act.wanted is not None and node.failure != "cancel" and _sure(ends) >= act.wanted
    return Outcome(good if enough else good | lost, stops, ender)


def _none_taken(act: Fork, fates: Sequence[Fate]) -> bool:
    """Whether perhaps no branch is taken, which fails."""
    taken = any(one.condition is None or one.condition.value for one in fates if one.verdict != "skip")
    return not taken and not any(branch.default for branch in act.branches)


def _sure(ends: Sequence[tuple[Branch, Fate, Outcome]]) -> int:
    """How many branches are taken and succeed for sure."""
    return sum(fate.verdict == "run" and end.ends.isdisjoint(FAILED | CANCELLED) for _, fate, end in ends)


# ---------------------------------------------------------------- switch


def _choice(walk: Walk, node: Node, act: Choice, place: Place) -> Outcome:
    open_: Certainty = "yes"  # whether an arm further down can be taken
    ends: list[tuple[Fate, Outcome]] = []
    for number, arm in enumerate(act.arms, 1):
        fate = _arm(walk, arm, place, open_)
        walk.record_arm(arm.list, fate)
        if fate.fails:
            walk.shut([one.list for one in act.arms[number - 1 :]], f"`{node.id}` fails", place.key)
            return Outcome(FAILED, failing=f"arm {number}: {fate.reason}")
        if fate.verdict == "skip":
            walk.shut([arm.list], f"arm {number} is not taken", place.key)
            continue
        ends.append((fate, lists.go_through(walk, arm.list, _through(place, fate, f"arm {number}"))))
        open_ = "no" if fate.condition is None or fate.condition.value else "maybe"
    if not ends:
        return Outcome(FAILED, failing="no `when` holds and there is no `default`")
    return _one_of(ends, none=open_ != "no")


def _race(walk: Walk, node: Node, act: Race, place: Place) -> Outcome:
    """One of the branches is entered: nobody knows which."""
    ends: list[tuple[Fate, Outcome]] = []
    for branch in act.branches:
        fate = _taken("maybe", "only if what it waits for comes first", None, place)
        walk.record_arm(branch.list, fate)
        ends.append((fate, lists.go_through(walk, branch.list, _through(place, fate, f"branch `{branch.name}`"))))
    found = _one_of(ends, none=False)
    limited = node.timeout is not None or node.timeout_value is not None
    return replace(found, ends=found.ends | FAILED) if limited else found


def _arm(walk: Walk, arm: Arm, place: Place, open_: Certainty) -> Fate:
    if open_ == "no":
        return Fate("skip", "an arm above it is taken", key=place.key)
    if arm.condition is None:
        return _taken(open_, "only if no arm above it is taken" if open_ == "maybe" else "", None, place)
    condition = walk.condition(arm.condition, place)
    if condition.error and open_ == "yes":
        return Fate("skip", _error(condition), condition, fails=True, key=place.key)
    held: Certainty = "no" if condition.value is False else open_ if condition.value else "maybe"
    above = "only if no arm above it is taken" if open_ == "maybe" and held == "maybe" else ""
    return _taken(held, above, replace(condition, error=""), place)


def _one_of(ends: Sequence[tuple[Fate, Outcome]], *, none: bool) -> Outcome:
    """How the arms end of which one is taken; `none`: perhaps none is, which fails."""
    if len(ends) == 1 and not none:
        return ends[0][1]
    found = frozenset[str]().union(*(end.ends for _, end in ends))
    stops = {end.stops for _, end in ends}
    certain: Certainty = "no" if stops == {"no"} else "yes" if stops == {"yes"} else "maybe"
    ender = next((end.ender for _, end in ends if end.stops != "no"), "")
    return Outcome(found | FAILED if none else found, "maybe" if none and certain == "yes" else certain, ender)
