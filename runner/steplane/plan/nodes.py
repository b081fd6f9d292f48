"""The compiled form of a workflow: immutable, serialisable, with numbers instead of names.

Node 0 is the workflow itself, a group without a list around it. Lists are numbered too; list 0 is the workflow's
`steps`.
"""

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from steplane.expressions.templates import Expression, Template
from steplane.plan.caching import Cache, Concurrency
from steplane.plan.inputs import InputSpec, SecretSpec
from steplane.plan.needing import Need
from steplane.plan.retries import Retry
from steplane.plan.tables import TableFile
from steplane.plan.waits import Milestone, Race, Reach, Send, Wait
from steplane.scripts.shapes import Direct, Script

Policy = Literal["stop", "cancel", "continue"]
Role = Literal["steps", "branch", "arm", "call", "rescue", "finally", "compensate"]


class Lock(Struct, frozen=True):
    """At most `limit` holders of the name, in the run or all of its store; `static` is a name without expression."""

    name: Template
    limit: int = 1
    static: str | None = None
    scope: Literal["run", "store"] = "run"


class ForEach(Struct, frozen=True, tag="foreach"):
    """One instance for each item; `allowed` failures as a number, or a share of the items in per cent.

    It is complete when `enough` instances have ended well, or when `complete` holds after one has ended. With `open`
    it takes further items: the data of each signal of that name.
    """

    items: Template
    name: str = "item"
    open: str = ""
    key: Template | None = None
    concurrency: Template | None = None
    allowed: int = 0
    allowed_percent: float | None = None
    enough: int | None = None
    complete: Expression | None = None
    cancel_rest: bool = False


class Matrix(Struct, frozen=True, tag="matrix"):
    """All combinations, computed when the file was compiled: what each one is called and holds."""

    axes: tuple[tuple[str, Template], ...]
    exclude: tuple[Template, ...] = ()
    include: tuple[Template, ...] = ()
    key: Template | None = None
    concurrency: Template | None = None
    allowed: int = 0
    allowed_percent: float | None = None
    enough: int | None = None
    complete: Expression | None = None
    cancel_rest: bool = False


class Rounds(Struct, frozen=True, tag="rounds"):
    """`while` (the condition is asked `before` a round) or `until` (after it): at most `limit` rounds.

    `keeps`: the fields of `result` (`*` for all) that the condition looks at, where the step has other outputs.
    """

    condition: Expression
    before: bool = False
    limit: int = 1000
    keeps: tuple[str, ...] = ()

    @property
    def question(self) -> Literal["while", "until"]:
        """What the condition is called."""
        return "while" if self.before else "until"


Spread: TypeAlias = ForEach | Matrix
"""The loops whose items are known before the first instance."""

Loop: TypeAlias = Spread | Rounds


class Perform(Struct, frozen=True, tag="perform"):
    """A step type with its parameters; `script` is the compiled text of `run`.

    `trusted` gives, for each address among the parameters, how it begins as far as that is the file author's own.
    `table` is the decision table that it decides by, as text (`TableFile.rules`).
    """

    uses: str
    parameters: Template
    script: Script | Direct | None = None
    shell: Template | None = None
    trusted: tuple[tuple[str, Template], ...] = ()
    table: str = ""


class Body(Struct, frozen=True, tag="body"):
    """A group: its list."""

    list: int


class Branch(Struct, frozen=True):
    """One branch of a `parallel`; `default` is taken where no other condition holds."""

    name: str
    list: int
    condition: Expression | None = None
    default: bool = False


class Fork(Struct, frozen=True, tag="fork"):
    """`parallel`: all branches at once; over when `wanted` of them have arrived (None: all).

    `rest`: whether the others run on then, or are cancelled. `active`: all are waited for, and one has to succeed.
    """

    branches: tuple[Branch, ...]
    wanted: int | None = None
    rest: Literal["run", "cancel"] = "run"
    active: bool = False

    @property
    def leaves_late(self) -> bool:
        """Whether branches can go on when it has ended."""
        return self.wanted is not None and self.rest == "run" and not self.active

    @property
    def join(self) -> Any:
        """How its branches are joined, as it is written; None for `all`."""
        if self.active:
            return "active"
        return self.wanted if self.rest == "run" else {"count": self.wanted, "rest": self.rest}


class Arm(Struct, frozen=True):
    """One arm of a `switch`; without a condition it is the default."""

    list: int
    condition: Expression | None = None


class Choice(Struct, frozen=True, tag="choice"):
    """`switch`: the first arm whose condition holds."""

    arms: tuple[Arm, ...]


class End(Struct, frozen=True, tag="end"):
    """Ends the run."""

    status: Literal["succeeded", "failed", "cancelled"]
    message: Template | None = None
    outputs: Template | None = None


class Call(Struct, frozen=True, tag="call"):
    """Another workflow as a child: its file as `Plan.callees` has it, and what its inputs are given.

    The child itself stands alone in a list of its own: it is node 0 of its plan. `detach`: nobody waits for its end.
    """

    file: str
    given: Template
    detach: bool = False


class Undo(Struct, frozen=True, tag="undo"):
    """`undo`: compensates steps of the same list, by position and id."""

    positions: tuple[int, ...]
    names: tuple[str, ...]


class Goto(Struct, frozen=True, tag="goto"):
    """Goes on at another step of the same list, by position and id; at most `limit` times in one life of the list."""

    target: int
    name: str
    limit: int


