"""A resume beside a file (or a plugin) that is another now: refused with what that means, or taken as it is."""

import os
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from steplane.app.editing import changes_of
from steplane.app.execution import clocked
from steplane.app.given_again import inputs_under
from steplane.app.loading import Disk, load_data
from steplane.app.versions import type_versions
from steplane.commands import Record
from steplane.digests import sha256
from steplane.errors import UsageError
from steplane.events import OK, AnyEvent, Redefined
from steplane.kernel import Instance, Kernel
from steplane.plan.nodes import Plan
from steplane.plan.recipes import ANEW, Change, Changes, Outside, names_changed
from steplane.plugins import Registry
from steplane.store import Journal, RunStore, now

Taken = tuple[Redefined, list[AnyEvent]]
"""The event with which a run goes on under another definition, and what follows from it."""


def count(number: int, noun: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


class Edit(Struct, frozen=True):
    """What is another now: the plan, what becomes of each step, and which recorded results that leaves.

    `kept` are the paths of the steps whose results stay, `again` of those that had ended well and begin anew. `inputs`
    are all that have a value. `types`: versions of step types, before and after, of those that are another. `begun`
    says of the steps that have begun how they stand, by their names; `files` those that are another.
    """

    run: str
    before: Plan
    after: Plan
    changes: Changes
    kept: tuple[str, ...]
    again: tuple[str, ...]
    inputs: Mapping[str, Any]
    versions: dict[str, str]
    types: dict[str, tuple[str, str]] = {}
    kept_variables: dict[str, Any] = {}
    begun: dict[str, str] = {}
    files: tuple[str, ...] = ()

    def take(self, kernel: Kernel, journal: Journal, actor: str) -> "Taken":
        """Bring the run over to the new definition; what is to be recorded of that."""
        at = now()
        words: dict[str, dict[str, str]] = {
            file: {name: one.word for name, one in found.items()} for file, found in self.changes.items()
        }
        event = Redefined(at=at, actor=actor, hash=self.after.hash, types=self.versions, steps=words)
        event = clocked(event, kernel.state, journal, at)
        kernel.plan_of = lambda _: self.after
        return event, [replace(one.fact, at=at) for one in kernel.step(event) if isinstance(one, Record)]

    def record(self, journal: Journal, taken: "Taken", variables: Mapping[str, Any]) -> None:
        """Make it durable: the texts first, then the event. `variables` are those that may be recorded."""
        known = {one.hash for one in journal.definitions()}
        key, number = self.after.hash, 1
        while key in known:  # also where only a plugin is another, or the file is again what it was
            number += 1
            key = f"{self.after.hash}-{number}"
        others = {name: (one.hash, one.text) for name, one in self.after.callees.items()}
        for table in self.after.all_tables().values():
            others |= {name: (table.digests()[name], text) for name, text in table.files().items()}
        for hashed, text in others.values():
            journal.add_definition(text, hashed)
        journal.add_definition(self.after.text, key)  # the newest is the workflow's own
        files = {name: hashed for name, (hashed, _) in others.items()}
        hidden = {spec.name for spec in self.after.inputs if spec.secret}
        inputs = {name: value for name, value in self.inputs.items() if name not in hidden}
        event, facts = taken
        journal.append(replace(event, hash=key, files=files, inputs=inputs, vars=dict(variables)))
        for fact in facts:
            journal.append(fact)
        journal.commit()

    @property
    def warning(self) -> str:
        """What is told when the run goes on so."""
        stay = f"{count(len(self.kept), 'recorded result')} {'stays' if len(self.kept) == 1 else 'stay'}"
        again = len(self.again)
        anew = f", {again} {'begins' if again == 1 else 'begin'} anew" if again else ""
        return f"goes on under a changed definition: {told(self)}; {stay}{anew}"

    @property
    def own(self) -> dict[str, Change]:
        """What becomes of the steps by their names; those of files that are called with the file."""
        found = {}
        for file, changes in self.changes.items():
            for name, change in changes.items():
                shown = name or "the workflow"
                found[shown if file == self.after.file else f"{os.path.basename(file)}: {shown}"] = change
        return {name: one for name, one in found.items() if one.word != "around" or one.why}


class Edited(UsageError):
    """The definition of a run is another now, and nobody has said that it goes on so."""

    def __init__(self, edit: Edit) -> None:
        self.edit = edit
        super().__init__(
            f"{_what(edit)} since run {edit.run} was begun: {told(edit)}",
            f"Go on so: steplane resume {edit.run} --accept-changes. Go on as it was recorded: --recorded.",
        )


def _what(edit: Edit) -> str:
    if edit.types and edit.before.hash.partition("-")[0] == edit.after.hash:
        (name, (old, new)), *_ = edit.types.items()
        return f"the plugin of `{name}` has changed ({old}, now {new})"
    changed = edit.files
    return f"{' and '.join(changed[:2]) or edit.after.file} {'has' if len(changed) < 2 else 'have'} changed"


_OWN_KEYS = "the workflow's own keys are changed"
_SAID = {"gone": "is gone", "new": "is new", "changed": "is changed", "around": "is changed"}


def told(edit: Edit) -> str:
    """Which steps are concerned, in words."""
    said = [
        f"step `{name.rpartition(': ')[2]}` {_SAID[one.word]}" if not name.endswith("the workflow") else _OWN_KEYS
        for name, one in edit.own.items()
        if one.word in _SAID
    ]
    if not said:
        return _OWN_KEYS
    return ", ".join(said[:3]) + (f" and {len(said) - 3} more" if len(said) > 3 else "")


def find_edit(  # noqa: PLR0917 - what a run is made of
    run: str, kernel: Kernel, header: Mapping[str, Any], registry: Registry, store: RunStore | None,
    given: Mapping[str, Any], environ: Mapping[str, str], *, going: bool,
) -> Edit | None:  # fmt: skip
    """What is another now than what the run has recorded; None where that changes nothing. Where the run is not `going`
    on so no input is asked for.

    Other comments, line breaks, and what only shows a step are no change. A file that is gone is not missed. Raises
    `UsageError` for a file that has errors.
    """
    before = kernel.state.plan
    files = _Now(before, header)
    versions = type_versions(before, registry)
    types = _others(header.get("types"), versions)
    if not types and not files.changed():
        return None
    after = load_data(files.content(before.file), header["file"], registry, store, files).plan
    if after is None:
        first = next(iter(files.changed()), before.file)
        raise UsageError(
            f"{_shown(files.path(first))} has changed since run {run} was begun: it has errors now",
            f"See them: steplane check {before.file}. Or go on as it was recorded: steplane resume {run} --recorded",
        )
    inputs = inputs_under(before, (after, header, given, environ), going=going)
    outside = Outside(inputs=_other_inputs(header["inputs"], inputs, after), types=frozenset(_uses(after, types)))
    changes = changes_of(kernel.state, after, outside)
    if not changes and not types:
        return None
    kept, again = _results(kernel, changes)
    versions = type_versions(after, registry)
    changed = tuple(_shown(files.path(one)) for one in files.changed())
    other = names_changed(before, after, outside.inputs)
    variables = {name: value for name, value in header["vars"].items() if ("vars", name) not in other}
    return Edit(
        run,
        before,
        after,
        changes,
        kept,
        again,
        inputs,
        versions,
        types,
        variables,
        _begun(kernel, before, changes),
        changed,
    )


def plan_now(before: Plan, header: Mapping[str, Any], registry: Registry, store: RunStore | None) -> Plan | None:
    """The plan of the run's file as it is now; None where that has errors."""
    files = _Now(before, header)
    return load_data(files.content(before.file), header["file"], registry, store, files).plan


def refuse_in_between(edit: Edit, kernel: Kernel, header: Mapping[str, Any]) -> None:
    """Raise `UsageError` where a run cannot go on under another definition just now."""
    root = kernel.state.root
    why = ""
    if header.get("selection") or header.get("of"):
        why = "a run of a part goes on as it was begun"
    elif root is not None and root.cancelling and not root.ended:
        why = "it is being cancelled"
    elif any(kernel.state.live("compensate")):
        why = "it is in the middle of a compensation"
    else:
        cut = next((one.path for one in kernel.in_flight() if one.node.at_most_once and is_anew(one, edit.changes)), "")
        why = f"`{cut}` has changed, was running when it was cut off, and may run at most once" if cut else ""
    if why:
        raise UsageError(
            f"run {edit.run} cannot go on under another definition: {why}",
            f"Go on as it was recorded: steplane resume {edit.run} --recorded",
        )


CANCELLED = "was being cancelled"
"""Of a step that counts no more, and does not begin anew either."""


def is_anew(one: Instance, changes: Changes) -> bool:
    """Whether what the instance has done counts no more, or what is around it."""
    return _outermost(one, changes) is not None


def _outermost(one: Instance, changes: Changes) -> Instance | None:
    """What of the instance and of what is around it counts no more as a whole; None where it counts."""
    found: Instance | None = None
    around = one
    while around.scope is not None:
        change = changes.get(around.scope.plan.file, {}).get(around.node.id)
        if change is not None and change.word in ANEW:
            found = around
        around = around.scope.owner
    return found


def _results(kernel: Kernel, changes: Changes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The paths of all that has ended well: what of it stays, and what begins anew."""
    kept: list[str] = []
    again: list[str] = []
    for path, one in kernel.state.paths.items():
        if not path or not one.ended or one.status not in {"succeeded", "warning", "reused"} or one.body or one.loop:
            continue
        (again if is_anew(one, changes) else kept).append(path)
    return tuple(kept), tuple(again)


def _shown(path: str) -> str:
    """The path from here, where that is inside."""
    short = os.path.relpath(path)
    return path if short.startswith(os.pardir) else short


def _begun(kernel: Kernel, plan: Plan, changes: Changes) -> dict[str, str]:
    """How each step that has begun stands, by its name; of several activations the one that stands worst."""
    found: dict[str, str] = {}
    for one in kernel.state.paths.values():
        if one.begun and one.scope is not None:
            file = one.scope.plan.file
            name = one.node.id if file == plan.file else f"{os.path.basename(file)}: {one.node.id}"
            whole = _outermost(one, changes)
            ends = whole is not None and whole.scope is not None and whole.scope.cancelled
            status = one.status if one.ended else CANCELLED if ends else "interrupted"
            if name not in found or status not in OK:
                found[name] = status
    return found


def _others(before: Any, after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The namespaces of step types of which another version is there; journals of earlier releases name none."""
    if not isinstance(before, dict):
        return {}
    return {name: (str(before[name]), now) for name, now in after.items() if name in before and before[name] != now}


def _uses(plan: Plan, namespaces: Mapping[str, Any]) -> list[str]:
    return [name for one in plan.with_callees() for name in one.types if name.partition(".")[0] in namespaces]


def _other_inputs(recorded: Mapping[str, Any], inputs: Mapping[str, Any], after: Plan) -> frozenset[str]:
    hidden = {spec.name for spec in after.inputs if spec.secret}
    names = {name for name in {*recorded, *inputs} if name not in hidden}
    return frozenset(one for one in names if recorded.get(one, _NONE) != inputs.get(one, _NONE))


_NONE = object()


class _Now:
    """The files of a run as they are by now; one that is gone is as it was recorded."""

    def __init__(self, plan: Plan, header: Mapping[str, Any]) -> None:
        self._texts = {one.file: one.text for one in plan.with_callees()}
        self._hashes = {one.file: one.hash.partition("-")[0] for one in plan.with_callees()}
        for one in plan.all_tables().values():
            self._texts |= one.files()
            self._hashes |= one.digests()
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

    def changed(self) -> tuple[str, ...]:
        """The files (of the workflow, of those that it calls, of tables) that hold something else than recorded."""
        return tuple(file for file, hashed in self._hashes.items() if self._differs(file, hashed))

    def _differs(self, file: str, hashed: str) -> bool:
        try:
            return sha256(self._folder.content(file)).hexdigest() != hashed
        except OSError:
            return False


__all__ = ["CANCELLED", "Edit", "Edited", "find_edit", "plan_now", "refuse_in_between", "told"]
