"""Step types with parameters and outputs of every kind, which do next to nothing."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from steplane.sdk import Duration, Result, Step, StepContext, StepError, hookimpl


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """A closed mapping."""

    name: str
    total: float
    tags: list[str] = []


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """A closed mapping that holds another, and a list of them."""

    id: int
    first: Row
    rows: list[Row]


class Made(Result):
    """One of each simple kind."""

    text: str
    count: int
    share: float
    flag: bool
    items: list[str]


class Make(Step, type="stub.make", cancellable=True):
    """Give something of each simple kind."""

    text: str = ""
    count: int = 0
    share: float = 0.5
    flag: bool = False
    items: list[str] = []  # noqa: RUF012 - every step gets its own

    def run(self, ctx: StepContext) -> Made:
        """What it was given, a little changed."""
        return Made(self.text[:40].upper(), self.count % 1000, self.share / 2, not self.flag, [*self.items[:4], "z"])


class Ordered(Result):
    """Nested kinds, and one that may be null."""

    order: Order
    rows: list[Row]
    sums: dict[str, int]
    mode: Literal["fast", "slow"]
    note: str | None


class Book(Step, type="stub.book", cancellable=True, errors=("stub.booked",)):
    """Take what is nested, and give it."""

    order: Order
    mode: Literal["fast", "slow"]
    sums: dict[str, int] = {}  # noqa: RUF012 - every step gets its own
    note: str | None = None
    limit: Annotated[int, Meta(ge=1, le=9)] = 3
    pause: Duration = 0.0

    def run(self, ctx: StepContext) -> Ordered:
        """What it was given."""
        return Ordered(self.order, self.order.rows[: self.limit], {**self.sums, "all": 1}, self.mode, self.note)


class Told(Result):
    """What a step that may fail gives."""

    attempt: int
    said: str


class Fail(Step, type="stub.fail", cancellable=True, errors=("stub.broken",)):
    """Fail the first attempts."""

    times: int = 1
    said: str = "broken"

    def run(self, ctx: StepContext) -> Told:
        """Which attempt it is. Raises `StepError` (`stub.broken`) before that."""
        if ctx.attempt <= self.times:
            raise StepError("stub.broken", self.said[:40], code=ctx.attempt)
        return Told(ctx.attempt, self.said[:40])


class Open(Step, type="stub.open", cancellable=True):
    """Give anything: nothing is known of it."""

    values: dict[str, Any] = {}  # noqa: RUF012 - every step gets its own

    def run(self, ctx: StepContext) -> dict[str, Any]:
        """What it was given."""
        return self.values


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """All of them."""
    return [Make, Book, Fail, Open]
