"""What a resume refuses: a file that says something else by now, and a step of which nobody knows what became of it."""

import os
import shlex
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from steplane.app.loading import Disk, load_data
from steplane.errors import UsageError
from steplane.events import Resumed
from steplane.kernel import Kernel
from steplane.plan.nodes import Plan
from steplane.plugins import Registry
from steplane.store import RunStore

_PLACES = frozenset({"line", "column", "hash"})


class Undecided(UsageError):
    """A person must say what became of an `at_most_once` step."""

    exit_code = 3


def refuse_changed_file(
    run_id: str, plan: Plan, header: Mapping[str, Any], registry: Registry, store: RunStore | None
) -> None:
    """Raise `UsageError` if the file means something else than what the run was begun with, naming what.

    Other comments, blank lines and line breaks are no change. A file that is gone is not missed.
    """
    now = _Now(plan, header)
    if not any(now.differs(one) for one in plan.with_callees()) and not now.changed_tables():
        return
    name = header["file"]
    changed = load_data(now.content(plan.file), name, registry, store, now).plan
    for table, file in now.changed_tables().items():
        if changed is None or _means_another(plan, changed, table):
            where = "it has errors now" if changed is None else "it decides otherwise"
            what = f"{now.path(file)} has changed since run {run_id} was begun: {where}"
            raise UsageError(what, _remedy(run_id, plan, changed))
    for one in plan.with_callees():
        other = None if changed is None else changed if one is plan else changed.callees.get(one.file)
        where = "it has errors now" if changed is None else "it is not called any more" if other is None else ""
        if other is not None:
            where = _differences(one, other)
        if where and (changed is None or now.differs(one)):
            what = f"{now.path(one.file)} has changed since run {run_id} was begun: {where}"
            raise UsageError(what, _remedy(run_id, plan, changed if one is plan else None))


class _Now:
    """The files of a run as they are by now; one that is gone is as it was recorded."""

    def __init__(self, plan: Plan, header: Mapping[str, Any]) -> None:
        self._tables = plan.all_tables()
        self._texts = {one.file: one.text for one in plan.with_callees()}
        self._texts |= {file: text for one in self._tables.values() for file, text in one.files().items()}
        self._folder = Disk(header["home"], os.path.dirname(plan.file))

    def path(self, file: str) -> str:
        """Where the file is."""
        return self._folder.path(file)

    def content(self, file: str) -> bytes:
        """What it holds."""
        try:
            return self._folder.content(file)
        except OSError:
            if file not in self._texts:
                raise
            return self._texts[file].encode()

    def nearby(self, file: str) -> list[str]:
        """See `Files`."""
        return self._folder.nearby(file)

    def differs(self, one: Plan) -> bool:
        """Whether the file holds something else than what was recorded."""
        return self._is_other(one.file, one.hash)

    def changed_tables(self) -> dict[str, str]:
        """The tables that hold something else, or whose rows do, each with the file that was changed."""
        return {
            file: name
            for file, one in self._tables.items()
            for name, digest in one.digests().items()
            if self._is_other(name, digest)
        }

    def _is_other(self, file: str, digest: str) -> bool:
        try:
            return sha256(self._folder.content(file)).hexdigest() != digest
        except OSError:
            return False


def _remedy(run_id: str, before: Plan, after: Plan | None) -> str:
    """What a person may do: mostly a mistake was mended, and the rest is to run as the file is now."""
    step = _first_change(before, after) if after is not None else None
    if after is None or step is None:
        return "Restore the file and resume, or start a new run."
    return (
        "Restore the file and resume, start a new run, or run the file as it is now on the results of this one: "
        f"steplane run {shlex.quote(after.file)} --from {step} --of {run_id}"
    )


def _first_change(before: Plan, after: Plan) -> str | None:
    """The first of the workflow's own steps that is new, or in which something is; None where a step is gone."""
    old, new = ({node.id: _without_places(node) for node in one.nodes[1:]} for one in (before, after))
    added = [node for node in after.nodes[1:] if node.id not in old]
    other = added or [node for node in after.nodes[1:] if old[node.id] != new[node.id]]
    if old.keys() - new.keys() or not other:
        return None
    node = other[0]
    while (listed := after.lists[node.list]).owner:
        node = after.nodes[listed.owner]
    return node.id if listed.role == "steps" else None


def _differences(before: Plan, after: Plan) -> str:
    """Which steps differ, in words; empty when the two mean the same."""
    old, new = ({node.id: _without_places(node) for node in one.nodes[1:]} for one in (before, after))
    gone = [f"step `{name}` is gone" for name in old if name not in new]
    added = [f"step `{name}` is new" for name in new if name not in old]
    changed = [f"step `{name}` is changed" for name in old if name in new and old[name] != new[name]]
    said = [*gone, *added] or changed
    if said:
        return ", ".join(said[:3]) + (f" and {len(said) - 3} more" if len(said) > 3 else "")
    same = _without_places(_bare(before)) == _without_places(_bare(after))
    return "" if same else "the workflow's own keys are changed"


def _means_another(before: Plan, after: Plan, table: str) -> bool:
    """Whether the table decides otherwise by now. One that nothing names any more is told with what named it."""
    old, new = before.all_tables()[table], after.all_tables().get(table)
    return new is not None and new.rules != old.rules


def _bare(plan: Plan) -> Plan:
    """The plan without the texts that it was made from."""
    return replace(plan, text="", tables={})


def _without_places(part: Any) -> Any:
    """A part of a plan as something comparable, without where it stands in the file."""
    if isinstance(part, Struct):
        return (
            type(part).__name__,
            *(_without_places(getattr(part, name)) for name in part.__struct_fields__ if name not in _PLACES),
        )
    return tuple(_without_places(one) for one in part) if isinstance(part, tuple) else part


def refuse_undecided(kernel: Kernel, event: Resumed, run_id: str) -> None:
    """A step that may run once at most was in flight: only a person can say what became of it. Raises `Undecided`."""
    open_steps = [one.path for one in kernel.in_flight() if one.node.at_most_once]
    for path in open_steps:
        if path not in event.redo and path not in event.assume:
            raise Undecided(
                f"step `{path}` was running when the run was cut off, and it may run at most once",
                f"Find out whether it did its work, then: steplane resume {run_id} --assume {path}=succeeded, "
                f"or --redo {path}",
            )
