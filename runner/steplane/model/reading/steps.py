"""Steps: identity, action, modifiers, and what `defaults` add."""

from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec import structs

from steplane.model.modifiers import Environment, Needs, Retry
from steplane.model.reading.actions import read_action
from steplane.model.reading.identity import Identities
from steplane.model.reading.modifiers import (
    read_cache,
    read_join,
    read_lock,
    read_loop,
    read_milestone,
    read_needs,
    read_outputs,
    read_retry,
)
from steplane.model.reading.reader import Reader, key_name
from steplane.model.steps import Action, Group, Run, Step, Uses
from steplane.model.values import Duration, Named
from steplane.source.nodes import Entry, Mapping, Node, Scalar, Sequence

POLICIES = ("stop", "cancel", "continue")


class Defaults:
    """What `defaults` say, read once."""

    def __init__(self, reader: Reader, node: Node | None) -> None:
        given = node if isinstance(node, Mapping) else None
        self.retry_node = given.get("retry") if given else None
        self.retry: Retry | None = read_retry(reader, self.retry_node)
        self.timeout: Duration | None = reader.duration(given.get("timeout"), zero=False) if given else None
        self.env: Environment = reader.named(given.get("env"), texts=True) if given else ()
        self.shell: Named | None = _shell(reader, given)


def _shell(reader: Reader, given: Mapping | None) -> Named | None:
    entry = given.entry("shell") if given else None
    value = reader.value(entry.value) if entry else None
    empty = entry is not None and isinstance(entry.value, Scalar) and entry.value.value is None
    return None if entry is None or value is None or empty else Named(key_name(entry), value)


Values: TypeAlias = Callable[[str], Node | None]
"""The value under a key of a step, or None."""


def _values(node: Mapping) -> Values:
    """The values of a step by their keys: a step is asked for some forty keys and has a few."""
    return {entry.key.text: entry.value for entry in node.entries}.get


class StepReader:
    """Reads lists of steps."""

    def __init__(self, reader: Reader, identities: Identities, defaults: Defaults) -> None:
        self.reader = reader
        self.identities = identities
        self.defaults = defaults

    def steps(self, node: Node | None, prefix: str) -> tuple[Step, ...]:
        """The steps of a list; ids derived from the position begin with `prefix`. What is no step is left out."""
        if not isinstance(node, Sequence):
            return ()
        numbered = enumerate(node.items, 1)
        return tuple(self._step(item, f"{prefix}_{number}") for number, item in numbered if isinstance(item, Mapping))

    def _step(self, node: Mapping, position: str) -> Step:
        reader = self.reader
        key = _values(node)
        given = reader.name(key("id"))
        name = reader.name(key("name"))
        identity = given.text if given else self.identities.derive(name.text if name else None, position)
        action = self._with_shell(read_action(reader, node, identity, self.steps))
        action = _unordered(action, node.entry("order"))
        return Step(
            id=identity,
            node=node,
            action=action,
            id_span=given.span if given else None,
            name=name,
            description=reader.name(key("description")),
            lane=reader.name(key("lane")),
            region=reader.name(key("region")),
            **self._order(node, key),
            **self._running(key, isinstance(action, Run | Uses)),
            **self._lists(key, identity),
            **self._results(key),
        )

    def _order(self, node: Mapping, key: Values) -> dict[str, Any]:
        reader = self.reader
        return {
            "needs": read_needs(reader, key("needs")),
            "join": read_join(reader, key("join")),
            "split": reader.number(key("split")),
            "collect": reader.number(key("collect")),
            "milestone": read_milestone(reader, key("milestone")),
            "condition": reader.condition(key("if")),
            "loop": read_loop(reader, node),
            "failure": reader.choice(key("failure"), POLICIES, "stop"),
            "on_error": reader.choice(key("on_error"), ("fail", "warn"), "fail"),
        }

    def _running(self, key: Values, leaf: bool) -> dict[str, Any]:
        """Retry, timeout and environment; `defaults` count for leaves only."""
        reader, defaults = self.reader, self.defaults
        own_retry, own_timeout = key("retry"), reader.duration(key("timeout"), zero=False)
        env = reader.named(key("env"), texts=True)
        if leaf and own_retry is None:
            retry = defaults.retry
        else:
            retry = read_retry(reader, own_retry, defaults.retry_node if leaf else None)
        return {
            "retry": retry,
            "timeout": own_timeout or (defaults.timeout if leaf and key("timeout") is None else None),
            "env": (*defaults.env, *env) if leaf else env,
            "cwd": reader.text_value(key("cwd")),
            "lock": read_lock(reader, key("lock")),
            "at_most_once": reader.flag(key("at_most_once")),
            "isolate": reader.flag(key("isolate")),
            "restart": reader.flag(key("restart")),
            "any_order": key("order") is not None,
        }

    def _lists(self, key: Values, identity: str) -> dict[str, Any]:
        return {
            "rescue": self.steps(key("rescue"), f"{identity}_rescue"),
            "finally_": self.steps(key("finally"), f"{identity}_finally"),
            "compensate": self.steps(key("compensate"), f"{identity}_compensate"),
        }

    def _results(self, key: Values) -> dict[str, Any]:
        reader = self.reader
        return {
            "outputs": read_outputs(reader, key("outputs")),
            "require": reader.conditions(key("require")),
            "ensure": reader.conditions(key("ensure")),
            "cache": read_cache(reader, key("cache")),
            "artifacts": reader.names(key("artifacts")),
        }

    def _with_shell(self, action: Action) -> Action:
        """The action with the shell of `defaults`, where it is a shell step that names none."""
        shell = self.defaults.shell
        if shell is None or not isinstance(action, Run | Uses) or action.type != "shell":
            return action
        if any(one.name.text == "shell" for one in action.parameters) or getattr(action, "argv", None) is not None:
            return action
        return structs.replace(action, parameters=(*action.parameters, shell))


def _unordered(action: Action, order: Entry | None) -> Action:
    """The group with steps that wait for none of each other, where its order is any."""
    if order is None or not isinstance(action, Group):
        return action
    none = Needs((), order.key.span)
    steps = tuple(one if one.needs is not None else structs.replace(one, needs=none) for one in action.steps)
    return Group(steps, action.span)
