"""Parses a file, and after a syntax error what is healthy around it.

The broken piece (a key with all that is indented below it) is blanked out, so that everything else keeps its line and
column, and the file is read again. What can be said of the step around the piece may then be untrue: it is `broken`.
An expression that only wants quotes is read as if it had them: nothing is left out.
"""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from msgspec.structs import replace

from steplane.diagnostics import Diagnostic, Span
from steplane.source import mistakes
from steplane.source.allowance import Allowance, LimitPassed
from steplane.source.blanks import indented_by_blanks
from steplane.source.composer import Composer
from steplane.source.conflicts import first_version
from steplane.source.covering import covered
from steplane.source.disguise import Disguise
from steplane.source.events import SyntaxProblem, events
from steplane.source.flows import offset_of, region_end
from steplane.source.limits import RECOVERY_CHARACTERS, SYNTAX_ERRORS
from steplane.source.mended import Mend, mends
from steplane.source.nodes import Mapping, Node, Scalar, Sequence
from steplane.source.pairs import BLANK
from steplane.source.pieces import Piece, broken_piece, indent_of
from steplane.source.syntax import CERTAIN, Around, Mistake, explain

_ID = re.compile(r"[{,]\s*(id:[ \t]+[A-Za-z_]\w*)[ \t]*(?=[,}\n]|$)")
_OWN_ID = re.compile(r"[ \t]*(?:-[ \t]*)?(?:\{(?:[^{}]*,)?[ \t]*)?id:[ \t]*([A-Za-z_]\w*)[ \t]*(?:[,}#].*)?$")
_GLUED_ID = re.compile(r"id:([A-Za-z_]\w*)[ \t]*(?:#.*)?")
_FOREIGN_BREAKS = "\x85\u2028\u2029\ufeff"


class Parsed(NamedTuple):
    """A tree, what is wrong, and the stretches of which little can be said."""

    root: Node | None
    diagnostics: list[Diagnostic]
    broken: tuple[Span, ...]


class _Attempt(NamedTuple):
    root: Node | None
    diagnostics: list[Diagnostic]
    broken: list[Span]
    problem: SyntaxProblem | None = None
    last: Scalar | None = None
    around: Around = Around()


