"""Reads the texts of a file into templates and conditions, and reports what is wrong in them, at its place."""

from collections.abc import Callable, Collection
from typing import TypeAlias

from steplane.diagnostics import Diagnostic, Edit, Fix, Span
from steplane.expressions.faults import SyntaxFault
from steplane.expressions.paths import read_literal, read_path
from steplane.expressions.pieces import Piece, Pieces, cut
from steplane.expressions.templates import Blocks, Expression, Literal, Template, Text
from steplane.expressions.tokens import read_code

Locate: TypeAlias = Callable[[int, int], Span]
"""Where `length` characters from `offset` of the decoded text stand in the file."""


def parse_value(text: str, locate: Locate, filters: Collection[str] | None = None) -> tuple[Template, list[Diagnostic]]:
    """The template of a text value. With `filters` (those of plugins), an unknown filter is reported too.

    One expression and nothing else keeps its type (Expression); with text around it, Text; with blocks, Blocks.
    """
    if "${" not in text:
        return Literal(text), []
    found = cut(text)
    template = _template(text, found, locate)
    return template, _diagnose(text, found, template, locate, filters)


def expression_offsets(text: str) -> tuple[int, ...]:
    """Where, in a value's text, the text of each of its expressions begins (of one with blocks: 0)."""
    found = cut(text)
    if any(piece.kind == "block" for piece in found.pieces):
        return (0,)
    return tuple(piece.offset for piece in found.pieces if piece.kind == "expression")


def parse_condition(
    text: str, locate: Locate, filters: Collection[str] | None = None
) -> tuple[Expression, list[Diagnostic]]:
    """The expression of a condition. Wrapped in `${{ }}` it works, with a warning and a fix."""
    stripped = text.strip()
    if not stripped:
        return Expression("false"), [
            Diagnostic("expression-syntax", "a condition is wanted here, and there is none", locate(0, len(text)))
        ]
    if "${{" in stripped and stripped.startswith("${"):
        return _unwrapped(text, locate, filters)
    offset = text.index(stripped[0])
    faults = check_expression(stripped, filters)
    return _expression(stripped, offset, locate), [_diagnostic(fault, offset, locate) for fault in faults]


def _unwrapped(text: str, locate: Locate, filters: Collection[str] | None) -> tuple[Expression, list[Diagnostic]]:
    found = cut(text)
    codes = [piece for piece in found.pieces if piece.kind == "expression"]
    others = [piece for piece in found.pieces if piece.kind == "block" or (piece.kind == "text" and piece.text.strip())]
    alone = len(codes) == 1 and not others
    if not codes:
        return Expression(text.strip()), [_diagnostic(fault, 0, locate) for fault in found.faults]
    piece = codes[0]
    expression = _expression(piece.text, piece.offset, locate)
    if not alone:
        rest = Diagnostic(
            "condition-text", "a condition is one expression, and this is a text with expressions in it",
            locate(0, len(text)), help="write the whole condition without `${{ }}`",
        )  # fmt: skip
        return expression, [rest]
    faults = list(found.faults) or check_expression(piece.text, filters)
    base = 0 if found.faults else piece.offset
    return expression, [_wrapped(piece, locate), *(_diagnostic(fault, base, locate) for fault in faults)]


def _wrapped(piece: Piece, locate: Locate) -> Diagnostic:
    end = piece.offset + len(piece.text)
    edits = (
        Edit(locate(piece.outer, piece.offset - piece.outer), ""),
        Edit(locate(end, piece.end - end), ""),
    )
    # Bare, these would mean something else to YAML.
    plain = piece.text[0] not in "'\"[{!&*>|%@`#-?" and ": " not in piece.text and " #" not in piece.text
    return Diagnostic(
        "wrapped-condition",
        "a condition is an expression already and needs no `${{ }}`",
        locate(piece.outer, piece.end - piece.outer),
        severity="warning",
        fix=Fix("leave `${{` and `}}` out", edits, safe=plain),
    )


def _expression(text: str, offset: int, locate: Locate) -> Expression:
    span = locate(offset, len(text))
    return Expression(text, span.line, span.column)


def _template(text: str, found: Pieces, locate: Locate) -> Template:
    kinds = [piece.kind for piece in found.pieces]
    if "block" in kinds:
        span = locate(0, len(text))
        return Blocks(text, span.line, span.column)
    if kinds == ["expression"]:
        return _expression(found.pieces[0].text, found.pieces[0].offset, locate)
    if "expression" not in kinds:
        return Literal("".join(piece.text for piece in found.pieces))
    return Text(
        tuple(
            piece.text if piece.kind == "text" else _expression(piece.text, piece.offset, locate)
            for piece in found.pieces
        )
    )


def _diagnose(
    text: str, found: Pieces, template: Template, locate: Locate, filters: Collection[str] | None
) -> list[Diagnostic]:
    diagnostics = [_diagnostic(fault, 0, locate) for fault in found.faults]
    if isinstance(template, Blocks):
        if not diagnostics:
            diagnostics = [_diagnostic(fault, 0, locate) for fault in _check_blocks(text, filters)]
        return diagnostics
    for piece in found.pieces:
        if piece.kind == "expression":
            faults = check_expression(piece.text, filters) if piece.tokens else beside(piece.text, filters)
            diagnostics += [_diagnostic(fault, piece.offset, locate) for fault in faults]
    return sorted(diagnostics, key=lambda one: one.span)


def check_expression(text: str, filters: Collection[str] | None = None) -> list[SyntaxFault]:
    """The faults of one bare expression, their offsets in `text`."""
    if read_literal(text) is not None or read_path(text) is not None:
        return []
    from steplane.expressions.compiling import used
    from steplane.expressions.grammar import parse, too_deep
    from steplane.expressions.usage import unknown_calls

    try:
        tree = parse(text)
        unknown = unknown_calls(text, tree, filters)
        if not unknown:
            used(tree)
    except SyntaxFault as fault:
        found = read_code(text).faults
        return [*found, *beside(text, filters)] if found else [fault]
    except RecursionError:
        return [too_deep(0)]
    return unknown


def beside(text: str, filters: Collection[str] | None = None) -> list[SyntaxFault]:
    """What is wrong beside the operators of other languages, where nothing else hides what was meant."""
    from steplane.expressions.grammar import parse_meant
    from steplane.expressions.usage import unknown_calls

    try:
        return unknown_calls(text, parse_meant(text), filters)
    except (SyntaxFault, RecursionError):
        return []


def _check_blocks(text: str, filters: Collection[str] | None) -> list[SyntaxFault]:
    from steplane.expressions.blocks import _body
    from steplane.expressions.grammar import parse_blocks
    from steplane.expressions.usage import unknown_calls

    try:
        tree = parse_blocks(text)
        unknown = unknown_calls(text, tree, filters)
        if not unknown:
            _body(tree.body)
    except SyntaxFault as fault:
        return [fault]
    except RecursionError:
        return [SyntaxFault("these blocks are nested too deeply", 0, 1)]
    return unknown


def _diagnostic(fault: SyntaxFault, base: int, locate: Locate) -> Diagnostic:
    span = locate(base + fault.offset, fault.length)
    fix = Fix(f"replace by `{fault.instead.strip()}`", (Edit(span, fault.instead),)) if fault.instead else None
    return Diagnostic(fault.code, fault.message, span, help=fault.remedy, fix=fix)
