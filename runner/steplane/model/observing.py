"""What is said of runs as a whole: measures with their targets, and rules."""

from typing import Literal as OneOf

from msgspec import Struct

from steplane.diagnostics import Span
from steplane.model.values import Condition, Duration, Name, Value
from steplane.source.nodes import Mapping

RuleKind = OneOf[
    "precedence", "response", "four_eyes", "not_coexistence", "exactly_once", "within", "never",
]  # fmt: skip


class Moment(Struct, frozen=True):
    """A time in the life of a step, written `STEP.EVENT`; without a dot `event` is empty and stands at the end."""

    step: Name
    event: Name
    span: Span


class Target(Struct, frozen=True):
    """One bound that a process must keep: of which `statistic`, the comparison, and the `bound` as it is written."""

    statistic: Name
    operator: OneOf["<=", ">=", "<", ">", "=="]
    bound: Name
    span: Span


class Measure(Struct, frozen=True, kw_only=True):
    """A number that quantifies the process: a duration, or a `value` with a `unit`, or a `share` (`yield`) of runs.

    `start` and `end` are those of a duration; None is the run's own. `lower` and `upper` are the limits of `spec`, as
    they are written.
    """

    name: Name
    node: Mapping
    start: Moment | None = None
    end: Moment | None = None
    value: Value | None = None
    unit: Name | None = None
    share: Name | None = None
    targets: tuple[Target, ...] = ()
    lower: Name | None = None
    upper: Name | None = None


class Within(Struct, frozen=True):
    """The longest time from one moment to another."""

    start: Moment
    end: Moment
    limit: Duration


class Rule(Struct, frozen=True, kw_only=True):
    """What must hold of every run. `kind` stands at its key; `steps` are those that it names, in their order."""

    kind: Name
    node: Mapping
    name: str = ""
    steps: tuple[Name, ...] = ()
    within: Within | None = None
    condition: Condition | None = None


__all__ = ["Measure", "Moment", "Rule", "RuleKind", "Target", "Within"]
