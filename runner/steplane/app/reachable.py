"""What a person may decide at a resume; the rest is refused, with the reason."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from steplane.errors import UsageError
from steplane.events import OK
from steplane.kernel import Instance, Scope, State
from steplane.kernel.completing import has_strays
from steplane.kernel.reach import around, begins_often, is_late, list_obstacle, obstacle
from steplane.plan.step_names import inner_path

LEFT_OUT = "the run is one of a part, which leaves it out"


def refuse_unreachable(
    state: State, run: str, redo: Collection[str], assume: Mapping[str, Any], only: Sequence[str]
) -> None:
    """Raise `UsageError` for a path that the resume cannot begin anew, take as ended, or go on with alone."""
    _refuse_nested([*redo, *assume])
    for path in redo:
        _refuse_one(state, run, path, "begun anew")
    for path in assume:
        _refuse_one(state, run, path, "taken as ended")
    anew = _anew(state, [*redo, *assume])
    for path in only:
        _refuse_alone(state, run, path, anew)


def _refuse_nested(paths: list[str]) -> None:
    for inner in paths:
        outer = next((one for one in paths if one != inner and inner_path(inner, one)), None)
        if outer is not None:
            raise UsageError(
                f"step `{inner}` is inside `{outer}`, and both are named",
                "Name the outer one, and all of it begins anew or ends, or only what is inside it.",
            )


def _refuse_one(state: State, run: str, path: str, what: str) -> None:
    one = state.paths.get(path)
    why = _why_not(state, path)
    if why:
        raise UsageError(f"step `{path}` cannot be {what}: {why}", _remedy(run, why))
    several = _of_several(state, path)
    if several:
        raise UsageError(
            f"step `{path}` cannot be {what}: `{several}` begins once for each arrival, and none of them can be named",
            f"Resume without naming it, or name a step around it. See its activations: steplane show {run} --all",
        )
    in_flight = [*state.live("attempt"), *state.live("undecided")]
    for inner in in_flight if one is not None else ():
        if inner.node.at_most_once and one in around(inner):
            raise UsageError(
                f"step `{inner.path}`, inside `{path}`, was running when the run was cut off, and it may run at most "
                "once",
                f"Say first what became of it: steplane resume {run} --only {inner.path} --assume {inner.path}=failed",
            )


def _remedy(run: str, why: str) -> str:
    return (
        "A resume keeps to that part: start a run." if why == LEFT_OUT else f"See its steps: steplane show {run} --all"
    )


def _why_not(state: State, path: str) -> str:
    one = state.paths.get(path)
    if one is not None:
        return LEFT_OUT if _is_left_out(one) else obstacle(state, one)
    outer = _loop_of(state, path)
    if outer is not None:
        key = path[len(outer.path) + 1 : -1]
        left_out = _is_left_out(outer) or (outer.bounds is not None and outer.bounds.item_outside(key) == "run")
        return LEFT_OUT if left_out else obstacle(state, outer)
    scope, position = _list_of(state, path)
    if scope is None:
        return "the run has not come to it"
    if scope.bounds is not None and scope.bounds.outside(scope.list.nodes[position]) == "run":
        return LEFT_OUT
    return obstacle(state, scope.old[position]) if position in scope.old else list_obstacle(state, scope)


def _of_several(state: State, path: str) -> str:
    """The path of the step, or of one around it, that arrivals can begin more than once.

    Not of an `at_most_once` attempt that was cut off: somebody has to say what became of it.
    """
    cut_off = [*state.live("attempt"), *state.live("undecided")]
    if any(one.path == path and one.node.at_most_once for one in cut_off):
        return ""
    one = state.paths.get(path) or _loop_of(state, path)
    if one is None:
        scope, position = _list_of(state, path)
        if scope is None:
            return ""
        if scope.list.often and scope.list.often[position]:
            return path
        one = scope.owner
    return next((here.path for here in (one, *around(one)) if begins_often(here)), "")


def _is_left_out(one: Instance) -> bool:
    """Whether the run leaves out the instance, or what it is in: something that an earlier run has recorded."""
    return any(_leaves_out(here) for here in (one, *around(one)))


def _leaves_out(one: Instance) -> bool:
    scope, outer = one.scope, one.parent
    if outer is not None and outer.bounds is not None and outer.bounds.item_outside(one.key or "") == "run":
        return True
    return scope is not None and scope.bounds is not None and scope.bounds.outside(one.node.number) == "run"


def _loop_of(state: State, path: str) -> Instance | None:
    """The loop of which the path is an item that has not begun."""
    loops = (one for one in state.paths.values() if one.loop is not None and path.startswith(f"{one.path}["))
    return next((one for one in loops if one.loop is not None and path[len(one.path) + 1 : -1] in one.loop.keys), None)


def _list_of(state: State, path: str) -> tuple[Scope | None, int]:
    """The list in which the step of the path is still pending, and its position there."""
    above, _, name = path.rpartition("/")
    owner = state.paths.get(above)
    for scope in [] if owner is None else [*owner.body, *([owner.after] if owner.after is not None else [])]:
        for position, number in enumerate(scope.list.nodes):
            if scope.plan.nodes[number].id == name:
                return scope, position
    return None, 0


# ---------------------------------------------------------------- alone


def _anew(state: State, paths: list[str]) -> set[Instance]:
    """What goes on again for what was said of something in it."""
    found: set[Instance] = set()
    for one in (state.paths.get(path) for path in paths):
        if one is not None:
            found |= {one, *around(one)}
    return found


def _refuse_alone(state: State, run: str, path: str, anew: set[Instance]) -> None:
    why = _why_not(state, path)
    if why:
        raise UsageError(f"step `{path}` cannot go on: {why}", _remedy(run, why))
    one = state.paths.get(path)
    inmost = one or _loop_of(state, path) or _owner(_list_of(state, path)[0])
    for here in [] if inmost is None else [inmost, *around(inmost)]:
        if here.ended and here.status in OK and here not in anew and not _goes_on_late(here):
            which = f"step `{path}`" if here is one else f"`{here.path}`, which `{path}` is in,"
            raise UsageError(
                f"{which} has ended as {here.status}: there is nothing to go on with",
                f"Begin it anew: steplane resume {run} --only {path} --redo {path}",
            )


def _owner(scope: Scope | None) -> Instance | None:
    return None if scope is None else scope.owner


def _goes_on_late(one: Instance) -> bool:
    scope = one.scope
    late = scope is not None and any(is_late(branch) and branch.owner is one for branch in scope.late)
    return late or has_strays(one)
