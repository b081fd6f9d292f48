"""All that is known of a run as JSON lines, whatever has become of its files: for `runs export`."""

import os
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from msgspec import to_builtins
from msgspec.structs import replace

from steplane import __version__
from steplane.app.history import read_run
from steplane.app.kept import kept_files, verify_file
from steplane.app.known import names_of
from steplane.app.loading import load_data
from steplane.app.recorded import NEEDED
from steplane.app.secrets import Secrets
from steplane.errors import StateDamaged, StateError, SteplaneError, UsageError
from steplane.events import AnyEvent, ErrorInfo, Recorded, Taken
from steplane.masking import Mask
from steplane.parts import Artifact, Group, Hit, Part, Selected
from steplane.plan.nodes import Plan
from steplane.plugins import Registry
from steplane.store import RunFolder, RunStore, now
from steplane.store.files import open_regular
from steplane.store.salvage import Salvage, SavedDefinition

FORMAT = 1
"""The version of the format: docs/operations.md describes it."""

_BLOCK = 64 << 10
_STRUCTS = (*get_args(AnyEvent), ErrorInfo, Artifact, Hit, Taken, Recorded, Part, Selected, Group)
_OWN = frozenset(name for kind in _STRUCTS for name in kind.__struct_fields__) | {
    "type", "format", "run", "status", "at", "steplane", "verified", "header", "hash", "text", "seq", "mono", "epoch",
    "path", "activation", "attempt", "actor", "event", "name", "size", "sha256", "file", "offset", "complete", "events",
    "missing", *NEEDED, "workflow", "version", "title", "labels", "durability", "parent", "files", "types", "selection",
    "of", "group", "objects",
}  # fmt: skip
"""The keys that lines have: whatever the value of a secret is, it hides none of them."""
Line = dict[str, Any]


def export_run(
    store: RunStore, registry: Registry, run_id: str, environ: Mapping[str, str], *, logs: bool = True
) -> Iterator[Line]:
    """The lines of one run. The last, `{"type": "end"}`, says what is missing. Raises `UnknownRun`, nothing else.

    What was recorded was masked when it was; secrets of the workflow that `environ` has are masked here once more.
    """
    folder = store.folder(run_id)
    salvage = Salvage(folder)
    plan = _plan(salvage, registry)
    mask = Mask({})
    if plan is not None:
        known = Secrets(plan, environ, str((salvage.header or {}).get("home", ""))).known()
        mask = Mask(known, names_of(plan) | _OWN)
    for line in _lines(store, folder, salvage, logs):
        yield {**mask.data(line), "type": line["type"]} if mask else line


def _lines(store: RunStore, folder: RunFolder, salvage: Salvage, logs: bool) -> Iterator[Line]:
    yield {
        "type": "export", "format": FORMAT, "run": folder.run, "status": _status(store, folder.run), "at": now(),
        "steplane": __version__,
    }  # fmt: skip
    if salvage.header is not None:
        yield {"type": "header", "verified": salvage.sound, "header": salvage.header}
    for one in salvage.definitions:
        definition = one.definition
        yield {"type": "definition", "verified": one.verified, "hash": definition.hash, "text": definition.text}
    events = 0
    for saved in salvage.events():
        events += 1
        row = saved.row
        yield {
            "type": "event", "seq": row[0], "verified": saved.verified, "at": row[1], "mono": row[2], "epoch": row[3],
            "path": row[5], "activation": row[6], "attempt": row[7], "actor": row[8],
            "event": to_builtins(saved.event),
        }  # fmt: skip
    missing = [*salvage.missing, *_fault(store, folder.run, salvage)]
    yield from _artifacts(store, folder.run, missing)
    if logs:
        yield from _logs(folder, missing)
    yield {"type": "end", "complete": not missing, "events": events, "missing": missing}


def _status(store: RunStore, run_id: str) -> str:
    try:
        return store.status(run_id)
    except SteplaneError:
        return "damaged"


def _fault(store: RunStore, run_id: str, salvage: Salvage) -> list[str]:
    """Why the run cannot be gone on with, if all of it could be read and it still is refused."""
    try:
        with store.read(run_id):
            return []
    except (StateDamaged, StateError) as error:
        return [] if salvage.missing else [error.message]


def _plan(salvage: Salvage, registry: Registry) -> Plan | None:
    """The plan of the newest definition, if it can still be compiled: it says which secrets there are."""
    found: SavedDefinition | None = salvage.definitions[-1] if salvage.definitions else None
    if found is None:
        return None
    try:
        file = str((salvage.header or {}).get("file", ""))
        loaded = load_data(found.definition.text.encode(), file, registry, None, recorded=True)
    except UsageError:
        return None
    return None if loaded.plan is None else replace(loaded.plan, hash=found.definition.hash)


def _artifacts(store: RunStore, run_id: str, missing: list[str]) -> Iterator[Line]:
    """The kept files by name, size and digest; `steplane artifacts --copy` fetches them."""
    try:
        files = kept_files(store, read_run(store, run_id))
    except SteplaneError:
        return  # the journal does not tell; that is among what is missing
    for one in files:
        try:
            verify_file(store.folder(run_id), one)
        except SteplaneError as error:
            missing.append(error.message)
            whole = False
        else:
            whole = True
        yield {
            "type": "artifact", "verified": whole, "path": one.path, "name": one.name, "size": one.size,
            "sha256": one.sha256,
        }  # fmt: skip


def _logs(folder: RunFolder, missing: list[str]) -> Iterator[Line]:
    """The logs in pieces, each with the place of its first byte."""
    try:
        names = sorted(name for name in os.listdir(folder.path) if name.endswith(".log"))
    except OSError as error:
        missing.append(f"{folder.path} cannot be listed: {error.strerror}")
        return
    for name in names:
        path = os.path.join(folder.path, name)
        try:
            with open_regular(path) as file:
                offset = 0
                while piece := _piece(file):
                    yield {"type": "log", "file": name, "offset": offset, "text": piece.decode("utf-8", "replace")}
                    offset += len(piece)
        except OSError as error:
            missing.append(f"{path} cannot be read: {error.strerror or error}")


def _piece(file: Any) -> bytes:
    """Some whole lines, so that no character and no secret is cut in two; of a longer line a part."""
    piece: bytes = file.read(_BLOCK)
    return piece + file.readline(_BLOCK) if piece and not piece.endswith(b"\n") else piece


__all__ = ["FORMAT", "export_run"]
