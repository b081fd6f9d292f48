"""What stands beside the action of a step and means the same on every one."""

from typing import Any, TypeAlias
from typing import Literal as OneOf

from msgspec import Struct

from steplane.diagnostics import Span
from steplane.model.values import Condition, Count, Duration, Name, Named, Value
from steplane.source.nodes import Mapping

NeedWord = OneOf["ok", "succeeded", "warning", "failed", "skipped", "cancelled", "done"]
"""How a step that is needed must have ended; `ok` is what a plain list means."""

FailurePolicy = OneOf["stop", "cancel", "continue"]
Backoff = OneOf["constant", "linear", "exponential"]


class Need(Struct, frozen=True):
    """One step that is waited for; it counts when any of the `words` holds."""

    step: Name
    words: tuple[NeedWord, ...] = ("ok",)


class Needs(Struct, frozen=True):
    """An explicit `needs`; none at all (`needs: []`) starts at once."""

    needs: tuple[Need, ...]
    span: Span


class Join(Struct, frozen=True):
    """How many needs or branches must have counted: all, or `count` of them (`any` is 1), or as `mode` says."""

    mode: OneOf["all", "count", "each", "active"]
    span: Span
    count: int | None = None
    rest: OneOf["run", "cancel", "block"] = "run"
    count_span: Span | None = None

    @property
    def leaves_late(self) -> bool:
        """Whether a branch of the `parallel` can go on when that has ended."""
        return self.mode == "count" and self.rest == "run"

    @property
    def without_all(self) -> str:
        """What a `parallel` does, in words, though not all of its branches have succeeded."""
        if self.mode == "active":
            return "succeeds where only some of"
        return "cancels the others before all of" if self.rest == "cancel" else "goes on before all of"


class Milestone(Struct, frozen=True):
    """A step may start only once `after` has ended ok, and while `before` has not begun; one may be left out."""

    span: Span
    after: Name | None = None
    before: Name | None = None


class Tolerance(Struct, frozen=True):
    """How many instances may fail: a `count`, or a share of all in per cent (rounded down)."""

    span: Span
    count: int = 0
    percent: float | None = None


class Spread(Struct, frozen=True):
    """What stands beside `foreach` and `matrix`; `concurrency` None is the default of the loop's kind."""

    key: Value | None = None
    concurrency: Count | None = None
    max_failures: Tolerance | None = None
    complete: Count | Condition | None = None
    rest: OneOf["run", "cancel"] = "run"


class ForEach(Struct, frozen=True):
    """An instance for every item of a list or of a mapping; `item` is the name that holds it (`as`).

    `open` is the signal that adds items while it runs.
    """

    items: Value
    item: Name
    spread: Spread
    span: Span
    open: Name | None = None


class Axis(Struct, frozen=True):
    """A name and the list of its values."""

    name: Name
    values: Value


class Matrix(Struct, frozen=True):
    """An instance for every combination of the axes, the last turning fastest; `exclude` first, then `include`."""

    axes: tuple[Axis, ...]
    exclude: tuple[Value, ...]
    include: tuple[Value, ...]
    spread: Spread
    span: Span


class While(Struct, frozen=True):
    """Rounds as long as the condition holds before them."""

    condition: Condition
    limit: int
    span: Span


class Until(Struct, frozen=True):
    """Rounds until the condition holds after one."""

    condition: Condition
    limit: int
    span: Span


Loop: TypeAlias = ForEach | Matrix | While | Until


class Retry(Struct, frozen=True):
    """When and how a failed attempt is followed by another.

    `attempts` is the total; None with `within` (`for`): as many as fit. `delay` None is one second.
    `jitter`: `none`, `full`, or up to that share more or less.
    """

    attempts: Count | None
    delay: Duration | None
    backoff: Backoff = "constant"
    max_delay: Duration | None = None
    jitter: OneOf["none", "full"] | float = "none"
    within: Duration | None = None
    when: Condition | None = None
    span: Span | None = None


class Lock(Struct, frozen=True):
    """At most `limit` holders of the name, in this run or over all runs of the store."""

    name: Value
    span: Span
    limit: int = 1
    scope: OneOf["run", "store"] = "run"


class Output(Struct, frozen=True):
    """One declared output. `value` None: the step writes it itself. `schema` is its JSON Schema, where one is given,
    and `node` the mapping in which that stands.
    """

    name: Name
    value: Value | None = None
    schema: dict[str, Any] | None = None
    secret: bool = False
    node: Mapping | None = None


class Outputs(Struct, frozen=True):
    """All outputs that the step has; `reshaped` says that they are computed, else the step writes the names."""

    items: tuple[Output, ...]
    reshaped: bool
    span: Span


class Cache(Struct, frozen=True):
    """Reuse the recorded result while the step's text, key and files are unchanged."""

    span: Span
    key: Value | None = None
    files: tuple[Name, ...] = ()
    outputs: tuple[Name, ...] = ()


Environment: TypeAlias = tuple[Named, ...]
