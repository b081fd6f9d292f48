"""A step type that takes a value of every kind and gives one of every kind."""

from collections.abc import Sequence

from steplane.sdk import Result, Step, StepContext, hookimpl


class Made(Result):
    """What it gives."""

    text: str
    count: int
    share: float
    flag: bool
    items: list[str]


class Make(Step, type="stub.make", cancellable=True):
    """Give something of each kind."""

    text: str = ""
    count: int = 0
    share: float = 0.5
    flag: bool = False
    items: list[str] = []  # noqa: RUF012 - every step gets its own

    def run(self, ctx: StepContext) -> Made:
        """What it was given, a little changed."""
        return Made(self.text.upper(), self.count + 1, self.share / 2, not self.flag, [*self.items, "z"])


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The one."""
    return [Make]
