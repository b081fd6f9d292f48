"""The step type `assert`."""

from collections.abc import Sequence
from typing import Annotated

from steplane.sdk import Meta, PlanContext, Planned, Step, StepContext, StepError, hookimpl


class Assert(Step, type="assert", errors=("assert",), idempotent=True, cancellable=True):
    """Fail unless all that is said holds.

    Example:
        uses: assert
        with: {that: "${{ steps.load.outputs.count > 0 }}", message: there are no orders today}
    """

    that: Annotated[bool | list[bool], Meta(description="A boolean, or several that must all be true")]
    message: Annotated[str, Meta(description="What to say when it does not hold")] = ""

    def run(self, ctx: StepContext) -> None:
        """Look at each of them."""
        claims = self._claims()
        if all(claims):
            return
        number = claims.index(False) + 1
        which = (
            f"assertion {number} of {len(claims)} does not hold" if len(claims) > 1 else "the assertion does not hold"
        )
        raise StepError("assert", self.message or which, detail={"number": number})

    def plan(self, ctx: PlanContext) -> Planned:
        """Say whether it holds."""
        if all(self._claims()):
            return Planned("hold")
        return Planned(f"fail: {self.message or 'the assertion does not hold'}")

    def _claims(self) -> list[bool]:
        return self.that if isinstance(self.that, list) else [self.that]


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step type of this module."""
    return [Assert]
