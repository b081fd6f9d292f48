"""The steps of a list, each when what it waits for is known."""

from steplane.forecast import instances
from steplane.forecast.fates import BLOCKED, CANCELLED, FAILED, SKIPPED, SUCCEEDED, Ends, Fate
from steplane.forecast.ordering import Order
from steplane.forecast.walk import Outcome, Place, Walk
from steplane.plan.nodes import Fork, Goto, Node


def go_through(walk: Walk, number: int, place: Place) -> Outcome:
    """Look at the steps of a list; how it ends."""
    order, since = Order(walk.plan, number, walk.befores, walk.selection), walk.now
    pending = order.nodes
    while pending:
        # A handler may start only if something that fails beside what it needs does not keep that from its turn.
        waiting = _pass(walk, order, place, pending, handlers=False)
        if len(waiting) == len(pending):
            waiting = _pass(walk, order, place, pending, handlers=True)
        if len(waiting) == len(pending):
            break  # needs in a circle, which the checker refuses
        pending = waiting
    _doubt_rivals(walk, order, since)
    _doubt_jumped(walk, order, since)
    _doubt_cut(walk, order, since)
    return _outcome(order)


def _pass(walk: Walk, order: Order, place: Place, pending: list[Node], *, handlers: bool) -> list[Node]:
    """Look at those of one kind whose turn can be told; the others."""
    waiting = []
    for node in pending:
        if order.is_out(node):
            order.enter(node.position, instances.left_out(walk, node, place))
        elif node.handler is handlers and order.is_due(node):
            order.enter(node.position, instances.step(walk, node, place, order.turn(node)))
        else:
            waiting.append(node)
    return waiting


def _doubt_rivals(walk: Walk, order: Order, since: int) -> None:
    """Beside a step that ends the run, or fails, others run only if they begin before."""
    for position, node in enumerate(order.nodes):
        fate = order.fates[position]
        if fate is None or (fate.stops == "no" and ("failed" not in fate.ends or order.policy == "continue")):
            continue
        word = f"`{fate.ender}` ends the run" if fate.stops != "no" else f"`{node.id}` fails"
        reason = f"only if it begins before {word}"
        for rival in (order.nodes[other] for other in order.rivals(position)):
            if fate.stops != "no" or not rival.handler:
                walk.doubt_one(rival, reason, since)
            if fate.stops != "no" or not rival.handler or order.policy == "cancel":
                walk.doubt(walk.inside(rival), reason, since)
        for late in (one for one in order.nodes if isinstance(one.action, Fork) and one.action.leaves_late):
            if fate.stops != "no":  # its branches may run on when it has ended
                walk.doubt(walk.inside(late), reason, since)


def _doubt_jumped(walk: Walk, order: Order, since: int) -> None:
    """What stands between a `goto` and its target, further down, runs only if it begins before the jump."""
    for position, node in enumerate(order.nodes):
        fate = order.fates[position]
        if not isinstance(node.action, Goto) or fate is None or fate.verdict == "skip":
            continue
        for between in order.nodes[position + 1 : node.action.target]:
            reason = f"not where `{node.id}` jumps to `{node.action.name}` before it begins"
            walk.doubt_one(between, reason, since)
            walk.doubt(walk.inside(between), reason, since)


def _doubt_cut(walk: Walk, order: Order, since: int) -> None:
    """What a join cancels once enough has come runs only if it begins before."""
    for position, join in order.cut.items():
        reason = f"only if it begins before enough has come for `{join.id}`"
        walk.doubt_one(order.nodes[position], reason, since)
        walk.doubt(walk.inside(order.nodes[position]), reason, since)


def _outcome(order: Order) -> Outcome:
    fates = [fate for fate in order.fates if fate is not None]
    stops = {fate.stops for fate in fates}
    pairs = zip(order.nodes, order.fates, strict=True)
    culprit = next((node.id for node, fate in pairs if fate is not None and fate.ends == FAILED), "")
    ends: Ends = SUCCEEDED
    if any(fate.ends == FAILED for fate in fates):
        ends = FAILED
    elif any("failed" in fate.ends for fate in fates):
        ends = SUCCEEDED | FAILED
    if ends != FAILED and _may_lack(fates):
        ends |= CANCELLED
    failing = f"`{culprit}` in it fails" if ends == FAILED and culprit else ""
    ender = next((fate.ender for fate in fates if fate.stops != "no"), "")
    return Outcome(ends, "yes" if "yes" in stops else "maybe" if "maybe" in stops else "no", ender, failing)


def _may_lack(fates: list[Fate]) -> bool:
    """Whether a step of the list may be cancelled for itself and block another, by which the list is cancelled."""
    cancelled = any("cancelled" in fate.ends for fate in fates)
    return cancelled and any("blocked" in fate.ends for fate in fates)


__all__ = ["BLOCKED", "SKIPPED", "Fate", "go_through"]
