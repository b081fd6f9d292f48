"""Random workflows and rules, verdicts from the file alone, and what random plays of the kernel say of them."""

import json
from itertools import permutations
from random import Random
from typing import Any

from tests.runner.kernel.compiled import plan_of
from tests.runner.kernel.sides import Sides
from tests.runner.kernel.workflows import workflow_of

from steplane.checks.context import Context
from steplane.checks.rules.verdicts import Judge, Verdict
from steplane.commands import Record
from steplane.events import StepEnded, StepStarted
from steplane.model import Rule, read_workflow
from steplane.plan.nodes import Plan
from steplane.source import read

DONE = {"succeeded", "reused"}
CHILDREN = {"child", "inner"}
LOOPS = {"foreach", "matrix", "while", "until"}
BESIDE = {"concurrency", "max_failures", "complete", "rest", "open", "max", "as", "key"}
MODIFIERS = LOOPS | {
    "if", "retry", "on_error", "lock", "cache", "rescue", "finally", "compensate", "milestone", "require", "ensure",
    "split", "collect", "restart", "timeout", "region",
}  # fmt: skip
ENDS = ("end", "goto", "cancel", "finish", "undo", "call", "switch", "race")
PAIRS = ("precedence", "response", "not_coexistence")


class Play(Sides):
    """One play of the kernel alone."""

    def both(self, event: Any, own: Any) -> None:
        """The reference has no say here."""
        self.trace.append(event)
        self.seconds += self.random.choice([0, 0, 1, 2])
        self.step(_later(own, self.seconds))

    def facts(self) -> list[StepStarted | StepEnded]:
        """Beginnings and ends of the steps of the file itself, in their order."""
        found = [one.fact for commands in self.commands for one in commands if isinstance(one, Record)]
        own = [one for one in found if isinstance(one, StepStarted | StepEnded)]
        return [one for one in own if not CHILDREN & set(one.path.split("/"))]


def _later(event: Any, seconds: int) -> Any:
    from msgspec.structs import replace

    return replace(event, at=seconds * 1_000_000)


def random_file(random: Random) -> dict[str, Any]:
    """A workflow with rules about most of its steps; nothing in it waits for a person's decision."""
    workflow = _thinner(random, workflow_of(random), random.choice([0.2, 0.6, 0.9, 0.97]))
    names = ids(workflow)
    pairs = random.sample(list(permutations(names, 2)), min(30, len(names) * (len(names) - 1)))
    rules: list[dict[str, Any]] = [{kind: list(pair)} for pair in pairs for kind in PAIRS]
    rules += [{"exactly_once": name} for name in names]
    return {**workflow, "rules": rules}


def _thinner(random: Random, part: Any, share: float) -> Any:
    """The file without a share of what makes steps uncertain, and with no attempt that a person must decide about."""
    if isinstance(part, list):
        return [_thinner(random, one, share) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: one for key, one in part.items() if key != "at_most_once"}
    if "id" in part or "steps" in part:
        found = {key: one for key, one in found.items() if key not in MODIFIERS or random.random() > share}
        for key in [one for one in ENDS if one in found and random.random() < share]:
            del found[key]
            found = {**found, "run": ["true"]}
        if not (LOOPS | {"goto"}) & set(found):
            found = {key: one for key, one in found.items() if key not in BESIDE}
    return {key: _thinner(random, one, share) for key, one in found.items()}


def ids(part: Any) -> list[str]:
    """The ids of the steps of a file."""
    if isinstance(part, list):
        return [name for one in part for name in ids(one)]
    if not isinstance(part, dict):
        return []
    own = [part["id"]] if "id" in part else []
    return own + [name for key, one in part.items() if key != "x-files" for name in ids(one)]


def verdicts(workflow: dict[str, Any]) -> list[Verdict]:
    """What the file alone says of its rules."""
    document = read(json.dumps({"steplane": 1, "name": "test", **workflow}), "test.yaml")
    found, said = read_workflow(document)
    assert found is not None, said
    judge = Judge(found, Context(document, found))
    return [judge.verdict(rule) for rule in found.rules]


def play(workflow: dict[str, Any], plan: Plan, random: Random, *, smooth: bool) -> Play:
    """A whole run; `smooth`: nothing fails and nobody interferes, else with cancels and resumes."""
    sides = Play(workflow, plan, random.choice([1, 2, 8]))
    resumes = 0 if smooth else random.choice([0, 1, 3])

    def choose(what: str, options: list[Any]) -> Any:
        if smooth:
            fixed = {"outcome": ("succeeded", None), "error": False, "holds": True, "sent": None, "refused": None}
            if what in fixed:
                return fixed[what]
            if what == "keys":
                return ["a", "b", "c"]
        return random.choice(options)

    for _ in range(400):
        move = random.randint(0, 60)
        replies = sorted((want for want in sides.wanted if want[0] != "stop"), key=repr)
        if smooth:
            replies = [one for one in replies if one[0] != "timer" or one[3] != "timeout"] or replies
        if not smooth and move == 0 and not sides.kernel.ended:
            sides.cancel()
        elif resumes and (move <= 2 or not replies):
            resumes -= 1
            sides.resume((), {})
        elif not replies:
            break
        else:
            sides.reply(random.choice(replies), choose)
    return sides


def is_smooth(sides: Play) -> bool:
    """Whether the run has ended well, and nothing in it has failed, was saved by a rescue, or was cut off."""
    ended = [one for one in sides.facts() if isinstance(one, StepEnded)]
    ends = {str(one.status) for one in ended}
    return (
        not any(one.recovered for one in ended)
        and sides.kernel.ended
        and str(sides.kernel.status) == "succeeded"
        and ends <= DONE | {"skipped"}
    )


def kept(rule: Rule, sides: Play) -> bool:
    """Whether a run that is over has kept the rule."""
    facts, well = sides.facts(), sides.kernel.ended and str(sides.kernel.status) in {"succeeded", "warning"}
    names = [one.text for one in rule.steps]
    begun = [at for name in names for at, one in enumerate(facts) if _begins(one, name)]
    if rule.kind.text == "precedence":
        done = [at for at, one in enumerate(facts) if _done(one, names[0])]
        starts = [at for at, one in enumerate(facts) if _begins(one, names[1])]
        return not starts or bool(done and done[0] < starts[0])
    if rule.kind.text == "response":
        first = [at for at, one in enumerate(facts) if _done(one, names[0])]
        then = [at for at, one in enumerate(facts) if _done(one, names[1])]
        return not well or not first or bool(then and then[-1] > first[-1])
    if rule.kind.text == "not_coexistence":
        return not all(any(_begins(one, name) for one in facts) for name in names)
    assert rule.kind.text == "exactly_once", begun
    count = sum(_instance_done(one, names[0]) for one in facts)
    return count == 1 or (count == 0 and not well)


def _begins(fact: Any, name: str) -> bool:
    return isinstance(fact, StepStarted) and fact.step == name


def _done(fact: Any, name: str) -> bool:
    own = isinstance(fact, StepEnded) and fact.step == name and not fact.path.endswith("]")
    return own and str(fact.status) in DONE


def _instance_done(fact: Any, name: str) -> bool:
    return isinstance(fact, StepEnded) and fact.step == name and str(fact.status) in DONE


__all__ = ["Play", "is_smooth", "kept", "plan_of", "play", "random_file", "verdicts"]
