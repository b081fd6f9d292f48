import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from tests.runner.checks.support import TYPES

from steplane import events
from steplane.schema import ACTIONS, check_structure, read_schema, workflow_schema
from steplane.schema.files import SchemaName
from steplane.source import read_file
from steplane.source.nodes import Mapping, plain

ROOT = Path(__file__).parents[2]
NAMES: tuple[SchemaName, ...] = get_args(SchemaName)


def _properties(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Path and schema of every property in a schema."""
    if isinstance(schema, list):
        for index, one in enumerate(schema):
            yield from _properties(one, f"{path}/{index}")
    if not isinstance(schema, dict):
        return
    for name, one in schema.get("properties", {}).items():
        yield f"{path}/{name}", one
    for key, one in schema.items():
        if key in {"properties", "$defs"}:
            for name, inner in one.items():
                yield from _properties(inner, f"{path}/{name}")
        elif key not in {"examples", "allOf"}:
            yield from _properties(one, f"{path}/{key}")


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one(name: SchemaName) -> None:
    Draft202012Validator.check_schema(read_schema(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_property_is_described_with_an_example_that_fits(name: SchemaName) -> None:
    schema = read_schema(name)
    for path, one in _properties(schema):
        assert one.get("description"), path
        assert one.get("examples"), path
        whole = Draft202012Validator({**one, "$defs": schema.get("$defs", {})})
        for example in one["examples"]:
            assert not list(whole.iter_errors(example)), (path, example)


def test_the_whole_language_is_in_it() -> None:
    step = read_schema("workflow")["$defs"]["step"]["properties"]
    assert set(ACTIONS) <= set(step)
    assert {"id", "needs", "retry", "compensate", "cache", "at_most_once", "artifacts", "lane"} <= set(step)


def test_the_event_schema_names_every_event() -> None:
    classes = [*get_args(events.Input), *get_args(events.Fact)]
    schema = read_schema("event")
    assert {one.__struct_config__.tag for one in classes} == {
        rule["if"]["properties"]["type"]["const"] for rule in schema["allOf"]
    }
    for one in classes:
        own = schema["$defs"][one.__struct_config__.tag]
        base = schema["$defs"]["step"]["properties"] if "$ref" in own else {}
        assert set(one.__struct_fields__) - {"at"} == {*own.get("properties", {}), *base}


def test_composed_with_step_types_it_knows_their_parameters() -> None:
    schema = workflow_schema({name: one.parameters for name, one in TYPES.types.items()})
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    def good(step: dict[str, Any]) -> bool:
        return validator.is_valid({"steplane": 1, "steps": [step]})

    assert good({"uses": "csv.read", "with": {"path": "a.csv"}})
    assert good({"uses": "csv.read", "with": {"path": "${{ inputs.file }}"}})
    assert good({"run": "make", "with": {"ok_codes": "${{ inputs.codes }}", "capture": "json"}})
    assert good({"uses": "unknown.type", "with": {"anything": 1}})
    assert not good({"uses": "csv.read"})
    assert not good({"uses": "csv.read", "with": {"pathh": "a.csv"}})
    assert not good({"run": "make", "with": {"capture": "jsn"}})
    assert read_schema("workflow")["$defs"]["step"].get("allOf") is None


@pytest.mark.parametrize("file", sorted((ROOT / "workflows").glob("*.yaml")), ids=lambda one: one.stem)
def test_library_and_our_own_walk_agree_on_the_examples(file: Path) -> None:
    root = read_file(file).root
    assert isinstance(root, Mapping)
    assert check_structure(root) == ([], root)
    assert Draft202012Validator(read_schema("workflow")).is_valid(json.loads(json.dumps(plain(root))))


def test_simple_values_and_structure_need_no_jsonschema() -> None:
    program = (
        "import sys; from steplane.schema import *; from steplane.source import read;"
        "assert validate_value({'type': 'integer', 'minimum': 3}, 2); check_structure(read('steplane: 1', 'f').root);"
        "assert not {'jsonschema', 'referencing'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
