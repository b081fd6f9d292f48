"""The values of a line that needs no shell: what its program makes of them. No parser is wanted for that."""

from collections.abc import Callable, Iterable, Sequence

from steplane.diagnostics import Diagnostic, Span
from steplane.expressions.templates import Expression
from steplane.scripts import messages
from steplane.scripts.evaluators import Command
from steplane.scripts.shapes import Direct, Slot
from steplane.scripts.words import QUOTES, Word


def judge_arguments(
    direct: Direct, places: Iterable[Span], is_number: Callable[[Expression], bool]
) -> list[Diagnostic]:
    """What is wrong with the values of a line; `places` are theirs in the file, in their order."""
    command = Command([Word(_text(word), number, number + 1) for number, word in enumerate(direct.argv)])
    values = ((one.expression, at) for at, word in enumerate(direct.argv) for one in word if isinstance(one, Slot))
    found = []
    for (expression, at), place in zip(values, places, strict=True):
        danger = command.finding(at)
        if danger is not None and (danger.danger == "evaluates" or not is_number(expression)):
            found.append(messages.danger(danger, messages.as_written(expression), place))
    return found


def _text(word: Sequence[str | Slot]) -> str:
    return "".join(one if isinstance(one, str) else "${STEPLANE}" for one in word).translate(QUOTES)
