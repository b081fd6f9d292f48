"""How an attempt that failed is repeated."""

from typing import Literal

from msgspec import Struct

from steplane.expressions.durations import LONGEST
from steplane.expressions.templates import Expression, Template

Backoff = Literal["constant", "linear", "exponential"]


class Retry(Struct, frozen=True):
    """`attempts` in total (None: as many as fit into `within` seconds); `jitter` 1.0 is full; delays in seconds."""

    attempts: int | None = None
    within: float | None = None
    delay: float = 1.0
    backoff: Backoff = "constant"
    max_delay: float | None = None
    jitter: float = 0.0
    full_jitter: bool = False
    when: Expression | None = None
    attempts_value: Template | None = None
    delay_value: Template | None = None

    def pause(self, attempts: int, delay: float) -> float:
        """Seconds to wait after that many attempts, before any jitter: never more than the longest duration."""
        factors: dict[Backoff, int] = {
            "constant": 1, "linear": attempts, "exponential": 1 << min(attempts - 1, 62),
        }  # fmt: skip
        seconds = delay * factors[self.backoff]
        return min(seconds, LONGEST if self.max_delay is None else self.max_delay)
