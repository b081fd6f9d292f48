"""The secrets that a run knows by now: its own, those that steps gave, and what expressions have made of them."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from steplane.expressions import ExpressionError
from steplane.expressions.templates import Template
from steplane.masking import COMMON, MASKED, Mask
from steplane.plan.nodes import Plan

if TYPE_CHECKING:
    from steplane.plan.secrecy import Carriers

WITHHELD = 10_000
"""Values made of secrets, too short or too common to be looked for in texts, that are kept apart."""

PLAIN = COMMON | {
    "http", "https", "tcp", "data", "type", "name", "host", "port", "path", "file", "default", "basic", "bearer",
    "prod", "production", "staging", "main", "master", "public", "private", "undefined",
}  # fmt: skip
"""Parts of secrets that are words of everybody: masking them in all texts would hide nothing and confuse a lot."""

HOST = re.compile(rb"://(?:[^/?#@\s]*@)?([^/?#:@\s]+)")
"""Of an address what stands in front of its host, and the host."""

REACH = 512
"""Bytes of an address within which its host stands: a name has up to 253, in front of it are user and password."""

DERIVED = 5_000
"""Values made of secrets that are looked for in texts; each takes some 30 KB of memory."""


class KnownSecrets:
    """Keeps the mask: `changed` is called with each new one. A `Keeper` for expressions.

    An attempt keeps the mask that it began with, so that what it was given is hidden in all that it writes.
    """

    def __init__(self, plan: Plan, secrets: Mapping[str, str]) -> None:
        self._plan = plan
        self._found: Carriers | None = None
        self.any = bool(secrets) or any(_has_secrets(one) for one in plan.with_callees())
        """Whether the workflow has secrets, or steps may give some."""
        self._secrets = dict(secrets)
        self._derived = 0
        self._withheld: set[str | float] = set()
        self._texts: dict[str, None] = {}
        self._names = names_of(plan) if self.any else frozenset()
        self.mask = Mask(self._secrets, self._names)
        self.changed: Callable[[Mask], None] = lambda mask: None

    @property
    def _carriers(self) -> "Carriers":
        """Made when the first expression is evaluated of a workflow that has secrets."""
        from steplane.plan.secrecy import Carriers

        self._found = self._found or Carriers(self._plan)
        return self._found

    @property
    def longest(self) -> int:
        """See `Mask`."""
        return self.mask.longest

    def __bool__(self) -> bool:
        """See `Mask`."""
        return bool(self.mask)

    def text(self, text: str) -> str:
        """The text without all that is known by now."""
        return self.mask.text(text)

    def data(self, data: Any) -> Any:
        """The data without all that is known by now."""
        return self.mask.data(data)

    def weak(self) -> list[str]:
        """What of the secrets cannot be hidden well, each as a sentence."""
        said = []
        for name, reason in self.mask.weak.items():
            what, _, rest = name.rpartition("input ")
            said.append(f"the secret {'input ' if not what and rest != name else ''}`{rest}` {reason}")
        return said

    def add(self, name: str, texts: Iterable[str]) -> None:
        """A secret output is known from now on."""
        known = set(self._secrets.values())
        new = {f"{len(known)} {name} {index}": text for index, text in enumerate(texts) if text not in known}
        if new:
            self._secrets = {**new, **self._secrets}
            self._take(self.mask.with_secrets(new))

    def may_meet(self, text: str, *, blocks: bool) -> bool:
        """See `Keeper`."""
        return self._carriers.may_meet(text, blocks=blocks)

    def meets(self, template: Template) -> bool:
        """See `Keeper`."""
        return self._carriers.in_template(template)

    def holds(self, value: str | float) -> bool:
        """See `Keeper`."""
        return self.mask.holds(value)

    def learn(self, value: str | float) -> None:
        """See `Keeper`. Raises `ExpressionError` where there are too many."""
        text = value if isinstance(value, str) else repr(value)
        if not text.strip() or text.casefold() in PLAIN or self.mask.text(text) == MASKED:
            return
        larger = self.mask.extended(text)
        if larger is self.mask:
            return
        if self._derived >= DERIVED:
            raise ExpressionError(
                f"expressions have made more than {DERIVED:,} values of secrets, which cannot all be looked for in "
                "what programs print: give the programs the secret, and let them make the values"
            )
        self._derived += 1
        self._take(larger)

    def withhold(self, value: str | float) -> None:
        """See `Keeper`. Raises `ExpressionError` where there are too many."""
        if len(self._withheld) >= WITHHELD and value not in self._withheld:
            raise ExpressionError(
                f"expressions have cut secrets into more than {WITHHELD:,} short parts, which cannot all be kept out "
                "of what is recorded: cut them up in the program that needs the parts"
            )
        self._withheld.add(value)

    def withhold_text(self, text: str) -> None:
        """See `Keeper`."""
        self._texts[text] = self._texts.pop(text, None)
        if len(self._texts) > WITHHELD:
            del self._texts[next(iter(self._texts))]

    def addressed(self, text: str) -> None:
        """See `Keeper`. Who speaks of a host writes it in small letters, and without what stands behind it. Where the
        secret is the whole address, its host is let be: errors must say where a request went.
        """
        data = text.encode("utf-8", "surrogatepass")
        parts: dict[str, None] = {}
        for start, end in self.mask.spans(data):
            at = data.rfind(b"://", max(0, start - REACH), start)
            found = HOST.match(data, at, at + 2 * REACH) if at >= 0 else None
            if found is not None and (part := data[max(start, found.start(1)) : min(end, found.end(1))]):
                parts[part.decode("utf-8", "replace")] = None
        for one in parts:
            self.learn(one)
            self.learn(one.lower())

    def withholds(self, value: str | float) -> bool:
        """See `Keeper`."""
        return value in self._withheld or value in self._texts

    def shown(self, value: Any) -> Any:
        """See `Keeper`."""
        if not self._withheld and not self._texts:
            return value
        if isinstance(value, list):
            return [self.shown(one) for one in value]
        if value.__class__ is dict:
            return {self.shown(name): self.shown(one) for name, one in value.items()}
        plain = isinstance(value, bool) or not isinstance(value, str | int | float)
        return MASKED if not plain and self.withholds(value) else value

    def _take(self, mask: Mask) -> None:
        self.mask = mask
        self.changed(mask)


def names_of(plan: Plan) -> frozenset[str]:
    """The names that the authors of the files have given to inputs, outputs and variables: no secrets, as keys."""
    found: set[str] = set()
    for one in plan.with_callees():
        found.update(spec.name for spec in one.inputs)
        found.update(name for name, _ in one.variables)
        for node in one.nodes:
            found.update(node.declared)
            found.update(field.name for field in node.outputs or ())
    return frozenset(found)


def _has_secrets(plan: Plan) -> bool:
    given = bool(plan.secrets) or any(one.secret for one in plan.inputs)
    return given or any(field.secret for node in plan.nodes for field in node.outputs or ())


__all__ = ["KnownSecrets", "names_of"]
