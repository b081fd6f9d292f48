"""The values of a line that needs no shell: what its program makes of them. No parser is wanted for that."""

from collections.abc import Callable, Iterable, Sequence

from steplane.diagnostics import Diagnostic, Span
from steplane.expressions.templates import Expression
from steplane.scripts import messages
from steplane.scripts.evaluators import Command
from steplane.scripts.shapes import Direct
from steplane.scripts.words import QUOTES, Word


def judge_arguments(
    direct: Direct, places: Iterable[Span], is_number: Callable[[Expression], bool]
) -> list[Diagnostic]:
    """What is wrong with the values of a line; `places` are theirs in the file, in their order."""
    words = [tuple(one if isinstance(one, str) else one.expression for one in word) for word in direct.argv]
    return judge_words(words, places, is_number)


def judge_words(
    argv: Sequence[Sequence[str | Expression]], places: Iterable[Span], is_number: Callable[[Expression], bool]
) -> list[Diagnostic]:
    """The same for the words of a program: texts and expressions."""
    command = Command([Word(_text(word), number, number + 1) for number, word in enumerate(argv)])
    values = ((one, at) for at, word in enumerate(argv) for one in word if isinstance(one, Expression))
    found = []
    for (expression, at), place in zip(values, places, strict=True):
        danger = command.code_of_program(at)
        if danger is not None and not is_number(expression):
            found.append(messages.danger(danger, messages.as_written(expression), place))
    return found


def _text(word: Sequence[str | Expression]) -> str:
    return "".join(one if isinstance(one, str) else "${STEPLANE}" for one in word).translate(QUOTES)
