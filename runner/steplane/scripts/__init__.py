"""The text of `run:` as a shell script in which a value never becomes code."""

from steplane.scripts.assembly import PRELUDE_DESCRIPTOR, Assembled, arguments, assemble, invocation
from steplane.scripts.shapes import Direct, Place, Script, Slot, expressions_of
from steplane.scripts.values import ScriptValueError

__all__ = [
    "PRELUDE_DESCRIPTOR",
    "Assembled",
    "Direct",
    "Place",
    "Script",
    "ScriptValueError",
    "Slot",
    "arguments",
    "assemble",
    "expressions_of",
    "invocation",
]
