"""Random workflows of the language that runs, as plain data."""

import json
from copy import deepcopy
from random import Random
from typing import Any
from zlib import crc32

from tests.runner.kernel.reaching import milestones, reach
from tests.runner.kernel.repeating import repeat

POLICIES = ["stop", "cancel", "continue"]
WORDS = ["ok", "succeeded", "failed", "skipped", "cancelled", "done", "warning"]


RETRIES: list[Any] = [
    2,
    3,
    {"attempts": 2, "when": "attempt < 9"},
    {"attempts": 3, "jitter": "full"},
    {"attempts": 3, "for": "4s"},
    {"for": "5s", "delay": "2s"},
    {"attempts": 4, "backoff": "exponential", "max_delay": "3s", "for": "8s"},
    {"attempts": 4, "backoff": "linear", "for": "6s", "delay": "1s"},
    {"attempts": "${{ inputs.n }}"},
    {"attempts": 3, "delay": "${{ inputs.d }}", "for": "9s"},
]

SELDOM: list[tuple[str, int, list[Any]]] = [
    ("if", 5, ["inputs.x"]),
    ("retry", 5, RETRIES),
    ("timeout", 6, ["5s", "${{ inputs.t }}"]),
    ("on_error", 6, ["warn"]),
    ("require", 6, [["inputs.x"]]),
    ("lock", 8, ["alpha", "beta", {"name": "alpha", "limit": 2}, "${{ inputs.l }}"]),
    ("at_most_once", 10, [True]),
]
"""Key, once in how many steps, values."""


class Ids:
    """Gives out ids that are unique in one file; knows which file its steps may call, and whether one does."""

    def __init__(self, callee: str = "") -> None:
        self.count = 0
        self.callee = callee
        self.calls = False

    def next(self) -> str:
        """The next one."""
        self.count += 1
        return f"s{self.count}"


