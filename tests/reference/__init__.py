"""The reference interpreter: the meaning of a workflow, written to be read, not to be fast.

It takes the workflow as plain data, knows no clock and does no work of its own: it says what it wants (`wants`) and is
told what happened (`feed`). `docs/semantics.md` is the same in words.
"""

from tests.reference.interpreter import Event, Reference, Want

__all__ = ["Event", "Reference", "Want"]
