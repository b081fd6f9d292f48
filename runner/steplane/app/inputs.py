"""The inputs of a run: what the caller gave, what the environment and the file say, held against the schemas."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from steplane.app.json_text import WrongJson, parse
from steplane.driver.plain import unrecordable
from steplane.errors import UsageError
from steplane.expressions import Missing
from steplane.pipes import read_source
from steplane.plan.inputs import InputSpec
from steplane.plan.nodes import Plan

if TYPE_CHECKING:
    from steplane.schema.problems import Problem
    from steplane.source.nodes import Node


def given(plan: Plan, words: tuple[str, ...], file: str | None) -> dict[str, Any]:
    """The values of `-i NAME=VALUE` and of `--inputs FILE` (JSON or YAML); `-i` wins. Raises `UsageError` naming all at
    once that is unknown or cannot be read.
    """
    specs = {one.name: one for one in plan.inputs}
    values = _from_file(file, specs) if file else {}
    faults = [_unknown(name, specs) for name in values if name not in specs]
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            faults.append(UsageError(f"`-i {name}` has no `=`", "Write `-i NAME=VALUE`."))
        elif name not in specs:
            faults.append(_unknown(name, specs))
        elif text == "..." and specs[name].secret:
            faults.append(UsageError(f"`-i {name}=...` holds no value", "Write the secret, or `@FILE`, for the dots."))
        else:
            try:
                values[name] = read_value(specs[name], text)
            except UsageError as fault:
                faults.append(fault)
    if faults:
        raise _together(faults)
    return values


def _unknown(name: str, specs: Mapping[str, InputSpec]) -> UsageError:
    from steplane.suggest import nearest_of

    known = nearest_of(name, specs, "It has", "steplane plan FILE|NAME") if specs else "It has no inputs."
    return UsageError(f"the workflow has no input `{name}`", known)


def _together(faults: list[UsageError]) -> UsageError:
    """One fault as it is; several with each remedy once."""
    if len(faults) == 1:
        return faults[0]
    remedies = dict.fromkeys(one.remedy for one in faults if one.remedy)
    return UsageError("; ".join(dict.fromkeys(one.message for one in faults)), "\n".join(remedies))


def _from_file(path: str, specs: Mapping[str, InputSpec]) -> dict[str, Any]:
    from steplane.source import plain, read_file
    from steplane.source.nodes import Mapping as Named

    document = read_file(path, "Give the path of a YAML or JSON file with the inputs.")
    problems = [one for one in document.diagnostics if one.severity == "error"]
    if problems or document.root is None:
        first = problems[0] if problems else None
        where = f"{path}:{first.span.line}:{first.span.column}: {first.message}" if first else f"{path} is empty"
        raise UsageError(where, "An inputs file holds one mapping of names to values, as JSON or YAML.")
    if not isinstance(document.root, Named):
        raise UsageError(f"{path} holds no mapping", "An inputs file holds one mapping of names to values.")
    return {
        one.name: _as_wanted(path, specs[one.name], one.value) if one.name in specs else plain(one.value)
        for one in document.root.entries
    }


def _as_wanted(path: str, spec: InputSpec, node: "Node") -> Any:
    """The value, with numbers as text where text is wanted. Raises `UsageError` for one that must be quoted."""
    from steplane.schema.problems import shown_path
    from steplane.schema.texts import node_at, read_as_wanted, unquoted, wants_text

    value, problems = read_as_wanted(spec.schema, node)
    for problem in problems:
        scalar = node_at(node, problem.path)
        said = unquoted(f"`{shown_path((spec.name, *problem.path))}`", scalar) if wants_text(problem) else None
        if said is not None:
            words = (
                f"input `{spec.name}` is text, and a number stands there that could be read as another"
                if spec.secret
                else said.message
            )
            raise UsageError(f"{path}:{scalar.span.line}:{scalar.span.column}: {words}", 'Write it as `"..."`.')
    return value


def read_value(spec: InputSpec, text: str) -> Any:
    """A value from the command line: text for a text type, else JSON; `@FILE` reads a file, `@@` is a plain `@`."""
    if text.startswith("@@"):
        text = text[1:]
    elif text.startswith("@"):
        text = _content(spec, text[1:])
    return read_text(spec, text)


_MOST = 64 << 20
"""Bytes of a file that is given as an input, or as environment."""


def _content(spec: InputSpec, path: str) -> str:
    remedy = "A text that begins with `@` is written `@@...`."
    shown = "the file behind its `@`" if spec.secret else path  # it may be the secret itself, and no path at all
    try:
        content = read_source(path, _MOST + 1)
        if len(content) > _MOST:
            raise UsageError(f"input `{spec.name}`: {shown} has more than {_MOST >> 20} MiB", "Give its path.")
        return content.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"input `{spec.name}`: {shown} is not UTF-8 text", remedy) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"input `{spec.name}`: {shown} cannot be read: {why}", remedy) from error


def read_text(spec: InputSpec, text: str, origin: str = "") -> Any:
    """A value from text, also from a variable: text for a text type, else JSON. Raises `UsageError`, with `origin`."""
    if _is_text(spec.schema):
        return text
    try:
        return parse(text)
    except WrongJson as error:
        kind = spec.schema.get("type", "a value")
        kind = " or ".join(kind) if isinstance(kind, list) else kind
        shown = f"the given text is none: {error.hidden}" if spec.secret else f"this is {text[:200]!r}: {error}"
        raise UsageError(
            f"input `{spec.name}`{origin} wants {kind} as JSON, {shown}", "Text inside JSON stands in double quotes."
        ) from None  # for a secret's sake


def _is_text(schema: Mapping[str, Any]) -> bool:
    if "enum" in schema:
        return all(isinstance(one, str) for one in schema["enum"])
    return schema.get("type") == "string"


def resolve(
    plan: Plan, values: Mapping[str, Any], environ: Mapping[str, str], again: Collection[str] = ()
) -> dict[str, Any]:
    """All inputs with their values, checked; for those that are to be given `again` no default stands in.

    Raises `UsageError` naming everything that is wrong at once.
    """
    resolved: dict[str, Any] = {}
    problems: list[str] = []
    missing: list[str] = []
    for spec in plan.inputs:
        if not has_value(spec, values, environ, again):
            problems.append(_missing(spec, again))
            missing.append(spec.name)
            continue
        resolved[spec.name], wrong = _held(spec, values, environ)
        problems += wrong
    if problems:
        given = " ".join(f"-i {name}=..." for name in missing)
        raise UsageError("; ".join(problems), f"Give it with {given}" if given else "Mend the value.")
    return resolved


def resolve_known(plan: Plan, values: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Those inputs that have a value, checked. Raises `UsageError` for values that are wrong."""
    held = {one.name: _held(one, values, environ) for one in plan.inputs if has_value(one, values, environ)}
    problems = [one for _, wrong in held.values() for one in wrong]
    if problems:
        raise UsageError("; ".join(problems), "Mend the value.")
    return {name: value for name, (value, _) in held.items()}


