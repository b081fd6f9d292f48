"""What is known of a run: its instances with their activations and attempts, and when a process ran it."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from steplane.events import ErrorInfo, StepWaiting
from steplane.parts import Artifact, Hit
from steplane.store import RunSummary


class Session(Struct, kw_only=True):
    """The part of a run in one process (µs since the epoch): from its first event to its last, or to now. `set_by`: by
    how many µs the clock was set before it, as far as that is known.
    """

    begin: int
    end: int
    actor: str = ""
    set_by: int = 0


class AttemptRecord(Struct, kw_only=True):
    """One attempt. `outcome`: `running`, `succeeded`, `failed`, `cancelled`, or `interrupted` where its process died;
    of what has steps inside also `warning`.

    `delay` is what was waited before the next one, in seconds. Of an attempt that was cut off `ended_at` is the last
    that is known of its process.
    """

    number: int
    started_at: int
    ended_at: int = 0
    outcome: str = "running"
    error: ErrorInfo | None = None
    delay: float = 0.0


class Activation(Struct, kw_only=True):
    """One life of an instance. Times are µs since the epoch, 0 where there is none; `ended_at` too.

    `tries` counts the attempts, `seconds` is how long it took from its first attempt on, without the time in which
    nobody ran the run; `serial` is what inputs call it by; `performed`: it is of a step type, and has no list inside;
    `waits` is what it waits for now; `due` when it is tried again, where its last attempt does not tell that, as the
    clock was set. `decided` are the rules of a decision table that its outputs follow from (none: its default).
    """

    number: int = 1
    serial: int = 0
    status: str = "ready"
    ready_at: int = 0
    started_at: int = 0
    ended_at: int = 0
    attempts: list[AttemptRecord] = []
    tries: int = 0
    reason: str = ""
    seen: tuple[str, ...] = ()
    by: str = ""
    recovered: bool = False
    error: ErrorInfo | None = None
    outputs: Any = None
    seconds: float | None = None
    performed: bool = False
    artifacts: tuple[Artifact, ...] = ()
    waits: StepWaiting | None = None
    due: int = 0
    decided: tuple[Hit, ...] | None = None


class Redefinition(Struct, kw_only=True):
    """That the run went on under another definition (`hash`), at that time (µs): what became of the steps, by id
    (those of a file that is called with the file): `new`, `gone`, `changed`, or `after` one that is.
    """

    at: int
    actor: str = ""
    hash: str = ""
    steps: dict[str, str] = {}


class StepRecord(Struct, kw_only=True):
    """One instance with its activations, oldest first; asked itself it answers for the latest."""

    path: str
    step: str
    activations: list[Activation]

    @property
    def latest(self) -> Activation:
        """The newest activation."""
        return self.activations[-1]

    @property
    def activation(self) -> int:
        """Its number."""
        return self.latest.number

    @property
    def status(self) -> str:
        """Its status; `interrupted` and `pending` where nobody runs the run."""
        return self.latest.status

    @property
    def started_at(self) -> int:
        """When its first attempt began."""
        return self.latest.started_at

    @property
    def ended_at(self) -> int:
        """When it ended."""
        return self.latest.ended_at

    @property
    def attempts(self) -> int:
        """How many there were."""
        return self.latest.tries

    @property
    def reason(self) -> str:
        """Why it ended so, in words."""
        return self.latest.reason

    @property
    def seen(self) -> tuple[str, ...]:
        """What the condition behind it saw."""
        return self.latest.seen

    @property
    def by(self) -> str:
        """The step that caused that."""
        return self.latest.by

    @property
    def recovered(self) -> bool:
        """Whether its `rescue` made it good."""
        return self.latest.recovered

    @property
    def error(self) -> ErrorInfo | None:
        """Why it failed."""
        return self.latest.error

    @property
    def outputs(self) -> Any:
        """What it gave."""
        return self.latest.outputs

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return self.latest.seconds

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The files that are kept of it: those of the latest attempt that began, or of the result that was reused."""
        begun = (one for one in reversed(self.activations) if one.started_at or one.status == "reused")
        return next((one.artifacts for one in begun), ())


class SharedLock(Struct, kw_only=True):
    """A lock of the store that an instance holds or waits for, since when (µs); `holders` are the others that hold it,
    as `run/path`.
    """

    name: str
    path: str
    held: bool
    since: int
    holders: list[str] = []


class RunRecord(Struct, kw_only=True):
    """One run with all its instances, in the order in which they became ready, those inside after what they are in.

    `reason`: why it waits. `sessions`: when a process ran it. `definitions`: those under which it went on later.
    `selection`: the words that selected a part of the workflow, by option; `of`: the run whose results stand in for the
    rest. `given`: the secret inputs that it was given, each with its variable or "". `conditions`: the texts of `if` by
    path, where one skipped the step. `locks`: of a live run, those of the store.
    """

    summary: RunSummary
    inputs: dict[str, Any]
    steps: list[StepRecord]
    outputs: Any = None
    error: ErrorInfo | None = None
    reason: str = ""
    sessions: list[Session] = []
    selection: dict[str, list[str]] = {}
    of: str = ""
    definitions: list[Redefinition] = []
    locks: list[SharedLock] = []
    given: Mapping[str, str] = {}
    conditions: dict[str, str] = {}

    @property
    def clock_was_set(self) -> bool:
        """Whether the clock was set between two of its processes."""
        return any(one.set_by for one in self.sessions)

    def worked(self, begin: int, end: int) -> float:
        """The seconds between two times in which a process ran the run."""
        shares = (min(end, one.end) - max(begin, one.begin) for one in self.sessions)
        return sum(share for share in shares if share > 0) / 1e6

    @property
    def seconds(self) -> float:
        """How long it has been run, all in all."""
        return sum(one.end - one.begin for one in self.sessions) / 1e6
