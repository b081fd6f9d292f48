"""Another distribution that claims the name `parcel`."""

from collections.abc import Sequence

from steplane.sdk import Step, StepContext, hookimpl


class Quote(Step, type="parcel.quote", cancellable=True):
    """Quote the price of sending goods, differently."""

    def run(self, ctx: StepContext) -> None:
        """Do nothing."""


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step types of this plugin."""
    return [Quote]
