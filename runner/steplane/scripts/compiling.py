"""From the text of a `run` to a script in which no value becomes code."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from steplane.diagnostics import Diagnostic, Span
from steplane.expressions.templates import Expression
from steplane.scripts.direct import direct_line
from steplane.scripts.shapes import Direct, Script, Slot

if TYPE_CHECKING:
    from steplane.scripts.judging import Verdict


def compile_script(
    parts: tuple[str | Expression, ...],
    *,
    spans: Sequence[tuple[int, int]],
    shell: Literal["bash", "sh"],
    is_number: Callable[[Expression], bool],
    locate: Callable[[int, int], Span],
) -> tuple[Script | Direct, list[Diagnostic]]:
    """What runs in the place of a text with expressions, and what is wrong with it.

    `spans` are the (start, end) offsets of the `${{ … }}` in the author's text, one per expression of `parts`, in their
    order; `locate(offset, length)` gives the place of a stretch of that text in the file. `is_number` tells whether an
    expression is statically a number. A text without expressions gives no diagnostics. Never raises on a mistake;
    with errors among the diagnostics the result must not run.
    """
    expressions = [part for part in parts if isinstance(part, Expression)]
    direct = direct_line(parts)
    if not expressions:
        return direct or Script(_merged(parts)), []
    places = [locate(start, end - start) for start, end in spans]
    if direct is not None:
        from steplane.scripts.judging_direct import judge_arguments

        return direct, judge_arguments(direct, places, is_number)
    from steplane.scripts.judging import judge

    verdicts = judge(parts, places, is_number)
    diagnostics = [one for verdict in verdicts for one in verdict.diagnostics]
    return Script(_merged(_pieces(parts, verdicts))), diagnostics


def _pieces(parts: tuple[str | Expression, ...], verdicts: "list[Verdict]") -> list[str | Slot]:
    pieces: list[str | Slot] = []
    remaining = iter(verdicts)
    for part in parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        verdict = next(remaining)
        lines = part.text.count("\n")
        if verdict.context is None or verdict.context.unused:
            pieces.append("\n#" * lines)
            continue
        quote = '"' if verdict.context.quotes else ""
        pieces += [quote, Slot(part, verdict.context.place), quote + "\\\n" * lines]
    return pieces


def _merged(pieces: Sequence[str | Slot | Expression]) -> tuple[str | Slot, ...]:
    """Neighbouring texts joined, empty ones dropped."""
    result: list[str | Slot] = []
    for piece in pieces:
        assert not isinstance(piece, Expression)
        if isinstance(piece, str) and result and isinstance(result[-1], str):
            result[-1] += piece
        elif piece != "":
            result.append(piece)
    return tuple(result)
