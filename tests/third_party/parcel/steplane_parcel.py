"""Step types for parcels: what somebody else would write, with nothing but `steplane.sdk`."""

from collections.abc import Sequence
from typing import Annotated, Literal

from steplane.sdk import Duration, Meta, Result, Step, StepContext, StepError, hookimpl

STEPLANE_API = 1

PER_KILOGRAM = {"letter": 1.0, "parcel": 2.5, "pallet": 0.5}


class Offer(Result):
    """A price in EUR, the carrier's days, and the labels to print."""

    price: float
    days: int
    labels: list[str]
    note: str | None = None


class Quote(Step, type="parcel.quote", errors=("parcel.too_heavy",), idempotent=True, cancellable=True):
    """Quote the price of sending goods.

    Example:
        uses: parcel.quote
        with: {kind: parcel, weight: 2.5, items: [books]}
    """

    kind: Annotated[Literal["letter", "parcel", "pallet"], Meta(description="How it is packed")]
    weight: Annotated[float, Meta(gt=0, description="Kilograms")]
    items: Annotated[list[str], Meta(min_length=1, description="What is in it")]
    within: Annotated[Duration, Meta(description="When it has to be there")] = 86400.0
    note: Annotated[str | None, Meta(description="For the carrier")] = None

    def run(self, ctx: StepContext) -> Offer:
        """Compute it."""
        if self.weight > 1000:
            text = f"{self.weight:g} kg are more than 1000"
            raise StepError("parcel.too_heavy", text, code=422, detail={"limit": 1000})
        ctx.log(f"{len(self.items)} items, {self.weight:g} kg, {ctx.step} {ctx.attempt}")
        labels = [f"{self.kind}: {item}" for item in self.items]
        return Offer(self.weight * PER_KILOGRAM[self.kind], max(1, int(self.within // 86400)), labels, self.note)


class Counted(Result):
    """The attempt that succeeded, and the process it ran in."""

    attempt: int
    process: int


class Flaky(Step, type="parcel.flaky", errors=("parcel.busy",)):
    """Be busy for some attempts; not cancellable, so that it runs in a worker process."""

    failures: Annotated[int, Meta(ge=0, description="Attempts that fail")] = 0

    def run(self, ctx: StepContext) -> Counted:
        """Fail or count."""
        import os

        if ctx.attempt <= self.failures:
            raise StepError("parcel.busy", f"busy at attempt {ctx.attempt}")
        return Counted(ctx.attempt, os.getpid())


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step types of this plugin."""
    return [Quote, Flaky]
