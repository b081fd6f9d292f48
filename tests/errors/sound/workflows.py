"""Random workflows whose expressions are mostly, and not always, of the type that is wanted."""

import random
from collections.abc import Callable
from typing import Any

KINDS = ("text", "count", "share", "flag", "items")
INPUTS = """\
inputs:
  text: {type: string}
  count: {type: integer}
  share: {type: number}
  flag: {type: boolean}
  items: {type: array, items: {type: string}}
  region: {enum: [eu, us]}
  order:
    type: object
    properties: {total: {type: number}, name: {type: string}, tags: {type: array, items: {type: string}}}
    required: [total, name, tags]
    additionalProperties: false
"""
MISTAKES = 0.008
"""How often one expression is of another type than is wanted, or names what is not there."""


def given(seed: int) -> dict[str, Any]:
    """Values for the inputs."""
    rng = random.Random(seed)
    return {
        "text": rng.choice(["", "a", "Tea, 2 cups", "ü'\""]), "count": rng.choice([-3, 0, 7]),
        "share": rng.choice([0.5, 3, -1.25]), "flag": rng.random() < 0.5, "items": rng.choice([[], ["b", "a"], ["x"]]),
        "region": rng.choice(["eu", "us"]), "order": {"total": 9.5, "name": "Ann", "tags": ["new"]},
    }  # fmt: skip


class Maker:
    """One workflow."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.certain = 0
        self.names: dict[str, list[str]] = {
            "text": ["inputs.text", "inputs.region", "inputs.order.name"], "count": ["inputs.count"],
            "share": ["inputs.share", "inputs.order.total"], "flag": ["inputs.flag"],
            "items": ["inputs.items", "inputs.order.tags"],
        }  # fmt: skip

    def file(self) -> str:
        """The whole file."""
        variable = self.variable()
        steps = "".join(self.step(f"s{number}") for number in range(self.rng.randint(2, 5)))
        outputs = "".join(f"  {kind}: {self.value(kind)}\n" for kind in self.rng.sample(KINDS, 2))
        return f"steplane: 1\nname: trial\n{INPUTS}vars:\n{variable}steps:\n{steps}outputs:\n{outputs}"

    @staticmethod
    def inputs() -> str:
        """What the workflow is given, as a part of its file."""
        return INPUTS

    def variable(self) -> str:
        """One of `vars`, which later expressions may name."""
        kind = self.rng.choice(KINDS)
        line = f"  known: {self.value(kind)}\n"
        self.names[kind].append("vars.known")
        return line

    def step(self, name: str) -> str:
        """A step, and what it gives as names."""
        rng = self.rng
        loop, condition = rng.random() < 0.15, rng.random() < 0.25
        lines = [f"  - id: {name}"]
        lines += [f'    if: "{self.expression("flag", 2)}"'] if condition else []
        own = self.names
        if loop:
            lines.append(f"    foreach: {self.value('items')}")
            self.names = {**own, "text": [*own["text"], "item"], "count": [*own["count"], "loop.index"]}
        lines += ["    uses: stub.make", "    with:"]
        lines += [f"      {kind}: {self.value(kind)}" for kind in rng.sample(KINDS, rng.randint(1, 5))]
        self.names = own
        if not loop:
            literal = {"text": "'d'", "count": "0", "share": "0.5", "flag": "false", "items": "[]"}
            for kind in KINDS:
                path = f"steps.{name}.outputs.{kind}"
                self.names[kind] = [*own[kind], f"({path} | default({literal[kind]}))" if condition else path]
        return "\n".join(lines) + "\n"

    def value(self, kind: str) -> str:
        """A value of the file that is an expression of a kind."""
        return f'"${{{{ {self.expression(kind, self.rng.randint(0, 3))} }}}}"'

    def expression(self, kind: str, depth: int) -> str:
        """An expression of a kind; rarely one of another, or with a name that is not there."""
        if not self.certain and self.rng.random() < MISTAKES:
            return self.mistake(kind)
        if not depth:
            return self.rng.choice([*self.names[kind], LITERALS[kind](self.rng)])
        form = self.rng.choice(FORMS[kind])
        shape = form(lambda _: "x")
        chooses = " if " in shape or "[" in shape  # of several kinds one may be right: that is known in the run only
        self.certain += chooses
        made = form(lambda one: self.expression(one, depth - 1))
        self.certain -= chooses
        return made

    def mistake(self, kind: str) -> str:
        """What is sure to be wrong where a kind is wanted."""
        # A number may be a whole one, and a text or list times a whole number is one.
        may_do = {"text", "count", "share", "items"} if kind in {"count", "share"} else {kind}
        literals = [LITERALS[one](self.rng) for one in KINDS if one not in may_do]
        return self.rng.choice(
            [*literals, "inputs.txt", "inputs.order.nme", "steps.s9.outputs.text", "(inputs.count | uper)"]
        )


Inner = Callable[[str], str]

LITERALS: dict[str, Callable[[random.Random], str]] = {
    "text": lambda rng: rng.choice(["''", "'eu'", "'a, b'"]), "count": lambda rng: str(rng.randint(0, 9)),
    "share": lambda rng: rng.choice(["0.25", "3.5"]), "flag": lambda rng: rng.choice(["true", "false"]),
    "items": lambda rng: rng.choice(["[]", "['a', 'b']"]),
}  # fmt: skip
FORMS: dict[str, list[Callable[[Inner], str]]] = {
    "text": [
        lambda of: f"({of('text')} ~ {of('count')})", lambda of: f"({of('text')} | upper)",
        lambda of: f"({of('items')} | join('-'))", lambda of: f"({of('text')} + {of('text')})",
        lambda of: f"({of('text')} if {of('flag')} else {of('text')})",
        lambda of: f"({of('text')} | replace('a', 'b'))",
        lambda of: f"({of('items')} | first | default('none'))", lambda of: f"({of('text')} | trim | lower)",
    ],
    "count": [
        lambda of: f"({of('count')} + {of('count')})", lambda of: f"({of('items')} | length)",
        lambda of: f"({of('count')} * 2 - {of('count')})", lambda of: f"({of('count')} | abs)",
        lambda of: f"({of('text')} | length)", lambda of: f"({of('count')} if {of('flag')} else {of('count')})",
    ],
    "share": [
        lambda of: f"({of('share')} / 2)", lambda of: f"({of('share')} + {of('count')})",
        lambda of: f"({of('count')} * {of('share')})", lambda of: f"({of('share')} | round(1))",
    ],
    "flag": [
        lambda of: f"({of('count')} < {of('share')})", lambda of: f"({of('text')} == {of('text')})",
        lambda of: f"(not {of('flag')})", lambda of: f"({of('flag')} and {of('flag')})",
        lambda of: f"({of('text')} in {of('items')})", lambda of: f"({of('text')} <= {of('text')})",
        lambda of: f"({of('items')} | length > {of('count')})", lambda of: f"('a' in {of('text')})",
    ],
    "items": [
        lambda of: f"({of('items')} + {of('items')})", lambda of: f"[{of('text')}, {of('text')}]",
        lambda of: f"({of('items')} | sort)", lambda of: f"({of('items')} | map('upper') | list)",
        lambda of: f"({of('items')} | reverse | list)", lambda of: f"({of('items')} | unique | list)",
    ],
}  # fmt: skip
