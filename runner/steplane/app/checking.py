"""Checking several files, folders and what comes on stdin."""

import os
import sys
from collections.abc import Iterator, Sequence

from msgspec import Struct

from steplane.app.loading import Loaded, load, load_data
from steplane.app.project import find_workflow, looks_like_workflow, workflow_files
from steplane.diagnostics import Diagnostic
from steplane.errors import UsageError
from steplane.plugins import Registry


class CheckReport(Struct, frozen=True):
    """What was found in `files`; `sources` are their texts by name."""

    files: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: dict[str, str]


def check(names: Sequence[str], start: str, registry: Registry) -> CheckReport:
    """Check what the names mean: files, workflows by name, folders, `-`. Raises `UsageError` for one that is none."""
    files: dict[str, None] = {}
    diagnostics: list[Diagnostic] = []
    sources: dict[str, str] = {}
    for name in names or ("workflows",):
        for file in _files(name, start, given=bool(names)):
            if file not in files:
                files[file] = None
                loaded = _load(file, registry)
                diagnostics += [one for one in loaded.diagnostics if one not in diagnostics]
                sources |= loaded.sources
    return CheckReport(tuple(files), tuple(diagnostics), sources)


def _load(file: str, registry: Registry) -> Loaded:
    if file == "-":
        return load_data(sys.stdin.buffer.read() if sys.stdin is not None else b"", "<stdin>", registry, None)
    return load(file, registry, None)


def _files(name: str, start: str, *, given: bool) -> Iterator[str]:
    if name == "-":
        yield name
    elif os.path.isdir(name):
        found = list(_below(name))
        if not found:
            raise UsageError(f"there is no workflow file in {name}", "Name a file, or a folder that has some.")
        yield from found
    elif not given:
        raise UsageError("there is no folder workflows/ here", "Name files or folders: steplane check FILES...")
    else:
        yield find_workflow(name, start)


def _below(folder: str) -> Iterator[str]:
    """The workflow files below a folder: in `workflows` all YAML files, elsewhere those that look so."""
    for path in workflow_files(folder):
        everything = "workflows" in os.path.dirname(os.path.normpath(path)).split(os.sep)
        if everything or looks_like_workflow(path):
            yield os.path.normpath(path)
