"""What happens in a run, as data.

Two families share one journal. An *input* comes from outside and drives the kernel: folding the inputs of a journal
gives the state. A *fact* is what the kernel concluded from them: it is recorded for history, statistics and
people, and is derived again, equal, when the journal is folded.

An instance is named by its serial number (given by the kernel in the order of creation, the same in every fold) in
inputs, and by its path and activation in facts. Times are microseconds since the epoch, UTC.
"""

from typing import Any, Literal, TypeAlias

from msgspec import Struct

from steplane.parts import Artifact, Group, Hit, Selected

Status = Literal[
    "pending", "ready", "running", "waiting",
    "succeeded", "warning", "failed", "skipped", "blocked", "cancelled", "reused", "compensated",
]  # fmt: skip
"""The life of a step's activation or of an instance; the second line holds the ends."""

Outcome = Literal["succeeded", "failed", "cancelled"]
"""How one attempt ended."""

Question = Literal[
    "if", "loop", "complete", "item", "while", "until", "enter", "cache", "require", "switch", "branches", "call",
    "wait", "signal", "ensure", "outputs", "retry",
]  # fmt: skip
"""What the kernel may ask, because the answer needs an expression evaluated."""

OK: frozenset[str] = frozenset({"succeeded", "warning", "reused", "skipped"})
ENDED: frozenset[str] = OK | {"failed", "blocked", "cancelled", "compensated"}


class ErrorInfo(Struct, frozen=True, omit_defaults=True):
    """Why a step failed: a dotted `type`, a sentence, an exit or status code, further data, the path of the step."""

    type: str
    message: str = ""
    code: int | None = None
    detail: Any = None
    step: str = ""


class Event(Struct, frozen=True, tag_field="type", omit_defaults=True, kw_only=True):
    """The root of all events. `at` is set by the driver when it journals the event."""

    at: int = 0


class Clocked(Event, frozen=True, kw_only=True):
    """The root of events with which a process begins: `boot` names the time since its machine was started (empty: not
    known). If the event before is of that time too, `set_by` says by how many microseconds the wall clock has been set
    since; where that is not known, by how many it was before the event before, and else 0.
    """

    boot: str = ""
    set_by: int = 0


class Recorded(Struct, frozen=True, omit_defaults=True):
    """What an earlier run recorded of a step, with what is inside it.

    `lists` are its lists by their index in the step (action first, then `rescue`, `finally`, `compensate`), each by
    position; `items` those of a looped step, by key, in their order. Times are those of the earlier run.
    """

    status: Status
    outputs: Any = None
    error: ErrorInfo | None = None
    attempts: int = 0
    recovered: bool = False
    tainted: bool = False
    first_at: int = 0
    ended_at: int = 0
    lists: dict[int, dict[int, "Recorded"]] = {}
    items: dict[str, "Recorded"] | None = None


class Taken(Struct, frozen=True, omit_defaults=True):
    """What a run takes from the run of that id: the results of steps that it does not run, by path.

    `items`: of a loop (by path) that is entered, the only items that it may have: the others have nothing recorded.
    """

    run: str
    results: dict[str, Recorded] = {}
    items: dict[str, tuple[str, ...]] = {}


class RunStarted(Clocked, frozen=True, tag="run.begun"):
    """The first input: how many attempts at once, what is to run, what stands for the rest, whose `group` it is of."""

    pool: int = 8
    selection: Selected | None = None
    taken: Taken | None = None
    group: Group | None = None


