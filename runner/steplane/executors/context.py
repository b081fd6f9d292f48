"""What a step of this process sees of the runner."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from steplane.executors.cancel import CancelToken
from steplane.executors.logs import Log, WithoutOutput
from steplane.executors.own_folder import OwnFolder
from steplane.executors.process import run_process
from steplane.executors.requests import AttemptRequest
from steplane.sdk import ProcessResult, Secret, StepContext
from steplane.sdk.context import MEBIBYTE, NO_FILES, Delimiters

if TYPE_CHECKING:
    from pathlib import Path

SecretSource = Callable[[str], str]
"""Gives the value of a secret by its name; raises `KeyError` for none, `StepError` when it cannot be had."""

Progress = Callable[[float, float | None, str], None]


class Secrets(Mapping[str, Secret]):
    """The secrets that a step may read, each fetched when it is first asked for."""

    def __init__(self, names: Sequence[str], source: SecretSource) -> None:
        self._names, self._source = tuple(names), source

    def __getitem__(self, name: str) -> Secret:
        if name not in self._names:
            raise KeyError(name)
        return Secret(self._source(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _env(request: AttemptRequest, own: OwnFolder | None) -> Mapping[str, str]:
    return request.env if own is None else own.environment(request.env)


def _workdir(request: AttemptRequest, own: OwnFolder | None) -> "Path":
    from pathlib import Path

    return Path(request.workdir)


def _artifacts(request: AttemptRequest, own: OwnFolder | None) -> "Path":
    from pathlib import Path

    return Path(request.artifacts if own is None else own.take())


_MADE: dict[str, Callable[[AttemptRequest, OwnFolder | None], Any]] = {
    "env": _env, "workdir": _workdir, "artifacts": _artifacts,
}  # fmt: skip


class AttemptContext(StepContext):
    """The context of one attempt; see `StepContext`. `own` makes the folder of its artifacts when that is wanted; the
    one of the request stands where there is none.
    """

    def __init__(
        self, request: AttemptRequest, log: Log, cancel: CancelToken, secrets: SecretSource, progress: Progress,
        *, own: OwnFolder | None = None,
    ) -> None:  # fmt: skip
        self.run_id, self.step, self.attempt = request.run, request.path, request.attempt
        self.idempotency_key, self.outputs_declared = request.idempotency_key, request.outputs_declared
        self.deadline = None if request.timeout is None else time.monotonic() + request.timeout
        self._request, self._own = request, own
        self.secrets = Secrets(request.secrets, secrets)
        self.warnings: list[str] = []
        self.rules: Mapping[str, str] | None = None
        self.sink, self.token, self._progress = log, cancel, progress
        self._timezone = request.timezone

    def __getattr__(self, name: str) -> Any:
        """`env`, `workdir` and `artifacts`: made when they are first asked for, which many steps never do."""
        if name not in _MADE:
            raise AttributeError(name)
        value = _MADE[name](self._request, self._own)
        setattr(self, name, value)
        return value

    def log(self, text: str) -> None:
        """Write a line (or several) into the step's log."""
        self.sink.line("log", str(text))

    def warn(self, text: str) -> None:
        """Write a line into the log that is shown as a warning."""
        self.warnings.append(str(text))
        self.sink.line("warning", str(text))

    def progress(self, done: float, total: float | None = None, text: str = "") -> None:
        """Say how far it is; shown live, not recorded."""
        self._progress(float(done), None if total is None else float(total), str(text))

    def decided(self, rules: Mapping[str, str]) -> None:
        """Keep them for the outcome."""
        self.rules = {str(name): str(because) for name, because in rules.items()}

    @property
    def cancelled(self) -> bool:
        """Whether the step should stop now (cancel or timeout)."""
        return self.token.cancelled

    def wait_cancelled(self, seconds: float) -> bool:
        """Sleep for that long, but no longer than until the step should stop; whether it should."""
        return self.token.wait(max(0.0, seconds))

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
        """Run a program; see `StepContext.process`."""
        return run_process(
            argv,
            env=self.env if env is None else env,
            cwd=self._request.workdir if cwd is None else str(self.workdir / cwd),
            log=self.sink if log else WithoutOutput(self.sink),
            cancel=self.token,
            stdin=stdin,
            capture=capture,
            limit=limit,
            grace=grace,
            pass_files=pass_files,
            tty=tty,
        )

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
        """Render a template; see `StepContext.render`."""
        from zoneinfo import ZoneInfo

        from steplane.rendering import render

        zone = None if self._timezone == "UTC" else ZoneInfo(self._timezone)
        return render(
            text, values, name=name, delimiters=delimiters, trim_blocks=trim_blocks, lstrip_blocks=lstrip_blocks,
            zone=zone,
        )  # fmt: skip