def parse(text: str, lines: tuple[str, ...], file: str, *, pure: bool = False) -> Parsed:
    """The tree of the text, as far as it can be read."""
    found: list[Diagnostic] = []
    broken: list[Span] = []
    values: list[Span] = []
    indented: list[Diagnostic] = []
    shifted: list[Span] = []
    current_lines = list(lines)
    disguise = Disguise(text)
    looked_for = min(SYNTAX_ERRORS, max(1, RECOVERY_CHARACTERS // len(text)))
    ready: _Attempt | None = None
    for number in range(1, looked_for + 2):
        current = text if number == 1 else "\n".join(current_lines)
        attempt, ready = ready or _attempt(current, file, disguise, pure=pure), None
        if not indented and (plain := _with_plain_blanks(attempt, current_lines, file, disguise, pure=pure)):
            attempt, indented = plain
            found += indented
        if attempt.problem is None:
            return _finished(_without(shifted, attempt), found, [*broken, *values, *shifted], file)
        if number > looked_for:
            found.append(mistakes.more_mistakes(Span(file, *attempt.problem.place, *attempt.problem.place)))
            break
        if number == 1 and (conflicts := first_version(current_lines, file)):
            found += [diagnostic for diagnostic, _ in conflicts]
            broken += [stretch for _, stretch in conflicts]
            continue
        unquoted = disguise.unquoted(current_lines, file, attempt.problem, attempt.last, attempt.around.outermost)
        found += unquoted
        if unquoted:
            continue
        mistake = explain(attempt.problem, tuple(current_lines), file, attempt.last, attempt.around)
        follows = _is_in(mistake.diagnostic.span, values)
        if tried := _as_mended(current_lines, mistake, file, disguise, pure=pure):
            ready, mend = tried
            found += [] if follows else [disguise.lifted(replace(mistake.diagnostic, fix=mend.fix))]
            shifted += mend.shifted
            values += mend.shifted if mistake.diagnostic.code == "unclosed-bracket" else ()  # signs that nobody wrote
            current_lines[mend.line - 1] = mend.text
            continue
        is_told = not follows and not (found and _may_follow(mistake.diagnostic, broken))
        found += [disguise.lifted(mistake.diagnostic)] if is_told else []
        value = None if follows else covered(mistake.diagnostic, current_lines, attempt.last)
        if value is not None and disguise.cover(current_lines, value.text):
            values.append(value.value)
        elif not (stretches := _left_out(current_lines, mistake, file)):
            break
        else:
            broken += stretches
    return Parsed(None, found, tuple(broken))


def _with_plain_blanks(
    attempt: _Attempt, lines: list[str], file: str, disguise: Disguise, *, pure: bool
) -> tuple[_Attempt, list[Diagnostic]] | None:
    """Another attempt with plain blanks where lines are indented by others, if it gets further; `lines` are changed."""
    if attempt.problem is None and not _hidden(attempt):
        return None
    mended, found = indented_by_blanks(lines, file) if BLANK.search("\n".join(lines)) else ([], [])
    if not found:
        return None
    again = _attempt("\n".join(mended), file, disguise, pure=pure)
    if again.problem is not None:
        further = attempt.problem is not None and again.problem.place > attempt.problem.place
    else:
        further = attempt.problem is not None or _hidden(again) < _hidden(attempt)
    if not further:
        return None
    lines[:] = mended
    return again, found


def _as_mended(
    lines: list[str], mistake: Mistake, file: str, disguise: Disguise, *, pure: bool
) -> tuple[_Attempt, Mend] | None:
    """Another attempt with the edit that mends the mistake, if the file can then be read beyond its piece."""
    likely = list(mends(mistake.diagnostic, lines))
    piece = _broken_piece(lines, mistake) if likely else None
    if piece is None:
        return None
    for mend in likely:
        mended = [*lines[: mend.line - 1], mend.text, *lines[mend.line :]]
        attempt = _attempt("\n".join(mended), file, disguise, pure=pure)
        problem = attempt.problem
        if problem is None:
            return attempt, mend
        opener = problem.context_place if "flow" in problem.context else None
        if _last_written(mended, problem.place[0]) > piece.last and (opener is None or opener[0] > piece.last):
            return attempt, mend
    return None


def _last_written(lines: list[str], line: int) -> int:
    """The line, or the last above it that is not empty: the end of a file that ends too early is no line of its own."""
    return next((number for number in range(min(line, len(lines)), 0, -1) if lines[number - 1].strip()), 0)


def _hidden(attempt: _Attempt) -> int:
    return sum(one.code == "hidden-character" for one in attempt.diagnostics)


def _may_follow(diagnostic: Diagnostic, broken: list[Span]) -> bool:
    """Whether the mistake may only be there because of one that was found before it.

    That is: something of the same step was left out, or a whole top-level key does not fit the ones above it.
    """
    line = diagnostic.span.line
    if diagnostic.code in CERTAIN:
        return False
    return diagnostic.span.column == 1 or any(span.line <= line <= span.end_line for span in broken)


def _is_in(span: Span, stretches: list[Span]) -> bool:
    """Whether the place stands in one of the stretches, or right behind it."""
    place = (span.line, span.column)
    return any((one.line, one.column) <= place <= (one.end_line, one.end_column) for one in stretches)


def _without(stretches: list[Span], attempt: _Attempt) -> _Attempt:
    """The attempt with nothing said of what stands in the stretches."""
    if not stretches:
        return attempt
    return attempt._replace(diagnostics=[one for one in attempt.diagnostics if not _is_in(one.span, stretches)])


def _finished(attempt: _Attempt, found: list[Diagnostic], broken: list[Span], file: str) -> Parsed:
    diagnostics, root = [*found, *attempt.diagnostics], attempt.root
    stretches = (*broken, *attempt.broken)
    if isinstance(root, Mapping):
        return Parsed(root, diagnostics, stretches)
    if found or any(one.severity == "error" for one in diagnostics):
        return Parsed(None, diagnostics, stretches)
    if root is None or (isinstance(root, Scalar) and root.plain and not root.text):
        span = Span(file, 1, 1, 1, 1)
        diagnostics.append(Diagnostic("empty-file", "the file is empty", span, help=mistakes.BEGIN))
    else:
        what = "a list" if isinstance(root, Sequence) else "a text" if isinstance(root.value, str) else "a single value"
        start = Span(file, root.span.line, root.span.column, root.span.line, root.span.column + 1)
        diagnostics.append(mistakes.not_a_mapping(start, what))
    return Parsed(None, diagnostics, stretches)


def _attempt(text: str, file: str, disguise: Disguise, *, pure: bool, limit: Diagnostic | None = None) -> _Attempt:
    """`limit`: what another attempt has said of aliases that ask for too much."""
    shielded, restore = _shield(text)
    if disguise.table:
        restore = {**disguise.table, **(restore or {})}
    allowance = Allowance(is_scarce=limit is not None)
    composer = Composer(events(shielded, pure=pure), text, file, restore, allowance)
    try:
        with without_collection():
            root = composer.document()
    except LimitPassed as error:
        if error.by_aliases:
            return _attempt(text, file, disguise, pure=pure, limit=error.diagnostic)
        return _Attempt(None, [*composer.diagnostics, limit or error.diagnostic], composer.broken)
    except SyntaxProblem as problem:
        return _Attempt(None, [], [], problem, composer.last, composer.around)
    return _Attempt(root, composer.diagnostics + ([limit] if limit else []), composer.broken)


def _shield(text: str) -> tuple[str, dict[int, str] | None]:
    """The text with what YAML 1.1 takes for a line break (and 1.2 does not) replaced, and the table to undo it."""
    present = [character for character in _FOREIGN_BREAKS if character in text]
    if not present:
        return text, None
    free = (chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in text)
    pairs = list(zip(present, free, strict=False))
    table = {ord(character): substitute for character, substitute in pairs}
    return text.translate(table), {ord(substitute): character for character, substitute in pairs}


@contextmanager
def without_collection() -> Iterator[None]:
    """No garbage collection meanwhile: the tree is all live, and looking through it again and again costs seconds."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _left_out(lines: list[str], mistake: Mistake, file: str) -> list[Span]:
    """Leave the piece with the mistake out of the lines; gives the stretches of which little can be said, if any."""
    piece = _broken_piece(lines, mistake)
    stretches = [] if piece is None else _stretches(file, lines, piece)
    if piece is not None:
        _blank(lines, piece)
    return stretches


def _blank(lines: list[str], piece: Piece) -> None:
    """Take the piece out of the lines, all else stays at its line and column.

    Of a step in braces its id stays, so that others can name it.
    """
    name = None if piece.item else _name(lines, piece)
    items = _item_names(lines, piece)
    glued = _GLUED_ID.fullmatch(lines[piece.first - 1], piece.column - 1)
    for number in range(piece.first, piece.last + 1):
        kept = piece.column - 1 if number == piece.first else 0
        lines[number - 1] = lines[number - 1][:kept]
    if glued is not None:
        lines[piece.first - 1] += f"id: {glued[1]}"
    for number, item in items.items():
        lines[number - 1] = item
    if name is not None:
        lines[piece.first - 1] += "{"
        line, column, written = name
        lines[line - 1] = lines[line - 1].ljust(column - 1) + written + "}"


def _item_names(lines: list[str], piece: Piece) -> dict[int, str]:
    """By line the items with the `id: x` of keys whose dash is missing, or not in the column of the list."""
    own = range(piece.first, piece.last + 1) if piece.item else ()
    indent = indent_of(lines[piece.first - 1])
    ids = {number: _OWN_ID.match(lines[number - 1]) for number in own if indent_of(lines[number - 1]) == indent}
    return {number: f"{' ' * (piece.item - 1)}- {{id: {match[1]}}}" for number, match in ids.items() if match}


def _name(lines: list[str], piece: Piece) -> tuple[int, int, str] | None:
    """Line, column and text of the `id: x` of a mapping in braces that is the whole piece."""
    own = [lines[piece.first - 1][piece.column - 1 :], *lines[piece.first : piece.last]]
    if not own[0].startswith("{"):
        return None
    text = "\n".join(own)
    match = _ID.search(text)
    if match is None or text.count("{", 0, match.end()) - text.count("}", 0, match.end()) != 1:
        return None
    above = text.count("\n", 0, match.start(1))
    column = match.start(1) - text.rfind("\n", 0, match.start(1))
    return piece.first + above, column if above else piece.column + match.start(1), match[1]


def _broken_piece(lines: list[str], mistake: Mistake) -> Piece | None:
    """What is left out; of an item in brackets all its lines, however they are indented."""
    piece = broken_piece(lines, mistake.line, mistake.column)
    if piece is None or lines[piece.first - 1][piece.column - 1 : piece.column] not in {"[", "{"}:
        return piece
    text = "\n".join(lines)
    end = region_end(text, offset_of(lines, piece.first, piece.column))
    last = max(piece.last, text.count("\n", 0, end) + 1)
    return piece._replace(last=last, around_last=max(piece.around_last, last))


def _stretches(file: str, lines: list[str], piece: Piece) -> list[Span]:
    """Of what little can be said: what is around the piece, or the piece and the keys that hold it."""
    last = min(piece.around_last, len(lines))
    around = Span(file, piece.around_first, 1, last, len(lines[last - 1]) + 1)
    return [around, *(Span(file, one, 1, one, len(lines[one - 1]) + 1) for one in piece.holders)]
