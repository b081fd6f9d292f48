"""What runs attempts: threads and warm worker processes, and the one way in which a program is started."""

from steplane.executors.requests import AttemptOutcome, AttemptRequest, Executor, KeepRequest

__all__ = ["AttemptOutcome", "AttemptRequest", "Executor", "KeepRequest"]
