"""A plan as plain data: what `plan --format json` prints."""

from typing import Any

from steplane.expressions.templates import Template
from steplane.forecast.fates import Forecast
from steplane.plan.inputs import InputSpec
from steplane.plan.needing import Need
from steplane.plan.nodes import (
    Body,
    Branch,
    Call,
    Choice,
    End,
    ForEach,
    Fork,
    Goto,
    Loop,
    Node,
    Perform,
    Plan,
    Rounds,
    inner_lists,
)
from steplane.plan.retries import Retry
from steplane.plan.waits import Race
from steplane.reporters.plan_verdicts import arm_verdict, input_value, step_verdict
from steplane.reporters.words import awaited_words, script_text, source


def plan_data(plan: Plan, forecast: Forecast | None = None) -> dict[str, Any]:
    """The workflow with its steps as a tree, in the words of the file, and what becomes of each where that is given."""
    root = plan.nodes[0]
    tree = _Tree(plan, forecast)
    return _present(
        {
            "workflow": plan.name,
            "title": plan.title,
            "version": plan.version,
            "owner": plan.owner,
            "file": plan.file,
            "hash": plan.hash,
            "inputs": [
                {**input_data(one), **(input_value(forecast.inputs[index]) if forecast else {})}
                for index, one in enumerate(plan.inputs)
            ],
            "failure": root.failure if root.failure != "stop" else None,
            "timeout": root.timeout,
            "concurrency": _group(plan),
            "steps": tree.steps(root.action.list) if isinstance(root.action, Body) else [],
            "rescue": tree.after(root.rescue),
            "finally": tree.after(root.finally_),
            "outputs": {one.name: source(one.value) for one in root.outputs or ()},
            "verdicts": forecast.counts if forecast else None,
        },
        keep=("inputs", "steps"),
    )


def _group(plan: Plan) -> dict[str, Any] | None:
    """The runs that count together."""
    one = plan.concurrency
    return None if one is None else {"group": source(one.group), "limit": one.limit, "when_full": one.when_full}


def input_data(one: InputSpec) -> dict[str, Any]:
    """One input."""
    data = {"name": one.name, "required": one.required, "env": one.env, "secret": one.secret or None}
    default = "***" if one.secret and one.default is not None else one.default
    return {**_present(data), **({} if one.required else {"default": default}), "schema": one.schema}


class _Tree:
    """The steps as data."""

    def __init__(
        self, plan: Plan, forecast: Forecast | None, whole: Plan | None = None, within: tuple[str, ...] = ()
    ) -> None:
        self.plan, self.forecast = plan, forecast
        self.whole = whole  # the run's own, in a file that is called
        self.within = within or (plan.file,)  # the files around

    def steps(self, number: int) -> list[dict[str, Any]]:
        """The steps of a list."""
        return [self.step(self.plan.nodes[one]) for one in self.plan.lists[number].nodes]

    def after(self, number: int | None) -> list[dict[str, Any]]:
        """Those of a list that may not be there."""
        return [] if number is None else self.steps(number)

    def step(self, node: Node) -> dict[str, Any]:
        """One step with what is inside."""
        found = self.forecast.steps.get(node.number) if self.forecast else None
        own = node_data(self.plan, node)
        data = {"id": own.pop("id"), **(step_verdict(found) if found else {}), **own, **self._action(node)}
        after = {"rescue": node.rescue, "finally": node.finally_, "compensate": node.compensate}
        return {**data, **{name: self.after(number) for name, number in after.items() if number is not None}}

    def _action(self, node: Node) -> dict[str, Any]:
        """The lists of the action."""
        act = node.action
        if isinstance(act, Body):
            return {"steps": self.steps(act.list)}
        if isinstance(act, Fork):
            return {"parallel": [self._branch(one) for one in act.branches]}
        if isinstance(act, Race):
            return {
                "race": [
                    {
                        "name": one.name,
                        "wait": awaited_words(one.awaited),
                        **self._verdict(one.list),
                        "steps": self.steps(one.list),
                    }
                    for one in act.branches
                ]
            }
        if isinstance(act, Choice):
            return {
                "switch": [
                    {
                        "when": arm.condition.text if arm.condition else None,
                        **self._verdict(arm.list),
                        "steps": self.steps(arm.list),
                    }
                    for arm in act.arms
                ]
            }
        if isinstance(act, Call):
            return self._called(act)
        return {}

    def _called(self, act: Call) -> dict[str, Any]:
        """The steps of the called workflow, unless they are being told already."""
        called = self.plan.of_file(act.file) if self.whole is None else self.whole.of_file(act.file)
        if called.file in self.within:
            return {"recursive": True}
        tree = _Tree(called, None, self.whole or self.plan, (*self.within, called.file))
        root = called.nodes[0]
        after = {"rescue": root.rescue, "finally": root.finally_}
        told = {name: tree.after(number) for name, number in after.items() if number is not None}
        return {"workflow": root.id, "steps": tree.steps(inner_lists(root)[0]), **told}

    def _branch(self, one: Branch) -> dict[str, Any]:
        condition = one.condition.text if one.condition else None
        own = _present({"name": one.name, "if": condition, "default": one.default})
        return {**own, **self._verdict(one.list), "steps": self.steps(one.list)}

    def _verdict(self, number: int) -> dict[str, Any]:
        """Whether a branch or an arm is taken."""
        found = self.forecast.lists.get(number) if self.forecast else None
        return arm_verdict(found) if found else {}


