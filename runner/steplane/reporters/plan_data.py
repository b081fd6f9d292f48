"""A plan as plain data: what `plan --format json` prints."""

from typing import Any

from steplane.events import ENDED, OK
from steplane.expressions.templates import Template
from steplane.plan.nodes import Body, Choice, End, ForEach, Fork, InputSpec, Loop, Need, Node, Perform, Plan, Retry
from steplane.reporters.words import script_text, source


def plan_data(plan: Plan) -> dict[str, Any]:
    """The workflow with its steps as a tree, in the words of the file."""
    root = plan.nodes[0]
    return _present(
        {
            "workflow": plan.name,
            "title": plan.title,
            "version": plan.version,
            "owner": plan.owner,
            "file": plan.file,
            "hash": plan.hash,
            "inputs": [input_data(one) for one in plan.inputs],
            "failure": root.failure if root.failure != "stop" else None,
            "timeout": root.timeout,
            "steps": _list(plan, root.action.list) if isinstance(root.action, Body) else [],
            "rescue": _after(plan, root.rescue),
            "finally": _after(plan, root.finally_),
            "outputs": {one.name: source(one.value) for one in root.outputs or ()},
        },
        keep=("inputs", "steps"),
    )


def input_data(one: InputSpec) -> dict[str, Any]:
    """One input."""
    data = {"name": one.name, "required": one.required, "env": one.env, "secret": one.secret or None}
    return {**_present(data), **({} if one.required else {"default": one.default}), "schema": one.schema}


def node_data(plan: Plan, node: Node) -> dict[str, Any]:
    """One step with what is inside; keys that say nothing are left out."""
    retry, lock, loop = node.retry, node.lock, node.loop
    return _present(
        {
            "id": node.id,
            "name": node.title,
            "line": node.line,
            "lane": node.lane,
            "needs": None if node.needs is None else [need_data(plan, node, one) for one in node.needs],
            "join": node.wanted,
            "if": node.condition.text if node.condition else None,
            **(loop_data(loop) if loop else {}),
            **_action(plan, node),
            "retry": retry_data(retry) if retry else None,
            "timeout": node.timeout if node.timeout_value is None else source(node.timeout_value),
            "on_error": "warn" if node.tolerant else None,
            "failure": node.failure if node.failure != "stop" else None,
            "lock": {"name": source(lock.name), "limit": lock.limit} if lock else None,
            "require": [one.text for one in node.require],
            "ensure": [one.text for one in node.ensure],
            "at_most_once": node.at_most_once,
            "isolate": node.isolate,
            "artifacts": list(node.artifacts),
            "env": {name: source(value) for name, value in node.env},
            "cwd": _optional(node.cwd),
            "outputs": {one.name: source(one.value) for one in node.outputs or ()} or list(node.declared),
            "rescue": _after(plan, node.rescue),
            "finally": _after(plan, node.finally_),
            "compensate": _after(plan, node.compensate),
        },
        keep=("needs",) if node.needs is not None else (),
    )


def need_data(plan: Plan, node: Node, need: Need) -> dict[str, Any]:
    """A step that is waited for, and the outcomes that count."""
    named = plan.nodes[plan.lists[node.list].nodes[need.position]]
    return {"step": named.id, "outcomes": outcomes(need.words)}


def outcomes(words: frozenset[str]) -> list[str]:
    """The statuses in the words of the language."""
    if words == OK:
        return ["ok"]
    if words == ENDED:
        return ["done"]
    order = ("succeeded", "warning", "failed", "skipped", "blocked", "cancelled", "compensated")
    return [one for one in order if one in words]


def loop_data(loop: Loop) -> dict[str, Any]:
    """What is repeated, and how."""
    allowed = f"{loop.allowed_percent:g}%" if loop.allowed_percent is not None else loop.allowed or None
    common = {"key": _optional(loop.key), "concurrency": _optional(loop.concurrency), "max_failures": allowed}
    if isinstance(loop, ForEach):
        return _present({"foreach": source(loop.items), "as": loop.name, **common})
    axes: dict[str, Any] = {name: source(values) for name, values in loop.axes}
    axes |= _present({"exclude": [source(x) for x in loop.exclude], "include": [source(x) for x in loop.include]})
    return _present({"matrix": axes, **common})


def retry_data(retry: Retry) -> dict[str, Any]:
    """How often and when it is tried again; times in seconds."""
    return _present(
        {
            "attempts": retry.attempts if retry.attempts_value is None else source(retry.attempts_value),
            "for": retry.within,
            "delay": retry.delay if retry.delay_value is None else source(retry.delay_value),
            "backoff": retry.backoff,
            "max_delay": retry.max_delay,
            "jitter": "full" if retry.full_jitter else retry.jitter or None,
            "when": retry.when.text if retry.when else None,
        }
    )


def _action(plan: Plan, node: Node) -> dict[str, Any]:
    act = node.action
    if isinstance(act, Perform):
        run = script_text(act.script) if act.script is not None else None
        return {"uses": act.uses, "run": run, "with": source(act.parameters) or None}
    if isinstance(act, Body):
        return {"steps": _list(plan, act.list)}
    if isinstance(act, Fork):
        return {"parallel": [_branch(plan, one) for one in act.branches], "join": act.wanted}
    if isinstance(act, Choice):
        arms = act.arms
        return {
            "switch": [
                {"when": arm.condition.text if arm.condition else None, "steps": _list(plan, arm.list)} for arm in arms
            ]
        }
    assert isinstance(act, End)
    message, outputs = _optional(act.message), _optional(act.outputs)
    return {"end": _present({"status": act.status, "message": message, "outputs": outputs})}


def _branch(plan: Plan, one: Any) -> dict[str, Any]:
    condition = one.condition.text if one.condition else None
    return _present(
        {"name": one.name, "if": condition, "default": one.default, "steps": _list(plan, one.list)}, keep=("steps",)
    )


def _list(plan: Plan, number: int) -> list[dict[str, Any]]:
    return [node_data(plan, plan.nodes[one]) for one in plan.lists[number].nodes]


def _after(plan: Plan, number: int | None) -> list[dict[str, Any]]:
    return [] if number is None else _list(plan, number)


def _optional(template: Template | None) -> Any:
    return None if template is None else source(template)


def _present(data: dict[str, Any], keep: tuple[str, ...] = ()) -> dict[str, Any]:
    """The data without what is empty, false or not there."""
    return {name: value for name, value in data.items() if name in keep or value not in (None, "", False, [], {})}