class Answered(Event, frozen=True, tag="answered"):
    """The reply to an `Ask`: the value, or the error that its evaluation gave.

    Values by question: `if` bool · `loop` `{"keys": [text], "items": [...], "concurrency": int | None, "allowed": int}`
    (`allowed` failures) · `enter` `{"lock": text, "limit": int, "timeout": seconds, "attempts": int,
    "delay": seconds}`, each only where an expression gives it · `cache` `{"hit": bool}`, of a hit with `outputs` and
    the `reason`, of a miss with `why` (texts) · `require`, `ensure` true (a false one comes as an error) · `switch`
    index of the arm or null · `branches` list of bool · `call` `{"inputs": {...}, "vars": {...}, "from": {...}}` of the
    child (`from`: variables of secret inputs) · `outputs` mapping · `retry` `{"again": bool, "delay": seconds}` ·
    `complete`, `while`, `until` bool · `wait` by rank (as text) a signal's name, seconds, or `{"at": microseconds}` ·
    `signal` `{"name": text, "data": value, "transient": bool, "sender": text, "time": text, "here": bool}` (to this
    run), for others with `to` (a run) or `case`. `seen`: what of a condition was evaluated (`inputs.region = "eu"`).
    """

    instance: int
    question: Question
    value: Any = None
    error: ErrorInfo | None = None
    seen: tuple[str, ...] = ()


class AttemptEnded(Event, frozen=True, tag="attempt.ended"):
    """An attempt of an action is over. `outputs` are the step's outputs (after `outputs:` and `ensure`).

    `result` is what the action itself gave, where an `until` of the step looks at that and the outputs are others.
    `decided` are the rules of a table that the outputs follow from; none where that is its default.
    """

    instance: int
    attempt: int
    outcome: Outcome
    outputs: Any = None
    error: ErrorInfo | None = None
    result: Any = None
    decided: tuple[Hit, ...] | None = None


class TimerFired(Event, frozen=True, tag="timer"):
    """A timer that the kernel set is due: `retry`, `timeout`, or that of a wait by its rank, such as `wait.0`."""

    instance: int
    timer: str


class LockAnswered(Event, frozen=True, tag="lock.answered"):
    """The store's reply to an `Acquire`: the lock is given, or refused with an error. `holders` are the instances of
    other runs that it was waited for, as `run/path`.
    """

    instance: int
    holders: tuple[str, ...] = ()
    error: ErrorInfo | None = None


class SignalCame(Event, frozen=True, tag="signal"):
    """Somebody sends a signal to the run. `id` is the sender's: one that was there before is not taken again.

    `time` is when it was sent, as ISO 8601 text in the time zone of the workflow.
    """

    name: str
    data: Any = None
    sender: str = ""
    time: str = ""
    transient: bool = False
    id: str = ""


class Sent(Event, frozen=True, tag="signal.sent"):
    """The signal that a step sends to other runs is there, or cannot be brought there."""

    instance: int
    error: ErrorInfo | None = None


class CancelRequested(Event, frozen=True, tag="cancel.requested"):
    """Somebody asked for the end of the whole run (`steplane cancel`)."""

    actor: str = ""
    reason: str = ""


class Resumed(Clocked, frozen=True, tag="resumed"):
    """The run goes on in a new process: what was in flight died with the old one.

    `redo` and `assume` name instance paths: begin anew, or take as ended, `{"status", "outputs"}`. With `selection`
    nothing else goes on, with `cancel` only what cleans up. `given`: secret inputs, each with its variable or "".
    """

    pool: int = 8
    actor: str = ""
    redo: tuple[str, ...] = ()
    assume: dict[str, Any] = {}
    cancel: bool = False
    reason: str = ""
    selection: Selected | None = None
    given: dict[str, str] = {}


class Redefined(Clocked, frozen=True, tag="redefined"):
    """The run goes on under another definition; nothing goes on until the run is resumed.

    `hash` and `files` (by name) are the keys of the texts in the journal, `inputs`, `vars` and `types` as in the header
    of a run. `steps`: what becomes of those that are not as they were, by file and id: `new`, `gone`, `changed`,
    `after` (what it depends on is changed), `around` (what is in it is). What is gone, changed or after counts no more.
    """

    actor: str = ""
    hash: str = ""
    files: dict[str, str] = {}
    inputs: dict[str, Any] = {}
    vars: dict[str, Any] = {}
    types: dict[str, str] = {}
    steps: dict[str, dict[str, str]] = {}


