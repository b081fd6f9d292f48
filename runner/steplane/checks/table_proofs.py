"""What the proof says of a decision table: overlaps, conflicts, rules that never fire, inputs without an answer."""

from collections.abc import Iterator

from steplane.checks.table_mending import parting
from steplane.decisions import Column, Table
from steplane.decisions.columns import shown
from steplane.decisions.proving import Never, Overlap, Proof, in_words
from steplane.diagnostics import Diagnostic, Fix, Related
from steplane.model.tables import RowSource, TableSource
from steplane.schema import validate_value

_SHOWN = 3


def check_proofs(
    source: TableSource, table: Table, rows: tuple[RowSource, ...], *, whole: bool
) -> Iterator[Diagnostic]:
    """`rows` are those of the table's rules, in their order; `whole`: there are no others that could not be read."""
    proof = Proof(table, _valid)
    for overlap in proof.overlaps():
        yield _overlap(table, rows, overlap, parting(proof, rows, overlap))
    for never in proof.never():
        yield _never(table, rows, never)
    if whole and table.default is None and source.default_span is None:
        witness = proof.gap()
        if witness is not None:
            where = f"{in_words(witness)}" if witness else "anything"
            message = f"no rule matches {where}, and there is no `default`"
            help_ = "add a rule, or say what holds then: `default: {...}`"
            yield Diagnostic("table-gap", message, source.rules, "warning", help=help_)


def _valid(column: Column, value: object) -> bool:
    return not validate_value(column.schema, value)


def _overlap(table: Table, rows: tuple[RowSource, ...], one: Overlap, fix: Fix | None) -> Diagnostic:
    later, earlier = rows[one.later], rows[one.earlier]
    where = in_words(one.witness) or "whatever comes"
    both = f"{later.words} and {earlier.words} both match {where}"
    if later.id is None and earlier.id is None:
        both = f"rules {earlier.number} and {later.number} both match {where}"
    others = [Related(rows[place].span, "so does this one") for place in one.others[: _SHOWN - 1]]
    related = (Related(earlier.span, "the earlier rule"), *others)
    if table.hit == "unique":
        message = f"{both}: they overlap, and under `hit: unique` one rule matches at most"
        help_ = "narrow one of them, or let the first one win: `hit: first`"
        return Diagnostic("table-overlap", message, later.span, related=related, help=help_, fix=fix)
    message = f"{both}, and answer differently, which `hit: any` forbids: {_difference(table, one)}"
    help_ = "make the answers equal, or let the first rule win: `hit: first`"
    return Diagnostic("table-conflict", message, later.span, related=related, help=help_, fix=fix)


def _difference(table: Table, one: Overlap) -> str:
    pairs = zip(table.outputs, table.rules[one.later].answers, table.rules[one.earlier].answers, strict=True)
    column, later, earlier = next((name, a, b) for name, a, b in pairs if a != b or type(a) is not type(b))
    return f"`{column.name}` is {shown(later)} or {shown(earlier)}"


def _never(table: Table, rows: tuple[RowSource, ...], one: Never) -> Diagnostic:
    row = rows[one.rule]
    if one.column:
        cell = next(each for each in row.when if each.column.text == one.column)
        message = f"{row.words} never fires: no value of `{one.column}` passes its cell"
        help_ = "mend the cell, or the bounds of the column"
        return Diagnostic("table-never", message, cell.span, "warning", help=help_)
    names = [rows[place].words for place in one.before]
    before = names[0] if len(names) == 1 else f"{', '.join(names[:_SHOWN])}{' and others' if names[_SHOWN:] else ''}"
    verb = "takes" if len(names) == 1 else "take"
    such = f", such as {in_words(one.witness)}" if one.witness else ""
    message = f"{row.words} never fires: {before} {verb} all that it matches{such}"
    related = tuple(Related(rows[place].span, "asked before it") for place in one.before[:_SHOWN])
    help_ = "move it up, or take it out" if table.hit == "first" else "take it out, or give it a stronger answer"
    return Diagnostic("table-never", message, row.span, "warning", related=related, help=help_)


__all__ = ["check_proofs"]
