"""What an expression can go wrong with, and the mark of a value that is not there."""

from steplane.errors import SteplaneError


class ExpressionError(SteplaneError):
    """An expression could not be evaluated; `message` uses the author's words.

    `line` and `column` (from 1; 0 when not known) tell where the expression begins in its file, `offset` where in the
    expression's own text the fault is.
    """

    def __init__(self, message: str, line: int = 0, column: int = 0, offset: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.offset = offset


class NotKnown(ExpressionError):
    """A name has no value yet, where an expression is looked at before the run: `paths` are those that were met.

    A path is the name and the keys behind it, as far as they decide that it is not known: `("steps", "load")`.
    """

    def __init__(self, *paths: tuple[str, ...]) -> None:
        super().__init__(f"{', '.join('.'.join(path) for path in paths)} is not known yet")
        self.paths = paths

    def joined(self, other: "NotKnown") -> "NotKnown":
        """Both, each path once."""
        return NotKnown(*dict.fromkeys((*self.paths, *other.paths)))


class MissingValue(ExpressionError):
    """A value that is missing was used."""


class UnreadableTemplate(ExpressionError):
    """A template is written wrongly."""


class Missing:
    """A value that is not there, in a context: an error when it is used, unless `default` or `is defined` catches it.

    `reason` completes the sentence "... is missing: REASON", such as "the step was skipped".
    """

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return f"Missing({self.reason!r})"


class SyntaxFault(Exception):
    """A syntax error at `offset` of the text that was read; `remedy` says what to write, `instead` is that text."""

    def __init__(
        self,
        message: str,
        offset: int,
        length: int = 1,
        remedy: str = "",
        *,
        code: str = "",
        instead: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.length = length
        self.remedy = remedy
        self.code = code or "expression-syntax"
        self.instead = instead

    @property
    def hint(self) -> str:
        """The remedy in brackets, to stand behind the message."""
        return f" ({self.remedy})" if self.remedy else ""
