"""Compiles scripts written as an author writes them and runs them with real shells, as an executor would."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from steplane.diagnostics import Diagnostic, Span
from steplane.expressions.templates import Expression
from steplane.scripts import (
    PRELUDE_DESCRIPTOR,
    Direct,
    Script,
    arguments,
    assemble,
    expressions_of,
    invocation,
)
from steplane.scripts.compiling import compile_script

_SHELLS = {"bash": ("bash", "-euo", "pipefail"), "sh": ("sh", "-eu")}
_GIVE_PRELUDE = f'exec {PRELUDE_DESCRIPTOR}<"$0"; exec "$@"'


class Scripts:
    """What the tests do with scripts; `directory` is where they run, and a file there is a sign that a value did."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def parts(self, text: str) -> tuple[tuple[str | Expression, ...], list[tuple[int, int]]]:
        """The parts of a text with `${{ }}`, and where the expressions stand."""
        parts: list[str | Expression] = []
        spans: list[tuple[int, int]] = []
        at = 0
        for match in re.finditer(r"\$\{\{(.*?)\}\}", text, re.DOTALL):
            parts += [text[at : match.start()], Expression(match[1].strip())]
            spans.append(match.span())
            at = match.end()
        parts.append(text[at:])
        return tuple(part for part in parts if part != ""), spans

    def compile(self, text: str, numbers: Sequence[str] = ()) -> tuple[Script | Direct, list[Diagnostic]]:
        """The text compiled; `numbers` are the expressions that are statically numbers."""
        parts, spans = self.parts(text)

        def locate(offset: int, length: int) -> Span:
            line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
            return Span("run", line, column, line, column + length)

        return compile_script(
            parts, spans=spans, shell="bash", is_number=lambda one: one.text in numbers, locate=locate
        )

    def said(self, text: str, numbers: Sequence[str] = ()) -> list[str]:
        """What is wrong with a text: `severity code line:column`."""
        _, found = self.compile(text, numbers)
        return [f"{one.severity} {one.code} {one.span.line}:{one.span.column}" for one in found]

    def run(
        self,
        text: str,
        values: Mapping[str, object] | None = None,
        shell: str = "bash",
        *,
        numbers: Sequence[str] = (),
        stdin: bytes = b"",
        argv: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> "subprocess.CompletedProcess[bytes]":
        """Runs a text without errors; `values` are those of its expressions, by their text."""
        what, found = self.compile(text, numbers)
        assert not [one for one in found if one.severity == "error"]
        ordered = [(values or {})[one.text] for one in expressions_of(what)]
        if isinstance(what, Direct):
            return self._spawn(arguments(what, ordered), stdin, env, [])
        assembled = assemble(what, ordered)
        with tempfile.NamedTemporaryFile() as script, tempfile.TemporaryFile() as prelude:
            script.write(assembled.script.encode())
            script.flush()
            prelude.write(assembled.prelude.encode())
            prelude.seek(0)
            command = invocation(argv or _SHELLS[shell], script.name)
            if assembled.prelude:
                command = ["sh", "-c", _GIVE_PRELUDE, f"/dev/fd/{prelude.fileno()}", *command]
            return self._spawn(command, stdin, env, [prelude.fileno()])

    def words(self, text: str, values: Mapping[str, object], shell: str = "bash") -> list[str]:
        """The words that a script wrote, each ended by NUL; it must have succeeded."""
        done = self.run(text, values, shell)
        assert (done.returncode, done.stderr) == (0, b"")
        return [word.decode() for word in done.stdout.split(b"\0")[:-1]]

    def _spawn(
        self, command: Sequence[str], stdin: bytes, env: Mapping[str, str] | None, descriptors: Sequence[int]
    ) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            cwd=self.directory,
            env={**os.environ, **(env or {})},
            check=False,
            pass_fds=descriptors,
        )


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripts]:
    directory = tmp_path_factory.mktemp("scripts")
    (directory / "a file").touch()  # something for a glob to find
    yield Scripts(directory)
    assert [one.name for one in directory.iterdir()] == ["a file"]
