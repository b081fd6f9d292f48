"""One attempt of each kind of action."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.reference import reaching, waiting
from tests.reference.life import Cancelled, Error, LaidBy, Life, Process, Trouble
from tests.reference.parts import step_outside, to_do_again
from tests.reference.reading import COMPOSITE, Branch
from tests.reference.words import dynamic

if TYPE_CHECKING:
    from tests.reference.instance import Instance
    from tests.reference.scope import Scope


def act(one: "Instance") -> Process[None]:
    """Make an attempt."""
    if one.cancelling:  # before it has come to it: a group that was to begin again
        raise Cancelled
    one.body, one.verdict, one.enough = one.body if one.going_back else {}, "succeeded", False
    if one.step.kind not in COMPOSITE:
        if one.step.kind != "leaf":
            start_clock(one)
        yield from ACTIONS[one.step.kind](one)
        if one.step.kind not in {"leaf", "end"}:
            yield from results(one)
        return
    if not one.going_back:
        start_clock(one)
    one.in_body = True
    try:
        yield from ACTIONS[one.step.kind](one)
    finally:
        one.in_body = one.going_back = False
    yield from results(one)


def start_clock(one: "Instance") -> None:
    """The attempt begins now."""
    if one.first_start is None:
        one.first_start = one.reference.now
    one.has_begun()
    one.status = "running"
    if one.limited:
        one.timers.add("timeout")


def results(one: "Instance") -> Process[None]:
    """`ensure`, then `outputs`, of a composite. If they fail, branches that run on are cancelled first."""
    try:
        if "ensure" in one.step.raw:
            yield from one.ask("ensure")
        if "outputs" in one.step.raw:
            yield from one.ask("outputs")
    except (Trouble, Cancelled) as trouble:
        failure = trouble
    else:
        return
    late = list(one.body.values())
    for scope in late:
        scope.cancel(one.unbegun)
    yield lambda: all(scope.over for scope in late)
    if one.cancelling:
        raise Cancelled
    raise failure


# ---------------------------------------------------------------- a step type


def perform(one: "Instance") -> Process[None]:
    """A step type: a slot of the pool, the work, its end."""
    one.queued = True
    one.wanting_since = one.reference.moment
    yield lambda: one.has_slot or one.cancelling
    one.queued = False
    if not one.has_slot:
        raise Cancelled
    yield lambda: one.outcome is not None or one.interrupted
    if one.outcome is None and one.has_slot:
        one.stopping = True
        yield lambda: one.outcome is not None
    one.queued = one.lost = False
    outcome, error_type = one.outcome or ("cancelled", None)
    one.outcome, one.stopping = None, False
    one.give_way()
    if outcome != "succeeded":
        raise Trouble(Error(error_type or outcome, one.path))


# ---------------------------------------------------------------- lists


def enter(one: "Instance", branch: Branch) -> "Scope":
    """Enter a list of the body: a new life of it, or that of the activation before a resume."""
    if one.going_back:
        return one.body[branch.rank]
    before = one.adopted() if one.attempt == 1 else None
    scope = before.body.get(branch.rank) if before is not None else None
    if scope is None:
        scope = one.open(branch)
    else:
        one.reference.late_failed |= scope.late and scope.over and scope.result == "failed"
        live = one.scope is not None and one.scope.take_again(scope)
        scope.owner, scope.late = one, False
        one.scopes.append(scope)
        if not live:
            scope.cancelled, scope.cut = False, False
            scope.resume()
            after_resume(scope)
    one.body[branch.rank] = scope
    return scope


def after_resume(scope: "Scope") -> None:
    """What was said to have failed has its consequences, in all lists that the resume went through."""
    for one in scope.everyone():
        if not isinstance(one, Life):
            one.go_by_policy()


def chosen_before(one: "Instance") -> list[int]:
    """The branches that the activation before a resume had chosen, or that it goes back to."""
    if one.going_back:
        return sorted(one.body)
    before = one.adopted() if one.attempt == 1 else None
    return sorted(before.body) if before is not None else []


def conclude(one: "Instance", scopes: list["Scope"]) -> None:
    """All lists of the body are over."""
    one.give_way()
    failed = [scope for scope in scopes if scope.result == "failed"]
    anew = [life for scope in failed for life in scope.failed_anew]
    if anew:
        raise Trouble(min(anew, key=lambda life: life.ended_as).error or Error("cancelled", one.path))
    if failed:
        raise LaidBy(failed[0].error)
    if any(scope.result == "cancelled" for scope in scopes):
        raise Cancelled


def group(one: "Instance") -> Process[None]:
    """A list of steps."""
    scope = enter(one, one.step.body[0])
    yield from one.until_over([scope])
    conclude(one, [scope])


def switch(one: "Instance") -> Process[None]:
    """The first arm that holds."""
    before = chosen_before(one)
    arm = before[0] if before else (yield from one.ask("switch"))
    if arm is None:
        raise Trouble(Error("switch.none", one.path))
    scope = enter(one, one.step.body[int(arm)])
    yield from one.until_over([scope])
    conclude(one, [scope])


# ---------------------------------------------------------------- parallel


def parallel(one: "Instance") -> Process[None]:
    """Branches at once; over when all, or as many as `join` says, have arrived."""
    branches = yield from taken(one)
    enter_one = keep if stays_decided(one) else enter
    scopes = [enter_one(one, branch) for branch in branches]
    counted = [scope for scope in scopes if not idle(scope)] or scopes
    wanted = wanted_of(one, len(counted))
    before: tuple[str, ...] = ("",) * (2 * len(scopes) + 1)
    while not arrived(one, scopes, counted, wanted) and not all(scope.over for scope in scopes):
        known, before = before, state(one, scopes)
        cut_short(one, scopes, known)
        yield lambda seen=before: state(one, scopes) != seen  # type: ignore[misc]
    if not arrived(one, scopes, counted, wanted):
        conclude(one, scopes)
    if rest_of(one) == "cancel":
        one.enough = True
        for scope in scopes:
            scope.cancel()
        yield from one.until_over(scopes)
        one.give_way()
    over = [scope for scope in scopes if scope.over]
    one.verdict = "warning" if any(scope.result == "failed" for scope in over) else "succeeded"
    for scope in scopes:
        if scope not in over:
            one.reference.run_on(scope)


def rest_of(one: "Instance") -> str:
    """What becomes of the branches that are not over when enough have arrived."""
    join = one.step.raw.get("join")
    return str(join.get("rest", "run")) if isinstance(join, dict) else "run"


def wanted_of(one: "Instance", many: int) -> int:
    """How many of so many branches have to arrive."""
    join = one.step.raw.get("join", "all")
    join = join["count"] if isinstance(join, dict) else join
    return min({"all": many, "any": 1, "active": 1}.get(str(join)) or int(join), many)


def stays_decided(one: "Instance") -> bool:
    """Whether enough branches of the activation before a resume had arrived and stay so: the rest is cancelled then."""
    before = one.adopted() if one.attempt == 1 else None
    if before is None or rest_of(one) != "cancel":
        return False
    scopes = list(before.body.values())
    counted = [scope for scope in scopes if not idle(scope)] or scopes
    done = [scope for scope in counted if scope.over and scope.result == "succeeded"]
    kept = [scope for scope in done if not any(to_do_again(life) or not life.ended for life in scope.lives)]
    return len(kept) >= wanted_of(one, len(counted))


def keep(one: "Instance", branch: Branch) -> "Scope":
    """A list of the activation before a resume, as it is."""
    before = one.adopted()
    assert before is not None
    scope = before.body[branch.rank]
    scope.owner = one
    one.scopes.append(scope)
    one.body[branch.rank] = scope
    return scope


def taken(one: "Instance") -> Process[list[Branch]]:
    """The branches that are entered."""
    branches = one.step.body
    before = chosen_before(one)
    if before:
        return [branches[rank] for rank in before]
    if not any("if" in branch.raw or branch.raw.get("default") for branch in branches):
        return branches
    answer = yield from one.ask("branches")
    branches = one.step.body  # the definition may be another by now
    found = [b for b, holds in zip(branches, answer, strict=True) if holds and not b.raw.get("default")]
    found = found or [branch for branch in branches if branch.raw.get("default")]
    if not found:
        raise Trouble(Error("parallel.none", one.path))
    return found


def idle(scope: "Scope") -> bool:
    """Whether the selection of the run leaves out all of the branch: it does not count, as long as another does."""
    return all(step_outside(scope, step.id) == "run" for step in scope.branch.steps)


def arrived(one: "Instance", scopes: list["Scope"], counted: list["Scope"], wanted: int) -> bool:
    """Whether as many branches as wanted have ended well, and a resume of a part has cut none of them short."""
    if one.interrupted or any(scope.unfinished for scope in scopes):
        return False
    if one.step.raw.get("join") == "active" and not all(scope.over for scope in scopes):
        return False
    return sum(scope.over and scope.result == "succeeded" for scope in counted) >= wanted


def state(one: "Instance", scopes: list["Scope"]) -> tuple[str, ...]:
    """What a `parallel` watches: how a branch has ended, and whether a resume has left it for another to go on with."""
    left = [str(scope.unfinished) for scope in scopes]
    return (str(one.interrupted), *[scope.result if scope.over else "" for scope in scopes], *left)


def cut_short(one: "Instance", scopes: list["Scope"], known: tuple[str, ...]) -> None:
    """Cancel the branches when interrupted, or at the moment at which one has failed under `failure: cancel`."""
    new = [scope for scope, before in zip(scopes, known[1:], strict=False) if scope.over and before != scope.result]
    failed = any(scope.result == "failed" for scope in new)
    if one.interrupted or (failed and one.step.policy == "cancel"):
        for scope in scopes:
            scope.cancel(one.unbegun)


# ---------------------------------------------------------------- end


def end(one: "Instance") -> Process[None]:
    """End the run."""
    written = one.step.raw["end"]
    written = written if isinstance(written, dict) else {"status": written}
    one.finishing = True
    one.status = "running"
    if "outputs" in written or dynamic(written.get("message")):
        one.finishing = False
        yield from one.ask("outputs")
        one.finishing = True
    one.workflow().end_here(str(written["status"]), gives="outputs" in written)


ACTIONS: dict[str, Callable[["Instance"], Process[None]]] = {
    "race": waiting.race,
    "wait": waiting.wait,
    "signal": waiting.signal,
    "cancel": reaching.cancel,
    "finish": reaching.finish,
    "goto": reaching.goto,
    "undo": reaching.undo,
    "call": reaching.call,
    "leaf": perform,
    "steps": group,
    "parallel": parallel,
    "switch": switch,
    "end": end,
}