def workflow_of(random: Random) -> dict[str, Any]:
    """A workflow with a few steps, nested up to three deep."""
    ids = Ids("child.yaml")
    found = file_of(random, ids, 3)
    number = crc32(repr(found).encode())
    if number % 8 == 0:
        found["concurrency"] = {"group": "alpha", "limit": 1, "when_full": ["wait", "fail", "skip"][number // 8 % 3]}
    if ids.calls:
        ids = Ids("inner.yaml")
        found["x-files"] = {"child.yaml": {"name": "child", **file_of(random, ids, 2)}}
        if ids.calls:
            found["x-files"]["inner.yaml"] = {"name": "inner", **file_of(random, Ids(), 1)}
    return found


def file_of(random: Random, ids: Ids, depth: int) -> dict[str, Any]:
    """One file."""
    found: dict[str, Any] = {"steps": lists(random, ids, depth, top=True)}
    group_keys(random, found, ids, depth - 1)
    if chance(random, 6):
        found["outputs"] = {"x": "1"}
    repeat(Random(crc32(json.dumps(found).encode())), found)
    reach(Random(crc32(json.dumps(found).encode())), found)
    milestones(Random(crc32(json.dumps(found).encode())), found)
    return found


def chance(random: Random, of: int) -> bool:
    """True once in so many."""
    return random.randint(0, of - 1) == 0


def lists(random: Random, ids: Ids, depth: int, *, top: bool = False) -> list[dict[str, Any]]:
    """A list of steps whose `needs` name each other."""
    size = random.randint(1, 4 if depth == 3 else 3)
    steps = [step(random, ids, depth) for _ in range(size)]
    undo(random, steps, ids)
    for position, one in enumerate(steps):
        names = [other["id"] for other in steps[:position]]
        needs(random, one, names)
    forward(random, steps)
    return steps


def undo(random: Random, steps: list[dict[str, Any]], ids: Ids) -> None:
    """Now and then a step that undoes others of the list."""
    names = [one["id"] for one in steps if "compensate" in one or "steps" in one]
    if names and chance(random, 6):
        one: dict[str, Any] = {"id": ids.next(), "undo": random.sample(names, random.randint(1, len(names)))}
        if chance(random, 3):
            one["retry"] = 2
        steps.insert(random.randint(1, len(steps)), one)


def forward(random: Random, steps: list[dict[str, Any]]) -> None:
    """Let some steps need later ones, where that makes no cycle."""
    after: dict[str, set[str]] = {}
    for position, one in enumerate(steps):
        direct = one["needs"] if "needs" in one else [other["id"] for other in steps[:position]]
        after[one["id"]] = {name for need in direct for name in (need, *after[need])}
    for one in steps:
        for other in steps:
            names = one["id"], other["id"]
            fits = "needs" in one and "needs" in other and names[0] not in after[names[1]] and names[0] != names[1]
            if fits and not after[names[1]] and names[1] not in after[names[0]] and chance(random, 3):
                written = one["needs"] if isinstance(one["needs"], dict) else {}
                one["needs"] = {**dict.fromkeys(one["needs"], "ok"), **written}
                one["needs"][names[1]] = outcome(random)
                for known in after.values():
                    if names[0] in known:
                        known.add(names[1])
                after[names[0]].add(names[1])


def needs(random: Random, one: dict[str, Any], names: list[str]) -> None:
    """Leave `needs` out, or name some of the steps above."""
    kind = random.randint(0, 5)
    if kind <= 1 or (kind > 2 and not names):
        return
    if kind == 2:
        one["needs"] = []
        return
    chosen = random.sample(names, random.randint(1, min(3, len(names))))
    if kind == 3:
        one["needs"] = chosen
    else:
        one["needs"] = {name: outcome(random) for name in chosen}
    if "parallel" not in one and len(chosen) > 1 and chance(random, 2):
        one["join"] = random.choice(["any", 2, "all"])


def outcome(random: Random) -> Any:
    """One outcome word or two."""
    return random.choice(WORDS) if chance(random, 2) else random.sample(WORDS, 2)


def step(random: Random, ids: Ids, depth: int) -> dict[str, Any]:
    """One step: an action and some modifiers."""
    one: dict[str, Any] = {"id": ids.next()}
    kind = random.randint(0, 17) if depth > 1 else random.choice([0, 0, 0, 13])
    if kind <= 6:
        one["run"] = ["true"]
    elif kind <= 8:
        one["steps"] = lists(random, ids, depth - 1)
    elif kind == 9:
        one["parallel"] = branches(random, ids, depth - 1)
        if chance(random, 2):
            one["join"] = join_of(one, random.choice(["any", 2, "all"]))
    elif kind == 10:
        arms: list[dict[str, Any]] = [
            {"when": "inputs.x", "steps": lists(random, ids, depth - 1)} for _ in range(random.randint(1, 2))
        ]
        if chance(random, 3):
            arms.append({"default": True, "steps": lists(random, ids, depth - 1)})
        one["switch"] = arms
    elif kind == 11:
        one.update(call(random, ids))
    elif kind >= 13:
        one.update(waiting(random, ids, depth))
    else:
        one["end"] = random.choice(["succeeded", "failed", "cancelled"])
        if chance(random, 3):
            one["if"] = "inputs.x"
        return one
    modifiers(random, one, ids, depth)
    return one


SIGNALS = ["red", "blue", "${{ inputs.s }}"]
WAITS: list[Any] = ["5s", "${{ inputs.t }}", {"until": "2026-12-01T08:00:00Z"}, *({"signal": one} for one in SIGNALS)]


def waiting(random: Random, ids: Ids, depth: int) -> dict[str, Any]:
    """A wait, a race of waits, a signal."""
    kind = random.randint(0, 5)
    if kind in {0, 5} and depth > 1:
        names = ["one", "two", "three"][: random.randint(2, 3)]
        return {
            "race": {
                name: {"wait": deepcopy(random.choice(WAITS)), "steps": lists(random, ids, depth - 1)} for name in names
            }
        }
    if kind <= 2:
        sent: dict[str, Any] = {"name": random.choice(SIGNALS), "transient": chance(random, 3)}
        return {"signal": {**sent, "to": "other"} if chance(random, 4) else sent}
    wait = deepcopy(random.choice(WAITS))
    if isinstance(wait, dict) and chance(random, 3):
        wait = {**wait, "timeout": random.choice(["5s", "${{ inputs.t }}"])}
    return {"wait": wait}


def call(random: Random, ids: Ids) -> dict[str, Any]:
    """A call of the next file, if there is one."""
    if not ids.callee:
        return {"run": ["true"]}
    ids.calls = True
    return {"call": ids.callee, "detach": True} if chance(random, 4) else {"call": ids.callee}


def branches(random: Random, ids: Ids, depth: int) -> dict[str, Any]:
    """The branches of a `parallel`, some with a condition."""
    found: dict[str, Any] = {}
    conditional = chance(random, 3)
    for name in ["left", "right", "middle"][: random.randint(2, 3)]:
        steps = lists(random, ids, depth)
        found[name] = {"if": "inputs.x", "steps": steps} if conditional and chance(random, 2) else steps
    if any("if" in one for one in found.values() if isinstance(one, dict)) and chance(random, 3):
        found["other"] = {"default": True, "steps": lists(random, ids, depth)}
    return found


def join_of(one: dict[str, Any], join: Any) -> Any:
    """How branches are joined: often so that the rest is cancelled, or that one has to arrive in the end."""
    number = crc32(repr(one).encode()) % 4
    if join == "all":
        return "active" if number else join
    return {"count": 1 if join == "any" else join, "rest": "cancel"} if number else join


def modifiers(random: Random, one: dict[str, Any], ids: Ids, depth: int) -> None:
    """What stands beside the action."""
    for key, of, options in SELDOM:
        if chance(random, of):
            one[key] = random.choice(options) if len(options) > 1 else options[0]
    settle(one)
    loop(random, one)
    remember(one)
    if chance(random, 6):
        one["outputs"] = {"x": "1"}
    if depth > 1 and chance(random, 3):
        one["compensate"] = without_ends(lists(random, ids, 1))
    if "run" not in one:
        group_keys(random, one, ids, depth - 1)
        if "steps" in one and chance(random, 4) and "at_most_once" not in repr(one["steps"]):
            one["restart"] = True
        if "steps" in one and chance(random, 4):
            one["order"] = "any"
    elif chance(random, 6):
        one["rescue"] = lists(random, ids, 1)
    elif chance(random, 6):
        one["finally"] = lists(random, ids, 1)


def settle(one: dict[str, Any]) -> None:
    """No lock around a child that runs on: what that means for the same lock in the child is not settled."""
    if "detach" in one:
        one.pop("lock", None)


def remember(one: dict[str, Any]) -> None:
    """Now and then a recorded result may stand for the step."""
    if crc32(repr(one).encode()) % 5 == 0:
        one["cache"] = {"key": "1"}


def without_ends(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps of a `compensate` list: none of them may end the run."""
    return [{**one, "run": ["true"]} if one.pop("end", None) else one for one in steps]


def loop(random: Random, one: dict[str, Any]) -> None:
    """Now and then a loop."""
    if chance(random, 5):
        one["foreach"] = ["a", "b", "c"]
        one["concurrency"] = random.randint(1, 3)
        one["max_failures"] = random.randint(0, 2)
        if chance(random, 3):
            one["complete"] = random.choice([1, 2, "inputs.x"])
            one["rest"] = random.choice(["run", "cancel"])
        if crc32(repr(one).encode()) % 4 == 0:
            one["open"] = "red" if "complete" in one else "blue"
    elif chance(random, 12):
        one["matrix"] = {"axis": ["a", "b"]}
    elif chance(random, 6):
        one[random.choice(["while", "until"])] = "inputs.x"
        one["max"] = random.randint(1, 3)


def group_keys(random: Random, one: dict[str, Any], ids: Ids, depth: int) -> None:
    """What groups have more often than others."""
    if chance(random, 2):
        one["failure"] = random.choice(POLICIES)
    if chance(random, 4):
        one["rescue"] = lists(random, ids, min(depth, 2) or 1)
    if chance(random, 4):
        one["finally"] = lists(random, ids, 1)
    if "id" in one and chance(random, 6):
        one["ensure"] = ["inputs.x"]


def for_good(part: Any) -> Any:
    """The workflow without anything that undoes, without children that run on, and without loops that stay open."""
    if isinstance(part, list):
        return [for_good(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: for_good(one) for key, one in part.items() if key not in {"compensate", "undo", "detach", "open"}}
    return {**found, "run": ["true"]} if "undo" in part else found


def alone(part: Any) -> Any:
    """The workflow without anything that undoes, and without calls."""
    if isinstance(part, list):
        return [alone(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: alone(one) for key, one in for_good(part).items() if key not in {"call", "x-files"}}
    return {**found, "run": ["true"]} if "call" in part else found


def share(random: Random, part: Any) -> Any:
    """The workflow with locks on more steps, most of them of the store."""
    if isinstance(part, list):
        return [share(random, one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: share(random, one) for key, one in part.items()}
    if ("lock" in part or chance(random, 3)) and ("run" in part or ("steps" in part and "id" in part)):
        scope = "store" if random.randint(0, 3) else "run"
        name = random.choice(["alpha", "alpha", "beta", "${{ inputs.l }}"])
        found["lock"] = {"name": name, "limit": random.randint(1, 2), "scope": scope}
    return found
