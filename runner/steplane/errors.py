"""Exceptions that reach the command line, each with its exit code.

0 succeeded · 1 the run failed or was cancelled · 2 the file or the call is wrong · 3 waiting · 4 internal error ·
5 the run is held by a live process · 6 the state cannot be written · 129, 130, 143 hung up, interrupted, terminated.
"""

from typing import ClassVar


class SteplaneError(Exception):
    """A known failure: `message` says what and where, `remedy` how to go on."""

    exit_code: ClassVar[int] = 4

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(SteplaneError):
    """The file, the call or the configuration is wrong; nothing was executed."""

    exit_code = 2


class UnknownRun(UsageError):
    """No run of that id (or no run at all) in the state directory."""


class RunHeld(SteplaneError):
    """A live process owns the run; `message` names it."""

    exit_code = 5


class StateError(SteplaneError):
    """The state directory cannot be read or written; `message` names the path."""

    exit_code = 6


class RunGone(StateError):
    """What a live run is recorded in was deleted, moved, replaced or cut off; `message` names the path."""


class StateDamaged(UsageError):
    """A file of the state directory is not what Steplane wrote; `message` names it. Never repaired silently."""


class LeaseLost(SteplaneError):
    """Another process has taken the run over; this one must stop without writing."""

    exit_code = 5
