"""Large values as files named by their content: `blobs/ab/cdef…` (SHA-256). The same value is stored once."""

import os
from typing import BinaryIO

from steplane.errors import StateDamaged, StateError
from steplane.store.database import damaged
from steplane.store.files import make_directory, open_regular, remove_leftovers, state_error, state_errors, write_whole

LARGEST = 1 << 30
"""Bytes of the largest value that a run may record."""

_PIECE = 8 << 20


class Blobs:
    """The blobs of one run."""

    __slots__ = ("folder",)

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def put(self, content: bytes) -> str:
        """Store bytes; their name. They are on disk when this returns, whatever the durability: an event that names
        a blob may reach the disk at any later time. Raises `StateError`, also where there are more than `LARGEST`.
        """
        if len(content) > LARGEST:
            raise StateError(f"a value of {len(content):,} bytes is more than a run can record", "Write it to a file.")
        name = _name(content)
        path = self._path(name)
        with state_errors(path):
            if not self._is_there(path, len(content)):
                make_directory(self.folder, durable=True)
                make_directory(os.path.dirname(path), durable=True)
                write_whole(path, content)
        return name

    def get(self, name: str) -> bytes:
        """The bytes of that name. Raises `StateDamaged` if they are missing or not what was stored."""
        if len(name) != 64 or not set(name) <= set("0123456789abcdef"):
            raise damaged(self.folder, f"{name[:80]!r} is not the name of a blob")
        path = self._path(name)
        try:
            content = _read(path, name)
        except (PermissionError, InterruptedError) as error:
            raise state_error(path, error, "read") from error
        except OSError as error:
            raise _missing(path) from error
        if _name(content) != name:
            raise damaged(path, "its content is not what was recorded")
        return content

    def sweep(self) -> None:
        """Remove what a crash left half written; only for the run's owner."""
        if os.path.isdir(self.folder):
            for name in os.listdir(self.folder):
                remove_leftovers(os.path.join(self.folder, name))

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name[:2], name[2:])

    @staticmethod
    def _is_there(path: str, size: int) -> bool:
        try:
            return os.stat(path, follow_symlinks=False).st_size == size
        except FileNotFoundError:
            return False


def _missing(path: str) -> StateDamaged:
    return damaged(path, "the journal names it, but it cannot be read")


def _read(path: str, name: str) -> bytes:
    """The bytes of a blob. A large one is first looked at in pieces: what is not what was stored takes no memory."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > LARGEST or (size > _PIECE and _name_of(file) != name):
            raise damaged(path, "its content is not what was recorded")
        file.seek(0)
        return file.read(size)


def _name_of(file: BinaryIO) -> str:
    import hashlib

    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _name(content: bytes) -> str:
    import hashlib  # with OpenSSL: slow to load, but several times as fast over megabytes

    return hashlib.sha256(content).hexdigest()
