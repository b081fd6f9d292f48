"""Patterns of file names, and a walk through a folder that never follows a symbolic link.

`*` and `?` match within a name, `[ab]` one of these characters, `**` any number of folders. Names that begin with a dot
are matched only by a part that begins with one. A folder that matches stands for all that is in it.
"""

import fnmatch
import os
import re
import stat
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

DEPTH = 200
"""The most folders in each other that are walked."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ANY = None
States = frozenset[tuple[int, int]]
"""Where the patterns stand at a folder: (pattern, how many of its parts are behind)."""
Skip = frozenset[tuple[int, int]]


def wrong_pattern(pattern: str) -> str:
    """Why the pattern can match nothing below a folder, as the rest of a sentence; empty when it can."""
    if not pattern.strip() or "\0" in pattern:
        return "is empty" if "\0" not in pattern else "holds the character NUL"
    if pattern.startswith(("/", "~")):
        return "begins outside of the folder: it must be relative"
    if ".." in pattern.split("/"):
        return "leads out of the folder by `..`"
    return "" if _parts(pattern) else "names the folder itself"


class Found(NamedTuple):
    """Something that matches. `folder` is a descriptor of the folder that it is in, open until the next one is asked
    for; `name` its name there, `path` the way to it from the root, `status` what `lstat` says of it.
    """

    path: str
    folder: int
    name: str
    status: os.stat_result

    def open(self) -> int:
        """A descriptor for reading the file. Raises `OSError` also where it has become something else by now."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(self.name, flags, dir_fd=self.folder)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(f"{self.path} is no regular file any more")
        return descriptor


class Globs:
    """Patterns, and those that leave things out. `unused` are the patterns that have matched nothing so far."""

    def __init__(self, patterns: Sequence[str], exclude: Sequence[str] = ()) -> None:
        self._include = [_parts(one) for one in patterns]
        self._exclude = [_parts(one) for one in exclude]
        self._names = tuple(patterns)
        self._used: set[int] = set()

    @property
    def unused(self) -> tuple[str, ...]:
        """The patterns that have matched nothing."""
        return tuple(one for index, one in enumerate(self._names) if index not in self._used)

    def matches(self, path: str) -> bool:
        """Whether a path, or a folder that it is in, matches and is not left out."""
        parts = [one for one in path.split("/") if one]
        return self._reach(self._include, parts, hidden=False) and not self._reach(self._exclude, parts, hidden=True)

    def _reach(self, patterns: list[tuple[str | None, ...]], parts: Sequence[str], *, hidden: bool) -> bool:
        states = _start(patterns)
        for part in parts:
            states = _step(patterns, states, part, hidden=hidden)
            if _full(patterns, states):
                return True
        return False

    def walk(self, root: str | int, skip: Collection[tuple[int, int]] = ()) -> Iterator[Found]:
        """What matches below the root (a path, or a descriptor), sorted, a folder before what is in it.

        Links are found, never followed.

        `skip`: device and inode of folders that are left out. What vanishes or cannot be read meanwhile is left out.
        Raises `OSError` for the root.
        """
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        folder = os.open(root, flags) if isinstance(root, str) else os.open(".", flags, dir_fd=root)
        try:
            yield from self._walk(folder, "", (_start(self._include), _start(self._exclude)), frozenset(skip))
        finally:
            os.close(folder)

    def _walk(self, folder: int, above: str, at: tuple[States, States], skip: Skip) -> Iterator[Found]:
        for name in sorted(_names(folder)):
            taken = _step(self._include, at[0], name, hidden=False)
            left_out = _step(self._exclude, at[1], name, hidden=True)
            if not taken or _full(self._exclude, left_out):
                continue
            try:
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except OSError:
                continue
            path, full = f"{above}{name}", _full(self._include, taken)
            is_folder = stat.S_ISDIR(status.st_mode)
            if is_folder and ((status.st_dev, status.st_ino) in skip or path.count("/") >= DEPTH):
                continue
            if full:
                self._used |= full
                yield Found(path, folder, name, status)
            if is_folder:
                yield from self._below(folder, path, (taken, left_out), skip)

    def _below(self, folder: int, path: str, at: tuple[States, States], skip: Skip) -> Iterator[Found]:
        try:
            inner = os.open(path.rpartition("/")[2], _FOLDER, dir_fd=folder)
        except OSError:
            return
        try:
            yield from self._walk(inner, f"{path}/", at, skip)
        finally:
            os.close(inner)


def _names(folder: int) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _parts(pattern: str) -> tuple[str | None, ...]:
    """The parts of a pattern, None for `**`; one that ends in `**` means all names below."""
    parts: list[str | None] = [_ANY if one == "**" else one for one in pattern.split("/") if one not in {"", "."}]
    if parts and parts[-1] is _ANY:
        parts.append("*")
    return tuple(parts)


def _start(patterns: list[tuple[str | None, ...]]) -> States:
    return _closed(patterns, {(index, 0) for index in range(len(patterns))})


def _closed(patterns: list[tuple[str | None, ...]], states: set[tuple[int, int]]) -> States:
    """With the states that are reached through `**` that stands for nothing."""
    waiting = list(states)
    while waiting:
        index, at = waiting.pop()
        if at < len(patterns[index]) and patterns[index][at] is _ANY and (index, at + 1) not in states:
            states.add((index, at + 1))
            waiting.append((index, at + 1))
    return frozenset(states)


def _step(patterns: list[tuple[str | None, ...]], states: States, name: str, *, hidden: bool) -> States:
    """Where the patterns stand behind one more name."""
    after: set[tuple[int, int]] = set()
    for index, at in states:
        if at == len(patterns[index]):
            after.add((index, at))
            continue
        part = patterns[index][at]
        if part is _ANY:
            if hidden or not name.startswith("."):
                after.add((index, at))
        elif _fits(part, name, hidden=hidden):
            after.add((index, at + 1))
    return _closed(patterns, after)


def _full(patterns: list[tuple[str | None, ...]], states: States) -> set[int]:
    """The patterns that are matched as a whole."""
    return {index for index, at in states if at == len(patterns[index])}


def _fits(part: str, name: str, *, hidden: bool) -> bool:
    if name.startswith(".") and not hidden and not part.startswith((".", "[.")):
        return False
    return _compiled(part).match(name) is not None


@lru_cache(maxsize=256)
def _compiled(part: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(part))
