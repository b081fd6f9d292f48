"""What every code of the checker means: the rule, why it exists, a bad and a good example. Read when asked for."""

import codecs
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from msgspec import Struct

from steplane.errors import UsageError
from steplane.suggest import did_you_mean

_HEADING = re.compile(r"^## (?P<code>[a-z0-9-]+)\n", re.MULTILINE)
_BLOCK = re.compile(r"^```yaml (?P<kind>bad|good|file=(?P<file>\S+))(?P<more>[a-z ]*)\n(?P<text>.*?)^```\n?", re.MULTILINE | re.DOTALL)  # fmt: skip # noqa: E501
_STEPS = "steps:\n  - run: make\n"


class Explanation(Struct, frozen=True):
    """One code. `bad` and `good` are as a person reads them (empty where an example would be of no use).

    `bad_file` and `good_file` are whole files with them in it, `others` the files beside them, by name.
    """

    code: str
    group: str
    rule: str
    bad: str = ""
    good: str = ""
    bad_file: str = ""
    good_file: str = ""
    others: dict[str, str] = {}

    @property
    def title(self) -> str:
        """The first sentence of the rule."""
        return re.split(r"(?<=[a-z`)\]])\. ", self.rule, maxsplit=1)[0].rstrip(".")


@cache
def explanations() -> dict[str, Explanation]:
    """All codes, in the order of the groups: what is wrong as YAML first."""
    folder = files("steplane.app").joinpath("explained")
    texts = {group: folder.joinpath(f"{group}.md").read_text("utf-8") for group in GROUPS}
    return {one.code: one for group, text in texts.items() for one in _read(group, text)}


GROUPS = {
    "yaml": "YAML", "structure": "Structure", "steps": "Step types and parameters", "graph": "Order and outputs",
    "expressions": "Expressions", "inputs": "Inputs, environment, secrets", "scripts": "Shell scripts",
    "loops": "Loops, locks, calls", "tables": "Decision tables", "waits": "Waits, signals, regions",
    "observing": "Measures and rules",
}  # fmt: skip
"""The files that hold the explanations, and their titles."""


def explanation(code: str) -> Explanation:
    """What a code means. Raises `UsageError` for one that there is not."""
    known = explanations()
    if code in known:
        return known[code]
    meant = did_you_mean(code, known)
    remedy = f"Did you mean {meant}?" if meant else "The codes stand in brackets in what `steplane check` prints."
    raise UsageError(f"there is no code {code}", remedy)


def _read(group: str, text: str) -> Iterator[Explanation]:
    headings = list(_HEADING.finditer(text))
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        body = text[heading.end() : following.start() if following else len(text)]
        yield _explanation(heading["code"], group, body)


def _explanation(code: str, group: str, body: str) -> Explanation:
    shown: dict[str, str] = {}
    whole: dict[str, str] = {}
    others: dict[str, str] = {}
    for block in _BLOCK.finditer(body):
        example = block["text"]
        if block["file"]:
            others[block["file"]] = example
            continue
        if "escaped" in block["more"]:
            example = codecs.decode(example, "unicode_escape")
        shown[block["kind"]] = block["text"]
        whole[block["kind"]] = example if "whole" in block["more"] else _whole(example)
    rule = _BLOCK.sub("", body).strip()
    return Explanation(
        code, group, rule, shown.get("bad", ""), shown.get("good", ""), whole.get("bad", ""), whole.get("good", ""),
        others,
    )  # fmt: skip


def _whole(example: str) -> str:
    """A file around an example that is a list of steps, or some keys of a workflow."""
    if example.startswith("- "):
        return "steplane: 1\nsteps:\n" + "".join(f"  {line}".rstrip() + "\n" for line in example.splitlines())
    return f"steplane: 1\n{example}" + ("" if "\nsteps:" in f"\n{example}" else _STEPS)
