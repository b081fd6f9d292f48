"""One edit that parts two rules which have no more in common than the end of an interval."""

from typing import Any

from msgspec.structs import replace

from steplane.checks.table_cells import as_csv, as_yaml
from steplane.decisions import Cell, Column, Range
from steplane.decisions.proving import Overlap, Proof
from steplane.diagnostics import Edit, Fix
from steplane.model.tables import RowSource
from steplane.source.nodes import Sequence


def parting(proof: Proof, rows: tuple[RowSource, ...], one: Overlap) -> Fix | None:
    """The end of an interval left out, in the later rule if that is enough, else in the earlier one."""
    for place, column in enumerate(proof.table.inputs):
        for own, other in ((one.later, one.earlier), (one.earlier, one.later)):
            cell = _narrowed(proof, place, own, other)
            written = next((each for each in rows[own].when if each.column.text == column.name), None)
            if cell is not None and written is not None and not isinstance(written.node, Sequence):
                text = _text(cell, column)
                edit = Edit(written.span, as_csv(text) if written.csv is not None else as_yaml(text))
                return Fix(f"write `{text}` in {rows[own].words}", (edit,), safe=False)
    return None


def _narrowed(proof: Proof, place: int, own: int, other: int) -> Range | None:
    """The only test of the rule's cell, with one end less, if it then has nothing in common with the other's cell."""
    cell, domain, taken = proof.table.rules[own].cells[place], proof.domains[place], proof.boxes[other][place]
    test = cell.tests[0] if len(cell.tests) == 1 and not cell.negated else None
    if not isinstance(test, Range):
        return None
    ends = []
    if test.low is not None and not test.low_open:
        ends.append(replace(test, low_open=True))
    if test.high is not None and not test.high_open:
        ends.append(replace(test, high_open=True))
    masks = [(one, domain.mask(Cell((one,)))) for one in ends]
    return next((one for one, mask in masks if mask and not mask & taken), None)


def _text(test: Range, column: Column) -> str:
    """The test as it stands in a cell."""
    low, high = (None if end is None else _end(end, column) for end in (test.low, test.high))
    if low is None:
        return f"{'<' if test.high_open else '<='} {high}"
    if high is None:
        return f"{'>' if test.low_open else '>='} {low}"
    return f"{'(' if test.low_open else '['}{low}..{high}{')' if test.high_open else ']'}"


def _end(value: Any, column: Column) -> str:
    name = {"date": "date", "date-time": "date and time", "duration": "duration"}.get(column.kind)
    return f'{name}("{value}")' if name is not None else str(value)


__all__ = ["parting"]
