"""The workflows of a project, with what came of them last."""

import os
from collections.abc import Iterator

from msgspec import Struct

from steplane.app.loading import Loaded, load
from steplane.app.project import named_workflows
from steplane.diagnostics import Diagnostic, Span
from steplane.errors import UsageError
from steplane.plan.inputs import InputSpec
from steplane.plugins import Registry
from steplane.store import RunStore, RunSummary


class Listed(Struct, frozen=True, kw_only=True):
    """One workflow that can be run by its `name`. One with errors has the first of them, and neither title nor inputs.

    `workflow` is the name that the file gives itself, `last` its newest run.
    """

    name: str
    file: str
    workflow: str = ""
    title: str = ""
    version: str = ""
    owner: str = ""
    inputs: tuple[InputSpec, ...] = ()
    error: Diagnostic | None = None
    last: RunSummary | None = None


def list_workflows(start: str, registry: Registry, store: RunStore, cache: RunStore | None) -> Iterator[Listed]:
    """The workflows that `run NAME` finds from `start`, the nearest folder first. `cache` keeps their plans."""
    newest = _newest(store)
    for name, file in named_workflows(start).items():
        try:
            loaded = load(file, registry, cache)
        except UsageError as error:
            told = _written(file)
            unreadable = Diagnostic("unreadable", _written(error.message), Span(told, 1, 1, 1, 1))
            yield Listed(name=_written(name), file=told, error=unreadable)
            continue
        base = os.path.basename(file)
        called = loaded.plan.name if loaded.plan is not None else os.path.splitext(base)[0]
        last = newest.get((called, base))
        yield _listed(name, file, loaded, store.current(last) if last is not None else None)


def _written(text: str) -> str:
    """As text, where a path in it is none."""
    return text.encode("utf-8", "backslashreplace").decode()


def _listed(name: str, file: str, loaded: Loaded, last: RunSummary | None) -> Listed:
    plan = loaded.plan
    if plan is None:
        return Listed(name=name, file=file, error=_first(loaded), last=last)
    return Listed(
        name=name, file=file, workflow=plan.name, title=plan.title, version=plan.version, owner=plan.owner,
        inputs=plan.inputs, last=last,
    )  # fmt: skip


def _first(loaded: Loaded) -> Diagnostic:
    return next(one for one in loaded.diagnostics if one.severity == "error")


def _newest(store: RunStore) -> dict[tuple[str, str], RunSummary]:
    """The newest run by the workflow's name and the name of its file: runs know no more of where it stood."""
    newest: dict[tuple[str, str], RunSummary] = {}
    for one in store.recorded():
        newest.setdefault((one.workflow, os.path.basename(one.file)), one)
    return newest
