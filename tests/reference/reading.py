"""A workflow as plain data, read into steps with ids and lists. It is taken to be free of mistakes."""

import re
from typing import Any

from tests.reference.words import Words, words_of

KINDS = ("steps", "parallel", "switch", "race", "call", "wait", "signal", "cancel", "goto", "end", "finish", "undo")
COMPOSITE = frozenset({"steps", "parallel", "switch", "race", "call"})
AFTER = ("compensate", "rescue", "finally")
RANK = {"compensate": 900, "rescue": 901, "finally": 902}


class Branch:
    """One list of a step: name, rank in document order, steps, the branch's own keys (`if`, `default`, `wait`)."""

    def __init__(self, name: str, rank: int, raw: dict[str, Any]) -> None:
        self.name = name
        self.rank = rank
        self.raw = raw
        self.steps: list[Step] = []


class Step:
    """One step: its keys as written, its kind of action, its lists."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self.id = ""
        self.is_workflow = False
        self.position = 0
        self.siblings: list[Step] = []
        self.any_order = False
        self.kind = next((kind for kind in KINDS if kind in raw), "leaf")
        self.needs: dict[str, Words] | None = needs_of(raw)
        self.body: list[Branch] = []
        self.after: dict[str, Branch] = {}

    @property
    def loop(self) -> str | None:
        """Which loop stands on the step, if any."""
        return next((key for key in ("foreach", "matrix", "while", "until") if key in self.raw), None)

    @property
    def handler(self) -> bool:
        """Whether its needs name `failed`, `cancelled` or `done`."""
        words = [word for need in (self.needs or {}).values() for word in need]
        return bool({"failed", "cancelled", "done"} & set(words))

    @property
    def policy(self) -> str:
        """The failure policy of the lists that it owns."""
        return str(self.raw.get("failure", "stop"))

    def named(self) -> dict[str, Words]:
        """The steps that it waits for: those in `needs`, else all above it."""
        if self.needs is not None:
            return self.needs
        if self.any_order:
            return {}
        return {step.id: ("ok",) for step in self.siblings[: self.position]}


def needs_of(raw: dict[str, Any]) -> dict[str, Words] | None:
    """`needs` as a mapping from id to the words that hold; None where there is none."""
    needs = raw.get("needs")
    if needs is None:
        return None
    if isinstance(needs, dict):
        return {name: words_of(words) for name, words in needs.items()}
    return dict.fromkeys([needs] if isinstance(needs, str) else needs, ("ok",))


def read(workflow: dict[str, Any]) -> Step:
    """The workflow as one step, a group."""
    root = tree({**workflow, "steps": workflow["steps"]})
    root.is_workflow = True
    taken = set(explicit_ids(root))
    name_lists(root, "", taken)
    return root


def child_of(workflow: dict[str, Any]) -> Branch:
    """A called workflow, alone in a list of its own."""
    branch = Branch("call", 0, {})
    root = read(workflow)
    root.id = str(workflow.get("name", "test"))
    branch.steps = root.siblings = [root]
    return branch


def tree(raw: dict[str, Any], defaults: dict[str, Any] | None = None) -> Step:
    """A step with all steps in it; `defaults` of the workflow reach its `run` and `uses` steps."""
    step = Step(raw)
    if defaults is None:
        defaults = raw.get("defaults") or {}
    elif step.kind == "leaf":
        step.raw = with_defaults(raw, defaults)
    step.body = branches_of(step)
    step.after = {key: Branch(key, RANK[key], {"steps": raw[key]}) for key in AFTER if raw.get(key)}
    for branch in [*step.body, *step.after.values()]:
        branch.steps = [tree(one, defaults) for one in branch.raw["steps"]]
        for position, one in enumerate(branch.steps):
            one.position = position
            one.siblings = branch.steps
            one.any_order = raw.get("order") == "any" and branch in step.body
    return step


def with_defaults(raw: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """The step's keys over the defaults, `retry` merged key by key."""
    merged = dict(raw)
    if "timeout" in defaults:
        merged.setdefault("timeout", defaults["timeout"])
    if "retry" in defaults:
        merged["retry"] = {**retry_of(defaults["retry"]), **retry_of(raw.get("retry"))}
    return merged


def retry_of(value: Any) -> dict[str, Any]:
    """`retry` in its long form."""
    if isinstance(value, dict):
        return value
    return {} if value is None else {"attempts": value}


def branches_of(step: Step) -> list[Branch]:
    """The lists of the step's action."""
    raw = step.raw.get(step.kind)
    if step.kind == "steps":
        return [Branch("", 0, step.raw)]
    if step.kind == "switch":
        return [Branch(arm_name(arm, rank), rank, arm) for rank, arm in enumerate(raw or [])]
    if step.kind in {"parallel", "race"} and isinstance(raw, dict):
        found = [one if isinstance(one, dict) else {"steps": one} for one in raw.values()]
        named = enumerate(zip(raw, found, strict=True))
        return [Branch(name, rank, {"steps": [], **one}) for rank, (name, one) in named]
    return []


def arm_name(arm: dict[str, Any], rank: int) -> str:
    """How an arm is called in derived ids."""
    return "default" if arm.get("default") else str(rank + 1)


def explicit_ids(step: Step) -> list[str]:
    """The ids that are written down in the step."""
    found = [step.raw["id"]] if "id" in step.raw else []
    for branch in [*step.body, *step.after.values()]:
        for one in branch.steps:
            found += explicit_ids(one)
    return found


def name_lists(step: Step, own: str, taken: set[str]) -> None:
    """Give every step in the step's lists its id."""
    for branch in [*step.body, *step.after.values()]:
        parts = [own, slug(branch.name)] if branch.name else [own or "step"]
        prefix = "_".join(part for part in parts if part)
        for one in branch.steps:
            one.id = str(one.raw.get("id") or derived(one, f"{prefix}_{one.position + 1}", taken))
            name_lists(one, one.id, taken)


def derived(step: Step, place: str, taken: set[str]) -> str:
    """An id from the name, if that is one and unused, else from the place; numbered where it is taken."""
    wanted = slug(str(step.raw.get("name", "")))
    found = wanted if re.fullmatch("[a-z][a-z0-9_]*", wanted) and wanted not in taken else place
    number = 2
    while found in taken:
        found = f"{place}_{number}"
        number += 1
    taken.add(found)
    return found


def slug(text: str) -> str:
    """Lower case, every other character an underscore."""
    return re.sub("[^a-z0-9_]", "_", text.lower())
