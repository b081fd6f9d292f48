"""Which instances of a run a person means by STEP[KEY]."""

import re
from collections.abc import Iterable, Iterator, Mapping

from steplane.errors import UsageError
from steplane.suggest import nearest_of

_KEYS = re.compile(r"\[.*?\](?=/|$)", re.DOTALL)


def chosen(run_id: str, steps: Mapping[str, str], wanted: str | None) -> list[str]:
    """The paths that STEP means: all, one with what is inside, or those of the step of that id with what is inside.

    `steps` are the paths of the instances, in order, each with the id of its step. A `*` stands for any characters, of
    a path (`price[*]/quote`) or an id. Raises `UsageError` where there is none, with the nearest one and the list.
    """
    if wanted is None:
        return list(steps)
    found = _inside(wanted, steps) or _of_step(wanted, steps)
    if not found:
        raise unknown_step(run_id, wanted, [*steps.values(), *steps])
    return found


def unknown_step(run_id: str, wanted: str, known: Iterable[str]) -> UsageError:
    """The error for a STEP that is none."""
    names = list(known)
    more = f"steplane show {run_id} --all"
    remedy = nearest_of(wanted, names, "Its steps", more) if names else f"Nothing has begun in it yet: {more}"
    return UsageError(f"run {run_id} has no step `{wanted}`", remedy)


def step_ids(path: str) -> list[str]:
    """The ids in an instance's path, from outside in: `group/price[order-17]/quote` without its keys."""
    return _KEYS.sub("", path).split("/")


def _inside(wanted: str, paths: Iterable[str]) -> list[str]:
    exact = [one for one in paths if one == wanted or one.startswith((f"{wanted}/", f"{wanted}["))]
    if exact or "*" not in wanted:
        return exact
    pattern = re.compile(f"{_translated(wanted)}(?:[/\\[].*)?", re.DOTALL)
    return [one for one in paths if pattern.fullmatch(one)]


def _of_step(wanted: str, steps: Mapping[str, str]) -> list[str]:
    pattern = re.compile(_translated(wanted), re.DOTALL)
    fitting = {step for step in set(steps.values()) if pattern.fullmatch(step)}
    roots = {path for path, step in steps.items() if step in fitting}
    return [path for path in steps if path in roots or any(outer in roots for outer in _around(path))]


def _around(path: str) -> Iterator[str]:
    """All beginnings of a path that may be paths themselves; keys of loops may hold any character."""
    for at, sign in enumerate(path):
        if sign in "/[":
            yield path[:at]


def _translated(wanted: str) -> str:
    return ".*".join(re.escape(part) for part in wanted.split("*"))
