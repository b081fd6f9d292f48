"""What is asked of a run that is not live: kept in its own folder, so that it goes where the run goes.

Each request is a file, which appears whole and on disk: whoever was told that it is kept may rely on it, whatever
becomes of the catalogue.
"""

import os
from contextlib import suppress
from typing import Any

import msgspec

from steplane.errors import StateDamaged
from steplane.store.database import damaged
from steplane.store.files import (
    make_directory,
    make_file,
    open_regular,
    state_errors,
    sync_directory,
    sync_file,
    write_all,
)
from steplane.store.folder import RunFolder
from steplane.store.nursery import temporary_folder
from steplane.store.records import digest, now

_LARGEST = 256 << 20
"""Bytes that are read of one."""

_REMEDY = "What was asked is lost: remove the file, and send the signal again."


class Request(msgspec.Struct, frozen=True):
    """Something asked of a run that was not live: `kind` (`signal`), its data, who and when (µs).

    `file` is the name of its file; one that an earlier release left in the catalogue has a `number` there instead.
    """

    number: int
    run: str
    kind: str
    data: Any
    actor: str
    at: int
    file: str = ""


class _Asked(msgspec.Struct):
    kind: str
    data: Any
    actor: str
    at: int


class Requests:
    """The requests of one run."""

    __slots__ = ("_folder",)

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def put(self, kind: str, data: Any, actor: str) -> Request:
        """Leave one; it is on disk when this returns. Raises `StateError`."""
        at, folder = now(), self._folder.requests
        text = msgspec.json.encode(_Asked(kind, data, actor, at)).decode()
        with state_errors(folder):
            make_directory(folder, durable=True)
            newest = self._names()[-1:]
        name = f"{int(newest[0].split('-')[0]) + 1 if newest else 1:010}-{os.urandom(8).hex()}"
        with temporary_folder(os.path.dirname(self._folder.path), "request") as place, state_errors(folder):
            temporary = os.path.join(place, name)
            descriptor = make_file(temporary)
            try:
                write_all(descriptor, f"{digest(text)}\n{text}\n".encode())
            finally:
                os.close(descriptor)
            sync_file(temporary)
            os.rename(temporary, os.path.join(folder, name))
            sync_directory(folder)
        return Request(0, self._folder.run, kind, data, actor, at, name)

    def all(self) -> list[Request]:
        """Those that can be read, the oldest first: one that is damaged stops nothing. Raises `StateError`."""
        found = []
        for name in self._names():
            with suppress(StateDamaged, FileNotFoundError):
                found.append(self._read(name))
        return found

    def damages(self) -> list[StateDamaged]:
        """What is wrong with the others. Raises `StateError`."""
        found = []
        for name in self._names():
            try:
                self._read(name)
            except StateDamaged as error:
                found.append(error)
            except FileNotFoundError:
                continue  # it was taken just now
        return found

    def done(self, requests: list[Request]) -> None:
        """Drop requests, after what came of them is committed in the journal. Raises `StateError`."""
        for one in requests:
            path = os.path.join(self._folder.requests, os.path.basename(one.file))
            with state_errors(path, "remove"), suppress(FileNotFoundError):
                os.unlink(path)

    def _names(self) -> list[str]:
        """In the order in which they were left."""
        with state_errors(self._folder.requests, "read"):
            try:
                names = os.listdir(self._folder.requests)
            except FileNotFoundError:
                return []
        return sorted(name for name in names if name.split("-")[0].isdecimal())

    def _read(self, name: str) -> Request:
        """Raises `StateDamaged`, `FileNotFoundError`, `StateError`."""
        path = os.path.join(self._folder.requests, name)
        try:
            with open_regular(path) as file:
                check, _, text = file.read(_LARGEST).decode().partition("\n")
            if digest(text.removesuffix("\n")) != check:
                raise damaged(path, "it is not what was recorded (checksum)", _REMEDY)
            asked = msgspec.json.decode(text, type=_Asked)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise damaged(path, error.strerror or str(error), _REMEDY) from error
        except (ValueError, RecursionError) as error:  # of msgspec too
            raise damaged(path, "it cannot be understood", _REMEDY) from error
        return Request(0, self._folder.run, asked.kind, asked.data, asked.actor, asked.at, name)
