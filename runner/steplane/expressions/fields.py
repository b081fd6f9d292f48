"""What stands behind a value in an expression: a field of a mapping, an item of a list."""

from typing import Any

from steplane.expressions.findings import Findings
from steplane.expressions.types import ANY, Type, of
from steplane.expressions.writing import source_of
from steplane.suggest import did_you_mean

_FILTERS = {"length": "length", "size": "length", "count": "length", "first": "first", "last": "last"}
"""What lists and texts have as fields in other languages, and the filters that give it here."""


class Fields(Findings):
    """Works out the types of fields and items, and gathers those that are not there."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lenient = 0  # inside of what may be missing: from 1 in a `default`, from 2 where it is asked for

    def part(self, node: Any, whole: Type, part: str | int) -> Type:
        """A field of a mapping, or an item of a list."""
        if whole.kinds is None:
            return ANY
        if isinstance(part, int):
            return self.item(node, whole)
        if whole.can_be("object"):
            if whole.fields is not None and part in whole.fields:
                return whole.fields[part] if whole.is_only("object", "null") else ANY
            sure = not self.lenient or (self.lenient == 1 and whole.is_only("object"))  # `default` would hide a slip
            if whole.fields is not None and not whole.open and sure:
                self.unknown_field(node, whole, part)
            return whole.rest if whole.rest is not None and whole.is_only("object", "null") else ANY
        literal = type(node.node).__name__ == "Const"  # a name with `-` in it, of which that is told
        may_do = whole.can_be("null") or (whole.can_be("list", "string") and part.isdecimal())
        if not self.lenient and not literal and not may_do:
            message = f"{self.words(node.node, whole)} and has no `{part}`"
            text = "for JSON in a text `| from_json` comes first"
            help_ = text if whole.is_only("string") else "name an item, such as `[0]`" if whole.is_only("list") else ""
            if part in _FILTERS and (whole.is_only("string") or whole.is_only("list")):
                help_ = f"a filter gives it: write `| {_FILTERS[part]}`"
            self.report("no-field", message, *self.key(node, part), help_=help_ or f"take `.{part}` out")
        return ANY

    def item(self, node: Any, whole: Type) -> Type:
        """What stands at a place of a list or text."""
        if not self.lenient and not whole.can_be("list", "string", "object", "null"):
            self.no_items(node, whole)
        return of("string") if whole.is_only("string") else whole.element if whole.is_only("list") else ANY

    def no_items(self, node: Any, whole: Type) -> None:
        """Something that is neither a list nor text is asked for a part of it."""
        message = f"{self.words(node.node, whole)} and has no items"
        self.report("no-field", message, *self.stretch(node.node), help_="take what stands in `[ ]` behind it out")

    def unknown_field(self, node: Any, whole: Type, part: str) -> None:
        """A mapping that has no others has no such field."""
        names = tuple(whole.fields or ())
        meant = did_you_mean(part, names) or ""
        owner = source_of(node.node)
        known = f"it has {', '.join(f'`{name}`' for name in names[:12])}" if names and not meant else ""
        message = f"`{owner}` has no `{part}`" if owner else f"this mapping has no `{part}`"
        self.report("unknown-field", message, *self.key(node, part), help_=known, meant=meant)
