"""The files that are kept with a run: listed from its journal, fetched from its folder."""

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence

from msgspec import Struct

from steplane.app.chosen import chosen
from steplane.app.history import RunRecord
from steplane.errors import StateDamaged, StateError, UsageError
from steplane.executors.artifacts import opened_below
from steplane.store import RunFolder, RunStore

BLOCK = 1 << 20


class Kept(Struct, frozen=True):
    """One file: of which instance (`path`) and step, its path among the files of that instance, size, digest, place."""

    path: str
    step: str
    name: str
    size: int
    sha256: str
    file: str


def kept_files(store: RunStore, record: RunRecord, wanted: str | None = None) -> list[Kept]:
    """The files of a run, or of the instances that are meant, in the order of the instances. Raises `UsageError`."""
    run_id = record.summary.id
    folder = store.folder(run_id)
    paths = set(chosen(run_id, {one.path: one.step for one in record.steps}, wanted))
    return [
        Kept(
            one.path,
            one.step,
            each.name,
            each.size,
            each.sha256,
            os.path.join(folder.artifacts_of(one.path), each.name),
        )
        for one in record.steps
        if one.path in paths
        for each in one.artifacts
    ]


def copy_files(
    folder: RunFolder, files: Sequence[Kept], target: str, *, together: bool, force: bool = False
) -> Iterator[tuple[Kept, str]]:
    """Copy files into a directory, which is made; each with its copy's path, when it is there.

    The files of an instance come into a directory of its own, or with `together` into `target` itself. Raises
    `UsageError` before anything is copied where a file is there already (unless `force`), `StateDamaged` for a file
    that is not what was recorded, `StateError` where nothing can be written.
    """
    places = [(one, _place(folder, one, target, together=together)) for one in files]
    taken = next((place for _, place in places if os.path.lexists(place)), None)
    if taken is not None and not force:
        raise UsageError(f"{taken} is there already", "Name another directory, or replace it with --force.")
    for one, place in places:
        _copy(folder, one, place)
        yield one, place


def verify_file(folder: RunFolder, one: Kept) -> None:
    """Raise `StateDamaged` if the file is gone, or not what was recorded."""
    _place(folder, one, "", together=True)
    digest = hashlib.sha256()
    with _opened(folder, one) as source:
        while block := os.read(source, BLOCK):
            digest.update(block)
    if digest.hexdigest() != one.sha256:
        raise _changed(one)


def _changed(one: Kept) -> StateDamaged:
    return StateDamaged(f"{one.file} is not what was recorded", "It was changed since; run its step again.")


def _place(folder: RunFolder, one: Kept, target: str, *, together: bool) -> str:
    if one.name.startswith("/") or any(part in {"", ".", ".."} for part in one.name.split("/")):
        raise StateDamaged(f"{folder.path}: the journal names a file {one.name!r}, which is none that was kept")
    return os.path.join(target, "" if together else os.path.basename(folder.artifacts_of(one.path)), one.name)


def _copy(folder: RunFolder, one: Kept, place: str) -> None:
    digest = hashlib.sha256()
    above = os.path.dirname(place) or "."
    temporary = os.path.join(above, f".{os.urandom(6).hex()}")
    try:
        os.makedirs(above, exist_ok=True)
        with _opened(folder, one) as source, open(temporary, "xb") as copy:
            while block := os.read(source, BLOCK):
                digest.update(block)
                copy.write(block)
            os.fchmod(copy.fileno(), os.fstat(copy.fileno()).st_mode | (os.fstat(source).st_mode & 0o100))
        if digest.hexdigest() != one.sha256:
            raise _changed(one)
        os.replace(temporary, place)
    except OSError as error:
        raise StateError(f"{place} cannot be written: {error.strerror}", "Name another directory.") from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


@contextlib.contextmanager
def _opened(folder: RunFolder, one: Kept) -> Iterator[int]:
    """A descriptor of the kept file, reached through no link."""
    try:
        descriptor = opened_below(folder.artifacts_of(one.path), one.name)
    except OSError as error:
        remedy = "It was taken away since; run its step again."
        raise StateDamaged(f"{one.file}, which the journal names, cannot be read: {error.strerror}", remedy) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)
