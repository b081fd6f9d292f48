"""Steps of random workflows that cancel others, or force them to be complete."""

from random import Random
from typing import Any
from zlib import crc32

from tests.runner.kernel.repeating import counts_arrivals, lists_in


def reach(random: Random, workflow: dict[str, Any]) -> None:
    """Change some of the workflow's steps into `cancel` and `finish`; put some into a region."""
    if random.randint(0, 3):
        return
    everything = [step for steps in lists_in(workflow) for step in steps]
    names = [step["id"] for step in everything]
    for step in random.sample(everything, random.randint(0, len(everything) // 2)):
        step["region"] = "part"
    without = {"outputs", "at_most_once", "foreach", "matrix"}  # of several that end at once, which is first is open
    plain = [step for step in everything if "run" in step and not without & set(step)]
    for step in random.sample(plain, min(len(plain), random.randint(1, 3))):
        del step["run"]
        others = [name for name in names if name != step["id"]] or names
        chosen = random.sample(others, min(len(others), random.randint(1, 3)))
        kind = random.randint(0, 3)
        if kind == 0 and any("region" in one for one in everything):
            step["cancel"] = {"region": "part"}
        else:
            step["finish" if kind == 1 else "cancel"] = chosen
        if crc32(repr(step).encode()) % 4 == 0:
            step["ensure"] = ["inputs.x"]


def milestones(random: Random, workflow: dict[str, Any]) -> None:
    """Let some steps start only between two others of their list, where that makes no circle."""
    for steps in list(lists_in(workflow)):
        for position, one in enumerate(steps):
            if "goto" in one or random.randint(0, 11) or (one.get("needs") and counts_arrivals(steps)):
                continue
            found = {}
            above = steps[:position]
            others = [other for other in steps if other is not one and not {"goto", "cancel", "finish"} & set(other)]
            if above and random.randint(0, 2):
                found["after"] = random.choice(above)["id"]
            if others and random.randint(0, 3):
                found["before"] = random.choice(others)["id"]
            names = [other["id"] for other in steps]
            forward = any(name in names[at:] for at, other in enumerate(steps) for name in other.get("needs") or ())
            if found and found.get("after") != found.get("before") and not forward:
                one["milestone"] = found
