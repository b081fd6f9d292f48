"""Mistakes of a workflow's structure: each spoils a step, or the file, that was right."""

import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

Step = dict[str, Any]
Steps = list[Step]
LISTS = ("steps", "rescue", "finally", "compensate")


class Place(NamedTuple):
    """A step, the list in which it stands, and the file."""

    step: Step
    beside: Steps
    file: dict[str, Any]

    @property
    def others(self) -> list[str]:
        """The ids of the steps beside it."""
        return [one["id"] for one in self.beside if one is not self.step]


Spoil = Callable[[Place, random.Random], bool]
"""Makes one mistake, and says whether it could."""


def places(file: dict[str, Any]) -> Iterator[Place]:
    """Every step of a file."""
    for steps in lists(file):
        yield from (Place(step, steps, file) for step in steps)


def lists(owner: dict[str, Any]) -> Iterator[Steps]:
    """Every list of steps in a file or step."""
    own = [owner[key] for key in LISTS if key in owner]
    own += [arm["steps"] for arm in owner.get("switch", ())]
    for branch in [*owner.get("parallel", {}).values(), *owner.get("race", {}).values()]:
        own.append(branch["steps"] if isinstance(branch, dict) else branch)
    for steps in own:
        yield steps
        for step in steps:
            yield from lists(step)


def _set(**keys: Any) -> Spoil:
    """Set keys that the step has not."""

    def spoil(place: Place, _: random.Random) -> bool:
        free = not set(keys) & set(place.step)
        place.step.update(keys if free else {})
        return free

    return spoil


def _beside(key: str, value: Any, among: str) -> Spoil:
    """Set a key where another one is."""

    def spoil(place: Place, _: random.Random) -> bool:
        if among not in place.step or key in place.step:
            return False
        place.step[key] = value
        return True

    return spoil


def _same_id(place: Place, rng: random.Random) -> bool:
    others = [one.step["id"] for one in places(place.file) if one.step is not place.step]
    if not others or str(place.step["id"]) in str({**place.file, "outputs": {}}).replace(
        f"'id': '{place.step['id']}'", ""
    ):
        return False
    place.step["id"] = rng.choice(others)
    return True


def _cycle(place: Place, rng: random.Random) -> bool:
    if not place.others or place.step is not place.beside[0]:
        return False
    place.step["needs"] = [rng.choice(place.others)]
    return True


def _across(place: Place, rng: random.Random) -> bool:
    here = {one["id"] for one in place.beside}
    others = [one.step["id"] for one in places(place.file) if one.step["id"] not in here]
    if not others:
        return False
    place.step["needs"] = [rng.choice(others)]
    return True


def _jump_across(place: Place, rng: random.Random) -> bool:
    here = {one["id"] for one in place.beside}
    others = [one.step["id"] for one in places(place.file) if one.step["id"] not in here]
    if not others or "goto" not in place.step:
        return False
    place.step["goto"] = rng.choice(others)
    return True


def _no_action(place: Place, _: random.Random) -> bool:
    for key in ("uses", "run", "wait"):
        if key in place.step:
            del place.step[key]
            place.step.pop("with", None)
            return True
    return False


def _of_no_loop(**keys: Any) -> Spoil:
    """What has a meaning beside items alone."""

    def spoil(place: Place, _: random.Random) -> bool:
        single = not {"foreach", "matrix"} & set(place.step)
        place.step.update(keys if single else {})
        return single

    return spoil


def _itself(key: str) -> Spoil:
    def spoil(place: Place, _: random.Random) -> bool:
        if key not in place.step:
            return False
        place.step[key] = [place.step["id"]]
        return True

    return spoil


def _where(among: str, **keys: Any) -> Spoil:
    """Replace keys where one is."""

    def spoil(place: Place, _: random.Random) -> bool:
        place.step.update(keys if among in place.step else {})
        return among in place.step

    return spoil


def _jump_to_itself(place: Place, _: random.Random) -> bool:
    place.step.update({"goto": place.step["id"]} if "goto" in place.step else {})
    return "goto" in place.step


def _rule_of_one(place: Place, _: random.Random) -> bool:
    place.file["rules"] = [{"precedence": [place.step["id"]] * 2}]
    return True


def _told(place: Place, _: random.Random) -> bool:
    """A secret that others can see."""
    if "run" not in place.step or {"outputs", "ensure", "retry"} & set(place.step):
        return False
    place.step["run"] = ["echo", "${{ secrets.token }}"]
    return True


def _of_outputs(place: Place, _: random.Random) -> bool:
    place.file["outputs"]["spoilt"] = "${{ secrets.token }}"
    return True


def _default_first(place: Place, _: random.Random) -> bool:
    arms = place.step.get("switch", [])
    if len(arms) < 2 or "default" not in arms[-1]:
        return False
    arms.insert(0, arms.pop())
    return True


def _two_limits(place: Place, _: random.Random) -> bool:
    found = [one.step for one in places(place.file) if one.step.get("lock") == "door"]
    if len(found) < 2:
        return False
    found[0]["lock"], found[1]["lock"] = {"name": "door", "limit": 2}, {"name": "door", "limit": 3}
    return True


