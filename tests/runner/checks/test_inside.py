"""Types inside of values: at every depth of a parameter, through `$defs`, in a matrix, where something was asked."""

import pytest
from tests.errors.sound.stub import Book, Make
from tests.runner.checks.support import TYPES, check_steps

from steplane.sdk import describe

INPUTS = """\
inputs:
  n: {type: integer}
  o: {type: integer, optional: true}
  s: {type: string}
  l: {type: array, items: {type: string}}
  row: {type: object, properties: {name: {type: string}}, required: [name], additionalProperties: false}
  long: {type: object, properties: {name: {type: string}, total: {type: number}, more: {type: string}},
         required: [name, total, more]}
"""


def order(row: str = "") -> str:
    return f"order: {{id: 1, first: {{name: a, total: 1}}, rows: [{row}]}}"


@pytest.fixture(autouse=True)
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    for one in (Book, Make):
        monkeypatch.setitem(TYPES.types, one.steplane.type, describe(one))


def messages(steps: str) -> list[str]:
    return [one.message for one in check_steps(steps, INPUTS)]


def book(with_: str, more: str = "") -> list[str]:
    return messages(f"- {{id: a, uses: stub.book, with: {{mode: fast, {with_}}}{more}}}")


@pytest.mark.parametrize(
    ("with_", "message"),
    [
        (
            "order: '${{ inputs.n }}'",
            "parameter `order` of `stub.book` wants a mapping, and `inputs.n` is a whole number",
        ),
        (
            "order: {id: '${{ inputs.l }}', first: {name: a, total: 1}, rows: []}",
            "parameter `order.id` of `stub.book` wants a whole number, and `inputs.l` is a list",
        ),
        (
            order("{name: a, total: '${{ inputs.s }}'}"),
            "parameter `order.rows[0].total` of `stub.book` wants a number, and `inputs.s` is text",
        ),
        (
            order("'${{ inputs.row }}'"),
            "parameter `order.rows[0]` of `stub.book` wants a mapping with `total`, and `inputs.row` has none",
        ),
        (
            order("'${{ inputs.long }}'"),
            "parameter `order.rows[0]` of `stub.book` wants a mapping without `more`, and `inputs.long` has one",
        ),
        (
            "order: \"${{ {'id': 1, 'first': {'name': [], 'total': 1}, 'rows': []} }}\"",
            (
                "parameter `order` of `stub.book` wants text as `first.name`, and "
                "`{'id': 1, 'first': {'name': [], 'total': 1}, 'rows': []}` has a list there"
            ),
        ),
    ],
)
def test_at_every_depth(with_: str, message: str) -> None:
    assert book(with_) == [message]


def test_a_number_is_none_of_the_texts() -> None:
    found = messages(f"- {{uses: stub.book, with: {{mode: '${{{{ inputs.n }}}}', {order()}}}}}")
    assert found == ["parameter `mode` of `stub.book` wants `fast` or `slow`, and `inputs.n` is a whole number"]


def test_a_number_out_of_range_is_told() -> None:
    assert book(f"limit: 30, {order()}") == ["parameter `limit` of `stub.book` must be at most 9, not `30`"]


def test_outputs_have_the_types_of_their_definitions() -> None:
    steps = f"- {{id: a, uses: stub.book, with: {{mode: fast, {order()}}}}}\n"
    assert messages(steps + "- {run: 'echo ${{ steps.a.outputs.order.first.nme }}'}") == [
        "`steps.a.outputs.order.first` has no `nme`"
    ]


def test_a_matrix_is_looked_at() -> None:
    steps = "- {id: a, run: 'true', matrix: {x: [1, '${{ inputs.m }}'], include: [{x: '${{ inputs.k }}'}]}}"
    assert [one.split(":")[0] for one in messages(steps)] == [
        "`inputs.m` is not declared", "`inputs.k` is not declared",
    ]  # fmt: skip


def test_the_items_of_a_loop_are_looked_for_outside_of_it() -> None:
    loop = "foreach: ['${{ inputs.row }}'], as: one"
    inner = "{id: b, foreach: '${{ [one.name] }}', as: one, if: one.name == 'a', run: 'echo ${{ one }}'}"
    found = messages(f"- {{id: a, {loop}, steps: [{inner}]}}")
    assert [one for one in found if "has no" in one] == []


@pytest.mark.parametrize(
    "expression",
    [
        "inputs.o if inputs.o is not none else 3", "3 if inputs.o is none else inputs.o", "inputs.o | default(3)",
        "inputs.o if inputs.o != null and inputs.n > 2 else 3",
        "inputs.o if not (inputs.o is none) else 3", "([] + [inputs.n]) | max", "loop.index", "item",
    ],
)  # fmt: skip
def test_a_number_where_a_shell_computes(expression: str) -> None:
    assert messages(f"- {{id: a, foreach: [1, 2], run: 'echo $(( 1 + ${{{{ {expression} }}}} ))'}}") == []