class CompensateRequested(Clocked, frozen=True, tag="compensate.requested"):
    """Somebody asked to undo what a run that has ended had completed (`steplane compensate`): all of it, or `steps`."""

    pool: int = 8
    actor: str = ""
    steps: tuple[str, ...] = ()


Input: TypeAlias = (
    RunStarted | Answered | AttemptEnded | TimerFired | LockAnswered | SignalCame | Sent | CancelRequested | Resumed
    | Redefined | CompensateRequested
)  # fmt: skip


class StepFact(Event, frozen=True, omit_defaults=True, kw_only=True):
    """The root of facts about one activation: `step` is the id, `path` the instance's path."""

    step: str
    path: str
    activation: int = 1
    instance: int = 0


class StepReady(StepFact, frozen=True, tag="step.ready"):
    """Its `needs` hold."""


class StepStarted(StepFact, frozen=True, tag="step.started"):
    """An attempt of it begins (of a group: its body)."""

    attempt: int = 1


class StepRetry(StepFact, frozen=True, tag="step.retry"):
    """The attempt failed, another follows after `delay` seconds."""

    attempt: int = 1
    delay: float = 0.0
    error: ErrorInfo | None = None


class StepWaiting(StepFact, frozen=True, tag="step.waiting"):
    """It waits for one of these `signals`, or for a time: `until`; it gives up at `limit`. Microseconds, 0: none."""

    signals: tuple[str, ...] = ()
    until: int = 0
    limit: int = 0


class ItemAdded(StepFact, frozen=True, tag="step.item"):
    """A loop that is kept open has one item more, the `key`; or it is `closed`. By a `signal`, which `sender` sent."""

    signal: str = ""
    sender: str = ""
    key: str = ""
    closed: bool = False


class StepWoken(StepFact, frozen=True, tag="step.woken"):
    """What it waited for has come: the `signal` (empty: the time); of a `race` the `branch` that goes on.

    `outputs` are what that gives: `data`, `sender`, `at`, `branch`.
    """

    signal: str = ""
    sender: str = ""
    branch: str = ""
    outputs: Any = None


class StepEnded(StepFact, frozen=True, kw_only=True, tag="step.ended"):
    """It has ended; `reason` says in words why where the status alone does not, `by` names the step that caused it.

    `seen`: the parts of the condition that made it so, such as `inputs.region = "us"`.
    """

    status: Status
    reason: str = ""
    seen: tuple[str, ...] = ()
    by: str = ""
    attempts: int = 0
    recovered: bool = False
    error: ErrorInfo | None = None


class StepCompensated(StepFact, frozen=True, kw_only=True, tag="step.compensated"):
    """It is undone by the step `by` (empty: the workflow), or (`ok` false) its compensation did not succeed."""

    ok: bool = True
    by: str = ""
    error: ErrorInfo | None = None


class RunWaiting(Event, frozen=True, tag="run.waiting"):
    """Nothing runs, and nothing falls due within the patience of the run, or only people and signals can move it.

    `steps` are the paths concerned (the first of many), `reason` says what they wait for, `due` when the next of it
    comes by itself (microseconds; 0: never), by the clock of the time `boot` (see `Clocked`).
    """

    steps: tuple[str, ...] = ()
    reason: str = ""
    due: int = 0
    boot: str = ""


class RunEnded(Event, frozen=True, tag="run.ended"):
    """The run is over."""

    status: Literal["succeeded", "warning", "failed", "cancelled"]
    outputs: Any = None
    error: ErrorInfo | None = None


class ArtifactsKept(Event, frozen=True, kw_only=True, tag="artifacts.kept"):
    """An attempt (of a group: its whole life) has left files; they take the place of those that one before it left."""

    step: str
    path: str
    activation: int = 1
    instance: int = 0
    attempt: int = 1
    files: tuple[Artifact, ...] = ()


Fact: TypeAlias = (
    StepReady | StepStarted | StepRetry | StepWaiting | StepWoken | ItemAdded | StepEnded | StepCompensated
    | RunWaiting | RunEnded | ArtifactsKept
)  # fmt: skip
AnyEvent: TypeAlias = Input | Fact
