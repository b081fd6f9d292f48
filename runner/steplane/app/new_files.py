"""Files in somebody's project: written whole or not at all, and never over what is there unless that is asked for."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from steplane.errors import UsageError

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def replace_file(path: str, text: str) -> bool:
    """Put the text at the path, in one step: a reader finds the old file or the new one, whole. Whether it changed.

    A link is followed. Raises `UsageError`; nothing is left behind then.
    """
    target = os.path.realpath(path)
    if os.path.isdir(target):
        raise UsageError(f"{path} is a folder", "Name a file.")
    if _read(target) == text:
        return False
    temporary = _beside(target)
    try:
        _write(temporary, text, _mode(target))
        os.replace(temporary, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise _cannot(path, error) if isinstance(error, OSError) else error from error
    return True


def make_files(folder: str, files: Mapping[str, str]) -> dict[str, bool]:
    """Make the files below the folder, by their relative paths, all or none; which of them are new. What is there is
    left alone, folders are made as needed.

    Signals wait until it is done. Raises `UsageError`; then all that was made is gone again.
    """
    made: list[str] = []
    with _undisturbed():
        try:
            return {name: _make(os.path.join(folder, name), text, made) for name, text in files.items()}
        except BaseException:
            for path in reversed(made):
                _undo(path)
            raise


def _make(path: str, text: str, made: list[str]) -> bool:
    if os.path.lexists(path):
        if os.path.isdir(path):
            raise UsageError(
                f"{path} is a folder, and a file has to stand there", "Move it away, or choose another name."
            )
        return False
    temporary = _beside(path)
    try:
        _make_folders(os.path.dirname(path), made)
        _write(temporary, text, 0o666)
        try:
            os.link(temporary, path)  # unlike a rename it never replaces what another has just made
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            os.rename(temporary, path)
        made.append(path)
    except OSError as error:
        raise _cannot(path, error) from error
    finally:
        with suppress(OSError):
            os.unlink(temporary)
    return True


def _make_folders(folder: str, made: list[str]) -> None:
    missing = []
    while folder and not os.path.isdir(folder):
        if os.path.lexists(folder):
            raise UsageError(
                f"{folder} is not a folder, and one has to stand there", "Move it away, or name another DIR."
            )
        missing.append(folder)
        folder = os.path.dirname(folder)
    for one in reversed(missing):
        os.mkdir(one)
        made.append(one)


def _undo(path: str) -> None:
    with suppress(OSError):
        if os.path.isdir(path) and not os.path.islink(path):
            os.rmdir(path)
        else:
            os.unlink(path)


def _write(path: str, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _beside(path: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name[:80]}.{os.getpid()}-{os.urandom(4).hex()}.new")


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode & 0o777
    except OSError:
        return 0o666


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None


def _cannot(path: str, error: OSError) -> UsageError:
    remedies = {
        "PermissionError": "Name a folder that you may write in, or change its permissions.",
        "FileNotFoundError": "Make its folder first, or look at the path.",
        "NotADirectoryError": "Look at the path: a part of it is a file.",
    }
    remedy = remedies.get(type(error).__name__, "Name another place, or mend this one.")
    return UsageError(f"{path} cannot be made: {error.strerror}", remedy)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let signals come after the block: it takes milliseconds."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
