"""From a file to a plan: checked and compiled once, then taken from the cache until something changes."""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

import steplane
from steplane.diagnostics import Diagnostic, has_errors, in_file_order
from steplane.digests import sha256
from steplane.errors import UsageError
from steplane.pipes import read_named
from steplane.plan.nodes import Plan
from steplane.plan.tables import TableFile
from steplane.plugins import Registry, read_index
from steplane.sdk import StepType
from steplane.source.limits import FILE_BYTES
from steplane.store import RunStore
from steplane.store.files import read_plain

if TYPE_CHECKING:
    from steplane.app.shell_syntax import Shells
    from steplane.checks import Files as Called
    from steplane.model import Workflow
    from steplane.source import Document

_KIND = "plans"
_RECORDED = "recorded-plans"
"""Those whose scripts no shell has read."""
_MAKERS = (
    "", "plan", "model", "model/reading", "checks", "decisions", "expressions", "expressions/filters", "scripts",
    "source", "schema", "sdk", "plugins",
)  # fmt: skip
"""The folders of the code that makes plans and says what is wrong."""


class Loaded(Struct, frozen=True):
    """What a file gives: a plan if it has no errors, and everything that is to say about it.

    `sources` are the texts of the files read, by name, for showing diagnostics; `documents` are their trees, where no
    plan was wanted.
    """

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    sources: dict[str, str]
    cached: bool = False
    documents: "Mapping[str, Document]" = {}


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


class Wanted(Struct, frozen=True):
    """What is wanted: a `plan`, or only what is wrong; `hints` too. `scripts` adds what the shells find."""

    plan: bool = True
    hints: bool = False
    scripts: "Callable[[Workflow, Document, Iterable[Diagnostic]], list[Diagnostic]] | None" = None


def load(path: str, registry: Registry, store: RunStore | None, *, shown_as: str | None = None) -> Loaded:
    """Read, check and compile a workflow file and those that it calls. Raises `UsageError` if it cannot be read."""
    try:
        data = read_named(path, FILE_BYTES + 1)  # what is larger is refused, with its place
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", "Name a workflow file.") from error
    name = shown_as or path
    return load_data(data, name, registry, store, Disk(os.path.dirname(path), os.path.dirname(name)))


class Files(Protocol):
    """Where the files are that a workflow calls, by what they are called in messages."""

    def content(self, file: str) -> bytes:
        """What the file holds. Raises `OSError`."""

    def nearby(self, file: str) -> list[str]:
        """The workflow files beside it, by their names in its folder."""


class Disk:
    """Files on the disk: those whose names begin with the folder `shown` are in the folder `place`."""

    def __init__(self, place: str, shown: str) -> None:
        self._place = place
        self._shown = shown

    def path(self, file: str) -> str:
        """Where the file is."""
        return os.path.join(self._place, os.path.relpath(file, self._shown or "."))

    def content(self, file: str) -> bytes:
        """See `Files`."""
        return read_plain(self.path(file), FILE_BYTES + 1)

    def nearby(self, file: str) -> list[str]:
        """See `Files`."""
        try:
            names = sorted(os.listdir(os.path.dirname(self.path(file)) or "."))
        except OSError:
            return []
        return [name for name in names if name.endswith((".yaml", ".yml"))]


