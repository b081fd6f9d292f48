"""What is asked of an executor, and what it answers; plain data, so that any executor can take it."""

from typing import Any, Protocol

from msgspec import Struct

from steplane.events import ErrorInfo, Outcome
from steplane.executors.cancel import Reason
from steplane.parts import Artifact, Hit


class AttemptRequest(Struct, frozen=True, kw_only=True):
    """One attempt of a step.

    `path` is the instance path, `step` its id, `instance` its serial number. `parameters` are rendered; `private` holds
    the fields of the step type that no author may name. `env` is the whole environment. `timeout` and `grace` are
    seconds: the attempt is told its deadline, but ended only by `cancel`; `grace` is what a worker process gets between
    SIGTERM and SIGKILL. `secrets` are the names that the step may read. `log` and `artifacts` are paths, the last of a
    folder of the instance's own, which is made when it is needed. `keep` are the patterns of further files to be kept,
    none of which is taken from the folder `state`. `timezone` is that of times without an offset in a template.
    `unmasked`: who asks takes the secrets out of the outputs, for some of them are secrets; with `unheard` these are
    made of the standard output, which then goes into no log.
    """

    run: str
    path: str
    step: str
    type: str
    instance: int
    workdir: str
    log: str
    artifacts: str
    activation: int = 1
    attempt: int = 1
    parameters: dict[str, Any] = {}
    private: dict[str, Any] = {}
    env: dict[str, str] = {}
    idempotency_key: str = ""
    outputs_declared: tuple[str, ...] = ()
    timeout: float | None = None
    grace: float = 10.0
    isolate: bool = False
    secrets: tuple[str, ...] = ()
    file: str = ""
    timezone: str = "UTC"
    keep: tuple[str, ...] = ()
    state: str = ""
    unmasked: bool = False
    unheard: bool = False


class AttemptOutcome(Struct, frozen=True, kw_only=True):
    """How an attempt ended. `outputs` are plain data, masked; a failed attempt may have some. `touched`: whether the
    step has asked for its environment, which says where its files are; if not, it has made none. `decided` are the
    rules of a table that the outputs follow from; `fields` the outputs whose names are those of the step type.
    """

    instance: int
    attempt: int
    outcome: Outcome
    outputs: dict[str, Any] | None = None
    error: ErrorInfo | None = None
    warnings: tuple[str, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    touched: bool = True
    decided: tuple[Hit, ...] | None = None
    fields: tuple[str, ...] = ()


class KeepRequest(Struct, frozen=True, kw_only=True):
    """The files of a group, branch or arm that has ended; see `AttemptRequest`. With `quiet` nothing need match."""

    path: str
    workdir: str
    log: str
    artifacts: str
    keep: tuple[str, ...]
    state: str = ""
    quiet: bool = False


class Executor(Protocol):
    """Takes attempts; each submitted one has exactly one outcome, which is handed to whoever made the executor."""

    def submit(self, request: AttemptRequest) -> None:
        """Begin the attempt, or queue it."""

    def cancel(self, instance: int, attempt: int, reason: Reason, *, at_once: bool = False) -> None:
        """Ask a submitted attempt to end; its outcome still comes. Unknown ones are ignored."""

    def keep(self, request: KeepRequest) -> tuple[Artifact, ...]:
        """Keep the files of a step that is no attempt; those that are kept now."""

    def close(self) -> None:
        """End what still runs, and give back threads and processes."""
