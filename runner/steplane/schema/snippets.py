"""What an editor offers to write whole: steps and files to fill in.

A snippet has places to fill in (`${1:name}`); the `$` of an expression stands behind a backslash, or the editor would
take it for such a place.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from steplane.sdk import StepType
from steplane.source import plain, read

Snippet = dict[str, Any]

_STEPS: tuple[Snippet, ...] = (
    {
        "label": "run: a shell script",
        "description": "Values arrive as variables and never become code.",
        "body": {"id": "${1:build}", "run": "${2:make}"},
    },
    {
        "label": "foreach: a step for every item",
        "description": "Each item is an instance with a key, remembered by itself.",
        "body": {
            "id": "${1:each}",
            "foreach": "\\${{ ${2:inputs.items} }}",
            "as": "${3:item}",
            "key": "\\${{ ${3:item} }}",
            "run": 'echo "\\${{ ${3:item} }}"',
        },
    },
    {
        "label": "steps: a group that can be rescued",
        "description": "`rescue` runs when a step of the group failed for good.",
        "body": {
            "id": "${1:publish}",
            "steps": [{"run": "${2:./publish.sh}"}],
            "rescue": [{"run": "${3:./retreat.sh}"}],
        },
    },
    {
        "label": "parallel: branches at once",
        "description": "The step is over when all branches are.",
        "body": {
            "id": "${1:checks}",
            "parallel": {"lint": [{"run": "${2:ruff check}"}], "test": [{"run": "${3:pytest}"}]},
        },
    },
    {
        "label": "switch: one of several ways",
        "description": "The first arm that holds is taken.",
        "body": {
            "id": "${1:route}",
            "switch": [
                {"when": "${2:inputs.amount > 1000}", "steps": [{"run": "${3:./review.sh}"}]},
                {"default": True, "steps": [{"run": "${4:./book.sh}"}]},
            ],
        },
    },
    {
        "label": "retry: try again before failing",
        "description": "Attempts in total, with growing pauses between them.",
        "body": {
            "id": "${1:fetch}",
            "run": "${2:./fetch.sh}",
            "retry": {"attempts": "${3:5}", "delay": "${4:1s}", "backoff": "exponential"},
        },
    },
)

_WORKFLOW: Snippet = {
    "label": "a workflow",
    "description": "An input, a step, an output.",
    "body": {
        "steplane": 1,
        "name": "${1:hello}",
        "inputs": {"${2:who}": {"type": "string", "default": "${3:world}", "description": "${4:Whom to greet}"}},
        "steps": [{"id": "${5:greet}", "run": 'echo "Hello, \\${{ inputs.${2:who} }}!"'}],
        "outputs": {"${6:greeting}": "\\${{ steps.${5:greet}.outputs.stdout }}"},
    },
}


EXPRESSION: Snippet = {
    "label": "${{ }}",
    "description": "A value that is worked out when it is needed",
    "body": "\\${{ ${1:inputs.name} }}",
}
"""An expression as a value."""

_INPUTS: tuple[Snippet, ...] = (
    {
        "label": "a text",
        "description": "Without `default`, `env` or `optional` it must be given.",
        "body": {"type": "string", "default": "${1:world}", "description": "${2:What it is for}"},
    },
    {"label": "one of several", "body": {"enum": ["${1:eu}", "${2:us}"], "default": "${1:eu}"}},
    {"label": "a number", "body": {"type": "integer", "minimum": "${1:1}", "default": "${2:10}"}},
    {"label": "a switch", "body": {"type": "boolean", "default": "${1|false,true|}"}},
    {"label": "a file", "body": {"type": "string", "format": "path", "default": "${1:data.csv}"}},
    {
        "label": "a secret",
        "description": "Never stored; given again on resume.",
        "body": {"type": "string", "secret": True, "env": "${1:API_TOKEN}"},
    },
)


def from_example(example: Any) -> Snippet:
    """An example as something to write whole."""
    return {"label": f"for example {json.dumps(example, ensure_ascii=False)}"[:80], "body": _escaped(example)}


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("$", "\\$")
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    return {name: _escaped(one) for name, one in value.items()} if isinstance(value, dict) else value


def input_snippets() -> list[Snippet]:
    """Inputs by what they are."""
    return list(_INPUTS)


def workflow_snippets() -> list[Snippet]:
    """Whole files."""
    return [_WORKFLOW]


def step_snippets(types: Iterable[StepType], one_of: Mapping[str, tuple[str, ...]]) -> list[Snippet]:
    """Steps by what they do, then one for each step type with the parameters that it needs.

    `one_of`: parameters of which a step gives exactly one, by step type.
    """
    return [*_STEPS, *(_of(one, one_of.get(one.name, ())[:1]) for one in types if one.name != "shell")]


def _of(one: StepType, further: tuple[str, ...]) -> Snippet:
    body = _example(one)
    if body is None:
        needed = (*one.parameters.get("required", ()), *further)
        body = {"uses": one.name, **({"with": dict.fromkeys(needed, "")} if needed else {})}
    given = body.get("with")
    if isinstance(given, dict):
        places = (f"${{{number}" for number in count(1))
        body["with"] = {name: _place(value, name, places) for name, value in given.items()}
    return {"label": f"uses: {one.name}", "description": one.title, "body": body}


def _example(one: StepType) -> dict[str, Any] | None:
    """The example in a step type's docstring, where it is a step of that type."""
    root = read(one.example, one.name).root
    step = plain(root) if root is not None else None
    return step if isinstance(step, dict) and step.get("uses") == one.name else None


def _place(value: Any, name: str, places: Iterator[str]) -> Any:
    """The value as a place to fill in; one that is more than a short text stays as it is."""
    if isinstance(value, str) and not set("${}\n") & set(value):
        return f"{next(places)}:{value or name}}}"
    return _escaped(value)
