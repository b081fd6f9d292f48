"""Checking several files, folders and what comes on stdin; mending what can be mended."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from msgspec import Struct

from steplane.app.ignored import Ignored
from steplane.app.loading import Disk, Loaded, Wanted, compile_file
from steplane.app.project import find_workflow, looks_like_workflow, table_files, workflow_files
from steplane.app.shell_syntax import Cache, Shells
from steplane.diagnostics import Diagnostic
from steplane.errors import UsageError
from steplane.pipes import read_named
from steplane.plugins import Registry
from steplane.source.limits import FILE_BYTES

STDIN = "<stdin>"


class CheckReport(Struct, frozen=True):
    """What was found in `files`; `sources` are their texts by name."""

    files: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: dict[str, str]


class Mended(Struct, frozen=True):
    """A file before and after its mends, and how many those were."""

    file: str
    before: str
    after: str
    count: int


class Checker:
    """Checks files with the installed plugins. `hints` asks for what does no harm and no good too.

    `ignore` has the codes of warnings that are not told, by patterns of paths; `source` is the file that says so.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        hints: bool = False,
        cache: Cache | None = None,
        ignore: Mapping[str, Sequence[str]] | None = None,
        source: str = "",
    ) -> None:
        self.registry = registry
        self.hints = hints
        self.cache = cache
        self.ignore(ignore or {}, source)

    def ignore(self, codes: Mapping[str, Sequence[str]], source: str) -> None:
        """Ignore this from now on."""
        self.ignored = Ignored(codes, source, hints=self.hints)

    def check(self, names: Sequence[str], start: str) -> CheckReport:
        """Check what the names mean: files, workflows by name, folders, patterns, `-`. Raises `UsageError`."""
        from steplane.source.recovery import without_collection

        files = expand(names, start)
        found: dict[Diagnostic, None] = {}
        sources: dict[str, str] = {}
        for file in files:
            with without_collection():
                loaded = self._load(file)
            found |= dict.fromkeys(loaded.diagnostics)
            sources |= loaded.sources
        told = self.ignored.told(list(found), files, sources)
        return CheckReport(tuple(files), tuple(told), sources)

    def text(self, text: str, file: str) -> list[Diagnostic]:
        """What is wrong with a text, as if it were the file's."""
        return list(self._look(text.encode(errors="surrogatepass"), file).diagnostics)

    def mend(self, report: CheckReport, *, unsafe: bool = False) -> Iterator[Mended]:
        """The files of a report that mends change. Nothing is written."""
        from steplane.app.fixing import fix_all

        def look(text: str, file: str) -> list[Diagnostic]:
            return self.ignored.without(self.text(text, file))

        for file in report.sources:
            if file == STDIN or file.endswith(".csv"):  # rows of a table, which say nothing by themselves
                continue
            before = read_text(file)
            after, count = fix_all(before, file, partial(look, file=file), unsafe=unsafe)
            if after != before:
                yield Mended(file, before, after, count)

    def _load(self, file: str) -> Loaded:
        if file == "-":
            data = sys.stdin.buffer.read() if sys.stdin is not None else b""
            return self._look(data, STDIN)
        try:
            return self._look(read_named(file, FILE_BYTES + 1), file)
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror}", "Name a workflow file.") from error

    def _look(self, data: bytes, file: str) -> Loaded:
        folder = "" if file == STDIN else os.path.dirname(file)
        wanted = Wanted(plan=False, hints=self.hints, scripts=Shells(self.cache))
        loaded = compile_file(data, file, self.registry, Disk(folder, folder), wanted)
        if not loaded.diagnostics:
            return loaded
        from steplane.app.mending import with_fixes

        diagnostics = with_fixes(loaded.diagnostics, loaded.documents)
        return Loaded(None, tuple(diagnostics), loaded.sources)


def check(names: Sequence[str], start: str, registry: Registry) -> CheckReport:
    """The same with what is usual. Raises `UsageError` for a name that means nothing."""
    return Checker(registry).check(names, start)


def expand(names: Sequence[str], start: str) -> list[str]:
    """The files that the names mean, each once; without names those of the folder workflows/. Raises `UsageError`."""
    found = (file for name in names or ("workflows",) for file in _files(name, start, given=bool(names)))
    return list(dict.fromkeys(found))


def read_text(file: str) -> str:
    """A file's text, its line ends as they are; empty where it is not UTF-8. Raises `UsageError`."""
    try:
        return read_named(file, FILE_BYTES + 1).decode()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", "Name a workflow file.") from error
    except UnicodeDecodeError:
        return ""


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
    elif any(sign in name for sign in "*?[") and not os.path.exists(name):
        yield from _matching(name)
    else:
        yield find_workflow(name, start)


def _matching(pattern: str) -> Iterator[str]:
    """The files that a pattern names; `**` stands for any folders."""
    import glob

    found = sorted(path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path))
    if not found:
        raise UsageError(
            f"no file is named by the pattern {pattern}", "`*` stands for a part of a name, `**` for folders."
        )
    yield from found


def _below(folder: str) -> Iterator[str]:
    """The decision tables and workflow files below a folder: in `workflows` all YAML files, elsewhere what looks so."""
    yield from (os.path.normpath(path) for path in table_files(folder))
    for path in workflow_files(folder):
        everything = "workflows" in os.path.dirname(os.path.normpath(path)).split(os.sep)
        if everything or looks_like_workflow(path):
            yield os.path.normpath(path)
