"""The few readings of a value that the language allows beyond its type: numbers as text, durations as text."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, inspect, json

from steplane.sdk.durations import seconds
from steplane.sdk.steps import DURATION, Secret

Reading = Callable[[Any, Any], Any]


def coerce(values: dict[str, Any], struct: type[Struct]) -> dict[str, Any]:
    """A copy of the values with numbers and booleans as text where only text is taken, durations as seconds.

    What fits nowhere is left as it is: the conversion that follows says what is wrong with it.
    """
    read: dict[str, Any] = _read(values, inspect.type_info(struct))
    return read


def kind_at(struct: type[Struct], path: tuple[str | int, ...]) -> Any:
    """What msgspec says of the type at the end of a path; None where that is not one type."""
    kind: Any = inspect.type_info(struct)
    for one in path:
        while isinstance(kind, inspect.Metadata):
            kind = kind.type
        if isinstance(kind, inspect.StructType):
            kind = next((field.type for field in kind.fields if field.encode_name == one), None)
        elif isinstance(kind, inspect.DictType):
            kind = kind.value_type
        else:
            kind = getattr(kind, "item_type", None)
    return kind


def is_duration(kind: Any) -> bool:
    """Whether durations are read there, perhaps beside null."""
    kinds = _members(kind)
    return any(isinstance(one, inspect.Metadata) and _marks_duration(one) for one in kinds)


def choices(kind: Any) -> tuple[str, ...]:
    """The values of an enumeration, as JSON text; empty where it is none."""
    kinds = _members(kind)
    values: list[Any] = []
    for one in kinds:
        plain = one.type if isinstance(one, inspect.Metadata) else one
        if isinstance(plain, inspect.LiteralType):
            values += plain.values
        elif isinstance(plain, inspect.EnumType):
            values += [member.value for member in plain.cls]
    return tuple(one if isinstance(one, str) else json.encode(one).decode() for one in values)


def _members(kind: Any) -> tuple[Any, ...]:
    """The kinds that are taken there: those of a union, else the one."""
    if isinstance(kind, inspect.Metadata) and isinstance(kind.type, inspect.UnionType):
        kind = kind.type
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _marks_duration(kind: inspect.Metadata) -> bool:
    return bool((kind.extra_json_schema or {}).get("format") == DURATION)


def _read(value: Any, kind: Any) -> Any:
    if isinstance(kind, inspect.Metadata):
        if _marks_duration(kind):
            return _duration(value)
        return _read(value, kind.type)
    for known, reading in READINGS:
        if isinstance(kind, known):
            return reading(value, kind)
    return value


def _duration(value: Any) -> Any:
    read = seconds(value) if isinstance(value, str) else None
    return value if read is None else read


def _text(value: Any, _: Any) -> Any:
    return json.encode(value).decode() if isinstance(value, bool | int | float) else value


def _choice(value: Any, kind: inspect.LiteralType) -> Any:
    return _text(value, None) if all(isinstance(one, str) for one in kind.values) else value


def _custom(value: Any, kind: inspect.CustomType) -> Any:
    return _text(value, None) if kind.cls is Secret else value


def _union(value: Any, kind: inspect.UnionType) -> Any:
    """The first member that reads the value otherwise, unless the value is of a member's own kind."""
    if any(_is(value, one) for one in kind.types):
        members = [one for one in kind.types if _is(value, one)]
        return _read(value, members[0])
    for one in kind.types:
        read = _read(value, one)
        if read is not value:
            return read
    return value


def _is(value: Any, kind: Any) -> bool:
    """Whether the value is of the member's JSON kind."""
    if isinstance(kind, inspect.Metadata):
        return not _marks_duration(kind) and _is(value, kind.type)
    kinds: tuple[tuple[Any, Any], ...] = (
        (inspect.AnyType, object),
        (inspect.BoolType, bool),
        (inspect.IntType, int),
        (inspect.FloatType, (int, float)),
        (inspect.StrType, str),
        (inspect.NoneType, type(None)),
        (inspect.CollectionType, list),
        ((inspect.DictType, inspect.StructType), dict),
    )
    if isinstance(value, bool):
        return isinstance(kind, inspect.BoolType | inspect.AnyType)
    return any(isinstance(kind, known) and isinstance(value, python) for known, python in kinds)


def _list(value: Any, kind: inspect.CollectionType) -> Any:
    return [_read(one, kind.item_type) for one in value] if isinstance(value, list) else value


def _mapping(value: Any, kind: inspect.DictType) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {key: _read(one, kind.value_type) for key, one in value.items()}


def _struct(value: Any, kind: inspect.StructType) -> Any:
    if not isinstance(value, Mapping):
        return value
    kinds = {one.encode_name: one.type for one in kind.fields}
    return {key: _read(one, kinds[key]) if key in kinds else one for key, one in value.items()}


READINGS: tuple[tuple[Any, Reading], ...] = (
    (inspect.StrType, _text),
    (inspect.LiteralType, _choice),
    (inspect.CustomType, _custom),
    (inspect.UnionType, _union),
    (inspect.CollectionType, _list),
    (inspect.DictType, _mapping),
    (inspect.StructType, _struct),
)
"""How each kind of type reads a value; the others take it as it is."""
