"""What a resume would go on with, told without doing it: for `resume --dry-run`."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from steplane.app.recorded import folded, recorded_header
from steplane.app.redefining import Edit, find_edit, refuse_in_between
from steplane.errors import UsageError
from steplane.events import OK
from steplane.kernel import Instance, State, members
from steplane.kernel.branches import remain_decided
from steplane.plugins import Registry
from steplane.store import RunStore
from steplane.store.lease import is_held


class Next(Struct, frozen=True):
    """What becomes of an instance. `then` is `anew`, `whole` (with all that is in it), `again` (its attempt is made
    again), `undecided` (somebody must say what became of it) or `on` (it goes on waiting).
    """

    path: str
    status: str
    then: str


class Preview(Struct, frozen=True):
    """What a resume of the run would do: nothing where it has `ended` well; as the `edit` says, where there is one."""

    run: str
    ended: str = ""
    edit: Edit | None = None
    steps: tuple[Next, ...] = ()
    kept: int = 0


def preview(
    store: RunStore,
    registry: Registry,
    run_id: str,
    values: Mapping[str, Any],
    environ: Mapping[str, str],
    *,
    recorded: bool,
) -> Preview:
    """Look at the run and at its file. `recorded`: it would go on as it was begun, whatever the file says.

    Raises `UsageError` where the resume would be refused for good, `UnknownRun`, `StateError`.
    """
    if is_held(store.folder(run_id)):
        raise UsageError(f"run {run_id} is running", f"Look at it: steplane show {run_id}")
    with store.read(run_id) as journal:
        header, kernel = recorded_header(journal), folded(journal, registry, store)
        root = kernel.state.root
        if root is not None and root.ended and root.status in OK:
            return Preview(run_id, ended=root.status)
        edit = None if recorded else find_edit(run_id, kernel, header, registry, store, values, environ, going=False)
    if edit is not None:
        refuse_in_between(edit, kernel, header)
        return Preview(run_id, edit=edit)
    steps = tuple(_inside(kernel.state, root)) if root is not None else ()
    kept = [one for one in kernel.state.paths.values() if one.ended and one.status in _KEPT and _is_single(one)]
    return Preview(run_id, steps=steps, kept=len(kept))


_KEPT = frozenset({"succeeded", "warning", "reused"})
_IN_FLIGHT = frozenset({"attempt", "undecided", "stopping"})


def _inside(state: State, one: Instance) -> Iterator[Next]:
    """What becomes of the instance, or of those in it where it has begun its lists or items."""
    if one.ended and (one.status in OK or one.cut):
        return
    if one.loop is not None:
        inner = [each for each in one.loop.instances if each is not None]
    elif one.node.restart and one.body:
        yield Next(one.path, _stands(one), "whole")
        return
    else:
        scopes = [one.after] if one.after is not None and not one.ended else one.body
        if one.ended and remain_decided(state, one):
            scopes = []  # what its join has cancelled stays so
        inner = [each for scope in scopes for each in members.everyone(scope)]
    if inner:
        for each in inner:
            yield from _inside(state, each)
    else:
        yield Next(one.path, _stands(one), _then(one))


def _then(one: Instance) -> str:
    if one.ended:
        return "anew"
    if one.phase not in _IN_FLIGHT:
        return "on"
    return "undecided" if one.node.at_most_once else "again"


def _stands(one: Instance) -> str:
    if one.ended:
        return one.status
    return "interrupted" if one.phase in _IN_FLIGHT or one.body else "waiting"


def _is_single(one: Instance) -> bool:
    return bool(one.path) and not one.body and one.loop is None


__all__ = ["Next", "Preview", "preview"]
