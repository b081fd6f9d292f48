"""Journals that are whole and make no sense: somebody else has written them, with good checksums."""

from collections.abc import Iterator
from contextlib import contextmanager

from steplane.errors import StateDamaged

_SURPRISES = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What comes of taking in events that no run has written: a value of another kind, an instance that never began."""


@contextmanager
def making_sense(run_id: str) -> Iterator[None]:
    """Raise `StateDamaged` where the events of a run cannot be made sense of, with what was met."""
    try:
        yield
    except _SURPRISES as error:
        met = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        remedy = (
            f"If Steplane has written it, this is a fault of Steplane: please report it. What is recorded: "
            f"steplane runs export {run_id}"
        )
        raise StateDamaged(f"what the journal of run {run_id} tells makes no sense ({met[:200]})", remedy) from error
