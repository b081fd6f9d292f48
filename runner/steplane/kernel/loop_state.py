"""What the kernel remembers of a loop: its instances, and what their ends come to."""

from collections import deque
from typing import TYPE_CHECKING, Any

from steplane.events import ErrorInfo
from steplane.kernel.counting import Kept

if TYPE_CHECKING:
    from steplane.kernel.state import Instance


class LoopState:
    """The instances of a `foreach` or `matrix` and the budget of failures; or the rounds of a `while` or `until`."""

    __slots__ = (
        "active", "allowed", "closed", "completed", "concurrency", "culprit", "error", "failures", "held", "inbox",
        "instances", "items", "keys", "latest", "left", "news", "open", "result", "stopped", "todo", "trouble",
        "unfinished", "warned", "well",
    )  # fmt: skip

    def __init__(self, keys: list[str], items: list[Any], concurrency: int | None, allowed: int) -> None:
        self.keys = keys
        self.items = items
        self.concurrency = concurrency
        self.allowed = allowed
        self.instances: list[Instance | None] = [None] * len(keys)
        self.todo: deque[int] = deque(range(len(keys)))
        self.open = len(keys)
        self.active = 0
        self.failures = 0
        self.error: ErrorInfo | None = None
        self.culprit = ""  # the path of the first one that failed
        self.warned = False
        self.stopped = False
        self.well = 0  # how many have succeeded, as a warning or not
        self.news = False  # an instance has ended since it was seen whether the loop is complete
        self.latest: Instance | None = None  # the one that ended last
        self.completed = False
        self.trouble: ErrorInfo | None = None  # why it could not be seen whether the loop is complete
        self.result: Any = None  # of the latest round, what its action gave where `until` looks at that
        self.closed = False  # an open loop that takes no further item
        self.inbox: deque[Kept] = deque()  # signals that an open loop has taken, and has not added yet
        self.held = False  # a resume lets the instances in, each in its turn
        self.left = 0  # failures that a resume of something else leaves as they are
        self.unfinished = False  # such a resume leaves an instance that is not ok, and has not failed

    @property
    def exceeded(self) -> bool:
        """Whether more instances have failed than may."""
        return self.failures > self.allowed
