"""Plain data as YAML text that reads back equal by the rules of this package."""

from typing import Any

import yaml

from steplane.source.scalars import BadNumber, resolve


class _Dumper(yaml.SafeDumper):
    """Quotes every text that would otherwise be read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_BREAKS = frozenset("\x85\u2028\u2029")
"""Ends of lines to YAML 1.1, which only escapes keep as they are."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    if not _BREAKS.isdisjoint(value) or (style is None and not _stays_text(value)):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _stays_text(value: str) -> bool:
    try:
        return isinstance(resolve(value), str)
    except BadNumber:
        return False


_Dumper.add_representer(str, _text)


def dump(value: Any) -> str:
    """The value as block YAML, keys in their order. No mark ends it: it may become a part of another text."""
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=120)
    return text[:-4] if text.endswith("\n...\n") else text
