"""Why things were cancelled, skipped or blocked: from one step to the next, down to the root."""

from typing import Any

from steplane.app.stories.replay import Life, Replay, around_of
from steplane.app.stories.shapes import Link
from steplane.events import CancelRequested, ErrorInfo, Input, Resumed, TimerFired
from steplane.kernel import Instance, State

_LONGEST = 20


def cause_of(one: Instance, event: Input, state: State) -> dict[str, Any]:
    """Why an instance is cancelled at this event: `kind` is `cancel`, `timeout`, `failure`, `end` or `inside`."""
    if isinstance(event, CancelRequested):
        return {"kind": "cancel", "actor": event.actor, "reason": event.reason}
    if isinstance(event, Resumed) and event.cancel:
        return {"kind": "cancel", "actor": event.actor, "reason": ""}
    if isinstance(event, TimerFired) and event.timer == "timeout":
        found = state.instances.get(event.instance)
        return {"kind": "timeout", "of": found.path if found is not None else "", "seconds": found and found.timeout}
    around: Instance | None = one
    while around is not None:
        if around is not one and around.timed_out:
            return {"kind": "timeout", "of": around.path, "seconds": around.timeout}
        scope = around.scope
        if scope is not None and scope.failed is not None and scope.failed is not around:
            policy = state.plan.nodes[scope.list.owner].failure
            if policy == "cancel":
                return {"kind": "failure", "of": scope.failed.path}
        around = around_of(around)
    if state.ending is not None:
        return {"kind": "end", "of": one.by}
    return {"kind": "inside"}


def chain(replay: Replay, life: Life) -> tuple[Link, ...]:
    """From what became of an instance down to the root cause; empty where it ended well, or failed by itself."""
    links: list[Link] = []
    seen = {life.instance.path}
    path = _next(life)
    while path and path not in seen and len(links) < _LONGEST:
        seen.add(path)
        found = replay.latest(path)
        if found is None:
            break
        links.append(link(found))
        path = _next(found)
    return tuple(links)


def _next(life: Life) -> str:
    """The path of what caused the end, outside or inside of the instance."""
    end = life.end
    if end is None:
        return ""
    if end.by:
        return end.by
    return culprit(end.error, end.path) if end.status == "failed" else ""


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
    return Link(one.path, end.status, end.error, end.reason, end.seen, condition, lost_needs(life.needs))


def lost_needs(needs: tuple[tuple[str, str, tuple[str, ...]], ...]) -> dict[str, Any] | None:
    """The needs of a step that was skipped without more, and that could not hold any more."""
    lost = [
        {"path": path, "status": status, "wants": list(outcomes)}
        for path, status, outcomes in needs
        if not _counts(status, outcomes)
    ]
    return {"kind": "needs", "needs": lost} if lost else None


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
    causes = {life.instance.path: life.end.by for life in replay.lives.values() if life.end is not None and life.end.by}
    found = []
    for one, by in causes.items():
        at, steps = by, 0
        while at and at != path and steps < _LONGEST:
            at, steps = causes.get(at, ""), steps + 1
        if at == path and one != path:
            found.append(one)
    return tuple(found)