def _of_file(**keys: Any) -> Spoil:
    def spoil(place: Place, _: random.Random) -> bool:
        place.file.update({key: value for key, value in keys.items() if key not in place.file})
        return any(place.file[key] == value for key, value in keys.items())

    return spoil


def _input(**schema: Any) -> Spoil:
    def spoil(place: Place, _: random.Random) -> bool:
        place.file["inputs"]["spoilt"] = {**schema, "optional": True}
        return True

    return spoil


SPOILS: tuple[tuple[str, Spoil], ...] = (
    ("duplicate-id", _same_id),
    ("cycle", _cycle),
    ("needs-across unknown-step", _across),
    ("goto-across", _jump_across),
    ("no-action", _no_action),
    ("exclusive", _beside("wait", "1ms", "uses")),
    ("exclusive", _beside("while", "loop.first", "foreach")),
    ("missing-companion", _of_no_loop(max_failures=1)),
    ("missing-companion", _of_no_loop(complete=1)),
    ("pattern", _where("id", id="Not An Id")),
    ("static", _where("uses", uses="stub.${{ 'make' }}")),
    ("no-list", _beside("failure", "stop", "run")),
    ("cancel-itself", _itself("cancel")),
    ("cancel-itself", _itself("finish")),
    ("goto-itself", _jump_to_itself),
    ("milestone-target unknown-step", _where("milestone", milestone={"before": "nothing"})),
    ("wait-for-two", _where("wait", wait={"until": "2026-01-01T00:00:00Z", "signal": "go"})),
    ("wait-for-nothing missing-key", _where("wait", wait={"timeout": "1s"})),
    ("zero-duration", _set(timeout="0s")),
    ("two-timeouts", _where("wait", wait={"signal": "go", "timeout": "1h"}, timeout="1h")),
    ("reserved-name", _beside("as", "inputs", "foreach")),
    ("same-key", _beside("key", "always", "foreach")),
    ("complete-too-large", _where("foreach", foreach=[1, 2], complete=3)),
    ("duplicate-item", _where("foreach", foreach=["a", "b", "a"], key="${{ own }}", **{"as": "own"})),
    ("unknown-axis", _where("matrix", matrix={"left": [1, 2], "exclude": [{"right": 7}]})),
    ("exclude-nothing", _where("matrix", matrix={"left": [1, 2], "right": [1, 2], "exclude": [{"right": 7}]})),
    ("enum", _set(on_error="wran")),
    ("wrong-kind", _set(retry="often")),
    ("range wrong-kind", _set(retry=0)),
    ("wrong-kind", _set(rescue={"uses": "stub.make"})),
    ("empty length", _set(rescue=[])),
    ("unknown-parameter", _where("uses", uses="stub.make", **{"with": {"txet": "a"}})),
    ("wrong-level unknown-key", _set(attempts=3)),
    ("never-taken", _default_first),
    ("lock-limit", _two_limits),
    ("unknown-region", _where("cancel", cancel={"region": "nowhere"})),
    ("idle-region", _set(region="somewhere")),
    ("undo-target unknown-step", _itself("undo")),
    ("reserved-env", _set(env={"STEPLANE_X": "a"})),
    ("env-runs-code", _set(env={"LD_PRELOAD": "${{ inputs.text }}"})),
    ("end-in-compensate", _where("compensate", compensate=[{"id": "spoilt", "end": "succeeded"}])),
    ("unknown-step", _set(milestone={"after": "nothing"})),
    ("join-of-branches", _where("parallel", join="each")),
    ("artifact-pattern", _where("run", artifacts=["/etc/*"])),
    ("cache-pattern", _beside("cache", {"files": ["/etc/*"]}, "run")),
    ("unknown-timezone", _of_file(timezone="Mars/Olympus")),
    ("unknown-key", _of_file(step=[])),
    ("bad-schema", _input(type="strnig")),
    ("unknown-format", _input(type="string", format="dat")),
    ("unknown-event", _of_file(measures={"lead": {"from": "s1.begun"}})),
    ("unknown-step unknown-event", _of_file(measures={"lead": {"from": "nothing.started"}})),
    ("target-unit", _of_file(measures={"lead": {"target": {"p95": "<= 4"}}})),
    ("not-a-number", _of_file(measures={"size": {"value": "${{ inputs.text }}", "unit": "m"}})),
    ("unknown-step", _of_file(rules=[{"exactly_once": "nothing"}])),
    ("rule-names-twice", _rule_of_one),
    ("unknown-name", _of_file(rules=[{"never": "nothing == 1"}])),
    ("secret-in-argument", _told),
    ("secret-in-output", _of_outputs),
)
"""The codes under which it is told, and what makes the mistake; that says whether it could."""


def spoil(file: dict[str, Any], rng: random.Random) -> str | None:
    """Make one such mistake in a file: its codes; None where none could be made."""
    for _ in range(9):
        codes, make = rng.choice(SPOILS)
        if make(rng.choice(list(places(file))), rng):
            return codes
    return None
