"""The key of this user on this machine: what is sealed with it was made here, wherever a state directory comes from."""

import os
import stat
from contextlib import suppress
from functools import cache

from steplane.store.files import make_directory, make_file, open_regular, write_all

_SIZE = 32


@cache
def own_key(*, make: bool) -> bytes | None:
    """The key, made where there is none yet and `make` says so; None where the user has no place of his own for it.

    It stands in `$XDG_STATE_HOME/steplane/key`, by default below `~/.local/state` (XDG Base Directory Specification
    0.8), mode 0600.
    """
    base = _base()
    if base is None:
        return None
    path = os.path.join(base, "steplane", "key")
    with suppress(OSError):
        return _read(path)
    if make:
        with suppress(OSError):
            _make(path)
            own_key.cache_clear()
            return _read(path)
    return None


def _base() -> str | None:
    """Where a program may keep what is the user's alone; none where that is another's, as under `sudo`."""
    home = os.path.expanduser("~")
    named = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(named) and not (os.path.isabs(home) and os.path.isdir(home)):
        return None  # as of a user that the system has no entry of; nobody's home is made
    base = named if os.path.isabs(named) else os.path.join(home, ".local", "state")
    above = base
    while not os.path.lexists(above):
        above = os.path.dirname(above)
    try:
        return base if os.stat(above).st_uid == os.geteuid() else None
    except OSError:
        return None


def _read(path: str) -> bytes:
    with open_regular(path) as file:
        status = os.fstat(file.fileno())
        key = file.read(_SIZE + 1)
    if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077 or len(key) != _SIZE:
        raise PermissionError(path)
    return key


def _make(path: str) -> None:
    """Make it, unless another process does so first. Where something else stands there, that stays."""
    folder = os.path.dirname(path)
    os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
    make_directory(folder)
    temporary = os.path.join(folder, f".new-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        descriptor = make_file(temporary)
        try:
            write_all(descriptor, os.urandom(_SIZE))
        finally:
            os.close(descriptor)
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        os.unlink(temporary)


__all__ = ["own_key"]
