"""The step type `fail`."""

from collections.abc import Sequence
from typing import Annotated, Any

from steplane.sdk import Meta, PlanContext, Planned, Step, StepContext, StepError, hookimpl

TYPE = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$"


class Fail(Step, type="fail", errors=("fail",), idempotent=True, cancellable=True):
    """Fail, with an error of your own that `rescue` and `retry` can tell from others.

    Example:
        uses: fail
        with: {message: "no price for ${{ item.sku }}", type: price.missing}
    """

    message: Annotated[str, Meta(min_length=1, description="What is wrong (`error.message`)")]
    type: Annotated[str, Meta(pattern=TYPE, description="The error's type (`error.type`), in dotted words")] = "fail"
    code: Annotated[int | None, Meta(description="A number for it (`error.code`)")] = None
    detail: Annotated[Any, Meta(description="Further data (`error.detail`)")] = None

    def run(self, ctx: StepContext) -> None:
        """Do as it says."""
        raise StepError(self.type.rstrip("\n"), self.message, self.code, self.detail)

    def plan(self, ctx: PlanContext) -> Planned:
        """Say with what."""
        return Planned(f"fail: {self.message} ({self.type})")


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step type of this module."""
    return [Fail]
