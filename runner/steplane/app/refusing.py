"""What a resume refuses: to go on beside a step of which nobody knows what became of it."""

from steplane.errors import UsageError
from steplane.events import Resumed
from steplane.kernel import Kernel


class Undecided(UsageError):
    """A person must say what became of an `at_most_once` step."""

    exit_code = 3


def refuse_undecided(kernel: Kernel, event: Resumed, run_id: str) -> None:
    """A step that may run once at most was in flight: only a person can say what became of it. Raises `Undecided`."""
    open_steps = [one.path for one in kernel.in_flight() if one.node.at_most_once]
    for path in open_steps:
        if path not in event.redo and path not in event.assume:
            raise Undecided(
                f"step `{path}` was running when the run was cut off, and it may run at most once",
                f"Find out whether it did its work, then: steplane resume {run_id} --assume {path}=succeeded, "
                f"or --redo {path}",
            )
