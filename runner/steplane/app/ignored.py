"""Warnings that the configuration ignores, by patterns of paths, and ignores that nothing is there for."""

import fnmatch
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

from steplane.diagnostics import Diagnostic, Span


class Ignored:
    """What `ignore` of the configuration file `source` says: codes by patterns of paths below the file's folder.

    `hints`: hints are looked for, so that something can be said of an ignore of one.
    """

    def __init__(self, codes: Mapping[str, Sequence[str]], source: str, *, hints: bool) -> None:
        from steplane.checks.ignoring import LATE

        self._source = source
        self._folder = os.path.dirname(os.path.abspath(source)) if source else os.getcwd()
        self._pairs = [
            (pattern, code) for pattern, listed in codes.items() for code in listed if hints or code not in LATE
        ]

    def without(self, found: Iterable[Diagnostic]) -> list[Diagnostic]:
        """What is to be told. Errors are always: they keep a file from being run."""
        return [one for one in found if one.severity == "error" or not self._matching(one)]

    def told(self, found: Sequence[Diagnostic], files: Sequence[str], others: Iterable[str]) -> list[Diagnostic]:
        """The same, with a warning for each ignore that ignores nothing.

        `files` were asked for, `others` were looked at for them.
        """
        if not self._pairs:
            return list(found)
        used, errors = set[tuple[str, str]](), set[tuple[str, str]]()
        for one in found:
            (errors if one.severity == "error" else used).update(self._matching(one))
        unused = [pair for pair in self._pairs if pair not in used]
        looked_at = {os.path.realpath(file) for file in (*files, *others)} if unused else set()
        return [*self.without(found), *self._vain(unused, errors, looked_at, alone=len(files) == 1)]

    def _matching(self, diagnostic: Diagnostic) -> list[tuple[str, str]]:
        codes = [pair for pair in self._pairs if pair[1] == diagnostic.code]
        return [pair for pair in codes if self._is_of(diagnostic.span.file, pair[0])] if codes else []

    def _is_of(self, file: str, pattern: str) -> bool:
        path = os.path.relpath(os.path.abspath(file), self._folder)
        return fnmatch.fnmatch(path.replace(os.sep, "/"), pattern)

    # ---------------------------------------------------------------- ignores of nothing

    def _vain(
        self, unused: list[tuple[str, str]], errors: set[tuple[str, str]], looked_at: set[str], *, alone: bool
    ) -> Iterator[Diagnostic]:
        for pattern, code in unused:
            meant = {os.path.realpath(file) for file in self._files(pattern)}
            if not meant and alone:
                continue  # who asks for one file does not ask for what is said of others
            if not meant:
                yield self._unused(pattern, code, f"no workflow file is named by `{pattern}`", "mend or remove it")
            elif (pattern, code) in errors:
                yield self._unused(pattern, code, f"`{code}` is an error, and errors cannot be ignored", "mend it")
            elif meant <= looked_at:  # of a file that was not looked at nothing is known
                yield self._unused(pattern, code, *_of_nothing(pattern, code))

    def _files(self, pattern: str) -> Iterator[str]:
        """The workflow files and tables that a pattern names, looked for in the folder that it begins with."""
        from steplane.app.project import table_files, workflow_files

        plain = pattern[: next((at for at, sign in enumerate(pattern) if sign in "*?["), len(pattern))]
        folder = os.path.join(self._folder, os.path.dirname(plain))
        if os.path.isdir(folder):
            found = (*workflow_files(folder), *table_files(folder))
            yield from (file for file in found if self._is_of(file, pattern))

    def _unused(self, pattern: str, code: str, message: str, help_: str) -> Diagnostic:
        span = _place(self._source, pattern, code)
        label = help_ if help_.startswith("did you mean") else ""
        return Diagnostic("unused-ignore", message, span, "warning", label=label, help="" if label else help_)


def _of_nothing(pattern: str, code: str) -> tuple[str, str]:
    from steplane.app.codes import explanations
    from steplane.suggest import did_you_mean

    known = explanations()
    if code in known:
        return f"nothing is ignored: there is no `{code}` in what `{pattern}` means", "take it out"
    near = did_you_mean(code, known)
    return f"nothing is ignored: there is no code `{code}`", f"did you mean `{near}`?" if near else "take it out"


def _place(source: str, pattern: str, code: str) -> Span:
    """Where the code stands behind its pattern, as far as the file is written as usual."""
    from steplane.app.checking import read_text
    from steplane.errors import UsageError

    file = os.path.relpath(source)
    try:
        lines = read_text(source).splitlines()
    except UsageError:
        lines = []
    first = next((number for number, line in enumerate(lines) if pattern in line.split("=", 1)[0]), 0)
    for number, line in enumerate(lines[first:], first + 1):
        column = next((line.find(f"{quote}{code}{quote}") + 2 for quote in "\"'" if f"{quote}{code}{quote}" in line), 0)
        if column:
            return Span(file, number, column, number, column + len(code))
    return Span(file, 1, 1, 1, 1)
