"""The type of an expression, worked out from the types of its names, and what in it can never work or never hold.

Something is reported only where no value that is possible would do: what is not known is silent.
"""

from collections.abc import Callable, Iterable
from itertools import takewhile
from typing import Any, TypeAlias

from steplane.expressions.accepting import ACCEPTED, result_of, unfit
from steplane.expressions.comparing import (
    NO_LITERAL,
    among,
    arithmetic_result,
    literal_value,
    number_hint,
    quote_hint,
    shown,
    this_is,
)
from steplane.expressions.fields import Fields
from steplane.expressions.findings import Finding
from steplane.expressions.literals import fault_of
from steplane.expressions.narrowing import asked_for
from steplane.expressions.types import ANY, NOTHING, Type, in_words, list_of, mapping, of, of_value, union
from steplane.expressions.writing import path_of, source_of
from steplane.suggest import word_meant

Lookup: TypeAlias = Callable[[tuple[str, ...]], tuple[Type, int]]
"""The type of the longest beginning of a path of names that is known, and how many names that is."""

NUMBERS = ("integer", "number")
_SIGNS = {"lt": "<", "gt": ">", "lteq": "<=", "gteq": ">=", "eq": "==", "ne": "!=", "in": "in", "notin": "not in"}
_OPERATORS = {"Sub": "-", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**"}
_DIVIDING = ("Div", "FloorDiv", "Mod")
_MOST_SHOWN = 6


class Judgement(Fields):
    """Works out the type of one expression."""

    def __init__(self, text: str, lookup: Lookup) -> None:
        super().__init__(text)
        self.lookup = lookup
        self.there: frozenset[tuple[str, ...]] = frozenset()  # what has been asked for, and is not null here

    def type(self, node: Any) -> Type:
        """The type of a node; what is wrong in it is gathered."""
        rule = _RULES.get(type(node).__name__)
        return rule(self, node) if rule is not None else ANY

    # ---------------------------------------------------------------- names

    def path(self, node: Any) -> Type:
        """A name with what follows it."""
        path = path_of(node)
        if path is None:
            return self.into(node)
        names = tuple(takewhile(lambda part: isinstance(part, str), path))
        known, length = self.lookup(tuple(map(str, names)))
        if names[:length] in self.there:
            known = known.there
        if len(path) == length:
            return known
        inner = [node]
        while len(inner) < len(path) - length:
            inner.append(inner[-1].node)
        for one, part in zip(reversed(inner), path[length:], strict=True):
            known = self.part(one, known, part)
        return known.there if names in self.there and len(names) == len(path) else known

    def given(self, node: Any, there: Iterable[tuple[str, ...]]) -> Type:
        """The type of a node where these paths are known not to be null."""
        before = self.there
        self.there = before | frozenset(there)
        found = self.type(node)
        self.there = before
        return found

    def into(self, node: Any) -> Type:
        """What stands behind something that is no plain path."""
        if type(node).__name__ == "Name":
            return ANY
        whole = self.type(node.node)
        if type(node).__name__ == "Getattr":
            return self.part(node, whole, node.attr)
        if type(node.arg).__name__ == "Slice":
            kinds = (whole.kinds or frozenset()) & {"string", "list"}  # of anything else there is none
            if whole.known and not kinds and not self.lenient:
                self.no_items(node, whole)
            return Type(kinds, item=whole.item) if kinds else ANY
        key = self.type(node.arg)
        if whole.is_only("list") and key.is_only("integer"):
            return whole.element
        return of("string") if whole.is_only("string") else ANY

    # ---------------------------------------------------------------- operators

    def compare(self, node: Any) -> Type:
        """A chain of comparisons."""
        left = node.expr
        for one in node.ops:
            self.pair(one.op, left, one.expr)
            left = one.expr
        return of("bool")

    def pair(self, op: str, left: Any, right: Any) -> None:
        """One comparison."""
        mine, other = self.type(left), self.type(right)
        literals = literal_value(mine, left) is not NO_LITERAL and literal_value(other, right) is not NO_LITERAL
        if op not in ("eq", "ne", "in", "notin"):
            for node, one in ((left, mine), (right, other)):
                if one.known and not one.can_be(*NUMBERS, "string"):  # whatever the other is
                    message = f"`{_SIGNS[op]}` needs two numbers or two texts, and {self.words(node, one)}"
                    self.report("operands", message, *self.stretch(node))
                    return
        if not (mine.known and other.known) or (literals and op in ("eq", "ne")):
            return
        if op in ("eq", "ne"):
            self.equality(op, left, mine, right, other)
        elif op in ("in", "notin"):
            self.membership(op, left, mine, right, other)
        elif not any(mine.can_be(*kinds) and other.can_be(*kinds) for kinds in (NUMBERS, ("string",))):
            message = f"`{_SIGNS[op]}` needs two numbers or two texts, and {self.words(left, mine)}, {this_is(other)}"
            self.report("operands", message, *self.stretch(right), help_=number_hint(mine, other))

    def equality(self, op: str, left: Any, mine: Type, right: Any, other: Type) -> None:
        """`==` and `!=`."""
        never = "always" if op == "ne" else "never"
        if mine.kinds is not None and not other.can_be(*mine.kinds):
            if mine.is_only("null") or other.is_only("null"):
                named, given = (left, mine) if other.is_only("null") else (right, other)
                self.vain(f"{self.words(named, given)}, and never null", right)
            else:
                verb = "and always unequal to" if op == "ne" else "and never equal to"
                self.vain(f"{self.words(left, mine)}, {verb} {in_words(other)}", right, quote_hint(mine, other))
            return
        for node, one, literal in ((right, mine, other), (left, other, mine)):
            value = literal_value(literal, node)
            if value is not NO_LITERAL and one.values is not None and not among(value, one.values):
                named = left if node is right else right
                self.not_among(named, one.values, value, node, never)
                return

    def membership(self, op: str, left: Any, mine: Type, right: Any, other: Type) -> None:
        """`in` and `not in`."""
        if not other.can_be("list", "object", "string"):
            self.report("operands", f"`in` looks into a list, a mapping or text, and {self.words(right, other)}",
                        *self.stretch(right))  # fmt: skip
        elif other.is_only("string") and not mine.can_be("string"):
            self.report("operands", f"`in` looks for text in a text, and {self.words(left, mine)}", *self.stretch(left))
        elif type(right).__name__ in ("List", "Tuple") and mine.values is not None:
            for item in right.items:
                value = literal_value(self.quiet(item), item)
                if value is not NO_LITERAL and not among(value, mine.values):
                    self.not_among(left, mine.values, value, item, "always" if op == "notin" else "never")
        elif other.is_only("list") and other.element.known and mine.kinds and not other.element.can_be(*mine.kinds):
            self.vain(f"{self.words(left, mine)}, and {in_words(other.element)} is what the list holds", left)

    def not_among(self, named: Any, values: Iterable[Any], value: Any, node: Any, never: str) -> None:
        """A literal that is none of the values that there can be."""
        texts = [shown(one) for one in values]
        owner = source_of(named) or "this"
        listed = " or ".join([", ".join(texts[:-1]), texts[-1]] if 1 < len(texts) <= _MOST_SHOWN else texts[:1])
        listed = listed if len(texts) <= _MOST_SHOWN else f"one of {len(texts)} values"
        owner = f"`{owner}`" if owner != "this" else owner
        meant = word_meant(value, [one for one in values if isinstance(one, str)]) if isinstance(value, str) else None
        so = "" if never == "never" else ", so this always holds"
        message = f"{owner} is {listed}, never {shown(value)}{so}"
        offset, length = self.stretch(node)
        self.found.append(
            Finding(
                "never-holds", message, offset, length, "" if meant else "write one of them", meant or "", vain=True
            )
        )

    def arithmetic(self, node: Any) -> Type:
        """An operator between two numbers, texts or lists."""
        left, right = self.type(node.left), self.type(node.right)
        name = type(node).__name__
        numbers = left.can_be(*NUMBERS) and right.can_be(*NUMBERS)
        if name == "Add":
            fits = numbers or any(left.can_be(one) and right.can_be(one) for one in ("string", "list"))
        elif name == "Mul":
            repeats = (left.can_be("integer") and right.can_be("string", "list")) or (
                right.can_be("integer") and left.can_be("string", "list")
            )
            fits = numbers or repeats
        else:
            fits = numbers
        if not fits:
            self.operands(node, name, left, right)
            return ANY
        if name in _DIVIDING and right.values and not any(right.values):
            self.report("operands", f"`{_OPERATORS[name]}` by zero", *self.stretch(node.right))
            return ANY
        return arithmetic_result(name, left, right)

    def operands(self, node: Any, name: str, left: Type, right: Type) -> None:
        """Two that an operator cannot take."""
        both = in_words(left), in_words(right)
        if name == "Add":
            help_ = "`~` joins texts" if "string" in (left.kinds or ()) or "string" in (right.kinds or ()) else ""
            self.report("operands", f"`+` cannot add {both[0]} and {both[1]}", *self.stretch(node.right), help_=help_)
        elif name == "Mul":
            self.report("operands", f"`*` cannot multiply {both[0]} and {both[1]}", *self.stretch(node.right))
        else:
            one, given = (node.right, right) if left.can_be(*NUMBERS) else (node.left, left)
            message = f"`{_OPERATORS[name]}` needs numbers, and {self.words(one, given)}"
            self.report("operands", message, *self.stretch(one), help_=number_hint(left, right))

    def unary(self, node: Any) -> Type:
        """A sign."""
        inner = self.type(node.node)
        if not inner.can_be(*NUMBERS):
            sign = "-" if type(node).__name__ == "Neg" else "+"
            self.report("operands", f"`{sign}` needs a number, and {self.words(node.node, inner)}", *self.stretch(node))
        numbers = (inner.kinds or frozenset()) & {"integer", "number"}
        return Type(numbers) if numbers else of("number")

    def concat(self, node: Any) -> Type:
        """`~`."""
        for one in node.nodes:
            self.type(one)
        return of("string")

    def choice(self, node: Any) -> Type:
        """`and` and `or`: the second is looked at where the first holds, or does not."""
        left = self.type(node.left)
        return union([left, self.given(node.right, asked_for(node.left, holds=type(node).__name__ == "And"))])

    def condition(self, node: Any) -> Type:
        """`a if b else c`."""
        self.type(node.test)
        first = self.given(node.expr1, asked_for(node.test, holds=True))
        otherwise = of("null")
        if node.expr2 is not None:
            otherwise = self.given(node.expr2, asked_for(node.test, holds=False))
        return union([first, otherwise])

    def negation(self, node: Any) -> Type:
        """`not`."""
        self.type(node.node)
        return of("bool")

    # ---------------------------------------------------------------- filters, tests, literals

    def filter(self, node: Any) -> Type:
        """A filter."""
        if node.node is None:
            return ANY
        if node.name in ("default", "d"):
            return self.fallback(node)
        inner = self.type(node.node)
        arguments = [self.type(one) for one in node.args]
        named = {one.key: self.type(one.value) for one in node.kwargs}
        wanted = ACCEPTED.get(node.name)
        if wanted is not None and inner.known and not inner.can_be(*wanted.kinds):
            message = f"the filter `{node.name}` wants {wanted.words}, and {self.words(node.node, inner)}"
            self.report("filter-value", message, *self.stretch(node.node), help_=f"give it {wanted.words}")
        elif node.name == "sum" and not arguments and not named and inner.is_only("list"):
            self.addends(node, inner.element)
        for argument, one, name, takes in unfit(node, arguments, named):
            message = f"the filter `{node.name}` wants {takes} as `{name}`, and {self.words(argument, one)}"
            self.report("filter-value", message, *self.stretch(argument), help_=f"give {takes}")
        if (fault := fault_of(node)) is not None:
            self.report("bad-literal", fault[1], *self.stretch(fault[0]), help_="mend the text: it fails in every run")
        return result_of(node.name, inner, arguments, named)

    def addends(self, node: Any, each: Type) -> None:
        """What `sum` is to add."""
        if each.kinds and not each.can_be(*NUMBERS):
            help_ = "`| map('int')` or `| map('float')` before it makes numbers of texts"
            what = f"the filter `sum` adds numbers, and each item here is {in_words(each)}"
            self.report("filter-value", what, *self.stretch(node.node), help_=help_)

    def fallback(self, node: Any) -> Type:
        """`default`: what stands before it may be missing or null."""
        self.lenient += 1
        inner = self.type(node.node)
        self.lenient -= 1
        given = [*node.args[:1], *(one.value for one in node.kwargs if one.key == "default_value")]
        otherwise = self.type(given[0]) if given else of("string")
        if inner.kinds is None:
            return ANY
        kept = inner.there
        return union([kept, otherwise]) if kept.kinds else otherwise

    def test(self, node: Any) -> Type:
        """A test."""
        self.lenient += 2 * (node.name in ("defined", "undefined"))
        self.type(node.node)
        self.lenient -= 2 * (node.name in ("defined", "undefined"))
        for one in node.args:
            self.type(one)
        return of("bool")

    def call(self, node: Any) -> Type:
        """`range(...)`."""
        if getattr(node.node, "name", "") != "range":  # which is told as what cannot be called
            return ANY
        for one in node.args:
            given = self.type(one)
            if not given.can_be("integer"):
                self.report(
                    "operands", f"`range` takes whole numbers, and {self.words(one, given)}", *self.stretch(one)
                )
        return list_of(of("integer"))

    def list(self, node: Any) -> Type:
        """A list in the text."""
        return list_of(union(map(self.type, node.items)) if node.items else NOTHING)

    def dict(self, node: Any) -> Type:
        """A mapping in the text."""
        fields: dict[str, Type] = {}
        closed = True
        for pair in node.items:
            name, value = getattr(pair.key, "value", None), self.type(pair.value)
            if isinstance(name, str):
                fields[name] = value
            else:
                closed = False
        return mapping(fields, open=not closed, sure=True)

    def constant(self, node: Any) -> Type:
        """A literal."""
        return of_value(node.value)

    def quiet(self, node: Any) -> Type:
        """The type, without saying again what is wrong."""
        return Judgement(self.text, self.lookup).type(node)


_RULES: dict[str, Callable[[Judgement, Any], Type]] = {
    **dict.fromkeys(["Name", "Getattr", "Getitem"], Judgement.path),
    **dict.fromkeys(["Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"], Judgement.arithmetic),
    **dict.fromkeys(["Neg", "Pos"], Judgement.unary),
    **dict.fromkeys(["And", "Or"], Judgement.choice),
    **dict.fromkeys(["List", "Tuple"], Judgement.list),
    "Not": Judgement.negation,
    "Compare": Judgement.compare,
    "Concat": Judgement.concat,
    "CondExpr": Judgement.condition,
    "Filter": Judgement.filter,
    "Test": Judgement.test,
    "Call": Judgement.call,
    "Dict": Judgement.dict,
    "Const": Judgement.constant,
}
