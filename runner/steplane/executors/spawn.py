"""Starts a program: `posix_spawn` of the C library, called so that other threads run on meanwhile.

The standard library's `os.posix_spawn` holds the interpreter's lock until the child has its image and cannot change the
directory; `subprocess` cannot place files at given numbers without running Python between fork and exec.
"""

import ctypes
import errno
import fcntl
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from steplane.executors import adopted
from steplane.executors.failures import SpawnError, not_found, not_started

MACOS = sys.platform == "darwin"
SETPGROUP, SETSIGDEF, SETSIGMASK = 0x02, 0x04, 0x08
SETSID = 0x0400 if MACOS else 0x80
CLOEXEC_DEFAULT = 0x4000
"""The flags of `posix_spawnattr_setflags` in spawn.h of glibc, musl and macOS (the last is macOS's alone)."""

ROOM = 1024
"""Bytes enough for each of the C library's opaque structures (glibc: 336 for the attributes, 80 for the actions)."""


def find_program(name: str, env: Mapping[str, str], cwd: str) -> str:
    """The path that `name` is executed by, as a shell would find it in the child's `PATH` and directory.

    Raises `SpawnError` when there is none.
    """
    if "/" in name:
        return name
    if name:
        for folder in env.get("PATH", os.defpath).split(":"):
            path = f"{folder}/{name}" if folder else f"./{name}"
            full = path if path[0] == "/" else os.path.join(cwd, path)
            if os.access(full, os.X_OK) and not os.path.isdir(full):
                return path
    raise not_found(name, env, cwd)


def spawn(
    argv: Sequence[str], env: Mapping[str, str], cwd: str, files: Mapping[int, int], *, terminal: str = ""
) -> int:
    """Start the program in a process group of its own and return its process id, which the caller must wait for.

    `files` gives our descriptor for each number that the child has open, and no others are; without 0 it reads
    /dev/null. `terminal` is the path of a terminal that becomes the child's own (a new session then) and its 0, 1, 2.
    Signals are as at login. The id is entered in `adopted.own` until `adopted.collect`. Raises `SpawnError`.
    """
    if not argv:
        raise SpawnError(errno.EINVAL, "the command is empty")
    program = find_program(argv[0], env, cwd)
    try:
        arguments = _array(argv)
        variables = _array([f"{name}={value}" for name, value in env.items()])
        path, folder = os.fsencode(program), os.fsencode(cwd)
    except UnicodeEncodeError as error:
        raise SpawnError(errno.EINVAL, f"an argument or variable holds text that is no Unicode: {error}") from None
    pid = ctypes.c_int()
    with _Actions(files, folder, terminal) as actions, adopted.spawning() as own:
        code = _libc().posix_spawn(ctypes.byref(pid), path, actions, _attributes(bool(terminal)), arguments, variables)
        if not code:
            own.add(pid.value)
    if code:
        raise not_started(code, argv, program, env, cwd)
    return pid.value


class _Actions:
    """The file actions of one spawn, and the copies of descriptors that it needs."""

    def __init__(self, files: Mapping[int, int], folder: bytes, terminal: str) -> None:
        self._copies: list[int] = []
        self._actions = ctypes.create_string_buffer(ROOM)
        self._files, self._folder, self._terminal = files, folder, terminal

    def __enter__(self) -> Any:
        libc, actions = _libc(), self._actions
        libc.posix_spawn_file_actions_init(actions)
        libc.posix_spawn_file_actions_addchdir_np(actions, self._folder)  # glibc 2.29, musl 1.1.24, macOS 10.15
        sources = self._sources()
        if self._terminal:
            libc.posix_spawn_file_actions_addopen(actions, 0, os.fsencode(self._terminal), os.O_RDWR, 0)
            for number in (1, 2):
                libc.posix_spawn_file_actions_adddup2(actions, 0, number)
        elif 0 not in sources:
            libc.posix_spawn_file_actions_addopen(actions, 0, b"/dev/null", os.O_RDONLY, 0)
        for number, source in sources.items():
            libc.posix_spawn_file_actions_adddup2(actions, source, number)
        if not MACOS:
            self._close_others(max(sources, default=2))
        return actions

    def _sources(self) -> dict[int, int]:
        """Our descriptors by the child's number, none of which stands where another is placed."""
        highest = max(self._files, default=2) + 1
        sources = {}
        for number, source in self._files.items():
            if source <= highest:
                source = fcntl.fcntl(source, fcntl.F_DUPFD_CLOEXEC, highest + 1)  # noqa: PLW2901 - the same file
                self._copies.append(source)
            sources[number] = source
        return sources

    def _close_others(self, highest: int) -> None:
        libc, actions = _libc(), self._actions
        for number in range(3, highest):
            if number not in self._files:
                libc.posix_spawn_file_actions_addclose(actions, number)
        if hasattr(libc, "posix_spawn_file_actions_addclosefrom_np"):
            libc.posix_spawn_file_actions_addclosefrom_np(actions, max(highest, 2) + 1)

    def __exit__(self, *_: object) -> None:
        _libc().posix_spawn_file_actions_destroy(self._actions)
        for copy in self._copies:
            os.close(copy)


@cache
def _libc() -> Any:
    return ctypes.CDLL(None)


@cache
def _attributes(session: bool) -> Any:
    """Default signals, nothing blocked, a new group or session; made once, only read afterwards."""
    libc = _libc()
    attributes = ctypes.create_string_buffer(ROOM)
    default, blocked = ctypes.create_string_buffer(ROOM), ctypes.create_string_buffer(ROOM)
    libc.posix_spawnattr_init(attributes)
    libc.sigfillset(default)
    libc.sigemptyset(blocked)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:  # started under nohup: so are the steps
        libc.sigdelset(default, int(signal.SIGHUP))
    libc.posix_spawnattr_setsigdefault(attributes, default)
    libc.posix_spawnattr_setsigmask(attributes, blocked)
    flags = SETSIGDEF | SETSIGMASK | (SETSID if session else SETPGROUP) | (CLOEXEC_DEFAULT if MACOS else 0)
    libc.posix_spawnattr_setflags(attributes, ctypes.c_short(flags))
    return attributes


def _array(texts: Sequence[str]) -> Any:
    """A C array of texts with NULL at its end."""
    coded = os.fsencode("\0".join(texts)).split(b"\0") if texts else []
    if len(coded) != len(texts):
        name = next(text for text in texts if "\0" in text)
        raise SpawnError(errno.EINVAL, f"{name[:40]!r} holds a NUL character, which no program can be given")
    return (ctypes.c_char_p * (len(coded) + 1))(*coded, None)
