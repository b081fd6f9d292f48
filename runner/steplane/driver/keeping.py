"""What of an event is recorded and shown: never a secret. And how a resumed run knows what it no longer has."""

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from steplane.driver.loops import sources
from steplane.driver.views import WITHHELD, secret_names
from steplane.events import Answered, AnyEvent, AttemptEnded, CancelRequested, Input, Resumed, RunEnded
from steplane.expressions import Missing
from steplane.kernel import Instance, State
from steplane.masking import MASKED, Mask
from steplane.plan.nodes import Call, ForEach, Matrix, Node

if TYPE_CHECKING:
    from steplane.expressions.deriving import Keeper

_CHANGED = frozenset({Resumed, RunEnded, Answered, AttemptEnded})
"""The only ones that may hold what is not kept."""


def to_keep(event: AnyEvent, state: State, mask: Mask, keeper: "Keeper | None" = None) -> AnyEvent:
    """The event without the values of secret outputs, and without items of loops that hold a secret.

    All other texts were masked before the kernel saw them, so that a run and its resume see the same.
    """
    if event.__class__ not in _CHANGED:  # most
        return event
    if isinstance(event, Resumed) and event.assume:
        return replace(event, assume={path: _assumed(path, said, state) for path, said in event.assume.items()})
    if isinstance(event, RunEnded):
        return replace(event, outputs=without_secrets(state.plan.nodes[0], event.outputs))
    if isinstance(event, Answered) and event.question == "loop" and mask and isinstance(event.value, dict):
        return replace(event, value=_items_withheld(event.value, state.instances.get(event.instance), mask, keeper))
    if isinstance(event, Answered) and event.question == "call" and isinstance(event.value, dict):
        return replace(event, value=_given_withheld(event, state, mask, keeper))
    if isinstance(event, AttemptEnded) or (isinstance(event, Answered) and event.question == "outputs"):
        return _outputs_withheld(event, state)
    return event


_SAID = frozenset({Resumed, CancelRequested})
"""Those with words that a person has given with a command."""


def as_heard(event: Input, mask: Mask) -> Input:
    """The event with what a person has said in it as it may be kept: before the kernel sees it."""
    if event.__class__ not in _SAID or not isinstance(event, Resumed | CancelRequested) or not event.reason:
        return event
    return replace(event, reason=mask.text(event.reason))


def _outputs_withheld(event: AttemptEnded | Answered, state: State) -> AnyEvent:
    instance = state.instances.get(event.instance)
    if instance is None or not secret_names(instance.node):
        return event
    if isinstance(event, AttemptEnded):
        return replace(event, outputs=without_secrets(instance.node, event.outputs))
    return replace(event, value=without_secrets(instance.node, event.value))


def without_secrets(node: Node, outputs: Any) -> Any:
    """The outputs of a step without those that are secret."""
    hidden = secret_names(node)
    if not hidden or not isinstance(outputs, dict):
        return outputs
    return {name: value for name, value in outputs.items() if name not in hidden}


def _assumed(path: str, said: dict[str, Any], state: State) -> dict[str, Any]:
    one = state.paths.get(path)
    if one is None or "outputs" not in said:
        return said
    return {**said, "outputs": without_secrets(one.node, said["outputs"])}


def _given_withheld(event: Answered, state: State, mask: Mask, keeper: "Keeper | None") -> dict[str, Any]:
    """What a child is given, without what is secret or holds something that is."""
    call = state.instances.get(event.instance)
    secret: set[str] = set()
    if call is not None and isinstance(call.node.action, Call):
        secret = {spec.name for spec in state.plan.of_file(call.node.action.file).inputs if spec.secret}
    shown = keeper.shown if keeper is not None else lambda value: value
    kept: dict[str, Any] = {}
    lost: list[list[str]] = []
    for part, values in event.value.items():
        if part == "from":  # names of variables: they stand in the file
            kept[part] = values
            continue
        kept[part] = {
            name: MASKED if part == "inputs" and name in secret else mask.data(shown(one))
            for name, one in values.items()
        }
        lost += [[part, name] for name, one in values.items() if kept[part][name] != one]
    return {**kept, "withheld": lost} if lost else kept


def _items_withheld(
    value: dict[str, Any], here: Instance | None, mask: Mask, keeper: "Keeper | None"
) -> dict[str, Any]:
    items = value.get("items") or []
    loop = here and here.node.loop
    if keeper is not None and isinstance(loop, ForEach | Matrix) and any(map(keeper.meets, sources(loop))):
        masked = [mask.data(keeper.shown(item)) for item in items]
    else:
        masked = [mask.data(item) for item in items]
    lost = [index for index, item in enumerate(items) if masked[index] != item]
    return {**value, "items": masked, "withheld": lost} if lost else value


def restored(event: Input) -> Input:
    """A recorded event as the kernel takes it in again: items that were withheld are missing, with the reason."""
    if not isinstance(event, Answered) or not isinstance(event.value, dict):
        return event
    if event.question == "call":
        return replace(event, value=_given_restored(event.value))
    if event.question != "loop":
        return event
    lost = frozenset(event.value.get("withheld") or ())
    if not lost:
        return event
    items = [Missing(WITHHELD) if index in lost else item for index, item in enumerate(event.value["items"])]
    return replace(event, value={**event.value, "items": items})


def _given_restored(value: dict[str, Any]) -> dict[str, Any]:
    lost = {(part, name) for part, name in value.get("withheld") or ()}
    return {
        part: {name: Missing(WITHHELD) if (part, name) in lost else one for name, one in value[part].items()}
        for part in value
        if part != "withheld"
    }