class Recorded:
    """Files as a run has recorded them, by name."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def content(self, file: str) -> bytes:
        """See `Files`."""
        if file not in self._texts:
            raise FileNotFoundError(file)
        return self._texts[file].encode()

    def nearby(self, _: str) -> list[str]:
        """See `Files`."""
        return []


def load_data(
    data: bytes, name: str, registry: Registry, store: RunStore | None, files: Files | None = None, *,
    recorded: bool = False,
) -> Loaded:  # fmt: skip
    """The same from the content of a file; `name` is what it is called in messages, `files` has those that it calls.

    What a run has `recorded` was accepted when it began, and no shell is asked about it again.
    """
    files = files or Disk(os.path.dirname(name), os.path.dirname(name))
    key = _key(data, name, registry)
    kinds = (_KIND, _RECORDED) if recorded else (_KIND,)
    entry = None if store is None else _entry(store, kinds, key, registry, files)
    if entry is not None:
        texts = {plan.file: plan.text for plan in entry.plan.with_callees()}
        texts |= {file: text for one in entry.plan.all_tables().values() for file, text in one.files().items()}
        return Loaded(entry.plan, entry.diagnostics, {**texts, name: entry.plan.text}, cached=True)
    shells = None if recorded else _shells(store)
    loaded = compile_file(data, name, registry, files, Wanted(scripts=shells))
    if store is not None and loaded.plan is not None and not (shells and shells.silent):
        stamps = registry.versions(all_types(loaded.plan))
        entry = _Entry(stamps, loaded.diagnostics, loaded.plan)
        with suppress(OverflowError, UnicodeEncodeError):  # a number or text in the file that the cache cannot hold
            store.cache.put(kinds[-1], key, msgspec.msgpack.encode(entry))
    return loaded


def _entry(store: RunStore, kinds: Iterable[str], key: str, registry: Registry, files: Files) -> _Entry | None:
    """What is kept of one of these kinds, where it is as anew."""
    for kind in kinds:
        entry = _cached(store.cache.get(kind, key))
        if entry is not None and entry.stamps == registry.versions(all_types(entry.plan)) and _same(entry, files):
            return entry
    return None


def _shells(store: RunStore | None) -> "Shells":
    from steplane.app.shell_syntax import Shells

    return Shells(None if store is None else store.cache)


def all_types(plan: Plan) -> tuple[str, ...]:
    """The step types that the workflow and those that it calls use."""
    if not plan.callees:
        return plan.types
    return tuple(sorted({name for one in plan.with_callees() for name in one.types}))


def _same(entry: _Entry, files: Files) -> bool:
    """Whether the files that are called hold what they held."""
    try:
        called = all(_digest(files.content(file)) == one.hash for file, one in entry.plan.callees.items())
        tables = (pair for one in entry.plan.all_tables().values() for pair in one.digests().items())
        return called and all(_digest(files.content(file)) == digest for file, digest in tables)
    except OSError:
        return False


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _key(data: bytes, name: str, registry: Registry) -> str:
    allowed = sorted(registry.allowed) if registry.allowed is not None else None
    release = f"{steplane.__version__}\0{_stamp()}\0{name}\0{allowed}".encode(errors="surrogateescape")
    return sha256(release + b"\0" + data).hexdigest()


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


def compile_file(data: bytes, name: str, registry: Registry, files: Files, wanted: Wanted = Wanted()) -> Loaded:  # noqa: B008 - frozen
    """The same anew, without a look into the cache. Without a wanted plan, the files that are called are read too."""
    from steplane.checks import Files as Called
    from steplane.checks.shaped import parameters_in
    from steplane.model.tables import is_table
    from steplane.source import read

    document = read(data, name)
    if is_table(document):
        return _look_at_table(document, files, wanted)
    called = Called(document, files.content, nearby=files.nearby, parameters=parameters_in(registry))
    called.data[os.path.normpath(name)] = data
    plans: dict[str, Plan | None] = {}
    diagnostics: list[Diagnostic] = []
    while pending := [file for file in called.documents if file not in plans]:
        for file in pending:
            plans[file], found = _compile_one(file, called, registry, wanted)
            diagnostics += found
    diagnostics += [one for table in called.tables.values() for one in table.diagnostics]
    sources = called.sources()
    if not wanted.plan:
        documents = {one.file: one for one in (*called.documents.values(), *called.table_documents.values())}
        return Loaded(None, tuple(diagnostics), sources, documents=documents)
    main, *others = plans.values()
    if main is None or None in others or has_errors(diagnostics):
        return Loaded(None, tuple(diagnostics), sources)
    callees = {file: plan for file, plan in plans.items() if plan is not None and plan is not main}
    return Loaded(replace(main, callees=callees) if callees else main, tuple(diagnostics), sources)


def _look_at_table(document: "Document", files: Files, wanted: Wanted) -> Loaded:
    """What is wrong with a file that is a decision table; a plan it has none. Raises `UsageError` if one is wanted."""
    from steplane.checks.tables import check_table

    if wanted.plan:
        raise UsageError(
            f"{document.file} is a decision table, and no workflow",
            f"Check it: steplane check {document.file}. A step with `uses: decide` decides by it.",
        )
    table = check_table(document, files.content)
    sources = {document.file: document.text}
    if table.rows_file:
        sources[table.rows_file] = table.rows_data.decode(errors="replace")
    return Loaded(None, table.diagnostics, sources, documents={document.file: document})


def _compile_one(
    file: str, called: "Called", registry: Registry, wanted: Wanted
) -> tuple[Plan | None, tuple[Diagnostic, ...]]:
    """The plan of one of the files (None with errors), and what is to say about it."""
    from steplane.checks import check_workflow
    from steplane.plan.compiler import compile_plan
    from steplane.plan.scripts import script_of

    document = called.documents[file]
    workflow, diagnostics = check_workflow(document, registry, files=called, hints=wanted.hints)
    of_yaml = set(document.diagnostics)
    diagnostics = tuple(one for one in diagnostics if one in of_yaml or not document.is_broken(one.span))
    if workflow is not None and wanted.scripts is not None:
        diagnostics = tuple(in_file_order(wanted.scripts(workflow, document, diagnostics)))
    if workflow is None or not wanted.plan or has_errors(list(diagnostics)):
        return None, diagnostics
    digest = _digest(called.data[file])
    tables = _tables(called)
    return compile_plan(workflow, script_of, document.text, digest, known_type(registry), tables=tables), diagnostics


def _tables(called: "Called") -> dict[str, TableFile]:
    """The tables without errors that have been read."""
    return {
        file: TableFile(
            file=file, text=called.table_documents[file].text, hash=_digest(called.data[file]),
            rules=msgspec.json.encode(one.table).decode(), rows_file=one.rows_file, rows_text=one.rows_data.decode(),
            rows_hash=_digest(one.rows_data) if one.rows_file else "",
        )
        for file, one in called.tables.items()
        if one.table is not None
    }  # fmt: skip


def known_type(registry: Registry) -> Callable[[str], StepType | None]:
    """What the registry knows of a step type; None where it cannot be had."""

    def find(name: str) -> StepType | None:
        found = registry.step_type(name)
        return found if isinstance(found, StepType) else None

    return find
