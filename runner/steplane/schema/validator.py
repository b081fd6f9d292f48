"""The part of value checking that needs jsonschema: building validators, and its errors in our words."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from steplane.schema.keywords import compiled
from steplane.schema.linear import OWN
from steplane.schema.patience import SECONDS, Patience, TooLong, tick, too_long_words
from steplane.schema.problems import Problem, Templated
from steplane.schema.simple import Path, brief, choice_problem, format_problems, is_kind, wanted_words
from steplane.schema.words import ARTICLES, length, listed
from steplane.suggest import did_you_mean

COUNTS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {}",
    "maxLength": "at most {}",
    "minItems": "at least {}",
    "maxItems": "at most {}",
}
UNITS = {"minLength": "character", "maxLength": "character", "minItems": "item", "maxItems": "item"}
FORMATS = ("date", "email", "idn-email", "ipv4", "ipv6", "regex", "uuid")
"""The formats of JSON Schema that jsonschema checks without further libraries."""


@cache
def _validator_class() -> Any:
    """Draft 2020-12 in which what is not known yet is never wrong, and no keyword takes more than linear time."""
    from jsonschema import Draft202012Validator, validators

    def unless_templated(check: Any) -> Any:
        def run(validator: Any, wanted: Any, instance: Any, schema: Any) -> Any:
            tick()
            return () if isinstance(instance, Templated) else check(validator, wanted, instance, schema) or ()

        return run

    checks = {**Draft202012Validator.VALIDATORS, **OWN}
    extend: Any = validators.extend
    made = extend(Draft202012Validator, {name: unless_templated(check) for name, check in checks.items()})
    made.evolve = _evolved
    return made


def _evolved(validator: Any, **changes: Any) -> Any:
    """A validator for a part of the schema: of this class, whatever `$schema` in that part says."""
    changes = {"schema": validator.schema, "_resolver": validator._resolver, **changes}
    return type(validator)(format_checker=validator.format_checker, registry=validator._registry, **changes)


@cache
def _formats() -> Any:
    from jsonschema import FormatChecker

    checker = FormatChecker(FORMATS)
    for name in ("path", "duration"):
        checker.checks(name)(lambda value, name=name: not format_problems({"format": name}, value, ()))
    checker.checks("date-time", raises=ValueError)(_is_moment)
    checker.checks("uri")(_is_uri)
    checker.checks("regex", raises=(re.error, OverflowError, RecursionError))(_is_expression)
    return checker


def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S*\Z", value) is not None


def _is_expression(value: object) -> bool:
    return not isinstance(value, str) or bool(re.compile(value))


def _is_moment(value: Any) -> bool:
    from datetime import datetime

    if not isinstance(value, str):
        return True
    return datetime.fromisoformat(value).tzinfo is not None and "T" in value.upper()


def _validator(schema: dict[str, Any] | bool) -> Any:
    from referencing.jsonschema import EMPTY_REGISTRY

    return _validator_class()(schema, format_checker=_formats(), registry=EMPTY_REGISTRY)


def problems(schema: dict[str, Any] | bool, value: Any, path: Path) -> list[Problem]:
    """What is wrong with a value, in the order of its keys; or with the schema itself (its keyword is `schema`)."""
    from jsonschema.exceptions import UnknownType
    from referencing.exceptions import Unresolvable

    try:
        with Patience():
            errors = list(_validator(schema).iter_errors(value))
            return _distinct([one for error in errors for one in _explained(error, path)])
    except TooLong:
        return [Problem(path, too_long_words(), "schema")]
    except UnknownType as error:
        return [Problem(path, f"cannot be checked: its schema is wrong (no `type` is `{error.type}`)", "schema")]
    except (Unresolvable, ValueError, RecursionError, TypeError, AttributeError) as error:
        return [Problem(path, f"cannot be checked: its schema is wrong ({_reason(error)})", "schema")]


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it refers to itself without end"
    reference = getattr(error, "ref", "")
    if reference.startswith("/"):
        reference = f"#{reference}"
    return f"`$ref: {reference}` leads nowhere in it, and nothing is fetched" if reference else str(error)


def _distinct(found: list[Problem]) -> list[Problem]:
    seen: set[tuple[Path, str]] = set()
    distinct = []
    for one in found:
        if (one.path, one.message) not in seen:
            seen.add((one.path, one.message))
            distinct.append(one)
    return distinct


def _explained(error: Any, path: Path) -> Iterator[Problem]:
    """One error of jsonschema in our words: several where it names several keys."""
    tick()
    here = (*path, *error.absolute_path) if error.parent is None else (*path, *error.path)
    keyword, wanted, value = error.validator, error.validator_value, error.instance
    schema = error.schema if isinstance(error.schema, dict) else {}
    form = schema.get("format", "")
    if keyword in {"anyOf", "oneOf"}:
        yield from _alternatives(error, here)
    elif keyword == "required":
        yield from (Problem((*here, one), "is missing", keyword, one) for one in wanted if one not in value)
    elif keyword in {"additionalProperties", "unevaluatedProperties"} and wanted is False:
        yield from _unknown(error, here, keyword)
    elif keyword == "enum":
        yield choice_problem(wanted, value, here)
    elif keyword == "type":
        yield Problem(here, f"must be {_kinds(schema, wanted)}, not {brief(value)}", keyword, wanted, form)
    elif keyword == "format" and wanted in {"path", "duration"}:
        yield from format_problems(schema, value, here)
    else:
        yield Problem(here, _sentence(keyword, wanted, value), str(keyword), wanted, form)


def _kinds(schema: dict[str, Any], wanted: Any) -> str:
    kinds = [wanted] if isinstance(wanted, str) else list(wanted)
    words = [wanted_words(schema, one) for one in kinds]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _sentence(keyword: Any, wanted: Any, value: Any) -> str:
    if keyword in COUNTS:
        size = f"{len(value)}" if isinstance(value, str | list) else brief(value)
        limit = length(wanted, UNITS[keyword]) if keyword in UNITS else wanted
        return f"must be {COUNTS[keyword].format(limit)}, not {size}"
    sentences = {
        None: "must not be given",
        "const": f"must be {brief(wanted)}, not {brief(value)}",
        "pattern": f"must match the pattern `{wanted}`; {brief(value)} does not",
        "format": f"must be of the format `{wanted}`; {brief(value)} is not",
        "uniqueItems": "must not hold the same item twice",
        "contains": "holds no item of the kind that must be in it",
        "not": f"must not be {brief(value)}",
        "dependentRequired": "lacks a key that another one asks for",
        "minProperties": f"must have at least {wanted} keys",
        "maxProperties": f"must have at most {wanted} keys",
    }
    return sentences.get(keyword, f"does not hold what `{keyword}` asks for")


def _unknown(error: Any, here: Path, keyword: str) -> Iterator[Problem]:
    known = list(error.schema.get("properties", {}))
    for name in error.names:
        tick(1 + len(known))
        meant = did_you_mean(name, known) or ""
        names = f"; known are {listed(known, 'and')}" if not meant and 0 < len(known) <= 8 else ""
        yield Problem((*here, name), f"is not known{names}", keyword, known, suggestion=meant)


def _alternatives(error: Any, here: Path) -> Iterator[Problem]:
    """The one alternative that the value's kind fits, else all kinds that are allowed."""
    groups: dict[int, list[Any]] = {}
    for inner in error.context:
        which = inner.schema_path[0] if inner.schema_path else -1  # `false` among the alternatives: no keyword of it
        groups.setdefault(which, []).append(inner)
    if not groups:
        yield Problem(here, "fits more than one of the alternatives", "oneOf")
        return
    fitting = [group for group in groups.values() if not any(_kind_error(one) for one in group)]
    if len(fitting) == 1:
        for inner in fitting[0]:
            yield from _explained(inner, here)
        return
    kinds = [kind for group in groups.values() for one in group if _kind_error(one) for kind in _listed_kinds(one)]
    form = next(
        (one.schema["format"] for group in groups.values() for one in group if "format" in (one.schema or {})), ""
    )
    words = list(dict.fromkeys(wanted_words({"format": form} if kind == "string" else {}, kind) for kind in kinds))
    choices = [
        shown for group in groups.values() for one in group if one.validator == "enum" for shown in one.validator_value
    ]
    if not words and choices:
        yield choice_problem(choices, error.instance, here)
    elif fitting or not words:
        yield Problem(here, f"is none of what is allowed: {brief(error.instance)}", "anyOf", kinds, form)
    else:
        joined = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
        yield Problem(here, f"must be {joined}, not {brief(error.instance)}", "type", kinds, form)


