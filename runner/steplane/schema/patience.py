"""How long one value may be held against a schema: what a step says must not keep its run from all else."""

import time
from threading import local

SECONDS = 5.0
"""CPU time that holding one value against its schema may take: no schema of practice needs it, a few lines can ask for
more than any machine has (each definition referring twice to the next)."""

_EVERY = 1000


class TooLong(Exception):
    """A value takes longer to be held against its schema than it may."""


class _State(local):
    left = _EVERY
    deadline = float("inf")


_state = _State()


class Patience:
    """The time for one value, counted in this thread while the `with` lasts."""

    def __enter__(self) -> None:
        _state.left = _EVERY
        _state.deadline = time.thread_time() + SECONDS

    def __exit__(self, *_: object) -> None:
        _state.deadline = float("inf")


def tick(count: int = 1) -> None:
    """Count work; raises `TooLong` when the time is over."""
    _state.left -= count
    if _state.left < 0:
        _state.left = _EVERY
        if time.thread_time() > _state.deadline:
            raise TooLong


def too_long_words() -> str:
    """What is wrong with a value that takes too long."""
    return (
        f"takes longer than {SECONDS:g} s to be held against its schema: make the schema simpler, the value smaller, "
        "or check it in a step"
    )
