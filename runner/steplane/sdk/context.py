"""What a step type is given while it runs, and while it is planned."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from msgspec import Struct

from steplane.sdk.failures import Suspend
from steplane.sdk.steps import Secret

if TYPE_CHECKING:
    from pathlib import Path

MEBIBYTE = 1 << 20

NO_FILES: Mapping[int, bytes] = MappingProxyType({})

Delimiters = Literal["steplane", "jinja"]
"""How expressions are told from text: `${{ }}` and `${% %}` as in workflow files, or `{{ }}` and `{% %}`."""


class ProcessResult(Struct, frozen=True):
    """How a child process ended: its exit code (negative: the signal), its output as text, cut when `truncated`."""

    exit_code: int
    stdout: str = ""
    truncated: bool = False


class StepContext(ABC):
    """The runner, as one attempt of a step sees it. Safe to use from the step's own threads.

    `run_id`: the run. `step`: the instance path (`group/price[order-17]/quote`). `attempt`: from 1.
    `idempotency_key`: the same for all attempts of an activation, over retries and crashes. `deadline`: when the
    attempt is ended, in seconds of `time.monotonic()`, None for never. `env`: the environment that a process here gets.
    `workdir`: what relative paths are relative to. `artifacts`: files put there are kept with the run.
    `secrets`: the workflow's secrets, fetched on first use. `outputs_declared`: the names in the step's
    `outputs: [...]`.
    """

    run_id: str
    step: str
    attempt: int
    idempotency_key: str
    deadline: float | None
    env: Mapping[str, str]
    workdir: "Path"
    artifacts: "Path"
    secrets: Mapping[str, Secret]
    outputs_declared: tuple[str, ...] = ()

    @abstractmethod
    def log(self, text: str) -> None:
        """Write a line (or several) into the step's log."""

    @abstractmethod
    def warn(self, text: str) -> None:
        """Write a line into the log that is shown as a warning."""

    @abstractmethod
    def progress(self, done: float, total: float | None = None, text: str = "") -> None:
        """Say how far it is; shown live, not recorded."""

    @property
    @abstractmethod
    def cancelled(self) -> bool:
        """Whether the step should stop now (cancel or timeout)."""

    @abstractmethod
    def wait_cancelled(self, seconds: float) -> bool:
        """Sleep for that long, but no longer than until the step should stop; whether it should."""

    def decided(self, rules: Mapping[str, str]) -> None:  # noqa: B027 - a context that records nothing need not say so
        """Say which rules of a decision table the outputs follow from, each with why it is there (or an empty text);
        none for the table's default. It is recorded with the run.
        """

    def suspend(self, token: str) -> NoReturn:
        """Wait without a thread until the step is completed from outside under that token. Does not return."""
        raise Suspend(token)

    @abstractmethod
    def process(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        cwd: "Path | str | None" = None,
        grace: float = 10.0,
        capture: bool = True,
        limit: int = MEBIBYTE,
        pass_files: Mapping[int, bytes] = NO_FILES,
        tty: bool = False,
        log: bool = True,
    ) -> ProcessResult:
        """Run a program in a process group of its own, its output (both streams) going into the step's log.

        `stdin`: empty when None. `env` replaces `ctx.env` when given, `cwd` the working directory. On cancel and
        timeout the group gets SIGTERM and, `grace` seconds later, SIGKILL. With `capture` the first `limit` bytes of
        standard output are kept. `pass_files`: contents that the child can read at the file descriptors of those
        numbers. `tty`: the program sees a terminal. Without `log` its standard output is for the step
        alone, and not in the log. Raises `OSError` when the program cannot be started; its `message`, if it has one,
        says why.
        """

    def render(
        self,
        text: str,
        values: Mapping[str, Any],
        *,
        name: str = "template",
        delimiters: Delimiters = "steplane",
        trim_blocks: bool = False,
        lstrip_blocks: bool = False,
    ) -> str:
        """The text of a template, by the rules, filters and limits of expressions in workflow files.

        It sees `values` (plain data) and nothing else. Text that stands in a value is never rendered again. `name` is
        what it is called in messages. Raises `StepError`: `template.syntax`, `template.undefined` (a value that is not
        there is used), `template.value` (anything else); `detail` is `{file, line, column}`.
        """
        raise NotImplementedError


class PlanContext(ABC):
    """What is known when a dry run asks a step type for its plan: nothing may be changed, nothing is sent."""

    env: Mapping[str, str]
    workdir: "Path"


class Planned(Struct, frozen=True):
    """What a step would do, in a sentence, and the resources (files, addresses) it would `read` and `change`."""

    summary: str
    reads: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
