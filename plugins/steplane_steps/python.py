"""Step types for Python: `python.run` (a program of its own) and `python.call` (a function)."""

import contextlib
import os
import shlex
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import field

from steplane.sdk import (
    Code,
    Duration,
    Meta,
    PlanContext,
    Planned,
    Result,
    Spread,
    Step,
    StepContext,
    StepError,
    hookimpl,
)  # fmt: skip
from steplane_steps import programs, written
from steplane_steps.calls import called


class RunResult(Result):
    """`result` is what the program wrote, as JSON, to the file `$STEPLANE_RESULT`; null when it wrote none."""

    exit_code: int
    stdout: str = ""
    result: Any = None
    written: Spread = field(default_factory=dict)


class Run(
    Step, type="python.run", errors=("python.exit", "python.result", "shell.spawn", "shell.output"),
    capabilities=("process",), cancellable=True, one_of=[("script", "file")],
):  # fmt: skip
    """Run a Python script in an interpreter of its own.

    It finds `values` as JSON on standard input and may write its result, as JSON, to the file `$STEPLANE_RESULT`.

    Example:
        uses: python.run
        with:
          values: {numbers: "${{ steps.load.outputs.numbers }}"}
          script: |
            import json, os, sys
            values = json.load(sys.stdin)
            with open(os.environ["STEPLANE_RESULT"], "w") as file:
                json.dump({"sum": sum(values["numbers"])}, file)
    """

    script: Annotated[Code | None, Meta(description="The program's text; values come through `values`")] = None
    file: Annotated[str | None, Meta(description="The program's file instead; relative to the working directory")] = (
        None
    )
    args: Annotated[tuple[str, ...], Meta(description="Arguments (`sys.argv[1:]`)")] = ()
    values: Annotated[Any, Meta(description="What the program finds on standard input, as JSON")] = None
    python: Annotated[str, Meta(min_length=1, description="The interpreter: a path or a name on the PATH")] = "python3"
    ok_codes: Annotated[tuple[int, ...], Meta(min_length=1, description="Exit codes that count as success")] = (0,)
    grace: Annotated[Duration, Meta(description="How long it may take to end after SIGTERM, before SIGKILL")] = 10.0

    def run(self, ctx: StepContext) -> RunResult:
        """Run it and read its result."""
        argv, files = self._command(ctx)
        stdin = None if self.values is None else msgspec.json.encode(self.values)
        with written.file_for_outputs(ctx) as path, _file_for_result(path) as place:
            env = {**ctx.env, "STEPLANE_OUTPUT": path, "STEPLANE_RESULT": place}
            ended = programs.run(ctx, argv, stdin=stdin, env=env, grace=self.grace, pass_files=files)
            programs.require_ok(ended.exit_code, self.ok_codes, "the Python program", "python.exit")
            outputs = written.collect(ctx, path)
            return RunResult(ended.exit_code, ended.stdout.rstrip("\n"), _result(place), outputs)

    def plan(self, ctx: PlanContext) -> Planned:
        """Say which program; what it reads and changes nobody knows."""
        if self.file is None:
            lines = len((self.script or "").strip().splitlines())
            return Planned(f"run a Python program of {lines} line{'' if lines == 1 else 's'}")
        place = os.path.join(ctx.workdir, self.file)
        return Planned(f"$ {shlex.join([self.python, self.file, *self.args])}", reads=(place,))

    def _command(self, ctx: StepContext) -> tuple[list[str], dict[int, bytes]]:
        if (self.script is None) == (self.file is None):
            raise StepError("input.invalid", "`python.run` takes either `script` or `file`")
        if self.script is not None:
            files = {programs.SCRIPT_DESCRIPTOR: self.script.encode()}
            return [self.python, programs.SCRIPT_PATH, *self.args], files
        return [self.python, os.path.join(ctx.workdir, self.file or ""), *self.args], {}


class CallResult(Result):
    """What the function returned, as plain data."""

    value: Any = None


class Call(Step, type="python.call", errors=("python.exception", "python.import"), capabilities=("process",)):
    """Call a Python function, in a worker process: a function cannot be asked to stop.

    Example:
        uses: python.call
        with: {function: "tools/prices.py:total", args: [["${{ inputs.order }}"]], kwargs: {currency: EUR}}
    """

    function: Annotated[
        str,
        Meta(
            pattern=r"^[^:\x00]+:[A-Za-z_][A-Za-z0-9_.]*$",
            description="`MODULE:NAME`, or `FILE.py:NAME` relative to the working directory",
        ),
    ]
    args: Annotated[tuple[Any, ...], Meta(description="Positional arguments")] = ()
    kwargs: Annotated[dict[str, Any], Meta(description="Arguments by name")] = field(default_factory=dict)
    path: Annotated[tuple[str, ...], Meta(description="Directories to look for modules in, before others")] = ()

    def run(self, ctx: StepContext) -> CallResult:
        """Call it."""
        places = [os.path.join(ctx.workdir, one) for one in self.path]
        return CallResult(called(ctx, self.function, self.args, self.kwargs, places))


@contextlib.contextmanager
def _file_for_result(outputs: str) -> Iterator[str]:
    """A path beside the file for outputs at which nothing is, neither before nor afterwards."""
    path = f"{outputs}.result"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    try:
        yield path
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _result(place: str) -> Any:
    """The JSON in the file; None where the program wrote none."""
    content = written.content_of(place, "STEPLANE_RESULT", "python.result")
    if content is None:
        return None
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StepError("python.result", f"the file $STEPLANE_RESULT holds no JSON: {error}") from error


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step types of this module."""
    return [Run, Call]