def _kind_error(error: Any) -> bool:
    return error.validator == "type" and not error.path


def _listed_kinds(error: Any) -> list[str]:
    wanted = error.validator_value
    return [wanted] if isinstance(wanted, str) else list(wanted)


def schema_problems(schema: dict[str, Any], path: Path) -> list[Problem]:
    """What is wrong with a schema: by the meta-schema, then patterns and references."""
    from jsonschema import Draft202012Validator

    try:
        with Patience():
            errors = list(_validator_class()(Draft202012Validator.META_SCHEMA).iter_errors(schema))
            found = _distinct([one for error in errors for one in _explained(error, path)])
            return found or list(_parts(schema, _Leading(schema), path))
    except TooLong:
        return [Problem(path, f"takes longer than {SECONDS:g} s to be checked: make it simpler", "schema")]


def _parts(part: Any, leads: "_Leading", path: Path) -> Iterator[Problem]:
    tick()
    if isinstance(part, list):
        for index, one in enumerate(part):
            yield from _parts(one, leads, (*path, index))
    if not isinstance(part, dict):
        return
    for key, one in part.items():
        if key == "pattern" and isinstance(one, str) and (reason := _broken(one)):
            yield Problem((*path, key), f"is no pattern that can be used: {reason}", "pattern", one)
        elif key == "$ref" and isinstance(one, str) and not leads(one):
            yield Problem((*path, key), f"`{one}` leads nowhere in this schema", "$ref", one)
        elif key not in {"enum", "const", "default", "examples"}:
            yield from _parts(one, leads, (*path, key))


def _broken(pattern: str) -> str:
    try:
        compiled(pattern)
    except ValueError as error:
        return str(error)
    return ""


class _Leading:
    """Whether references lead anywhere in a schema, which is read once for all of them."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._resolver = _validator(root)._resolver
        self._known: dict[str, bool] = {}

    def __call__(self, reference: str) -> bool:
        if reference not in self._known:
            self._known[reference] = self._leads(reference)
        return self._known[reference]

    def _leads(self, reference: str) -> bool:
        from referencing.exceptions import Unresolvable

        tick(100)
        try:
            self._resolver.lookup(reference)
        except (Unresolvable, ValueError):
            return False
        return True


__all__ = ["ARTICLES", "is_kind", "problems", "schema_problems"]
