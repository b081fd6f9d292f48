"""The schema of workflow files as an editor wants it: draft-07, with the installed step types, words and snippets.

Written for yaml-language-server (https://github.com/redhat-developer/yaml-language-server), which most editors use for
YAML; `defaultSnippets`, `doNotSuggest`, `errorMessage` and `markdownDescription` are words of its own. It knows no
`discriminator`: the parameters of a step type come by `if`/`then`.
"""

import re
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from steplane.schema.compose import workflow_schema
from steplane.schema.draft07 import draft07, each_schema
from steplane.schema.snippets import EXPRESSION, from_example, input_snippets, step_snippets, workflow_snippets
from steplane.schema.steps import ACTIONS, COMPANIONS
from steplane.schema.words import listed
from steplane.sdk import StepType

_DIGITS = "8080"
"""A text that is also a number."""

_COMMON = frozenset({
    "type", "format", "enum", "default", "description", "title", "examples", "env", "optional", "secret", "pattern",
    "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "items", "properties",
    "required", "additionalProperties",
})  # fmt: skip
"""The keys of an input that are offered; the rest of JSON Schema is taken and explained, but would hide them."""


def editor_schema(types: Iterable[StepType], later: tuple[Iterable[str], Iterable[str]]) -> dict[str, Any]:
    """The schema with these step types.

    `later`: the keys of the workflow and of a step that the language has and this release does not run; they are not in
    the schema.
    """
    known = sorted(types, key=lambda one: one.name)
    one_of = {one.name: one.one_of[0] for one in known if one.one_of}
    schema = workflow_schema({one.name: _as_given(one.parameters) for one in known}, one_of)
    _without(schema["properties"], later[0])
    _shape_step(schema["$defs"]["step"], known, later[1])
    schema["$defs"]["step"]["defaultSnippets"] = step_snippets(known, one_of)
    schema["$defs"]["with"] = {"type": "object"}
    schema["$defs"]["template"] |= {"examples": [], "defaultSnippets": [EXPRESSION]}
    schema["$defs"]["duration"] |= {"examples": []}
    schema["$defs"]["env"] |= {"examples": []}
    schema["$defs"]["duration_value"] = _duration_value(schema["$defs"])
    schema["$defs"]["input"] |= {"title": "an input", "defaultSnippets": input_snippets()}
    for name, one in schema["$defs"]["keywords"]["properties"].items():
        if name not in _COMMON:
            one["doNotSuggest"] = True
    head = {"title": "a workflow", "description": "A business process written as code."}
    return plain_schema({**schema, **head, "defaultSnippets": workflow_snippets()})


def plain_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Any of our schemas as an editor wants it, with what the language takes for text."""
    template = schema.get("$defs", {}).get("template", {})
    return draft07(each_schema(deepcopy(schema), lambda one: _worded(one, template)))


def _duration_value(definitions: dict[str, Any]) -> dict[str, Any]:
    """A duration or an expression as one pattern: of two alternatives an editor says only that it wants text."""
    duration, template = definitions["duration"], definitions["template"]
    pattern = f"{duration['pattern']}|{template['pattern']}"
    return {"type": "string", "pattern": pattern, "x-expected": duration["x-expected"]}


def _shape_step(step: dict[str, Any], known: list[StepType], later: Iterable[str]) -> None:
    own = step["properties"]
    _without(own, later)
    for keys, owners, _ in COMPANIONS:
        if not set(owners) & set(own):
            _without(own, keys)
    actions = [one for one in ACTIONS if one in own]
    said = f"A step has one action: {listed(actions)}."
    step["oneOf"] = [{"required": [one], "errorMessage": said} for one in actions]
    own["uses"] = _uses(own["uses"], known)
    for one in own.values():  # as the first key of a list's item they would be indented wrongly
        one["examples"] = [example for example in one.get("examples", ()) if not isinstance(example, dict | list)]
    step["title"] = "a step"


def _without(properties: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        properties.pop(name, None)


def _as_given(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters as a file gives them: a boolean is taken for a text too, and null by leaving the parameter out."""

    def change(one: dict[str, Any]) -> dict[str, Any]:
        made = {**one, "x-text": True} if one.get("type") == "string" else dict(one)
        if "default" in made and made["default"] is None:
            del made["default"]
        return made

    return dict(each_schema(parameters, change))


def _uses(schema: dict[str, Any], known: list[StepType]) -> dict[str, Any]:
    said = "No installed plugin has this step type. After installing one: steplane schema --write"
    types = [{"const": one.name, "description": one.doc, "errorMessage": said} for one in known]
    return {"description": schema["description"], "anyOf": types}


def _worded(schema: dict[str, Any], template: dict[str, Any]) -> dict[str, Any]:
    """Say in our words what a value must be; take a number where text is wanted, as the language does."""
    made = dict(schema)
    if "x-expected" in made and made.get("type") != "object":
        made["errorMessage"] = f"Must be {made['x-expected']}."
        told = {**template, "errorMessage": made["errorMessage"]}
        made["anyOf"] = [told if one == {"$ref": "#/$defs/template"} else one for one in made.get("anyOf", ())]
    if "description" in made and ("$ref" in made or "`" in made["description"]):
        made["markdownDescription"] = made["description"]
    if made.get("type") == "string" and not {"enum", "const", "x-condition"} & set(made) and _digits_fit(made):
        made["type"] = ["string", "number", *(["boolean"] if made.get("x-text") else [])]
    return _shown({key: one for key, one in made.items() if one != [] or key == "default"})


def _shown(schema: dict[str, Any]) -> dict[str, Any]:
    """Examples that are mappings or lists become snippets: as examples they are written wrongly."""
    examples = schema.get("examples", ())
    whole = [one for one in examples if isinstance(one, dict | list)]
    if not whole:
        return schema
    plain = [one for one in whole if not (isinstance(one, list) and any(isinstance(item, dict) for item in one))]
    made = {key: one for key, one in schema.items() if key != "examples"}
    if len(whole) < len(examples):
        made["examples"] = [one for one in examples if not isinstance(one, dict | list)]
    if plain:
        made["defaultSnippets"] = [*map(from_example, plain), *schema.get("defaultSnippets", ())]
    return made


def _digits_fit(schema: dict[str, Any]) -> bool:
    return "pattern" not in schema or re.search(schema["pattern"], _DIGITS) is not None