Action: TypeAlias = Perform | Body | Fork | Choice | Wait | Race | Send | Reach | End | Goto | Call | Undo


class OutputField(Struct, frozen=True):
    """One output of a step: its value, whether it may be stored, and the JSON Schema that it must satisfy."""

    name: str
    value: Template
    secret: bool = False
    schema: dict[str, Any] | None = None


class Node(Struct, frozen=True):
    """One step (or the workflow itself): order, modifiers, action.

    `wanted` of the `needs` let it start (None: all), `each` of them anew, or (`active`) all that can still come; what
    becomes of the `rest`. Its end is as many arrivals as `split` says, and `collect` of one step count as one.
    """

    number: int
    id: str
    action: Action
    list: int = -1
    position: int = 0
    title: str = ""
    line: int = 0
    column: int = 0
    lane: str = ""
    region: str = ""
    needs: tuple[Need, ...] | None = None
    wanted: int | None = None
    each: bool = False
    active: bool = False
    rest: Literal["run", "cancel", "block"] = "run"
    split: int = 1
    collect: int = 1
    handler: bool = False
    condition: Expression | None = None
    loop: Loop | None = None
    lock: Lock | None = None
    enter: bool = False
    require: tuple[Expression, ...] = ()
    ensure: tuple[Expression, ...] = ()
    retry: Retry | None = None
    timeout: float | None = None
    timeout_value: Template | None = None
    tolerant: bool = False
    failure: Policy = "stop"
    rescue: int | None = None
    finally_: int | None = None
    compensate: int | None = None
    outputs: tuple[OutputField, ...] | None = None
    declared: tuple[str, ...] = ()
    env: tuple[tuple[str, Template], ...] = ()
    cwd: Template | None = None
    cache: Cache | None = None
    at_most_once: bool = False
    isolate: bool = False
    restart: bool = False
    any_order: bool = False
    milestone: Milestone | None = None
    artifacts: tuple[str, ...] = ()

    @property
    def every(self) -> bool:
        """Whether it waits for all of its needs, each once."""
        return self.wanted is None and not self.each and not self.active

    @property
    def join(self) -> Any:
        """How its needs are joined, as it is written; None for `all`."""
        if self.each or self.active:
            return "each" if self.each else "active"
        return self.wanted if self.rest == "run" else {"count": self.wanted, "rest": self.rest}


class StepList(Struct, frozen=True):
    """An ordered list of steps: whose it is and in which role.

    `dependents[p]` holds (position, index of its need) of each step that names the step at position `p`;
    `starts` those with `needs: []`; `milestones` those that have one. `repeats`: in one life of it a step may begin
    more than once. `often` is there where arrivals are counted: whether they can start the step at each position more
    than once. `returning`: for an active join the positions of the `goto`s that can bring back a step that it names.
    """

    number: int
    owner: int
    role: Role
    label: str
    nodes: tuple[int, ...]
    dependents: tuple[tuple[tuple[int, int], ...], ...] = ()
    starts: tuple[int, ...] = ()
    milestones: tuple[int, ...] = ()
    repeats: bool = False
    often: tuple[bool, ...] = ()
    returning: dict[int, tuple[int, ...]] = {}


def inner_lists(node: Node) -> tuple[int, ...]:
    """The lists of a step's action: the body of a group, the branches of a `parallel`, the arms of a `switch`, …"""
    action = node.action
    if isinstance(action, Body):
        return (action.list,)
    if isinstance(action, Fork | Race):
        return tuple(branch.list for branch in action.branches)
    return tuple(arm.list for arm in action.arms) if isinstance(action, Choice) else ()


def lists_of(node: Node) -> tuple[int, ...]:
    """All lists of a step: those of its action, then `rescue`, `finally`, `compensate` where it has them."""
    after = (node.rescue, node.finally_, node.compensate)
    return (*inner_lists(node), *(one for one in after if one is not None))


class Plan(Struct, frozen=True):
    """Everything that a run needs to know of its workflow.

    `callees` are the plans of all files that are called from it, at first or second hand, by file; theirs are empty.
    `tables` are the decision tables that its own steps decide by, by file.
    """

    name: str
    file: str
    hash: str
    text: str
    nodes: tuple[Node, ...]
    lists: tuple[StepList, ...]
    title: str = ""
    version: str = ""
    owner: str = ""
    labels: dict[str, Any] = {}
    timezone: str = "UTC"
    concurrency: Concurrency | None = None
    inputs: tuple[InputSpec, ...] = ()
    secrets: tuple[SecretSpec, ...] = ()
    variables: tuple[tuple[str, Template], ...] = ()
    case: Template | None = None
    objects: Template | None = None
    types: tuple[str, ...] = ()
    callees: dict[str, "Plan"] = {}
    tables: dict[str, TableFile] = {}

    def of_file(self, file: str) -> "Plan":
        """The plan of a file that is called: one of the callees, or this one."""
        return self.callees.get(file, self)

    def with_callees(self) -> Iterator["Plan"]:
        """This plan, then those of the files that are called."""
        yield self
        yield from self.callees.values()

    def all_tables(self) -> dict[str, TableFile]:
        """The tables of this plan and of the files that are called, by file."""
        return {file: one for plan in self.with_callees() for file, one in plan.tables.items()}
