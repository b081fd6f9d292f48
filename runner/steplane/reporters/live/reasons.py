"""Why a step ended as it did, in words; of those that are blocked in a chain: by what began it."""

from steplane.events import StepEnded
from steplane.plan.nodes import Node
from steplane.reporters.ending import why
from steplane.reporters.paint import visible


class Reasons:
    """Remembers who blocks whom."""

    def __init__(self) -> None:
        self._culprits: dict[str, str] = {}

    def of(self, event: StepEnded, node: Node | None) -> str:
        """Why the step has ended as it did; empty where its status says all."""
        if event.status != "blocked" or not event.by or event.reason or event.error is not None:
            return why(event, node)
        culprit = self._culprits[event.path] = self._culprits.get(event.by, event.by)
        return f"by `{visible(culprit)}`"
