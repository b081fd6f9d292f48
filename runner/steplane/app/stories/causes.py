"""Why things were cancelled, skipped or blocked: from one step to the next, down to the root."""

from typing import Any

from steplane.app.stories.awaited import around_of
from steplane.app.stories.replay import NONE, Life, Replay
from steplane.app.stories.shapes import Link
from steplane.events import ErrorInfo
from steplane.kernel import Instance

_LONGEST = 20
_BECAUSE_OF = {
    "blocked": frozenset({"failed", "blocked", "cancelled", "compensated"}),
    "failed": frozenset({"failed", "warning"}),
    "warning": frozenset({"failed", "warning"}),
}
"""By how something ended: how the step has ended that is named as the cause."""


def chain(replay: Replay, life: Life) -> tuple[Link, ...]:
    """From what became of an instance down to the root cause; empty where it ended well, or failed by itself.

    Each is told by the activation that it had when the instance ended.
    """
    links: list[Link] = []
    seen: set[Life] = set()
    moment, at = life.ended_in, life
    while len(links) < _LONGEST and (path := _next(at)):
        seen.add(at)
        statuses = _BECAUSE_OF.get(at.end.status, NONE) if at.end is not None else NONE
        found = replay.at(path, moment, statuses, but=at)
        if found is None or found in seen:
            break
        links.append(link(found))
        if at.stop is not None and at.stop["kind"] == "reach":
            break  # a `cancel` or `finish` step that did its work, whatever became of itself afterwards
        moment, at = min(moment, found.ended_in) if moment and found.ended_in else moment, found
    return tuple(links)


def _next(life: Life) -> str:
    """The path of what caused the end, outside or inside of the instance."""
    end, one = life.end, life.instance
    if end is None:
        return ""
    if end.by:
        return end.by
    if end.status == "cancelled" and life.stop is not None and life.stop["kind"] == "within":
        return str(life.stop["of"])
    if end.status in {"failed", "warning"}:
        return culprit(end.error, end.path) or ("" if end.error is not None else _item(one))
    return ""


def _item(loop: Instance) -> str:
    """The path of the item for which a loop is a warning."""
    if loop.loop is None:
        return ""
    items = [one for one in loop.loop.instances if one is not None and one.status in {"failed", "warning"}]
    return loop.loop.culprit or (items[0].path if items else "")


def culprit(error: ErrorInfo | None, path: str) -> str:
    """The path of the step inside of an instance that made it fail; empty where it failed by itself."""
    if error is None:
        return ""
    if error.type == "loop.failures" and isinstance(error.detail, dict):
        return str(error.detail.get("step", ""))
    return "" if error.step == path else error.step


def link(life: Life) -> Link:
    """One instance as a part of a chain."""
    one, end = life.instance, life.end
    if end is None:
        return Link(one.path, one.status)
    condition = one.node.condition.text.strip() if one.node.condition is not None else ""
    why = life.stop if end.status == "cancelled" and not end.reason else lost_needs(life.needs)
    return Link(one.path, end.status, end.error, end.reason, end.seen, condition, why, end.by)


def lost_needs(needs: tuple[tuple[str, str, tuple[str, ...]], ...]) -> dict[str, Any] | None:
    """The needs of a step that was skipped without more, and that could not hold any more."""
    lost = [
        {"path": path, "status": status, "wants": list(outcomes)}
        for path, status, outcomes in needs
        if not _counts(status, outcomes)
    ]
    return {"kind": "needs", "needs": lost} if lost else None


def too_few(one: Instance) -> dict[str, Any] | None:
    """Of a step that counts several arrivals as one: not so many came."""
    return {"kind": "collect", "of": str(one.node.collect)} if one.node.collect > 1 else None


def _counts(status: str, outcomes: tuple[str, ...]) -> bool:
    good = {"succeeded", "warning", "reused", "skipped"}
    return status in outcomes or "done" in outcomes or ("ok" in outcomes and status in good)


def blocked_by(replay: Replay, one: Instance) -> tuple[str, ...]:
    """What a step has kept from running, at first or second hand, by itself and by what it made fail around it."""
    found = list(_blocked_by(replay, one.path))
    outer = around_of(one)
    while outer is not None and outer.scope is not None and outer.status == "failed":
        if _root_of(replay, outer) != one.path:
            break
        found += [path for path in _blocked_by(replay, outer.path) if path not in found]
        outer = around_of(outer)
    return tuple(found)


def _root_of(replay: Replay, one: Instance) -> str:
    """The path of the innermost step that made an instance fail."""
    path, steps = one.path, 0
    while steps < _LONGEST:
        life = replay.latest(path)
        inner = culprit(life.instance.error, path) if life is not None else ""
        if not inner or inner == path:
            return path
        path, steps = inner, steps + 1
    return path


def _blocked_by(replay: Replay, path: str) -> tuple[str, ...]:
    latest = replay.kernel.state.paths
    lives = [life for life in replay.lives.values() if latest.get(life.instance.path) is life.instance]
    ends = [(life.instance.path, life.end) for life in lives if life.end is not None]
    causes = {at: end.by for at, end in ends if end.by and end.status == "blocked"}
    found = []
    for one, by in causes.items():
        at, steps = by, 0
        while at and at != path and steps < _LONGEST:
            at, steps = causes.get(at, ""), steps + 1
        if at == path and one != path:
            found.append(one)
    return tuple(found)
