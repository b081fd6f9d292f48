"""From a file to a plan: checked and compiled once, then taken from the cache until something changes."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress

import msgspec
from msgspec import Struct

import steplane
from steplane.diagnostics import Diagnostic, has_errors
from steplane.errors import UsageError
from steplane.plan.nodes import Plan
from steplane.plugins import Registry, read_index
from steplane.sdk import StepType
from steplane.store import RunStore

_KIND = "plans"
_MAKERS = (
    "", "plan", "model", "model/reading", "checks", "expressions", "expressions/filters", "scripts", "source", "schema",
    "sdk", "plugins",
)  # fmt: skip
"""The folders of the code that makes plans and says what is wrong."""


class Loaded(Struct, frozen=True):
    """What a file gives: a plan if it has no errors, and everything that is to say about it.

    `sources` are the texts of the files read, by name, for showing diagnostics.
    """

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    sources: dict[str, str]
    cached: bool = False


class _Entry(Struct):
    """One entry of the plan cache. `stamps`: the plugins' versions that it was made with."""

    stamps: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    plan: Plan


class _IndexCache:
    """The store's cache as the plugin index wants it."""

    def __init__(self, store: RunStore) -> None:
        self._cache = store.cache

    def get(self, key: str) -> bytes | None:
        return self._cache.get("plugins", key)

    def put(self, key: str, value: bytes) -> None:
        self._cache.put("plugins", key, value)


def make_registry(store: RunStore | None, allowed: tuple[str, ...] | None) -> Registry:
    """The installed plugins; with a store their index is cached."""
    return Registry(read_index(None if store is None else _IndexCache(store)), allowed)


def load(path: str, registry: Registry, store: RunStore | None, *, shown_as: str | None = None) -> Loaded:
    """Read, check and compile a workflow file. Raises `UsageError` if it cannot be read at all."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", "Name a workflow file.") from error
    return load_data(data, shown_as or path, registry, store)


def load_data(data: bytes, name: str, registry: Registry, store: RunStore | None) -> Loaded:
    """The same from the content of a file; `name` is what it is called in messages."""
    key = _key(data, name, registry)
    if store is not None:
        entry = _cached(store.cache.get(_KIND, key))
        if entry is not None and entry.stamps == registry.versions(entry.plan.types):
            return Loaded(entry.plan, entry.diagnostics, {name: entry.plan.text}, cached=True)
    loaded = _compile(data, name, registry)
    if store is not None and loaded.plan is not None:
        entry = _Entry(registry.versions(loaded.plan.types), loaded.diagnostics, loaded.plan)
        with suppress(OverflowError, UnicodeEncodeError):  # a number or text in the file that the cache cannot hold
            store.cache.put(_KIND, key, msgspec.msgpack.encode(entry))
    return loaded


def _key(data: bytes, name: str, registry: Registry) -> str:
    allowed = sorted(registry.allowed) if registry.allowed is not None else None
    release = f"{steplane.__version__}\0{_stamp()}\0{name}\0{allowed}".encode(errors="surrogateescape")
    return hashlib.sha256(release + b"\0" + data).hexdigest()


def _stamp() -> str:
    """What tells two states of an editable installation apart: the newest change of the code that makes plans."""
    folder = os.path.dirname(os.path.abspath(steplane.__file__))
    return str(max(_changed(os.path.join(folder, name)) for name in _MAKERS))


def _changed(folder: str) -> int:
    try:
        with os.scandir(folder) as entries:
            return max(entry.stat().st_mtime_ns for entry in entries if entry.name.endswith(".py"))
    except (OSError, ValueError):
        return 0


def _cached(data: bytes | None) -> _Entry | None:
    if data is None:
        return None
    try:
        return msgspec.msgpack.decode(data, type=_Entry)
    except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError):
        return None


def _compile(data: bytes, name: str, registry: Registry) -> Loaded:
    from steplane.checks import check_workflow
    from steplane.plan.compiler import compile_plan
    from steplane.plan.scripts import script_of
    from steplane.source import read

    document = read(data, name)
    workflow, diagnostics = check_workflow(document, registry)
    diagnostics = tuple(one for one in diagnostics if one in document.diagnostics or not document.is_broken(one.span))
    sources = {name: document.text}
    if workflow is None or has_errors(list(diagnostics)):
        return Loaded(None, tuple(diagnostics), sources)
    digest = hashlib.sha256(data).hexdigest()
    plan = compile_plan(workflow, script_of, document.text, digest, known_type(registry))
    return Loaded(plan, tuple(diagnostics), sources)


def known_type(registry: Registry) -> Callable[[str], StepType | None]:
    """What the registry knows of a step type; None where it cannot be had."""

    def find(name: str) -> StepType | None:
        found = registry.step_type(name)
        return found if isinstance(found, StepType) else None

    return find
