"""The folder in which a step leaves files to be kept with the run; most steps leave none.

To make and remove a folder for every attempt would cost more than many an attempt takes, for it waits for the disk. So
each thread has one, which goes from attempt to attempt as long as it stays empty. One in which something was left gets
the name of the instance, and a link stands in its old place: paths that the step has told stay good.
"""

import os
from contextlib import suppress

NAME = ".work-"
"""How the folders begin that have no instance's name yet, and the links that stand for those that have one."""

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class OwnFolder:
    """The folder of one thread. `path` is empty before the first attempt."""

    __slots__ = ("path",)

    def __init__(self) -> None:
        self.path = ""

    def take(self, final: str) -> str:
        """The folder for an attempt whose files will stand at `final`, where what an earlier one left is taken away."""
        clear(final)
        if not self.path or os.path.dirname(self.path) != os.path.dirname(final):
            self.path = os.path.join(os.path.dirname(final), f"{NAME}{os.urandom(5).hex()}")
            with suppress(OSError):  # whoever writes into it learns of it
                os.mkdir(self.path, 0o700)
        return self.path

    @property
    def empty(self) -> bool:
        """Whether the attempt has left nothing. A folder that is one no longer is given up."""
        try:
            descriptor = os.open(self.path, FOLDER)
        except OSError:
            self.close()
            return True
        try:
            return not os.listdir(descriptor)
        finally:
            os.close(descriptor)

    def give(self, final: str) -> None:
        """Let the folder be that of the instance; the next attempt gets another. Raises `OSError`.

        The name survives a power loss when this returns: an event will tell of what is in it.
        """
        os.rename(self.path, final)
        around = os.open(os.path.dirname(final), FOLDER)
        try:
            os.fsync(around)
        finally:
            os.close(around)
        with suppress(OSError):
            os.symlink(os.path.basename(final), self.path)
        self.path = ""

    def close(self) -> None:
        """Remove the folder, if it is empty."""
        if self.path:
            with suppress(OSError):
                os.rmdir(self.path)
            self.path = ""


def clear(folder: str) -> None:
    """Take away what is there. Never raises."""
    if os.path.lexists(folder):
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            os.unlink(folder)  # a step may have put something else in its place


def sweep(root: str) -> None:
    """Remove what attempts that were cut off have left, whose instances begin anew; links are kept."""
    with suppress(OSError):
        for name in os.listdir(root):
            if name.startswith(NAME) and not os.path.islink(os.path.join(root, name)):
                clear(os.path.join(root, name))
