"""From the rendered parameters of `with` to the typed object that a step type runs as."""

import re
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock
from typing import Any, TypeVar

from msgspec import ValidationError
from msgspec import convert as msgspec_convert

from steplane.sdk.coerce import choices, coerce, is_duration, kind_at
from steplane.sdk.describe import marked
from steplane.sdk.durations import is_too_long
from steplane.sdk.failures import InvalidParameter
from steplane.sdk.steps import Secret, Step
from steplane.suggest import did_you_mean

AnyStep = TypeVar("AnyStep", bound=Step)

_learned: set[type[Step]] = set()
_learning = Lock()

PLACE = r"(?s)(?P<what>.*?)(?: - at (?P<key>`key` in )?`(?P<place>\$[^`]*)`)?"
PART = r"\.([^.\[\]]+)|\[(\d+)\]|(\[\.\.\.\])"
EXPECTED = r"(?s)Expected `([^`]*)`(.*), got `([^`]*)`"
FIELD = r"Object (contains unknown|missing required) field `([^`]*)`"

WORDS = {
    "str": "text", "int": "a whole number", "float": "a number", "bool": "true or false",
    "object": "a mapping", "array": "a list", "null": "null",
}  # fmt: skip


def convert(
    step_type: type[AnyStep], parameters: Mapping[str, Any], private: Mapping[str, Any] | None = None
) -> AnyStep:
    """The step with its parameters. Raises `InvalidParameter` (`input.invalid`) with the way to the wrong value.

    Where text is wanted a number or boolean is taken as its JSON text; a duration may be text (`30s`) or seconds.
    `private` holds the fields that only the core fills in; an author's parameter of such a name is unknown.
    """
    _learn(step_type)
    given = dict(parameters)
    if private is not None or not marked(step_type, "private").isdisjoint(given):
        if hidden := marked(step_type, "private").intersection(given):
            raise InvalidParameter(_unknown(step_type, (), min(hidden)), (min(hidden),))
        given.update(private or {})
    try:
        return msgspec_convert(given, step_type, dec_hook=_decode)
    except ValidationError:
        given = coerce(given, step_type)
    try:
        return msgspec_convert(given, step_type, dec_hook=_decode)
    except ValidationError as error:
        raise _explained(step_type, given, str(error)) from None


def _learn(step_type: type[Step]) -> None:
    """Let msgspec look at the type in one thread: where two do that at once it crashes the process (seen with 0.22)."""
    if step_type not in _learned:
        with _learning:
            with suppress(ValidationError):
                msgspec_convert({}, step_type)
            _learned.add(step_type)


def _decode(kind: type, value: Any) -> Any:
    """Build the kinds of ours that msgspec does not know."""
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError(f"Expected `str`, got `{_kind(value)}`")


def _explained(step_type: type[Step], given: dict[str, Any], text: str) -> InvalidParameter:
    """The error in the words of the file's author."""
    match = re.fullmatch(PLACE, text)
    assert match is not None
    path = _path(step_type, given, match["place"] or "$", text)
    what = match["what"]
    if field := re.fullmatch(FIELD, what):
        unknown, name = field[1].endswith("unknown"), field[2]
        if unknown:
            return InvalidParameter(_unknown(step_type, path, name), (*path, name))
        return InvalidParameter(f"{_shown((*path, name))} of `{step_type.steplane.type}` is required", (*path, name))
    if match["key"]:
        return InvalidParameter(f"a key of {_shown(path)} {_must(what, None, None)}", path)
    said = _must(what, _at(given, path), kind_at(step_type, path))
    return InvalidParameter(f"{_shown(path)} of `{step_type.steplane.type}` {said}", path)


def _unknown(step_type: type[Step], path: tuple[str | int, ...], name: str) -> str:
    known = (
        () if path else [one for one in step_type.__struct_encode_fields__ if one not in marked(step_type, "private")]
    )
    near = did_you_mean(name, known)
    owner = f"{_shown(path)} of `{step_type.steplane.type}`" if path else f"`{step_type.steplane.type}`"
    what = "key" if path else "parameter"
    return f"`{name}` is no {what} of {owner}" + (f"; did you mean `{near}`?" if near else "")


def _must(what: str, value: Any, kind: Any) -> str:
    """`must be text, not a number`, from msgspec's words."""
    if is_duration(kind) and isinstance(value, str) and is_too_long(value):
        return f"must be a duration of 100 years (`36500d`) at most, not {_brief(value)}"
    if is_duration(kind):
        return f"must be a duration such as `30s`, not {_brief(value)}"
    if (allowed := choices(kind)) and what.startswith("Invalid enum value"):
        near = did_you_mean(str(value), allowed)
        listed = " or ".join(f"`{one}`" for one in allowed)
        return f"must be {listed}, not {_brief(value)}" + (f"; did you mean `{near}`?" if near else "")
    if match := re.fullmatch(EXPECTED, what):
        kinds = [WORDS.get(one.strip(), one.strip()) for one in match[1].split("|")]
        got = WORDS.get(match[3], match[3])
        return f"must be {' or '.join(kinds)}{match[2]}, not {got}"
    if match := re.fullmatch(EXPECTED, what + ", got ``"):
        kinds = [WORDS.get(one.strip(), one.strip()) for one in match[1].split("|")]
        return f"must be {' or '.join(kinds)}{match[2].replace('`', '')}, not {_brief(value)}"
    return f"is wrong: {what}"


def _brief(value: Any) -> str:
    """A value as it stands in a message: short, and never a whole document."""
    text = repr(value) if not isinstance(value, str) else f"`{value}`"
    return text if len(text) <= 60 else text[:57] + "..."


def _kind(value: Any) -> str:
    kinds = ((bool, "bool"), (int, "int"), (float, "float"), (str, "str"), (dict, "object"), (list, "array"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")


def _shown(path: tuple[str | int, ...]) -> str:
    """A path as authors read it: `headers.accept`, `rows[2]`."""
    text = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path).lstrip(".")
    return f"`{text}`" if text else "`with`"


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for one in path:
        try:
            value = value[one]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _path(step_type: type[Step], given: dict[str, Any], place: str, text: str) -> tuple[str | int, ...]:
    """The way to the wrong value. msgspec names no keys of open mappings (`[...]`), so those are tried one by one."""
    path: list[str | int] = []
    for name, index, open_ in re.findall(PART, place):
        if open_:
            path.append(_wrong_key(step_type, given, tuple(path), text))
        else:
            path.append(int(index) if index else name)
    return tuple(path)


def _wrong_key(step_type: type[Step], given: dict[str, Any], path: tuple[str | int, ...], text: str) -> str:
    """The key of the mapping at `path` whose value alone gives the same error."""
    for key, value in _at(given, path).items():
        try:
            msgspec_convert(_replaced(given, path, {key: value}), step_type, dec_hook=_decode)
        except ValidationError as error:
            if str(error) == text:
                return str(key)
    return "..."


def _replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """A copy of `value` with `new` at the path."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy
