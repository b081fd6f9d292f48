"""Where a run's folder is made before it gets its name, so that a crash leaves a whole run or none."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from steplane.store.files import make_directory, remove_tree, state_error, state_errors, sync_directory
from steplane.store.folder import RunFolder

NAME = ".new"


@contextmanager
def new_folder(folder: RunFolder) -> Iterator[RunFolder]:
    """A folder to fill, which gets the name of `folder` at the end of the block; after an exception it is removed.

    Raises `StateError`, and `FileExistsError` if the name was taken meanwhile.
    """
    with temporary_folder(os.path.dirname(folder.path), folder.run) as path:
        new = RunFolder(path)
        yield new
        _give_name(new, folder)


@contextmanager
def temporary_folder(runs: str, label: str) -> Iterator[str]:
    """A private folder under `runs` for the time of the block; what a crash leaves of it, the next maker removes."""
    nursery = os.path.join(runs, NAME)
    with state_errors(nursery):
        make_directory(runs)
        make_directory(nursery)
    with _making(nursery):
        path = os.path.join(nursery, f"{label}-{os.getpid()}-{os.urandom(4).hex()}")
        with state_errors(path):
            make_directory(path)
        try:
            yield path
        finally:
            if os.path.exists(path):
                remove_tree(path)


@contextmanager
def _making(nursery: str) -> Iterator[None]:
    """Makers share a lock; whoever gets it alone knows that all that lies there was left by the dead."""
    with state_errors(nursery):
        descriptor = os.open(nursery, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with state_errors(nursery):
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for name in os.listdir(nursery):
                remove_tree(os.path.join(nursery, name))
    finally:
        os.close(descriptor)


def _give_name(new: RunFolder, folder: RunFolder) -> None:
    """Rename the folder; the system refuses to replace one that holds anything."""
    try:
        sync_directory(new.path)
        os.rename(new.path, folder.path)
        sync_directory(os.path.dirname(folder.path))
    except OSError as error:
        if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
            raise FileExistsError(error.errno, "it exists already", folder.path) from error
        raise state_error(folder.path, error) from error
