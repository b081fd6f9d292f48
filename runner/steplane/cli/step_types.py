"""Step types as text and as JSON."""

from collections.abc import Sequence
from typing import Any

import msgspec

from steplane.cli.table import table
from steplane.errors import UsageError
from steplane.plugins import Listed, PluginProblem, Registry
from steplane.reporters.paint import Paint, visible
from steplane.reporters.words import shown_value
from steplane.sdk import StepType


def described(registry: Registry, name: str) -> StepType | tuple[Listed, ...]:
    """The step type of that name, or the plugin of that name. Raises `UsageError` with the plugin's problem."""
    found = registry.step_type(name)
    if not isinstance(found, PluginProblem):
        return found
    if found.code == "unknown-step-type" and "." not in name:
        return tuple(one for one in registry.all() if one.namespace == name)
    first, rest = found.help[:1].upper(), found.help[1:]  # a sentence of its own here
    raise UsageError(found.message, f"{first}{rest} All: steplane steps" if rest.endswith("?") else f"{first}{rest}.")


def list_text(found: Sequence[Listed]) -> str:
    """A table of all step types."""
    rows = [[one.name, visible(one.title), _label(listed)] for listed in found for one in listed.types]
    return table([["STEP TYPE", "WHAT IT DOES", "FROM"], *rows])


def list_json(found: Sequence[Listed]) -> str:
    """All step types, whole."""
    return _json({"steps": [_data(one, _label(listed)) for listed in found for one in listed.types]})


def type_json(one: StepType, label: str) -> str:
    """One step type, whole."""
    return _json(_data(one, label))


def type_text(one: StepType, label: str, color: bool) -> str:
    """One step type as a page of reference."""
    paint = Paint(color)
    parts = [f"{paint.bold(one.name)}  ({label})\n\n{one.doc}\n"]
    parts.append(_fields("parameters", one.parameters, paint, required=True))
    if one.outputs is not None:
        parts.append(_fields("outputs", one.outputs, paint, required=False))
    if one.errors:
        parts.append(f"{paint.bold('errors')}\n  {', '.join(one.errors)}\n")
    if one.missing:
        what = " ".join(f"'{name}'" for name in one.missing)
        parts.append(f"{paint.bold('not installed')}\n  pip install {what}\n")
    traits = [*one.capabilities]
    traits += ["idempotent"] if one.idempotent else []
    if traits:
        parts.append(f"{paint.bold('traits')}\n  {', '.join(traits)}\n")
    if one.example:
        lines = "".join(f"  {line}\n" for line in one.example.splitlines())
        parts.append(f"{paint.bold('example')}\n{lines}")
    return "\n".join(part for part in parts if part)


def _fields(title: str, schema: dict[str, Any], paint: Paint, *, required: bool) -> str:
    wanted = schema.get("required", [])
    rows = []
    for name, one in schema.get("properties", {}).items():
        needed = ", required" if required and name in wanted else _default(one) if required else ""
        rows.append([name, kind(one, schema) + needed, visible(str(one.get("description", "")))])
    if not rows:
        return ""
    return f"{paint.bold(title)}\n" + table(rows, [paint.bold, paint.faint], "  ")


def _default(schema: dict[str, Any]) -> str:
    default = schema.get("default")
    return "" if default is None or default in ({}, []) else f" = {shown_value(default, 40)}"


def kind(schema: dict[str, Any], whole: dict[str, Any]) -> str:
    """A schema in a word or two: `text`, `integer`, `list of text`, `bash | sh`."""
    if "$ref" in schema:
        return kind(whole.get("$defs", {}).get(schema["$ref"].rsplit("/", 1)[-1], {}), whole)
    if "anyOf" in schema:
        kinds = dict.fromkeys(kind(one, whole) for one in schema["anyOf"] if one.get("type") != "null")
        return " | ".join(kinds)
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    return _simple(schema, whole)


def _simple(schema: dict[str, Any], whole: dict[str, Any]) -> str:
    given = schema.get("type", "any")
    if given == "array":
        items = schema.get("items")
        inner = kind(items, whole) if isinstance(items, dict) and items else ""
        return f"list of {inner}" if inner and inner != "any" else "list"
    if given == "object":
        return "mapping"
    if given == "string":
        return "duration" if schema.get("format") == "duration" else "text"
    return str(given)


def _label(listed: Listed) -> str:
    return ", ".join(one.label for one in listed.claims)


def _data(one: StepType, label: str) -> dict[str, Any]:
    return {"type": one.name, "from": label, **{name: getattr(one, name) for name in _KEYS}}


_KEYS = (
    "title", "doc", "example", "parameters", "outputs", "errors", "capabilities", "idempotent", "cancellable",
    "planned", "missing",
)  # fmt: skip


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
