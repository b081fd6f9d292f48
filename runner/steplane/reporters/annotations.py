"""What a CI system may show beside a line of a file, as data; how it is written is each system's own."""

import os

from msgspec import Struct

from steplane.diagnostics import Diagnostic, Severity
from steplane.events import ErrorInfo, StepEnded
from steplane.plan.nodes import Node
from steplane.plan.step_names import Instances
from steplane.reporters.paint import visible
from steplane.reporters.subject import Subject
from steplane.reporters.words import cause, count


class Annotation(Struct, frozen=True):
    """A message beside a place of a file. Lines and columns count from 1; 0 is none. The end column is exclusive."""

    severity: Severity
    file: str
    title: str
    message: str
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0


def repository_path(file: str, root: str) -> str:
    """The path of a file as the repository has it, with `/`; one outside of `root`, or without a root, as it is."""
    if not root or file.startswith("<"):
        return file
    for resolve in (os.path.abspath, os.path.realpath):
        path = os.path.relpath(resolve(file), resolve(root))
        if path != os.pardir and not path.startswith(os.pardir + os.sep):
            return path.replace(os.sep, "/")
    return file


def workflow_path(subject: Subject, root: str, called: str = "") -> str:
    """The path of a run's workflow file (or of a file that it calls) as the repository has it, else as it was given."""
    file = called or subject.plan.file
    path = repository_path(subject.path_of(file), root)
    return file if os.path.isabs(path) else path


def of_diagnostic(diagnostic: Diagnostic, root: str) -> Annotation:
    """What the checker found. The message begins with the place: the log shows nothing else of it."""
    span = diagnostic.span
    file = repository_path(span.file, root)
    words = diagnostic.message
    if diagnostic.label.startswith("did you mean"):
        words += f"; {diagnostic.label}"
    lines = [f"{file}:{span.line}:{span.column}: {words}"]
    lines += [f"help: {diagnostic.help}"] if diagnostic.help else []
    lines += [f"fix: {diagnostic.fix.message}"] if diagnostic.fix is not None else []
    message = "\n".join(map(visible, lines))
    return Annotation(
        diagnostic.severity, file, diagnostic.code, message, span.line, span.column, span.end_line, span.end_column
    )


def of_step(event: StepEnded, node: Node | None, subject: Subject, root: str, *, tolerated: int = 0) -> Annotation:
    """A step that failed, or whose failure is a warning: beside the step in its file.

    `tolerated`: so many instances of a loop failed, and that was within its budget.
    """
    severity: Severity = "error" if event.status == "failed" else "warning"
    tries = f" after {count(event.attempts, 'attempt')}" if event.attempts > 1 else ""
    file = workflow_path(subject, root, Instances(subject.plan).file(event.path))
    why = _lines(event.error) if event.error is not None else f"{count(tolerated, 'failure')} within `max_failures`"
    place = (node.line, node.column) if node is not None else (0, 0)
    where = f" ({file}:{place[0]})" if place[0] else ""
    word = "failed" if severity == "error" else "ended with a warning"
    message = f"`{visible(event.path)}` {word}{tries}: {why}{where}"
    return Annotation(severity, file, f"{subject.plan.name}: {event.path}", message, *place)


def of_run(error: ErrorInfo, subject: Subject, root: str) -> Annotation:
    """A run that failed by itself, and not because of a step."""
    file = workflow_path(subject, root)
    message = f"{visible(subject.plan.name)} failed: {_lines(error)}"
    return Annotation("error", file, subject.plan.name, message)


def _lines(error: ErrorInfo) -> str:
    """The cause on as many lines as the message has."""
    first, *rest = error.message.splitlines() or [""]
    head = cause(ErrorInfo(error.type, first))
    return "\n".join([head, *map(visible, rest)])
