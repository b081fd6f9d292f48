"""The step type `log`."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from steplane.sdk import Meta, Step, StepContext, hookimpl


class Log(Step, type="log", idempotent=True, cancellable=True):
    """Write a message into the log.

    Example:
        uses: log
        with: {message: "${{ steps.load.outputs.count }} orders", level: warning}
    """

    message: Annotated[Any, Meta(description="The message; what is no text is written as JSON")]
    level: Annotated[Literal["info", "warning"], Meta(description="How much it matters")] = "info"

    def run(self, ctx: StepContext) -> None:
        """Write it."""
        text = self.message if isinstance(self.message, str) else json.dumps(self.message, ensure_ascii=False)
        (ctx.warn if self.level == "warning" else ctx.log)(text)


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step type of this module."""
    return [Log]
