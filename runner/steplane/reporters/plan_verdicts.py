"""What becomes of a step, as plain data."""

from typing import Any

from steplane.forecast.fates import Condition, InputForecast, Instance, Items, Planned, StepForecast
from steplane.reporters.words import saw


def step_verdict(one: StepForecast) -> dict[str, Any]:
    """Verdict, reason, condition, items, instances, and what the step type says; what is not known is left out."""
    return {
        **arm_verdict(one, "if"),
        **({"fails": True} if one.fails else {}),
        **({"preconditions": [condition_data(each) for each in one.requires]} if one.requires else {}),
        **({"items": _items(one.items)} if one.items else {}),
        **({"instances": _instances(one)} if one.counts or one.instances else {}),
        **({"recorded": [{"reused": hit, "why": why} for hit, why in one.cached]} if one.cached else {}),
        **({"parameters": one.parameters} if one.parameters is not None else {}),
        **({"planned": planned_data(one.planned)} if one.planned else {}),
    }


def arm_verdict(one: StepForecast, key: str = "when") -> dict[str, Any]:
    """The same of a branch or an arm: `key` is what the file calls its condition."""
    condition = {"condition": condition_data(one.condition)} if one.condition else {}
    return {"verdict": one.verdict, "reason": full_reason(one, key) or None, **condition}


def full_reason(one: StepForecast, key: str = "if") -> str:
    """Why, with what the condition says."""
    condition, said = one.condition, [one.reason] if one.reason else []
    if condition is not None and condition.value is None and condition.unknown:
        said.insert(0, f"depends on {' and '.join(condition.unknown)}")
    elif condition is not None and condition.value is not None and not said:
        word = "true" if condition.value else "false"
        said = [f"`{key}: {condition.text}` is {word}{saw(condition.seen, condition.text)}"]
    return "; ".join(said)


def condition_data(one: Condition) -> dict[str, Any]:
    """A condition: its text, its truth (null where that is not known), what it saw, what it depends on."""
    return {
        "text": one.text,
        "value": one.value,
        "seen": list(one.seen),
        "unknown": list(one.unknown),
        "error": one.error or None,
    }


def planned_data(one: Planned) -> dict[str, Any]:
    """What a step type says of itself."""
    return {
        "summary": one.summary or None,
        "reads": list(one.reads),
        "changes": list(one.changes),
        "note": one.note or None,
    }


def input_value(one: InputForecast) -> dict[str, Any]:
    """The value of an input, and where it comes from."""
    return {"source": one.source, **({} if one.source == "missing" else {"value": one.value})}


def _items(one: Items) -> dict[str, Any]:
    return {"number": one.number, "keys": list(one.keys), "unknown": list(one.unknown)}


def _instances(one: StepForecast) -> dict[str, Any]:
    run, skip, depends = one.counts or (None, None, None)
    counts = {} if run is None else {"run": run, "skip": skip, "depends": depends}
    return {**counts, "first": [_instance(each) for each in one.instances]}


def _instance(one: Instance) -> dict[str, Any]:
    return {
        "key": one.key,
        "verdict": one.verdict,
        "reason": one.reason or None,
        **({"parameters": one.parameters} if one.parameters is not None else {}),
        **({"planned": planned_data(one.planned)} if one.planned else {}),
    }
