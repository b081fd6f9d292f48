"""Mistakes that are put into a workflow: each is one whatever the values, so that it is to be found before the run."""

from collections.abc import Callable
from typing import NamedTuple

from tests.errors.sound.expressions import Name, Writer, spread
from tests.errors.sound.kinds import FLAG, NUMBER, TEXT, TEXTS, WHOLE, Kind, clashes, fits, literal

RATE = 0.06
"""How often a mistake is put where one can stand, until there are as many as are meant to be."""
WARNED = {
    "may-be-missing", "may-be-null", "switch-without-default", "unknown-signal", "needs-twice", "exclude-nothing",
    "idle-region", "secret-in-argument", "secret-in-output", "unknown-format",
}  # fmt: skip
"""What is only a warning."""


class Planted(NamedTuple):
    """A mistake: the codes under which it can be reported, and what was written."""

    codes: frozenset[str]
    text: str


class Mistaken(Writer):
    """Writes what is right, and a few mistakes."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.left = self.rng.choices([0, 1, 3], [50, 40, 10])[0]
        self.planted: list[Planted] = []
        self.hidden: list[Name] = []
        self.asked: list[str] = []
        """The conditions around what is being made."""

    def plant(self, *codes: str, text: str = "") -> bool:
        """Whether to make a mistake here, which is reported under one of these codes."""
        if not self.left or self.rng.random() > RATE:
            return False
        self.left -= 1
        self.planted.append(Planted(frozenset(codes), text))
        return True

    def value(self, kind: Kind, depth: int | None = None, *, clash: bool = True) -> str:
        """A value of the file that is one expression; `clash`: another kind is a mistake there."""
        depth = self.rng.choice([0, 0, 1, 2, 3]) if depth is None else depth
        return f"${{{{ {self.maybe_wrong(kind, depth, clash=clash)} }}}}"

    def condition(self, depth: int = 2, *, clash: bool = True) -> str:
        """A condition, or a part of one (`clash`: that has to be a flag itself)."""
        return self.maybe_wrong(FLAG, depth, clash=clash)

    def mixed(self) -> str:
        """Text with expressions in it."""
        if self.plant("null-in-text", text="null"):
            return "so: ${{ null }}"
        null = [one.path for one in self.scope if one.lack == "null" and one.path.startswith("inputs.")]
        if null and not any("inputs." in asked for asked in self.asked) and self.plant("may-be-null", text=null[0]):
            return f"so: ${{{{ {null[0]} }}}}"
        one = self.maybe_wrong(self.rng.choice([TEXT, WHOLE, FLAG, TEXTS]), 1, clash=False)
        if self.rng.random() < 0.3:
            return f"${{% for one in {self.leaf(TEXTS)} %}}${{{{ one | upper }}}}, ${{% endfor %}}${{{{ {one} }}}}"
        return f"so: ${{{{ {one} }}}}, and"

    def maybe_wrong(self, kind: Kind, depth: int, *, clash: bool = True) -> str:
        """An expression that is rarely a mistake."""
        if self.left and self.rng.random() < RATE:
            made = self.mistake(kind, clash=clash)
            if made is not None:
                self.left -= 1
                self.planted.append(made)
                return made.text
        return self.expression(kind, depth)

    def mistake(self, kind: Kind, *, clash: bool) -> Planted | None:
        """What is sure to be wrong where a kind is wanted; None where nothing can be made of the scope."""
        makers: list[Callable[[Kind], tuple[str, str] | None]] = [self._misnamed, self._operation, self._sight]
        makers += [self._clash, self._clash] if clash else []
        made = self.rng.choice(makers)(kind)
        if made is None:
            return None
        codes, text = made
        return Planted(frozenset(codes.split()), text)

    # ---------------------------------------------------------------- kinds of mistakes

    def _clash(self, kind: Kind) -> tuple[str, str] | None:
        """A name, an expression or a literal of another kind."""
        codes = "wrong-kind not-boolean bad-parameter unknown-parameter"
        named = [
            one for name in self.scope for one in spread(name) if clashes(one.kind, kind) and not one.lack
        ]  # fmt: skip
        if named and self.rng.random() < 0.7:
            return codes, self.rng.choice(named).path
        other = self.rng.choice([one for one in (TEXT, WHOLE, NUMBER, FLAG, TEXTS) if clashes(one, kind)] or [None])
        if other is None:
            return None
        full = other == TEXTS and kind.name == "list"
        return codes, "['x']" if full else self.expression(other, 1) if other != TEXTS else literal(other, self.rng)

    def _misnamed(self, kind: Kind) -> tuple[str, str] | None:
        """A name that is not there, a field, an output, a filter, a test, or one that is known elsewhere."""
        rng = self.rng
        choices = [
            ("undeclared", "inputs.nothing"), ("undeclared", "vars.nothing"),
            ("undeclared", "(inputs.nothing | default(3))"), ("unknown-step name-not-here", "steps.nothing.status"),
            ("unknown-name", "nothing"), ("unknown-filter", "('a' | uper)"), ("unknown-test", "(1 is evn)"),
            ("name-not-here", "result.x"), ("unknown-attribute", "run.nothing"), ("unknown-attribute", "workflow.size"),
            ("expression-syntax", "(1 + )"), ("foreign-operator", "(true && false)"), ("undeclared", "secrets.nothing"),
            ("expression-syntax", "('a' | replace('a', 'b', 1, 2, 3))"),
        ]  # fmt: skip
        steps = [name.path.split(".")[1] for name in self.scope if name.path.startswith("steps.")]
        for step in rng.sample(steps, min(2, len(steps))):
            choices += [("unknown-attribute", f"steps.{step}.nothing")] * 2
            if any(name.path.startswith(f"steps.{step}.outputs.") for name in self.scope):
                choices.append(("unknown-output", f"steps.{step}.outputs.nothing"))
        closed = [
            one.path
            for name in self.scope
            for one in spread(name)
            if one.kind.name == "record" and not one.kind.open and not one.lack
        ]
        if closed:
            choices += [("unknown-field", f"{rng.choice(closed)}.nothing")] * 3
        simple = [name.path for name in self.scope if name.kind in {TEXT, WHOLE, FLAG, TEXTS} and not name.lack]
        if simple:
            choices += [("no-field", f"{rng.choice(simple)}.nothing")] * 2
        return rng.choice(choices)

    def _operation(self, kind: Kind) -> tuple[str, str] | None:
        """An operator or filter on what it cannot work on."""

        def of(one: Kind) -> str:
            return self.expression(one, 1)

        choices = [
            ("operands", f"({of(TEXT)} - 1)"),
            ("operands", f"({of(TEXTS)} < 3)"),
            ("operands", f"({of(TEXT)} + {of(WHOLE)})"),
            ("operands", f"({of(WHOLE)} in {of(NUMBER)})"),
            ("operands", f"(-{of(TEXTS)})"),
            ("operands", f"({of(FLAG)} * {of(NUMBER)})"),
            ("operands", f"({of(TEXT)} < {of(WHOLE)})"),
            ("operands", f"({of(WHOLE)} in {of(TEXT)})"),
            ("filter-value", f"({of(WHOLE)} | join('-'))"),
            ("filter-value", f"({of(FLAG)} | length)"),
            ("filter-value", f"({of(TEXTS)} | upper)"),
            ("filter-value", f"({of(TEXT)} | abs)"),
            ("filter-value", f"({of(TEXTS)} | round(1))"),
            ("filter-value", f"({of(TEXTS)} | items)"),
            ("filter-value", f"({of(NUMBER)} | round('x'))"),
            ("filter-value", f"({of(TEXT)} | center([]))"),
            ("filter-value", f"({of(TEXTS)} | join([]))"),
            ("filter-value", f"({of(TEXT)} | replace('a', []))"),
            ("filter-value", f"({of(TEXTS)} | regex_match('a'))"),
            ("filter-value", f"({of(TEXTS)} | duration)"),
            ("bad-literal", f"({of(TEXT)} | regex_match('[a'))"),
            ("bad-literal", "('{' | from_json)"),
            ("operands", f"range({of(TEXT)})"),
            ("operands", f"({of(FLAG)} <= {of(FLAG)})"),
            ("operands", f"({of(TEXTS)} + {of(TEXT)})"),
            ("filter-value", f"({of(WHOLE)} | sum)"),
            ("operands filter-value", f"({of(TEXT)} is even)"),
            ("bad-literal", "('1 parsec' | duration)"),
        ]
        return self.rng.choice(choices)

    def _sight(self, kind: Kind) -> tuple[str, str] | None:
        """A step that need not have ended here, or an output that may be missing."""
        if self.hidden and self.rng.random() < 0.5:
            return "not-upstream", self.rng.choice(self.hidden).path
        absent = [
            name.path
            for name in self.scope
            if fits(name.kind, kind)
            and not any(f"steps.{name.path.split('.')[1]}." in asked for asked in self.asked)
            and name.lack in {"missing", "both"} and name.path.startswith("steps.")
        ]  # fmt: skip
        return ("may-be-missing", self.rng.choice(absent)) if absent else None


__all__ = ["Mistaken", "Planted"]
