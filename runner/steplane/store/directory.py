"""The state directory: found or made, private to its owner, and what stands where in it."""

import os
from contextlib import suppress

from steplane.errors import StateError, UsageError
from steplane.store.files import make_above, make_directory, make_file, state_errors, sync_directory, write_all
from steplane.store.folder import RunFolder

NAME = ".steplane"
_OURS = {".gitignore", "runs", "cache", "steplane.db", "steplane.db-wal", "steplane.db-shm", "steplane.db-journal",
         "locks.db", "locks.db-wal", "locks.db-shm", "locks.db-journal"}  # fmt: skip
_HARMLESS = {"lost+found", ".DS_Store"}


class StateDirectory:
    """A state directory by its absolute path. Making, refusing and finding is `find`'s part."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)

    @classmethod
    def find(cls, start: str, override: str | None = None, *, make: bool = True) -> "StateDirectory":
        """The nearest `.steplane/` at or above `start`, else one made at `start` (0700, with a `.gitignore` of `*`).

        `override` (`--state`, `STEPLANE_STATE`; relative to `start`) names it instead, and is made if it is not there.
        With `make=False` nothing is made: readers of a directory that is not there find no runs.

        Raises `StateError` for a directory of another user, one that others may write into, or one that cannot be
        there or be made; `UsageError` for an override that holds other things.
        """
        if override == "":  # as of a variable that is not set: the directory that holds otherwise is not meant
            raise UsageError("`--state` names no directory", "Name one, or leave the option out.")
        path = os.path.join(os.path.abspath(start), override) if override else _nearest(start)
        directory = cls(path)
        if directory._is_there():
            directory._refuse_unsafe()
            directory._refuse_foreign_content(override)
        if make:
            directory._make()
        return directory

    @property
    def database(self) -> str:
        """The catalogue."""
        return os.path.join(self.path, "steplane.db")

    @property
    def runs(self) -> str:
        """The folder of the runs' folders."""
        return os.path.join(self.path, "runs")

    @property
    def cache(self) -> str:
        """What may be thrown away at any time."""
        return os.path.join(self.path, "cache")

    def run(self, run_id: str) -> RunFolder:
        """The folder of a run, by its whole, valid id."""
        return RunFolder(os.path.join(self.runs, run_id))

    def _is_there(self) -> bool:
        """Where it cannot be there at all, a file in its way or a name too long, it is not just missing."""
        with state_errors(self.path, "read"):
            try:
                os.lstat(self.path)
            except FileNotFoundError:
                return False
            return True

    def _refuse_unsafe(self) -> None:
        with state_errors(self.path, "read"):
            found = os.stat(self.path)
        if not os.path.isdir(self.path):
            raise StateError(f"{self.path} is not a directory", "Move it away, or name another with `--state DIR`.")
        if found.st_uid != os.geteuid():
            raise StateError(
                f"the state directory {self.path} belongs to another user (uid {found.st_uid})",
                "Name one of your own with `--state DIR` (or STEPLANE_STATE).",
            )
        for folder in (self.runs, self.cache):
            if os.path.islink(folder):
                raise StateError(
                    f"{folder} is a link: what it leads to may be another's",
                    "Put a folder in its place. To have the state elsewhere, name the place with `--state DIR`.",
                )
        if found.st_mode & 0o022:
            raise StateError(
                f"other users may write into the state directory {self.path}",
                f"Look whether anything in it is not yours, then: chmod go-w {self.path}",
            )

    def _refuse_foreign_content(self, override: str | None) -> None:
        """A slip such as `--state .` must not fill a project, and hide it from git with a `.gitignore` of `*`."""
        with state_errors(self.path, "read"):
            names = set(os.listdir(self.path))
        if override and "steplane.db" not in names and names - _OURS - _HARMLESS:
            raise UsageError(
                f"{self.path} is not a state directory: it holds other files",
                f"Name a new or an empty directory, such as {os.path.join(override, NAME)}",
            )

    def _make(self) -> None:
        with state_errors(self.path, "make"):
            make_above(self.path)
            new = not os.path.isdir(self.runs)
            make_directory(self.path)
            make_directory(self.runs)
            make_directory(self.cache)
            if new:
                self._settle()
            self._ignore_in_git()

    def _settle(self) -> None:
        """Let the names that lead to the runs survive a power loss, as what will be in them does."""
        for folder in (self.path, os.path.dirname(self.path)):
            with suppress(OSError):  # one that may be passed through, but not read
                sync_directory(folder)

    def _ignore_in_git(self) -> None:
        try:
            descriptor = make_file(os.path.join(self.path, ".gitignore"))
        except FileExistsError:
            return
        try:
            write_all(descriptor, b"*\n")
        finally:
            os.close(descriptor)


def _nearest(start: str) -> str:
    here = first = os.path.abspath(start)
    while True:
        candidate = os.path.join(here, NAME)
        if os.path.lexists(candidate):
            return candidate
        above = os.path.dirname(here)
        if above == here:
            return os.path.join(first, NAME)
        here = above
