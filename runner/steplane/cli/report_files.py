"""Files that a run leaves for others to read: JUnit XML and the summary. Looked at before the run, written after it."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from msgspec import Struct

from steplane.errors import UsageError
from steplane.pipes import write_whole_into
from steplane.store.files import write_all


class Target(Struct, frozen=True):
    """A file to write, and the option (or variable) that named it. `append`: to what others have written there."""

    path: str
    option: str
    append: bool = False


def looked_at(target: Target) -> Target:
    """The target, if it can probably be written; its folder is made. Raises `UsageError`."""
    path, option = target.path, target.option
    if not path:
        raise UsageError(f"`{option}` names no file", "Write the path of a file.")
    if os.path.isdir(path):
        example = os.path.join(path, "steplane.xml" if option == "--junit" else "summary.md")
        raise UsageError(f"`{option} {path}` is a folder", f"Name a file in it: {example}")
    real = os.path.realpath(path)
    try:
        if not _is_special(path):
            os.makedirs(os.path.dirname(real), exist_ok=True)
            _try(real)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"`{option} {path}` cannot be written: {why}", "Name a file that you may write.") from error
    if os.path.exists(path) and not os.access(path, os.W_OK):
        raise UsageError(f"`{option} {path}` cannot be written: it is read-only", "Name a file that you may write.")
    return target


def all_different(targets: list[Target], kept: Mapping[str, str]) -> None:
    """Raises `UsageError` where two targets are one file, or one is a file to keep (paths, with what each is)."""
    seen: dict[str, str] = {os.path.realpath(path): what for path, what in kept.items()}
    for target in targets:
        path = os.path.realpath(target.path)
        if path in seen and not _is_special(path):
            raise UsageError(f"`{target.option} {target.path}` is also {seen[path]}", "Name a file of its own.")
        seen[path] = f"the file of `{target.option}`"


def write(target: Target, text: str) -> None:
    """Write the text: a reader finds the old file or the new one, whole; or at the end. Raises `OSError`."""
    content = text.encode("utf-8", "backslashreplace")
    if _is_special(target.path):
        write_whole_into(target.path, content)
        return
    if target.append:
        with _opened(target.path, os.O_APPEND) as file:
            write_all(file, content)
        return
    path = os.path.realpath(target.path)
    temporary = _beside(path)
    try:
        with _opened(temporary, os.O_EXCL) as file:
            write_all(file, content)
            if os.path.exists(path):
                os.fchmod(file, stat.S_IMODE(os.stat(path).st_mode))
        os.rename(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


@contextmanager
def _opened(path: str, flags: int) -> Iterator[int]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flags, 0o666)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _beside(path: str) -> str:
    """A name for a new file in the same folder."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name[:80]}.{os.urandom(6).hex()}")


def _try(path: str) -> None:
    """Make a file beside the path and remove it. Raises `OSError`."""
    name = _beside(path)
    with _opened(name, os.O_EXCL):
        os.unlink(name)


def _is_special(path: str) -> bool:
    """A device or a pipe: to be written to, not to be replaced."""
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False
