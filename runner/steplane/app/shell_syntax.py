"""Scripts that the shell itself cannot read: `bash -n`, with a variable in the place of each value."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from steplane.diagnostics import Diagnostic, Span
from steplane.digests import sha256
from steplane.expressions.templates import Expression
from steplane.model import Run, Step, Workflow, all_steps, shell_of
from steplane.scripts.direct import direct_line
from steplane.source import Document
from steplane.source.nodes import Scalar

BATCH = 64
"""Scripts that are first read together: a process for each would cost a millisecond."""
_TIME = 20
_KIND = "scripts-2"
"""The number is another wherever other words are kept for the same script."""
_FOLLOWER = "shell-not-understood"
_FAULT = re.compile(r"^[^:]*: (?:line )?(?P<line>\d+): (?P<words>.*)$", re.MULTILINE)
_OPEN = re.compile(r"warning: here-document at line (?P<line>\d+) delimited by end-of-file \(wanted `(?P<end>.*)'\)")
_EXTGLOB = re.compile(r"^[ \t]*shopt[ \t]+-s[ \t](?:[ \t\w]*[ \t])?extglob\b", re.MULTILINE)
_TOKEN = re.compile(r"unexpected token `(?P<token>.+?)'")


class Cache(Protocol):
    """Keeps what was found for a script."""

    def get(self, kind: str, key: str) -> bytes | None:
        """What was kept."""

    def put(self, kind: str, key: str, value: bytes) -> None:
        """Keep something."""


class _Script(Struct, frozen=True, eq=False):
    node: Scalar
    text: str
    shell: str
    spans: Sequence[tuple[int, int]]

    def values(self, document: Document) -> Iterator[Span]:
        """Where the expressions stand."""
        return (document.place(self.node, start, end - start) for start, end in self.spans)

    @property
    def key(self) -> str:
        """The same for scripts that are read the same."""
        return sha256(f"{self.shell}\0{self.text}".encode(errors="surrogatepass")).hexdigest()


class Shells:
    """What the shells say of the scripts of a file. `silent`: one that was to be asked is not installed."""

    def __init__(self, cache: Cache | None = None) -> None:
        self._cache = cache
        self.silent = False

    def __call__(self, workflow: Workflow, document: Document, found: Iterable[Diagnostic] = ()) -> list[Diagnostic]:
        """All that is to say: what was `found`, and what the shells say.

        Left out are scripts for shells that are not installed, and those in which an error was found beside the values.
        What the parser does not understand of a script that the shell cannot read either is not told besides.
        """
        found = list(found)
        wrong = sorted((one.span.line, one.span.column) for one in found if one.severity == "error")
        scripts = [one for step in all_steps(workflow) for one in _scripts(step)]
        scripts = [one for one in scripts if not _is_misshapen(wrong, one, document)]
        programs = _installed({one.shell for one in scripts})
        self.silent |= any(one.shell not in programs for one in scripts)
        scripts = [one for one in scripts if one.shell in programs]
        said: list[Diagnostic] = []
        for script, fault in _faults(scripts, programs, self._cache):
            own = [one for one in _diagnostics(script, fault, document) if not document.is_broken(one.span)]
            if any(one.severity == "error" for one in own):
                found = [one for one in found if one.code != _FOLLOWER or not _is_inside(one.span, script.node.span)]
            said += own
        return [*found, *said]


def _installed(shells: set[str]) -> dict[str, str]:
    """The programs of those that are there, by name."""
    if not shells:
        return {}
    import shutil

    found = {shell: shutil.which(shell) for shell in shells}
    return {shell: program for shell, program in found.items() if program is not None}


def _is_misshapen(places: Sequence[tuple[int, int]], script: _Script, document: Document) -> bool:
    """Whether one of the places, which are in order, is in a script beside its values, or in what cuts it off."""
    span = script.node.span
    end = (span.end_line, span.end_column)
    behind = bisect_left(places, end)
    inside = behind - bisect_left(places, (span.line, span.column))
    if inside and inside > sum(_number_in(places, one) for one in script.values(document)):
        return True
    return behind < len(places) and places[behind] < (end[0] + 1, 0) and document.comment_after(script.node)


def _number_in(places: Sequence[tuple[int, int]], span: Span) -> int:
    return bisect_left(places, (span.end_line, span.end_column)) - bisect_left(places, (span.line, span.column))


def _is_inside(span: Span, around: Span) -> bool:
    return (around.line, around.column) <= (span.line, span.column) < (around.end_line, around.end_column)


def _scripts(step: Step) -> Iterator[_Script]:
    action = step.action
    if isinstance(action, Run) and action.script is not None:
        shell = shell_of(action)
        if shell is not None and direct_line(action.parts) is None:
            yield _Script(action.script, _with_variables(action), shell, action.spans)


def _with_variables(run: Run) -> str:
    """The script with a variable for each value, every line where the author has it."""
    texts, number = [], 0
    for part in run.parts:
        if isinstance(part, Expression):
            number += 1
            start, end = run.spans[number - 1]
            lines = run.script.text[start:end].count("\n") if run.script is not None else 0
            texts.append(f"${{STEPLANE_V{number}}}" + "\\\n" * lines)
        else:
            texts.append(part)
    return "".join(texts)


def _faults(
    scripts: Sequence[_Script], programs: Mapping[str, str], cache: Cache | None
) -> Iterator[tuple[_Script, str]]:
    """The scripts that cannot be read, with the shell's own words."""
    known: dict[str, str] = {}
    pending: dict[str, _Script] = {}
    for script in scripts:
        found = cache.get(_KIND, script.key) if cache is not None else None
        if found is None:
            pending[script.key] = script
        else:
            known[script.key] = found.decode(errors="replace")
    for shell in dict.fromkeys(one.shell for one in pending.values()):
        own = [(key, one) for key, one in pending.items() if one.shell == shell]
        for start in range(0, len(own), BATCH):
            for key, words in _read(own[start : start + BATCH], programs[shell]):
                known[key] = words
                if cache is not None:
                    cache.put(_KIND, key, words.encode())
    for script in scripts:
        if fault := known.get(script.key):
            yield script, fault


