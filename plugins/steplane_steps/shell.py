"""The step type `shell`: a script or a program. `run:` in a file is short for it."""

import shlex
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import field

from steplane.sdk import (
    Code,
    Duration,
    Meta,
    PlanContext,
    Planned,
    Private,
    Result,
    Spread,
    Step,
    StepContext,
    StepError,
    hookimpl,
)  # fmt: skip
from steplane_steps import programs, written

KEPT = 1 << 20
"""The bytes of standard output that `stdout` keeps."""

CAPTURED = 8 << 20
"""The most bytes that are read as JSON or as lines."""

PRELUDE_DESCRIPTOR = 8
"""Where the script, as the core assembles it, reads the values of its expressions."""

SHELLS = {"bash": ["bash", "-euo", "pipefail"], "sh": ["sh", "-eu"]}


Arguments = Annotated[list[str], Meta(min_length=1)]


class ShellResult(Result):
    """How the program ended, and what it wrote.

    `stdout` without its trailing newlines, the first MiB; `json` and `lines` where these are captured; `written` are
    the outputs of the file `$STEPLANE_OUTPUT`.
    """

    exit_code: int
    stdout: str = ""
    json: Any = None
    lines: list[str] | None = None
    written: Spread = field(default_factory=dict)


class Shell(
    Step, type="shell", errors=("shell.exit", "shell.spawn", "shell.capture", "shell.output"),
    capabilities=("process",), cancellable=True, one_of=[("script", "argv")],
):  # fmt: skip
    """Run a shell script, or a program without a shell.

    The whole output is in the log. A step may write `NAME=VALUE` or a JSON object, a line each, to `$STEPLANE_OUTPUT`
    for the names in its `outputs`.

    Example:
        run: pytest -q
        with: {capture: text, ok_codes: [0, 5]}
    """

    script: Annotated[Code | None, Meta(description="The script (`run: TEXT`)")] = None
    argv: Annotated[Arguments | None, Meta(description="A program and its arguments (`run: [..]`)")] = None
    shell: Annotated[
        Literal["bash", "sh"] | Arguments,
        Meta(
            description="What runs the script: bash -euo pipefail, sh -eu, or a program to which its file is given last"
        ),
    ] = "bash"
    stdin: Annotated[str | None, Meta(description="Text for standard input, which is empty without it")] = None
    capture: Annotated[
        Literal["text", "json", "lines", "none"], Meta(description="What to make of standard output in the result")
    ] = "text"
    ok_codes: Annotated[tuple[int, ...], Meta(min_length=1, description="Exit codes that count as success")] = (0,)
    tty: Annotated[bool, Meta(description="Let the program see a terminal")] = False
    grace: Annotated[Duration, Meta(description="How long it may take to end after SIGTERM, before SIGKILL")] = 10.0
    # The assignments of the script's values. They come from the core, in a file descriptor of their own: neither the
    # script's text nor the environment ever holds a value, and no author may name what is sourced before the script.
    prelude: Annotated[str | None, Private] = None

    def run(self, ctx: StepContext) -> ShellResult:
        """Run it and read what it gave."""
        argv, files = self._command()
        with written.file_for_outputs(ctx) as path:
            ended = programs.run(
                ctx, argv, stdin=None if self.stdin is None else self.stdin.encode(), grace=self.grace, tty=self.tty,
                env={**ctx.env, "STEPLANE_OUTPUT": path}, capture=self.capture != "none",
                limit=KEPT if self.capture == "text" else CAPTURED, pass_files=files,
            )  # fmt: skip
            what = "the script" if self.script is not None else f"`{argv[0]}`"
            programs.require_ok(ended.exit_code, self.ok_codes, what)
            outputs = written.collect(ctx, path)
        return self._result(ctx, ended.exit_code, ended.stdout, ended.truncated, outputs)

    def plan(self, ctx: PlanContext) -> Planned:
        """Say the command; what it reads and changes nobody knows."""
        return Planned(f"$ {shlex.join(self.argv) if self.argv is not None else (self.script or '').strip()}")

    def _command(self) -> tuple[list[str], dict[int, bytes]]:
        if (self.script is None) == (self.argv is None):
            raise StepError("input.invalid", "`shell` takes either `script` or `argv`")
        if self.argv is not None:
            if not self.argv[0]:
                raise StepError("input.invalid", "the program's name (the first item of `argv`) is empty")
            return self.argv, {}
        shell = self.shell if isinstance(self.shell, list) else SHELLS[self.shell]
        files = {programs.SCRIPT_DESCRIPTOR: self._text().encode("utf-8", "surrogateescape")}
        if self.prelude:
            files[PRELUDE_DESCRIPTOR] = self.prelude.encode("utf-8", "surrogateescape")
        return [*shell, programs.SCRIPT_PATH], files

    def _text(self) -> str:
        """The script; a shell of ours has it open twice, and closes the one that its children would get."""
        closing = "" if isinstance(self.shell, list) else f"exec {programs.SCRIPT_DESCRIPTOR}<&-; "
        return closing + (self.script or "")

    def _result(
        self, ctx: StepContext, exit_code: int, stdout: str, truncated: bool, outputs: dict[str, Any]
    ) -> ShellResult:
        text = stdout.rstrip("\n")
        if truncated and self.capture != "text":
            raise StepError(
                "shell.capture", f"standard output is larger than the {CAPTURED >> 20} MiB that can be captured"
            )
        if truncated:
            ctx.warn("standard output is larger than 1 MiB: the rest is in the log only")
        parsed = _parsed(text) if self.capture == "json" else None
        lines = (text.split("\n") if text else []) if self.capture == "lines" else None
        return ShellResult(exit_code, text[:KEPT], parsed, lines, outputs)


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise StepError("shell.capture", f"standard output is no JSON: {error}") from error


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step type of this module."""
    return [Shell]
