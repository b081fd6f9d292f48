"""Waiting a moment for what the system does not give just now: a descriptor, a process, memory."""

import errno
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

RETRIED = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ETXTBSY})
"""What may be over in a moment: no process, memory or descriptor free; a script that another thread still writes."""

PATIENCE = (0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between the attempts, then the error is final."""


def patiently(action: Callable[[], T]) -> T:
    """What the action gives, tried again where the cause may be over in a moment. Raises `OSError`."""
    for pause in PATIENCE:
        try:
            return action()
        except OSError as error:
            if error.errno not in RETRIED:
                raise
            time.sleep(pause)
    return action()