def _read(scripts: Sequence[tuple[str, _Script]], program: str) -> Iterator[tuple[str, str]]:
    """What the shell says of each; first of all at once, each in parentheses so that none ends another's words."""
    if len(scripts) > 1 and not _say(program, "".join(f"(\n{one.text}\n)\n" for _, one in scripts)):
        yield from ((key, "") for key, _ in scripts)
        return
    for key, script in scripts:
        words = _say(program, script.text)
        if words and script.shell == "bash" and _is_set_before(words, script.text):
            words = _say(program, script.text, "-O", "extglob")
        yield key, words


def _is_set_before(words: str, text: str) -> bool:
    """Whether the script has set, in a line before the fault, that there are further patterns: `!(a|b)`."""
    fault, shopt = _FAULT.search(words), _EXTGLOB.search(text)
    return fault is not None and shopt is not None and text.count("\n", 0, shopt.end()) + 1 < int(fault["line"])


def _say(program: str, text: str, *options: str) -> str:
    """What the shell writes when it reads, and does not run, a text; empty where it can read it."""
    import subprocess

    try:
        ended = subprocess.run(
            [program, *options, "-n"], input=text.encode(errors="replace"), capture_output=True, timeout=_TIME,
            check=False, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    said = ended.stderr.decode(errors="replace")
    wrong = ended.returncode or _OPEN.search(said) or _faults_in(said)  # bash ends well where `[[ ]]` is wrong
    return said if wrong else ""


def _faults_in(said: str) -> bool:
    return any(not one["words"].startswith("warning: ") for one in _FAULT.finditer(said))


def _diagnostics(script: _Script, fault: str, document: Document) -> Iterable[Diagnostic]:
    if open_ := _OPEN.search(fault):
        message = f"this here-document has no end: no line is `{open_['end']}` alone"
        help_ = f"write `{open_['end']}` at the begin of the line that ends it"
        place = _place(script, document, int(open_["line"]), None)
        yield Diagnostic("shell-syntax", message, place, "warning", help=help_)
        return
    match = _FAULT.search(fault)
    if match is None:
        return
    words = (
        match["words"].removeprefix("syntax error: ").removeprefix("Syntax error: ").removeprefix("syntax error near ")
    )
    lines = script.text.split("\n")
    number = min(int(match["line"]), len(lines))
    while number > 1 and not lines[number - 1].strip():
        number -= 1
    message = f"{script.shell} cannot read this script: {_ours(words)}"
    help_ = f"`{script.shell} -n` says so, in its line {number}"
    yield Diagnostic("shell-syntax", message, _place(script, document, number, _TOKEN.search(words)), help=help_)


def _ours(words: str) -> str:
    """The shell's words with its quotes as ours."""
    return re.sub(r"`([^`']*)'", r"`\1`", words).replace("unexpected token ", "unexpected ")


def _place(script: _Script, document: Document, number: int, token: re.Match[str] | None) -> Span:
    """A line of a script, and there the token that the shell names."""
    written = script.node.text.split("\n")
    number = min(number, len(written))
    line = written[number - 1]
    start = sum(len(one) + 1 for one in written[: number - 1])
    column = line.find(token["token"]) if token is not None else -1
    if column >= 0 and token is not None:
        return document.place(script.node, start + column, len(token["token"]))
    indent = len(line) - len(line.lstrip())
    return document.place(script.node, start + indent, max(len(line.rstrip()) - indent, 1))
