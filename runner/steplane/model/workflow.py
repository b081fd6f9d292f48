"""The workflow: a group with inputs, secrets, variables and a name."""

from typing import Any
from typing import Literal as OneOf

from msgspec import Struct

from steplane.diagnostics import Span
from steplane.model.modifiers import Environment, FailurePolicy, Outputs
from steplane.model.observing import Measure, Rule
from steplane.model.steps import Step
from steplane.model.values import Duration, Name, Named, Value
from steplane.source.nodes import Mapping, Node


class Input(Struct, frozen=True, kw_only=True):
    """One input. `schema` is JSON Schema without the keys of ours; `required` when nothing else could give a value."""

    name: Name
    schema: dict[str, Any]
    node: Node
    default: Any = None
    has_default: bool = False
    env: Name | None = None
    secret: bool = False
    optional: bool = False
    description: str = ""

    @property
    def required(self) -> bool:
        """Whether it must be given by the caller."""
        return not (self.has_default or self.env is not None or self.optional)


class SecretSource(Struct, frozen=True):
    """Where a secret comes from: a variable, a file (relative to the workflow's), or a provider with a key."""

    name: Name
    kind: OneOf["env", "file", "provider"]
    source: Name
    key: Name | None = None


class BusinessObject(Struct, frozen=True):
    """Something of the business that the run is about."""

    type: Value
    id: Value


class Concurrency(Struct, frozen=True):
    """How many runs of one group may be under way in a state directory."""

    group: Value
    span: Span
    limit: int = 1
    when_full: OneOf["wait", "fail", "skip"] = "wait"


class Workflow(Struct, frozen=True, kw_only=True):
    """One file. `steps`, `rescue`, `finally_`, `failure`, `timeout` and `outputs` are those of a group.

    `file` is the path as given. `labels` are text, number or boolean. `shell` is that of `defaults` (the other
    defaults are merged into the steps).
    """

    file: str
    node: Mapping
    name: Name
    version: str = ""
    title: str = ""
    owner: str = ""
    description: str = ""
    labels: dict[str, str | int | float | bool] = {}
    inputs: tuple[Input, ...] = ()
    secrets: tuple[SecretSource, ...] = ()
    variables: tuple[Named, ...] = ()
    env: Environment = ()
    cwd: Value | None = None
    timezone: str = "UTC"
    case: Value | None = None
    objects: tuple[BusinessObject, ...] = ()
    steps: tuple[Step, ...] = ()
    rescue: tuple[Step, ...] = ()
    finally_: tuple[Step, ...] = ()
    failure: FailurePolicy = "stop"
    timeout: Duration | None = None
    outputs: Outputs | None = None
    measures: tuple[Measure, ...] = ()
    rules: tuple[Rule, ...] = ()
    on_violation: OneOf["warn", "fail"] = "warn"
    concurrency: Concurrency | None = None

    def key_span(self, key: str) -> Span:
        """Where the top-level key stands; where it is not given, the beginning of the file."""
        entry = self.node.entry(key)
        return Span(self.file, 1, 1, 1, 1) if entry is None else entry.key.span
