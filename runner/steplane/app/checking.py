"""Checking several files, folders and what comes on stdin."""

import os
import re
import sys
from collections.abc import Iterator, Sequence

from msgspec import Struct

from steplane.app.loading import Loaded, load, load_data
from steplane.app.project import find_workflow
from steplane.diagnostics import Diagnostic
from steplane.errors import UsageError
from steplane.plugins import Registry

_LEFT_OUT = frozenset({"node_modules", "__pycache__", "venv"})
_WORKFLOW = re.compile(rb"^(?:steplane|steps)[ \t]*:", re.MULTILINE)
_LOOKED_AT = 1 << 20


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
                diagnostics += loaded.diagnostics
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
    """The workflow files below a folder, sorted: in `workflows` all YAML files, elsewhere those that look so."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if one not in _LEFT_OUT and not one.startswith("."))
        everything = "workflows" in os.path.normpath(place).split(os.sep)
        for name in sorted(names):
            path = os.path.normpath(os.path.join(place, name))
            stem, ending = os.path.splitext(name)
            if ending in {".yaml", ".yml"} and not stem.endswith(".decision") and (everything or _looks_like_one(path)):
                yield path


def _looks_like_one(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return _WORKFLOW.search(file.read(_LOOKED_AT)) is not None
    except OSError:
        return True  # let it be told that it cannot be read
