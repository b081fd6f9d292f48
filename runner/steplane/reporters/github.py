"""GitHub Actions: its log, in which lines can be commands, and its annotations.

Workflow commands: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

import os
import re
from collections.abc import Callable, Iterable, Sequence

from steplane.diagnostics import Diagnostic
from steplane.reporters.annotations import Annotation, of_diagnostic
from steplane.reporters.paint import visible

MOST = 10
"""Annotations of one severity that GitHub keeps of a step of a job; further ones are dropped without a word."""

LONGEST = 4000
"""Characters of a message; GitHub cuts at 4096."""

SUMMARY_LIMIT = 1 << 20
"""Bytes that the job summary of one step of a job may have."""

_MAYBE = re.compile(r"(?m)^[^\w\n]*::")
# More than the runner takes for a command: that begins with `::`, after white space only.

_COMMANDS = {"error": "error", "warning": "warning", "hint": "notice"}


def data(text: str) -> str:
    """Text as the message of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_value(text: str) -> str:
    """Text as the value of a property of a command."""
    return data(text).replace(":", "%3A").replace(",", "%2C")


def harmless(text: str) -> str:
    """Text without what the log's page takes for formatting (`##[group]`), and old runners for commands."""
    return text.replace("##[", "## [")


def command(annotation: Annotation) -> str:
    """The workflow command of an annotation, a line."""
    one = annotation
    message = one.message if len(one.message) <= LONGEST else f"{one.message[:LONGEST]} …"
    properties = {"file": one.file, **_place(one), "title": visible(one.title)[:200]}
    listed = ",".join(f"{name}={property_value(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[one.severity]} {listed}::{data(harmless(message))}\n"


def _place(one: Annotation) -> dict[str, int]:
    """Lines and columns as GitHub takes them: columns only within one line, the last one included."""
    if not one.line:
        return {}
    if one.end_line > one.line:
        return {"line": one.line, "endLine": one.end_line}
    place = {"line": one.line, "endLine": one.line} if one.end_line else {"line": one.line}
    if one.column:
        place["col"] = one.column
    if one.column and one.end_column:
        place["endColumn"] = max(one.column, one.end_column - 1)
    return place


def commands(annotations: Iterable[Annotation], rest: str) -> str:
    """The commands of as many as GitHub shows of each severity; where there are more, the last one counts them.

    `rest` says where those are found.
    """
    text = ""
    for severity in _COMMANDS:
        found = [one for one in annotations if one.severity == severity]
        shown = found if len(found) <= MOST else found[: MOST - 1]
        text += "".join(map(command, shown))
        if len(shown) < len(found):
            more = len(found) - len(shown)
            first = found[0]
            text += command(Annotation(first.severity, first.file, first.title, f"{more} more: {rest}"))
    return text


def diagnostics_text(diagnostics: Sequence[Diagnostic], root: str, line: Callable[[Diagnostic], str]) -> str:
    """What the checker found: annotations as far as GitHub shows them, the others as lines (made by `line`)."""
    text, seen = "", dict.fromkeys(_COMMANDS, 0)
    for one in diagnostics:
        seen[one.severity] += 1
        text += command(of_diagnostic(one, root)) if seen[one.severity] <= MOST else f"{harmless(line(one))}\n"
    return text


class GitHubLog:
    """The log of a job. It executes lines that are commands, whoever printed them; so, around lines from outside that
    could be some, commands are stopped under a random token (`::stop-commands::`). `obey` lets them through.
    """

    def __init__(self, *, obey: bool = False) -> None:
        self._obey = obey
        self._token = ""

    def begin(self, title: str) -> str:
        """Open a group."""
        return f"::group::{data(harmless(title))}\n"

    def body(self, text: str) -> str:
        """Lines that a step wrote, within a group."""
        if self._obey:
            return text
        text = harmless(text)
        return (self._stop() if not self._token and _MAYBE.search(text) else "") + text

    def bare(self, line: str) -> bool:
        """A command that may reach the runner."""
        return self._obey and bool(_MAYBE.match(line))

    def end(self) -> str:
        """Close the group."""
        return f"{self._go_on()}::endgroup::\n"

    def outside(self, text: str) -> str:
        """Lines of ours; what they hold may come from outside all the same."""
        text = harmless(text)
        return f"{self._stop()}{text}{self._go_on()}" if _MAYBE.search(text) else text

    def annotations(self, found: Sequence[Annotation], rest: str) -> str:
        """The annotations of a run."""
        return commands(found, rest)

    def _stop(self) -> str:
        self._token = os.urandom(16).hex()
        return f"::stop-commands::{self._token}\n"

    def _go_on(self) -> str:
        token, self._token = self._token, ""
        return f"::{token}::\n" if token else ""
