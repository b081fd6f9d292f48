"""The schema for editors: draft-07, no false alarm on anything that the checker takes, and what it has to offer."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from jsonschema import Draft7Validator
from tests.conftest import ROOT
from tests.runner.checks.support import TYPES, check
from tests.runner.kernel.workflows import workflow_of
from tests.test_docs import SURROUNDINGS, snippets, whole

from steplane.app.editor import schema_text
from steplane.app.loading import make_registry
from steplane.schema import read_schema
from steplane.schema.draft07 import DRAFT, draft07
from steplane.schema.editor import editor_schema, plain_schema
from steplane.source import plain, read

LATER = (("triggers",), ("lane",))


@cache
def installed() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(schema_text("workflow", make_registry(None, None))[0])
    return schema


@cache
def few() -> dict[str, Any]:
    return editor_schema(TYPES.types.values(), LATER)


def wrong(text: str, schema: dict[str, Any] | None = None) -> list[str]:
    """What an editor would underline, by places."""
    root = read(text, "w.yaml").root
    assert root is not None
    value = json.loads(json.dumps(plain(root)))
    errors = Draft7Validator(schema or few()).iter_errors(value)
    return sorted("/".join(map(str, one.absolute_path)) for one in errors)


def step(text: str) -> list[str]:
    """What is wrong with one step; places as they are in it."""
    found = wrong(f"steplane: 1\nsteps:\n  - {text}\n")
    return [one.removeprefix("steps/0").lstrip("/") for one in found]


@pytest.mark.parametrize("kind", ["workflow", "decision", "event"])
def test_a_schema_is_draft_07(kind: Any) -> None:
    text, problems = schema_text(kind, make_registry(None, None))
    schema = json.loads(text)
    assert schema["$schema"] == DRAFT
    Draft7Validator.check_schema(schema)
    assert problems == []
    assert not set(re.findall(r'"(\$defs|unevaluated\w+|prefixItems|dependent\w+|x-[a-z-]+|\$id)": [{\[]', text)) - {
        "$defs", "unevaluatedItems", "unevaluatedProperties", "prefixItems", "dependentRequired", "dependentSchemas"
    }, "beyond the keys of an input, which are JSON Schema themselves"  # fmt: skip
    assert {one.removeprefix("#/definitions/") for one in references(schema)} <= set(schema.get("definitions", {}))


def references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        schema = list(schema.values())
    for one in schema if isinstance(schema, list) else ():
        yield from references(one)


# ------------------------------------------------------------------------------------------- no false alarm


@pytest.mark.parametrize("file", sorted((ROOT / "workflows").rglob("*.yaml")), ids=lambda file: file.stem)
def test_the_workflows_and_tables_are_right(file: Path) -> None:
    schema = plain_schema(read_schema("decision")) if file.stem.endswith(".decision") else installed()
    assert wrong(file.read_text("utf-8"), schema) == []


@pytest.mark.parametrize(("kind", "content"), snippets("workflow", "steps", "step", "keys"))
def test_the_manual_is_right(kind: str, content: str) -> None:
    assert wrong(whole(kind, content), installed()) == []


def test_workflows_at_random_are_right() -> None:
    for seed in range(60):
        text = json.dumps({"steplane": 1, **workflow_of(Random(seed))})
        assert wrong(text) == [], text


@pytest.mark.parametrize(
    "text",
    [
        "{run: make, with: {ok_codes: [0, '${{ inputs.code }}'], tty: '${{ inputs.tty }}', grace: '${{ inputs.g }}'}}",
        "{run: make, with: {ok_codes: '${{ inputs.codes }}', shell: '${{ inputs.shell }}', stdin: 12}}",
        "{run: [python3, -c, 8080, true], timeout: 1h30m, retry: {attempts: '${{ inputs.n }}', jitter: 0.2}}",
        "{uses: csv.read, with: {path: '${{ inputs.path }}', header: '${{ inputs.header }}', limit: '${{ 1 }}'}}",
        "{uses: csv.write, with: {path: 2026, rows: '${{ steps.a.outputs.rows }}'}}",
        "{uses: shell, with: {argv: [make, '${{ inputs.target }}']}}",
        "{uses: python.run, with: {script: 'print()', values: {a: '${{ inputs.a }}'}}}",
        "{name: 12, title: 1.5, run: make}",
    ],
)
def test_what_the_language_takes_is_taken(text: str) -> None:
    assert step(text) in ([], [""] if "title" in text else [])


def test_a_number_stands_for_text_as_in_the_language() -> None:
    assert (
        wrong("steplane: 1\nversion: 2\ntitle: 5\ncase: 17\nenv: {PORT: 8080}\nsteps: [{run: make, name: 7}]\n") == []
    )


# ------------------------------------------------------------------------------------------- what is marked


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("{uses: csv.read, with: {pathh: a.csv}}", ["with", "with"]),
        ("{uses: csv.raed, with: {path: a.csv}}", ["uses"]),
        ("{uses: csv.read}", [""]),
        ("{uses: csv.read, with: {path: a.csv, header: maybe}}", ["with/header"]),
        ("{run: make, with: {capture: jsn}}", ["with/capture"]),
        ("{run: make, with: {script: make}}", ["with"]),
        ("{run: make, with: {grace: 5}}", ["with/grace"]),
        ("{run: make, with: {ok_codes: [x]}}", ["with/ok_codes"]),
        ("{run: make, timeout: 30}", ["timeout"]),
        ("{uses: python.run, with: {script: a, file: b}}", ["with"]),
        ("{uses: shell, with: {}}", ["with"]),
        ("{id: a}", [""]),
        ("{run: make, uses: log, with: {message: a}}", ["", "with"]),
        ("{run: make, wait: 3s}", [""]),
        ("{id: A, run: make}", ["id"]),
    ],
)
def test_mistakes_are_marked(text: str, places: list[str]) -> None:
    assert step(text) == places
    assert check(f"steplane: 1\nsteps:\n  - {text}\n"), "and the checker agrees"


def test_inputs_are_json_schema_and_no_more() -> None:
    head = "steplane: 1\nsteps: [{run: make}]\ninputs:\n  a: "
    assert wrong(head + "{type: array, items: {type: string, minLength: 1}, optional: true}") == []
    assert wrong(head + "{type: object, properties: {b: {typ: string}}}") == ["inputs/a/properties/b"]
    assert wrong(head + "{type: string, defualt: x}") == ["inputs/a"]
    assert wrong(head + "{type: strin}") == ["inputs/a/type"]


# ------------------------------------------------------------------------------------------- what it offers


def test_every_key_and_parameter_is_explained() -> None:
    schema = few()
    step_ = schema["definitions"]["step"]
    assert all(one.get("description") for one in step_["properties"].values())
    rules = {
        one["if"]["properties"]["uses"]["const"]: one["then"] for one in step_["allOf"] if "uses" in str(one["if"])
    }
    assert set(rules) == set(TYPES.types)
    for name, one in TYPES.types.items():
        offered = rules[name]["properties"]["with"]
        assert offered["title"] == name
        for parameter, own in one.parameters["properties"].items():
            assert offered["properties"][parameter]["description"] == own["description"]
            assert offered["properties"][parameter].get("default") == own.get("default")


def test_what_this_release_does_not_run_is_not_offered() -> None:
    own = few()["definitions"]["step"]["properties"]
    assert "lane" not in own
    assert "triggers" not in few()["properties"]


def resolved(value: Any) -> Any:
    """A snippet as it stands in the file when every place is left as it is offered."""
    if isinstance(value, str):
        text = re.sub(r"\$\{\d+\|([^,|]*)[^}]*\}", r"\1", value)
        text = re.sub(r"\$\{\d+:([^{}]*)\}", r"\1", text).replace("\\$", "$")
        return json.loads(text) if text in {"true", "false"} or text.isdigit() else text
    if isinstance(value, list):
        return [resolved(one) for one in value]
    return {resolved(name): resolved(one) for name, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("snippet", few()["definitions"]["step"]["defaultSnippets"], ids=lambda one: one["label"])
def test_a_snippet_of_a_step_is_one(snippet: dict[str, Any]) -> None:
    text = json.dumps({"steplane": 1, "steps": [resolved(snippet["body"])]})
    assert wrong(text) == []
    assert [one for one in check(text) if one.code not in {*SURROUNDINGS, "no-default", "wrong-kind"}] == []


def test_the_snippet_of_a_workflow_is_one() -> None:
    [snippet] = few()["defaultSnippets"]
    text = json.dumps(resolved(snippet["body"]))
    assert wrong(text) == []
    assert check(text) == ()


@pytest.mark.parametrize("snippet", few()["definitions"]["input"]["defaultSnippets"], ids=lambda one: one["label"])
def test_a_snippet_of_an_input_is_one(snippet: dict[str, Any]) -> None:
    text = json.dumps({"steplane": 1, "inputs": {"a": resolved(snippet["body"])}, "steps": [{"run": "make"}]})
    assert wrong(text) == []
    assert [one for one in check(text) if one.severity == "error"] == []


# ------------------------------------------------------------------------------------------- the translation


def test_what_draft_07_spells_otherwise() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:x",
        "properties": {
            "pair": {"prefixItems": [{"type": "string"}], "items": False, "x-ours": 1},
            "card": {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}},
            "open": {"$ref": "#/$defs/base", "unevaluatedProperties": False, "properties": {"own": True}},
            "said": {"$ref": "#/$defs/base", "description": "A remark."},
            "$defs": {"type": "object"},
        },
        "$defs": {"base": {"type": "object", "properties": {"a": {"type": "string"}}}},
    }
    assert draft07(schema) == {
        "$schema": DRAFT,
        "properties": {
            "pair": {"items": [{"type": "string"}], "additionalItems": False},
            "card": {"dependencies": {"c": {"required": ["d"]}, "a": ["b"]}},
            "open": {
                "type": "object",
                "properties": {"a": {"type": "string"}, "own": True},
                "additionalProperties": False,
            },
            "said": {"$ref": "#/definitions/base", "description": "A remark."},
            "$defs": {"type": "object"},
        },
        "definitions": {"base": {"type": "object", "properties": {"a": {"type": "string"}}}},
    }
