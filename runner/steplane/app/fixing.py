"""Applying the mends of diagnostics to a text."""

from collections.abc import Callable, Iterable

from steplane.diagnostics import Diagnostic, Edit, Fix, Span, has_errors
from steplane.source.text import split_lines

MOST_ROUNDS = 20
"""How often a text is looked at again after it was mended; each round mends what the last one brought to light."""

Check = Callable[[str], list[Diagnostic]]


def fix_all(text: str, file: str, check: Check, *, unsafe: bool = False) -> tuple[str, int]:
    """The text with every mend of `file` applied, and how many those were.

    `check` says what is wrong with a text. Mends that would touch the same place wait for the next round; a round that
    makes the text worse is not kept, nor a mend that leaves what it was for.
    """
    count, found = 0, check(text)
    futile: set[tuple[str, str, Span]] = set()
    for _ in range(MOST_ROUNDS):
        wanted = [one for one in found if one.span.file == file and _mistake(one) not in futile]
        fixes = [one.fix for one in wanted if one.fix is not None]
        chosen = apart(one for one in fixes if one.edits and (one.safe or unsafe))
        changed = apply(text, [edit for one in chosen for edit in one.edits])
        if not chosen or changed == text:
            break
        after = check(changed)
        if len(chosen) > 1 and _worse(found, after):
            chosen = chosen[:1]
            changed = apply(text, chosen[0].edits)
            after = check(changed)
        if _worse(found, after):
            break
        left = {_mistake(one) for one in after}
        if len(after) >= len(found) and (missed := {_mistake(one) for one in wanted if one.fix in chosen} & left):
            futile |= missed
            continue
        text, found, count = changed, after, count + len(chosen)
    return text, count


def _mistake(one: Diagnostic) -> tuple[str, str, Span]:
    return one.code, one.message, one.span


def _worse(before: list[Diagnostic], after: list[Diagnostic]) -> bool:
    """Whether there are more errors than there were; the tree of a text that could not be read shows more."""
    errors = [sum(one.severity == "error" for one in found) for found in (before, after)]
    return errors[1] > errors[0] and not (errors[0] <= 1 and has_errors(before))


def apart(fixes: Iterable[Fix]) -> list[Fix]:
    """The mends of which none touches a place that one before it touches."""
    taken: list[tuple[tuple[int, int], tuple[int, int]]] = []
    chosen = []
    for fix in fixes:
        stretches = [_stretch(edit) for edit in fix.edits]
        if any(start <= last and first <= end for start, end in stretches for first, last in taken):
            continue
        taken += stretches
        chosen.append(fix)
    return chosen


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits that do not overlap; its line ends and its byte order mark stay."""
    mark, body = text[: text.startswith("\ufeff")], text.removeprefix("\ufeff")
    starts = [0]
    for line in split_lines(body)[:-1]:
        end = starts[-1] + len(line)
        starts.append(end + (2 if body[end : end + 2] == "\r\n" else 1))
    for edit in sorted(edits, key=_stretch, reverse=True):
        begin, end = (_offset(body, starts, *place) for place in _stretch(edit))
        written = edit.text.replace("\n", "\r\n") if "\r\n" in body else edit.text
        body = body[:begin] + written + body[end:]
    return mark + body


def _offset(text: str, starts: list[int], line: int, column: int) -> int:
    return min(starts[line - 1] + column - 1, len(text)) if line <= len(starts) else len(text)


def _stretch(edit: Edit) -> tuple[tuple[int, int], tuple[int, int]]:
    span = edit.span
    return (span.line, span.column), (span.end_line, span.end_column)
