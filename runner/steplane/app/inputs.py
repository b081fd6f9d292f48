"""The inputs of a run: what the caller gave, what the environment and the file say, held against the schemas."""

from collections.abc import Mapping
from typing import Any

import msgspec

from steplane.errors import UsageError
from steplane.plan.nodes import InputSpec, Plan
from steplane.schema import validate_value
from steplane.suggest import did_you_mean


def given(plan: Plan, words: tuple[str, ...], file: str | None) -> dict[str, Any]:
    """The values of `-i NAME=VALUE` and of `--inputs FILE` (JSON or YAML); `-i` wins. Raises `UsageError`."""
    values = _from_file(file) if file else {}
    specs = {one.name: one for one in plan.inputs}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise UsageError(f"`-i {word}` has no `=`", "Write `-i NAME=VALUE`.")
        _known(name, specs)
        values[name] = read_value(specs[name], text)
    for name in values:
        _known(name, specs)
    return values


def _known(name: str, specs: Mapping[str, InputSpec]) -> None:
    if name not in specs:
        near = did_you_mean(name, specs)
        known = f"It has: {', '.join(specs)}." if specs else "It has no inputs."
        raise UsageError(f"the workflow has no input `{name}`", f"Did you mean `{near}`?" if near else known)


def _from_file(path: str) -> dict[str, Any]:
    from steplane.source import plain, read_file

    document = read_file(path)
    problems = [one for one in document.diagnostics if one.severity == "error"]
    if problems or document.root is None:
        first = problems[0] if problems else None
        where = f"{path}:{first.span.line}:{first.span.column}: {first.message}" if first else f"{path} is empty"
        raise UsageError(where, "An inputs file holds one mapping of names to values, as JSON or YAML.")
    value = plain(document.root)
    assert isinstance(value, dict)
    return value


def read_value(spec: InputSpec, text: str) -> Any:
    """A value from the command line: text for a text type, else JSON; `@FILE` reads a file, `@@` is a plain `@`."""
    if text.startswith("@@"):
        text = text[1:]
    elif text.startswith("@"):
        try:
            with open(text[1:], encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"input `{spec.name}`: {text[1:]} cannot be read: {error}", "A text that begins with `@` is written `@@...`.") from error
    if _is_text(spec.schema):
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        kind = spec.schema.get("type", "a value")
        raise UsageError(
            f"input `{spec.name}` wants {kind} as JSON, this is {text!r}", "Text inside JSON stands in double quotes."
        ) from error


def _is_text(schema: Mapping[str, Any]) -> bool:
    if "enum" in schema:
        return all(isinstance(one, str) for one in schema["enum"])
    return schema.get("type") == "string" or not schema


def resolve(plan: Plan, values: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """All inputs with their values, checked. Raises `UsageError` naming everything that is wrong at once."""
    resolved: dict[str, Any] = {}
    problems: list[str] = []
    for spec in plan.inputs:
        if spec.name in values:
            resolved[spec.name] = values[spec.name]
        elif spec.env is not None and spec.env in environ:
            resolved[spec.name] = read_value(spec, environ[spec.env])
        elif spec.required or (spec.env is not None and spec.default is None and not spec.optional):
            problems.append(_missing(spec))
            continue
        else:
            resolved[spec.name] = spec.default
            continue
        problems += [f"input `{spec.name}`: {one}" for one in _wrong(spec, resolved[spec.name])]
    if problems:
        raise UsageError("; ".join(problems), _usage(plan))
    return resolved


def _wrong(spec: InputSpec, value: Any) -> list[str]:
    if value is None and spec.optional:
        return []
    return [str(getattr(one, "message", one)) for one in validate_value(spec.schema, value)]


def _missing(spec: InputSpec) -> str:
    where = f" (or the variable {spec.env})" if spec.env else ""
    words = spec.schema.get("description", "")
    return f"input `{spec.name}` is missing{where}" + (f": {words}" if words else "")


def _usage(plan: Plan) -> str:
    needed = [spec.name for spec in plan.inputs if spec.required]
    return "Give it with " + " ".join(f"-i {name}=..." for name in needed) if needed else "Mend the value."


def read_env_file(path: str) -> dict[str, str]:
    """`NAME=VALUE` lines; `#` begins a comment line, quotes around a value are taken off. Raises `UsageError`."""
    values: dict[str, str] = {}
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the environment file {path} cannot be read: {error}", "Give a UTF-8 file of NAME=VALUE lines.") from error
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise UsageError(f"{path}:{number}: not a NAME=VALUE line: {line!r}", "Mend the line.")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        values[name.strip()] = value
    return values


__all__ = ["given", "read_env_file", "read_value", "resolve"]
