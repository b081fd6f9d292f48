"""Lists of random workflows that begin their steps more than once: `goto`."""

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


def lists_in(around: dict[str, Any]) -> Iterator[Steps]:
    """All lists of a workflow or a step, at every depth, but for those whose steps come in any order."""
    own = [around[key] for key in _KEYS if key in around]
    own += [one["steps"] if isinstance(one, dict) else one for one in (around.get("parallel") or {}).values()]
    own += [arm["steps"] for arm in around.get("switch") or ()]
    for steps in own:
        if "order" not in around or steps is not around["steps"]:
            yield steps
        for step in steps:
            yield from lists_in(step)


def jumps(random: Random, steps: Steps) -> None:
    """One or two steps that do nothing but go on elsewhere in the list."""
    for one in random.sample(steps, random.randint(1, 2)):
        if "run" in one and not {"foreach", "matrix", "while", "until", "outputs"} & set(one):
            del one["run"]
            one["goto"] = random.choice([other["id"] for other in steps])
            one["max"] = random.randint(1, 3)
            if random.randint(0, 1):
                one["if"] = "inputs.x"
