"""What a recorded result of a step stands on, worked out when the step wants to begin, and compared with another."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from steplane.digests import blake2b
from steplane.driver.environment import Environments
from steplane.driver.evaluate import Evaluator
from steplane.driver.refusal import Refused
from steplane.expressions import Missing
from steplane.kernel import Instance
from steplane.masking import Mask
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


def recipe_of(plan: Plan, node: Node) -> Recipe:
    """The recipe of a step with `cache`."""
    return Recipe(
        f"{plan.name}/{node.id}", recipe(plan, node), tuple(read_outside(plan, node)), tuple(types_in(plan, node))
    )


def digest(salt: bytes, value: Any) -> str:
    """A digest that tells nothing of the value to one who does not have the salt."""
    return blake2b(_encode(value), digest_size=16, key=salt).hexdigest()


def parts_of(  # noqa: PLR0917 - what a result stands on, in one place
    evaluator: Evaluator, environments: Environments, versions: Versions, here: Instance, known: Recipe, salt: bytes
) -> Parts:
    """All but the files. Raises `Refused`, `ExpressionError`."""
    context = evaluator.context(here)
    values = {".".join(path): digest(salt, value_at(path, context)) for path in known.reads}
    declared = _declared(here)
    if declared:
        layers = environments.layers(here)
        values |= {f"env.{name}": digest(salt, layers[name]) for name in sorted(declared)}
    cache = here.node.cache
    key = evaluator.engine.render(cache.key, context) if cache is not None and cache.key is not None else None
    return Parts(
        text=digest(salt, known.text),
        values=values,
        key=digest(salt, plain(key)),
        shown=shown(key, evaluator.mask),
        versions={name: " ".join(versions([name])) for name in known.types},
    )


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


def shown(key: Any, mask: Mask) -> str:
    """The key as it may be told; empty where it holds a secret, or there is none."""
    key = plain(key)
    if key is None or mask.data(key) != key:
        return ""
    text = _encode(key).decode()
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _declared(here: Instance) -> set[str]:
    """The variables that the file sets for the step."""
    found: set[str] = set()
    one: Instance | None = here
    while one is not None:
        found |= {name for name, _ in one.node.env}
        one = one.scope.owner if one.scope is not None else None
    return found


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


__all__ = ["Recipe", "Versions", "changes", "digest", "parts_of", "recipe_of"]
