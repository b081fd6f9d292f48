"""Which statuses of a response count as success."""

import re
import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Annotated

from steplane.sdk import Meta

STATUS = r"^([1-5]xx|[1-5][0-9]{2}(-[1-5][0-9]{2})?)$"

Statuses = Annotated[
    tuple[int | Annotated[str, Meta(pattern=STATUS)], ...],
    Meta(min_length=1, description="Statuses that count as success: numbers, ranges (200-204), classes (2xx)"),
]


def is_ok(status: int, ok: Sequence[int | str]) -> bool:
    """Whether the status is one of them."""
    return any(_fits(status, str(one)) for one in ok)


def _fits(status: int, wanted: str) -> bool:
    if wanted.endswith("xx"):
        return status // 100 == int(wanted[0])
    first, _, last = wanted.partition("-")
    return int(first) <= status <= int(last or first)


def seconds_to_wait(retry_after: str | None) -> float | None:
    """What `Retry-After` (RFC 9110) says, in seconds from now; None for nothing that can be read."""
    if retry_after is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", retry_after.strip()):
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, round(moment - time.time(), 3))
