"""A file as text, checked with a few real step types and nothing installed."""

from textwrap import dedent

from steplane.checks import check_workflow
from steplane.diagnostics import Diagnostic
from steplane.plugins import PluginProblem, problems
from steplane.sdk import StepType, describe
from steplane.source import Document, read
from steplane_steps import csv, file, http, log, python, shell, template


class FewTypes:
    """`shell`, `csv.*`, `file.*`, `http.request`, `log`, `python.*`, `template.render`, as the registry gives them."""

    def __init__(self) -> None:
        classes = [*shell.steplane_steps(), *csv.steplane_steps(), *file.steplane_steps(), *log.steplane_steps()]
        classes += [*python.steplane_steps(), *template.steplane_steps(), *http.steplane_steps()]
        self.types = {one.steplane.type: describe(one) for one in classes}

    def step_type(self, name: str) -> StepType | PluginProblem:
        if name in self.types:
            return self.types[name]
        namespace = name.partition(".")[0]
        known = [one for one in self.types if one.partition(".")[0] == namespace]
        if known:
            return problems.unknown_type(name, namespace, "steplane", known)
        return problems.unknown_plugin(name, sorted({one.partition(".")[0] for one in self.types}))


TYPES = FewTypes()


def check(text: str, file: str = "w.yaml") -> tuple[Diagnostic, ...]:
    """Everything that is said of a whole file."""
    return check_workflow(read(dedent(text), file), TYPES)[1]


def check_document(document: Document) -> tuple[Diagnostic, ...]:
    """Everything that is said of a document."""
    return check_workflow(document, TYPES)[1]


def check_steps(steps: str, top: str = "") -> tuple[Diagnostic, ...]:
    """Everything that is said of some steps; `top` stands between the version and the steps."""
    indented = "".join(f"  {line}\n" for line in dedent(steps).strip("\n").splitlines())
    return check(f"steplane: 1\n{dedent(top)}steps:\n{indented}")


def said(found: tuple[Diagnostic, ...]) -> list[str]:
    """`code line:column message` of each."""
    return [f"{one.code} {one.span.line}:{one.span.column} {one.message}" for one in found]


def codes(found: tuple[Diagnostic, ...]) -> list[str]:
    """The code of each."""
    return [one.code for one in found]
