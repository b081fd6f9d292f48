"""`outputs` with a type, and times without an offset."""

from typing import Any

import pytest
from tests.runner.running import Workbench

TYPED = """
steps:
  - id: a
    run: echo abc
    outputs:
      kept: {value: VALUE, SCHEMA}
outputs:
  kept: ${{ steps.a.outputs.kept }}
"""


@pytest.mark.parametrize(
    ("value", "schema", "kept"),
    [
        ('"${{ result.stdout }}"', "type: string", "abc"),
        ('"${{ result.exit_code }}"', "type: integer, minimum: 0", 0),
        ('"${{ [1, 2] }}"', "type: array, items: {type: integer}", [1, 2]),
    ],
)
def test_an_output_of_its_type_is_kept(bench: Workbench, value: str, schema: str, kept: Any) -> None:
    done = bench.run(TYPED.replace("VALUE", value).replace("SCHEMA", schema))
    assert (done.status, done.outputs) == ("succeeded", {"kept": kept})


def test_an_output_of_another_type_fails_the_step(bench: Workbench) -> None:
    done = bench.run(TYPED.replace("VALUE", '"${{ [result.stdout, 1] | first }}"').replace("SCHEMA", "type: integer"))
    assert done.status == "failed"
    assert done.error("a") == ("output.invalid", "the output `kept` must be a whole number, not `abc`")


def test_times_without_an_offset_are_in_the_workflows_zone(bench: Workbench) -> None:
    at = "${{ '2026-07-01T00:00:00' | timestamp | int }}"
    text = f"timezone: Europe/Berlin\nsteps: [{{run: 'true'}}]\noutputs:\n  at: {at}\n"
    assert bench.run(text).outputs == {"at": 1782856800}
