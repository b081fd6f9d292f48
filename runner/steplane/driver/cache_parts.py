"""What a recorded result of a step stands on, worked out when the step wants to begin, and compared with another."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import msgspec

from steplane.digests import blake2b
from steplane.driver.refusal import Refused
from steplane.expressions import Engine, Missing, Template
from steplane.expressions.faults import NotKnown
from steplane.expressions.telling import Hides
from steplane.plan.nodes import Node, Plan
from steplane.plan.outside import Path, read_outside, recipe, types_in
from steplane.store.results import Parts

_SHOWN = 80
"""Characters of a key that are told."""

_TOLD = 5
"""Names of one kind that are told."""

Versions = Callable[[Iterable[str]], tuple[str, ...]]
_encode = msgspec.json.Encoder(order="deterministic").encode


class Recipe(msgspec.Struct, frozen=True):
    """What is the same for all instances of a step: its name in the store, its text, what it reads, its step types."""

    step: str
    text: str
    reads: tuple[Path, ...]
    types: tuple[str, ...]
    key: Template | None = None


def recipe_of(plan: Plan, node: Node) -> Recipe:
    """The recipe of a step with `cache`."""
    key = node.cache.key if node.cache is not None else None
    reads, types = tuple(read_outside(plan, node)), tuple(sorted(types_in(plan, node)))
    return Recipe(f"{plan.name}/{node.id}", recipe(plan, node), reads, types, key)


def digest(salt: bytes, value: Any) -> str:
    """A digest that tells nothing of the value to one who does not have the salt."""
    return blake2b(_encode(value), digest_size=16, key=salt).hexdigest()


class Seen(msgspec.Struct, frozen=True):
    """What the step would see if it began now: the names, its variables (made when they are wanted), and the names of
    those that the file sets.
    """

    context: Mapping[str, Any]
    environment: Callable[[], Mapping[str, str]]
    declared: frozenset[str]


def parts_of(  # noqa: PLR0917 - what a result stands on, in one place
    engine: Engine,
    mask: Hides,
    versions: Versions,
    known: Recipe,
    seen: Seen,
    salt: bytes,
    last: Parts | None = None,
) -> Parts:
    """All but the files; with `last`, what is not known yet is taken to be as it was then.

    Raises `Refused`, `ExpressionError`; without `last` also where something is not known.
    """
    layers = seen.environment() if seen.declared else {}
    reads: dict[str, Callable[[], Any]] = {
        ".".join(path): partial(value_at, path, seen.context) for path in known.reads
    }
    reads |= {f"env.{name}": partial(layers.__getitem__, name) for name in sorted(seen.declared)}
    values: dict[str, str] = {}
    for name, read in reads.items():
        try:
            values[name] = digest(salt, read())
        except NotKnown:
            if last is None:
                raise
            values |= {name: last.values[name]} if name in last.values else {}
    try:
        key = engine.render(known.key, seen.context) if known.key is not None else None
        told = shown(key, mask) if known.key is None or engine.shown(known.key, key) == key else ""
        key = digest(salt, plain(key))
    except NotKnown:
        if last is None:
            raise
        key, told = last.key, last.shown
    kinds = {name: " ".join(versions([name])) for name in known.types}
    return Parts(text=digest(salt, known.text), values=values, key=key, shown=told, versions=kinds)


def value_at(path: Path, context: Mapping[str, Any]) -> Any:
    """What the name holds just now, as plain data."""
    if path == ("steps",):
        raise Refused("input.invalid", "a step with `cache` may read single steps, and not `steps` as a whole")
    value: Any = context
    for part in path:
        if not isinstance(value, Mapping):
            break
        try:
            value = value[part]
        except KeyError:
            return {"missing": part}
    return plain(value)


def plain(value: Any) -> Any:
    """The value as data that can be digested."""
    if isinstance(value, Missing):
        return {"missing": str(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(value[name]) for name in value}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def shown(key: Any, mask: Hides) -> str:
    """The key as it may be told; empty where it holds a secret, or there is none."""
    key = plain(key)
    if key is None or mask.data(key) != key:
        return ""
    text = _encode(key).decode()
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def changes(before: Parts, now: Parts) -> tuple[str, ...]:
    """In words, what of the parts has changed."""
    found = [] if before.text == now.text else ["the step itself was changed"]
    found += [f"{name} has changed" for name in _differing(before.values, now.values)]
    if before.key != now.key:
        told = before.shown and now.shown
        found.append(f"key: was {before.shown}, is {now.shown}" if told else "the key has changed")
    files = [f"{name} {_fate(name, before.files, now.files)}" for name in _differing(before.files, now.files)]
    if files:
        more = f" and {len(files) - _TOLD} more" if len(files) > _TOLD else ""
        found.append(f"files: {', '.join(files[:_TOLD])}{more}")
    found += [f"the version of `{name}` has changed" for name in _differing(before.versions, now.versions)]
    return tuple(found)


def _differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def _fate(name: str, before: Mapping[str, str], now: Mapping[str, str]) -> str:
    if name not in before:
        return "is new"
    return "changed" if name in now else "is gone"


__all__ = ["Recipe", "Seen", "Versions", "changes", "digest", "parts_of", "recipe_of"]
