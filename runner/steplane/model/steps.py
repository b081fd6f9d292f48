"""A step: one action and its modifiers."""

from typing import Literal as OneOf
from typing import TypeAlias

from msgspec import Struct

from steplane.diagnostics import Span
from steplane.expressions.templates import Expression
from steplane.model.modifiers import (
    Cache,
    Environment,
    FailurePolicy,
    Join,
    Lock,
    Loop,
    Milestone,
    Needs,
    Outputs,
    Retry,
)
from steplane.model.values import Condition, Duration, Name, Named, Value
from steplane.source.nodes import Mapping, Scalar

# ---------------------------------------------------------------- actions


class Run(Struct, frozen=True):
    """A `shell` step: the text of a `script`, or the arguments (`argv`) of a program; `parameters` are those in `with`.

    `parts` are the script's texts and expressions, in order, and `spans` where each `${{ }}` begins and ends in its
    decoded text, one per expression.
    """

    script: Scalar | None
    argv: Value | None
    parameters: tuple[Named, ...]
    span: Span
    parts: tuple[str | Expression, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def type(self) -> str:
        """The step type behind the short form."""
        return "shell"


class Uses(Struct, frozen=True):
    """A step type of a plugin and its parameters."""

    name: Name
    parameters: tuple[Named, ...]
    span: Span

    @property
    def type(self) -> str:
        """The step type's name."""
        return self.name.text


class Group(Struct, frozen=True):
    """Steps that are one step."""

    steps: tuple["Step", ...]
    span: Span


class Branch(Struct, frozen=True):
    """One list of a `parallel`, taken always, when `condition` holds, or (`default`) when no other is."""

    name: Name
    steps: tuple["Step", ...]
    condition: Condition | None = None
    default: bool = False


class Parallel(Struct, frozen=True):
    """Lists that run at once."""

    branches: tuple[Branch, ...]
    span: Span


class Arm(Struct, frozen=True):
    """One list of a `switch`; without a condition it is the default."""

    condition: Condition | None
    steps: tuple["Step", ...]
    span: Span

    @property
    def default(self) -> bool:
        """Whether it is taken when no other holds."""
        return self.condition is None


class Switch(Struct, frozen=True):
    """The first arm that holds."""

    arms: tuple[Arm, ...]
    span: Span


class Wait(Struct, frozen=True):
    """A pause: for a `duration`, `until` a time, or for a `signal`; `timeout` is the modifier, given inside."""

    span: Span
    duration: Duration | None = None
    until: Value | None = None
    signal: Value | None = None
    timeout: Duration | None = None


class RaceBranch(Struct, frozen=True):
    """One wait and the list that follows if it comes true first."""

    name: Name
    wait: Wait
    steps: tuple["Step", ...]


class Race(Struct, frozen=True):
    """The branch whose wait comes true first goes on."""

    branches: tuple[RaceBranch, ...]
    span: Span


class Call(Struct, frozen=True):
    """Another workflow as a child; `path` is relative to the file. `detach`: nobody waits for its end."""

    path: Name
    parameters: tuple[Named, ...]
    span: Span
    detach: bool = False


class Signal(Struct, frozen=True):
    """A signal to a run (`to`, default this one) or to all runs of a case."""

    name: Value
    span: Span
    to: Value | None = None
    case: Value | None = None
    data: Value | None = None
    transient: bool = False


class Cancel(Struct, frozen=True):
    """Withdraw steps, by id or by region; with `force` (`finish`) they are complete."""

    span: Span
    steps: tuple[Name, ...] = ()
    region: Name | None = None
    force: bool = False


class Undo(Struct, frozen=True):
    """Compensate steps of the same list."""

    steps: tuple[Name, ...]
    span: Span


class Goto(Struct, frozen=True):
    """Go on at another step of the same list, `limit` (`max`) times at most."""

    target: Name
    limit: int | None
    span: Span


class End(Struct, frozen=True):
    """End the run."""

    status: OneOf["succeeded", "failed", "cancelled"]
    span: Span
    message: Value | None = None
    outputs: tuple[Named, ...] | None = None


class Broken(Struct, frozen=True):
    """An action that could not be read; what it is has been reported. It silences what follows from it."""

    span: Span


Action: TypeAlias = (
    Run | Uses | Group | Parallel | Switch | Race | Call | Wait | Signal | Cancel | Undo | Goto | End | Broken
)
Leaf: TypeAlias = Run | Uses


# ---------------------------------------------------------------- the step


class Step(Struct, frozen=True, kw_only=True):
    """One step. `id` is as given or derived; `id_span` is None when derived. `defaults` of the workflow are merged in.

    `env` holds the step's own entries after those of `defaults`, a later one of the same name wins. The enclosing
    groups' and the workflow's `env` are not merged in. `failure` is None where not given (`stop`). In a group with
    `any_order` a step without `needs` has empty ones.
    """

    id: str
    node: Mapping
    action: Action
    id_span: Span | None = None
    name: Name | None = None
    description: Name | None = None
    lane: Name | None = None
    region: Name | None = None
    needs: Needs | None = None
    join: Join | None = None
    split: int | None = None
    collect: int | None = None
    milestone: Milestone | None = None
    condition: Condition | None = None
    loop: Loop | None = None
    retry: Retry | None = None
    timeout: Duration | None = None
    on_error: OneOf["fail", "warn"] = "fail"
    failure: FailurePolicy = "stop"
    rescue: tuple["Step", ...] = ()
    finally_: tuple["Step", ...] = ()
    compensate: tuple["Step", ...] = ()
    lock: Lock | None = None
    env: Environment = ()
    cwd: Value | None = None
    outputs: Outputs | None = None
    require: tuple[Condition, ...] = ()
    ensure: tuple[Condition, ...] = ()
    cache: Cache | None = None
    at_most_once: bool = False
    isolate: bool = False
    restart: bool = False
    any_order: bool = False
    artifacts: tuple[Name, ...] = ()

    @property
    def span(self) -> Span:
        """The id's place, else that of the step's first key."""
        if self.id_span is not None:
            return self.id_span
        return self.node.entries[0].key.span if self.node.entries else self.node.span

    @property
    def time_limit(self) -> Duration | None:
        """The limit of one attempt: `timeout` on the step, or in its `wait`."""
        inner = self.action.timeout if isinstance(self.action, Wait) else None
        return self.timeout or inner

    def key_span(self, key: str) -> Span:
        """Where the key stands in the step; where it is not given, the step's own place."""
        entry = self.node.entry(key)
        return self.span if entry is None else entry.key.span