def node_data(plan: Plan, node: Node) -> dict[str, Any]:
    """One step without what is inside; keys that say nothing are left out."""
    retry, lock, loop = node.retry, node.lock, node.loop
    return _present(
        {
            "id": node.id,
            "name": node.title,
            "line": node.line,
            "lane": node.lane,
            "region": node.region,
            "needs": None if node.needs is None else [need_data(plan, node, one) for one in node.needs],
            "join": node.action.join if isinstance(node.action, Fork) else node.join,
            "collect": node.collect if node.collect > 1 else None,
            "split": node.split if node.split > 1 else None,
            "if": node.condition.text if node.condition else None,
            **(loop_data(loop) if loop else {}),
            **_performed(node),
            "retry": retry_data(retry) if retry else None,
            "timeout": node.timeout if node.timeout_value is None else source(node.timeout_value),
            "on_error": "warn" if node.tolerant else None,
            "failure": node.failure if node.failure != "stop" else None,
            "lock": {"name": source(lock.name), "limit": lock.limit, "scope": lock.scope} if lock else None,
            "require": [one.text for one in node.require],
            "ensure": [one.text for one in node.ensure],
            "cache": _cache(node),
            "at_most_once": node.at_most_once,
            "isolate": node.isolate,
            "restart": node.restart,
            "order": "any" if node.any_order else None,
            "milestone": _milestone(node),
            "artifacts": list(node.artifacts),
            "env": {name: source(value) for name, value in node.env},
            "cwd": _optional(node.cwd),
            "outputs": {one.name: source(one.value) for one in node.outputs or ()} or list(node.declared),
        },
        keep=("needs",) if node.needs is not None else (),
    )


def need_data(plan: Plan, node: Node, need: Need) -> dict[str, Any]:
    """A step that is waited for, and the outcomes that count."""
    named = plan.nodes[plan.lists[node.list].nodes[need.position]]
    return {"step": named.id, "outcomes": need.outcomes}


def loop_data(loop: Loop) -> dict[str, Any]:
    """What is repeated, and how."""
    if isinstance(loop, Rounds):
        return {loop.question: loop.condition.text.strip(), "max": loop.limit}
    allowed = f"{loop.allowed_percent:g}%" if loop.allowed_percent is not None else loop.allowed or None
    common = {"key": _optional(loop.key), "concurrency": _optional(loop.concurrency), "max_failures": allowed}
    complete = loop.enough if loop.complete is None else loop.complete.text.strip()
    common |= {"complete": complete, "rest": "cancel" if loop.cancel_rest else None}
    if isinstance(loop, ForEach):
        return {"foreach": source(loop.items), **_present({"as": loop.name, "open": loop.open or None, **common})}
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


def _performed(node: Node) -> dict[str, Any]:
    """An action without steps of its own."""
    act = node.action
    if isinstance(act, Perform):
        run = script_text(act.script) if act.script is not None else None
        return {"uses": act.uses, "run": run, "with": source(act.parameters) or None}
    if isinstance(act, Call):
        return {"call": act.file, "detach": act.detach, "with": source(act.given) or None}
    if isinstance(act, End):
        message, outputs = _optional(act.message), _optional(act.outputs)
        return {"end": _present({"status": act.status, "message": message, "outputs": outputs})}
    if isinstance(act, Goto):
        return {"goto": act.name, "max": act.limit}
    return {}


def _cache(node: Node) -> dict[str, Any] | None:
    one = node.cache
    return None if one is None else {"key": _optional(one.key), "files": list(one.files), "outputs": list(one.outputs)}


def _milestone(node: Node) -> dict[str, Any] | None:
    one = node.milestone
    return None if one is None else _present({"after": one.after_id, "before": one.before_id})


def _optional(template: Template | None) -> Any:
    return None if template is None else source(template)


def _present(data: dict[str, Any], keep: tuple[str, ...] = ()) -> dict[str, Any]:
    """The data without what is empty, false or not there."""
    return {name: value for name, value in data.items() if name in keep or value not in (None, "", False, [], {})}