def _held(spec: InputSpec, values: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[Any, list[str]]:
    """The value, and what is wrong with it."""
    try:
        value = _value(spec, values, environ)
    except UsageError as fault:
        return None, [fault.message]
    return value, [f"input `{spec.name}` {one}" for one in _wrong(spec, value)]


def is_given(spec: InputSpec, values: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Whether the value comes from the call, and is not the default."""
    return spec.name in values or (spec.env is not None and spec.env in environ)


def resolve_leniently(
    plan: Plan, values: Mapping[str, Any], environ: Mapping[str, str], again: Collection[str], wanted: Collection[str]
) -> dict[str, Any]:
    """The same for winding a run up: what was not given is missing where it is used. The `wanted` ones are checked.

    Raises `UsageError`.
    """
    resolved: dict[str, Any] = {}
    problems: list[str] = []
    for spec in plan.inputs:
        resolved[spec.name] = Missing("it is secret, was not recorded and not given again")
        if has_value(spec, values, environ, again):
            value, wrong = _held(spec, values, environ)
            problems += wrong if spec.name in wanted else ()
            resolved[spec.name] = Missing("; ".join(wrong)) if wrong and value is None else value
    if problems:
        raise UsageError("; ".join(problems), "Mend the value.")
    return resolved


def has_value(
    spec: InputSpec, values: Mapping[str, Any], environ: Mapping[str, str], again: Collection[str] = ()
) -> bool:
    """Whether it was given, or is not to be given `again` and has a default."""
    if is_given(spec, values, environ):
        return True
    if spec.name in again:
        return False
    return not spec.required and (spec.env is None or spec.default is not None or spec.optional)


def _value(spec: InputSpec, values: Mapping[str, Any], environ: Mapping[str, str]) -> Any:
    if spec.name in values:
        return values[spec.name]
    if spec.env is None or spec.env not in environ:
        return spec.default
    return read_text(spec, environ[spec.env], f" (from the variable {spec.env})")


def _wrong(spec: InputSpec, value: Any) -> list[str]:
    if value is None and spec.optional:
        return []
    if why := unrecordable(value):
        return [f"{why}, which cannot be recorded"]
    from steplane.schema import validate_value

    problems = validate_value(spec.schema, value)
    if spec.secret and problems:
        return ["is not what its schema says (it is secret: the value is not shown)"]
    return [_worded(one) for one in problems]


def _worded(problem: "Problem") -> str:
    from steplane.schema.problems import shown_path

    return f"at `{shown_path(problem.path)}` {problem.message}" if problem.path else problem.message


def _missing(spec: InputSpec, again: Collection[str]) -> str:
    where = f" (or the variable {spec.env})" if spec.env else ""
    words = spec.schema.get("description", "")
    why = words or ("it is secret, and what the run was given is recorded nowhere" if spec.name in again else "")
    return f"input `{spec.name}` is missing{where}" + (f": {why}" if why else "")


def read_env_file(path: str) -> dict[str, str]:
    """`NAME=VALUE` lines; `#` begins a comment line, quotes around a value are taken off. Raises `UsageError`."""
    values: dict[str, str] = {}
    try:
        data = read_source(path, _MOST + 1)
        if len(data) > _MOST:
            raise UsageError(f"the environment file {path} has more than {_MOST >> 20} MiB", "Name another file.")
        content = data.decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(
            f"the environment file {path} cannot be read: {why}", "Give a UTF-8 file of NAME=VALUE lines."
        ) from error
    for number, line in enumerate(content.split("\n"), 1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise UsageError(f"{path}:{number}: this is no NAME=VALUE line", "Mend the line.")  # it may hold a secret
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        values[name.strip()] = value
    return values


__all__ = [
    "given", "has_value", "is_given", "read_env_file", "read_text", "read_value", "resolve", "resolve_known",
    "resolve_leniently",
]  # fmt: skip
