"""Lists of random workflows that begin their steps more than once: `goto`, and joins that count arrivals."""

from collections.abc import Iterator
from random import Random
from typing import Any

Steps = list[dict[str, Any]]

_KEYS = ("steps", "rescue", "finally")


def repeat(random: Random, workflow: dict[str, Any]) -> None:
    """Change some of the workflow's lists."""
    for steps in list(lists_in(workflow)):
        if len(steps) > 1 and random.randint(0, 7) == 0:
            jumps(random, steps)
    for steps in list(lists_in(workflow, any_order=True)):
        if len(steps) > 1 and random.randint(0, 9) == 0:
            joins(random, steps)


def lists_in(around: dict[str, Any], *, any_order: bool = False) -> Iterator[Steps]:
    """All lists of a workflow or a step, at every depth; those with `order: any` where that is said."""
    own = [around[key] for key in _KEYS if key in around]
    own += [one["steps"] if isinstance(one, dict) else one for one in (around.get("parallel") or {}).values()]
    own += [arm["steps"] for arm in around.get("switch") or ()]
    own += [branch["steps"] for branch in (around.get("race") or {}).values()]
    for steps in own:
        if any_order or "order" not in around or steps is not around["steps"]:
            yield steps
        for step in steps:
            yield from lists_in(step, any_order=any_order)


def jumps(random: Random, steps: Steps) -> None:
    """One or two steps that do nothing but go on elsewhere in the list."""
    for one in random.sample(steps, random.randint(1, 2)):
        if "run" in one and not {"foreach", "matrix", "while", "until", "outputs"} & set(one):
            del one["run"]
            one["goto"] = random.choice([other["id"] for other in steps if other is not one])
            one["max"] = random.randint(1, 3)
            if random.randint(0, 1):
                one["if"] = "inputs.x"


def joins(random: Random, steps: Steps) -> None:
    """Let steps come more than once, and count how often they have."""
    for one in steps:
        named = one.get("needs") or ()
        if named and "parallel" not in one and random.randint(0, 1):
            one["join"] = random.choice([form for form in JOINS if _fits(form, len(named))])
        if named and random.randint(0, 4) == 0:
            one["collect"] = 2
        if "end" not in one and "goto" not in one and random.randint(0, 2) == 0:
            one["split"] = 2


def counts_arrivals(steps: Steps) -> bool:
    """Whether steps of the list may begin more than once: a milestone is then for those that do not."""
    return any({"split", "collect"} & set(one) or one.get("join") in JOINS for one in steps)


JOINS = [
    "each", "each", "active", "any", {"count": 1, "rest": "cancel"}, {"count": 1, "rest": "block"},
    {"count": 2, "rest": "run"}, {"count": 2, "rest": "cancel"}, {"count": 2, "rest": "block"},
]  # fmt: skip


def _fits(form: Any, needs: int) -> bool:
    """Whether as many can arrive as the join wants."""
    wanted = form["count"] if isinstance(form, dict) else form
    return not isinstance(wanted, int) or wanted <= needs


# ---------------------------------------------------------------- small workflows, with much of it


WORDS: list[Any] = ["ok", "ok", "done", "succeeded", ["failed", "succeeded"], "failed", "cancelled"]


def net(random: Random) -> dict[str, Any]:
    """A list of a few steps that wait for each other in all ways; most of them do no more."""
    steps: Steps = []
    for number in range(random.randint(3, 7)):
        steps.append(_step(random, f"s{number}", [one["id"] for one in steps]))
    if random.randint(0, 2) == 0:
        jumps(random, steps)
    around = {"failure": random.choice(["stop", "continue", "continue", "cancel"])}
    if random.randint(0, 3):
        return {"steps": steps, **around}
    return {
        "steps": [
            {"id": "g", "steps": steps, "split": 2, **around},
            {"id": "last", "needs": ["g"], "join": "each", "run": ["true"]},
        ]
    }


def _step(random: Random, name: str, above: list[str]) -> dict[str, Any]:
    one: dict[str, Any] = {"id": name, **_action(random, name)}
    kind = random.randint(0, 5)
    if kind == 0 or (kind < 5 and not above):
        one["needs"] = []
    elif kind < 5:
        named = random.sample(above, random.randint(1, min(3, len(above))))
        one["needs"] = named if random.randint(0, 1) else {name: random.choice(WORDS) for name in named}
        if "parallel" not in one:
            one["join"] = random.choice([form for form in [*JOINS, "all", 2] if _fits(form, len(named))])
        if random.randint(0, 5) == 0:
            one["collect"] = 2
    if random.randint(0, 3) == 0:
        one["split"] = random.randint(2, 3)
    return one


def _action(random: Random, name: str) -> dict[str, Any]:
    kind = random.randint(0, 11)
    if kind == 0:
        return {"steps": [{"id": f"{name}a", "run": ["true"]}, {"id": f"{name}b", "run": ["true"]}]}
    if kind == 1:
        branches = {side: [{"id": f"{name}{side}", "run": ["true"]}] for side in "lr"}
        return {"parallel": branches, "join": "any"}
    extra: dict[str, Any] = random.choice(
        [{}, {}, {}, {"if": "inputs.x"}, {"on_error": "warn"}, {"foreach": ["a", "b"]},
         {"foreach": ["a"], "open": "red"}, {"lock": "alpha"}, {"retry": 2},
         {"finally": [{"id": f"{name}z", "run": ["true"]}]}]
    )  # fmt: skip
    return {"run": ["true"], **extra}
