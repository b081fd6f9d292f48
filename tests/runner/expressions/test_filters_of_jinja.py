"""The filters that have the name of one of Jinja's, held against Jinja's own.

Ours gives the same, or says in words why not. Where it is meant to differ, `alike` names it, and so does the manual.
"""

import json
import random
from collections.abc import Callable
from typing import Any

import jinja2
import pytest
from jinja2.filters import FILTERS as OF_JINJA

from steplane.expressions import Engine, Expression, ExpressionError
from steplane.expressions.filters import FILTERS

ENVIRONMENT = jinja2.Environment()
LETTERS = "aAb B_-1.é漢😀ß'(<&/%\n\r\v\f\x1c\x1d\x85\u2028\u2029\t\xa0"

CALLS = {
    "abs": [""],
    "batch": ["(2)", "(3, 0)", "(2, 'x')"],
    "capitalize": [""],
    "center": ["", "(7)", "(8)"],
    "count": [""],
    "d": ["", "(1)", "(1, true)"],
    "default": ["", "('x')", "('x', true)"],
    "dictsort": ["", "(true)", "(by='value')", "(reverse=true)"],
    "first": [""],
    "float": ["", "(2.5)"],
    "groupby": ["('a')", "('a', default=1)", "('a', case_sensitive=true)"],
    "indent": ["", "(2)", "(2, true)", "(2, false, true)", "('> ', true, true)"],
    "int": ["", "(7)"],
    "items": [""],
    "join": ["", "(', ')", "('-', 'a')"],
    "last": [""],
    "length": [""],
    "list": [""],
    "lower": [""],
    "map": ["('upper')", "('length')", "(attribute='a')", "(attribute='a', default=0)"],
    "max": ["", "(true)", "(attribute='a')"],
    "min": ["", "(true)", "(attribute='a')"],
    "reject": ["", "('string')", "('equalto', 1)"],
    "rejectattr": ["('a')", "('a', 'equalto', 1)", "('a', 'defined')"],
    "replace": ["('a', 'bb')", "('a', '', 1)", "('', '-')"],
    "reverse": [""],
    "round": ["", "(1)", "(0, 'floor')", "(1, 'ceil')"],
    "select": ["", "('string')", "('equalto', 1)"],
    "selectattr": ["('a')", "('a', 'equalto', 1)", "('a', 'defined')"],
    "slice": ["(1)", "(2)", "(3, 'x')"],
    "sort": ["", "(true)", "(false, true)", "(attribute='a')"],
    "string": [""],
    "sum": ["", "('a')", "(start=2)"],
    "title": [""],
    "tojson": [""],
    "trim": ["", "('a ')"],
    "truncate": ["", "(5)", "(5, true)", "(5, false, '.', 0)"],
    "unique": ["", "(true)", "(attribute='a')"],
    "upper": [""],
    "urlencode": [""],
    "wordcount": [""],
    "wordwrap": ["", "(3)"],
}


OF_TEXT = {
    "capitalize", "center", "indent", "lower", "replace", "title", "trim", "truncate", "upper", "urlencode",
    "wordcount", "wordwrap",
}  # fmt: skip
"""Take a number or boolean as it stands in text."""


REFUSED = object()
REASONS = (
    " wants ", " needs a list", "null cannot be put into text", "orders numbers or texts", "have no order",
    "cannot order numbers and texts", "is missing", "adds numbers", "cannot read", "is empty", "has no key",
    "is a whole number",
)  # fmt: skip


def texts(chance: random.Random) -> str:
    return "".join(chance.choice(LETTERS) for _ in range(chance.randrange(12)))


def atoms(chance: random.Random) -> Any:
    return chance.choice([0, 1, -3, 2, 1.5, 1.0, 2.5, 10**20, True, False, None, "", "a", "A", texts(chance)])


def values(chance: random.Random) -> Any:
    kinds: list[Callable[[], Any]] = [
        lambda: texts(chance),
        lambda: atoms(chance),
        lambda: [chance.choice([0, 1, 1.0, 2, -1.5]) for _ in range(chance.randrange(7))],
        lambda: [chance.choice(["a", "A", "b", "", texts(chance)]) for _ in range(chance.randrange(7))],
        lambda: [atoms(chance) for _ in range(chance.randrange(5))],
        lambda: [{"a": chance.choice([1, 2, 1.5])} for _ in range(chance.randrange(5))],
        lambda: [{"a": chance.choice(["x", "X", "y"])} for _ in range(chance.randrange(5))],
        lambda: [{"a": atoms(chance)} if chance.random() < 0.7 else {} for _ in range(chance.randrange(4))],
        lambda: [[atoms(chance)] for _ in range(chance.randrange(3))],
        lambda: {key: atoms(chance) for key in "abA"[: chance.randrange(4)]},
    ]
    return chance.choice(kinds)()


def plain(value: Any) -> Any:
    """What Jinja gives, as data: its iterators are lists, its pairs too."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if hasattr(value, "grouper"):
        return {"grouper": plain(value.grouper), "list": plain(value.list)}
    if hasattr(value, "__iter__") and not isinstance(value, jinja2.Undefined):
        return [plain(one) for one in value]
    return None if isinstance(value, jinja2.Undefined) else value


def in_text(value: Any) -> Any:
    """A value as it stands in text, where Jinja would put Python's form of it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_jinja_takes_it(name: str, rest: str, value: Any) -> Any:
    """The value, with what ours turns into text turned already."""
    if name == "urlencode" and isinstance(value, dict | list):
        return {key: in_text(one) for key, one in value.items()} if isinstance(value, dict) else value
    if name in OF_TEXT or name == "string":
        return in_text(value)
    if name == "map" and rest == "('upper')":
        return [in_text(one) for one in value]
    if name == "join" and "'a'" in rest:
        return [{"a": in_text(one["a"])} for one in value]
    return [in_text(one) for one in value] if name == "join" else value


def in_order(value: Any) -> str:
    """The data, whatever order the keys of its mappings have."""
    return json.dumps(value, sort_keys=True)


def expected_of_booleans(name: str, rest: str, value: Any) -> Any:
    """What Jinja gives where each boolean is replaced by a text that nothing else equals, and put back."""
    sign = {"True": "\0true", "False": "\0false"}

    def hidden(one: Any) -> Any:
        if isinstance(one, list):
            return [hidden(inner) for inner in one]
        if isinstance(one, dict):
            return {key: hidden(inner) for key, inner in one.items()}
        return sign[str(one)] if isinstance(one, bool) else one

    def shown(one: Any) -> Any:
        if isinstance(one, list):
            return [shown(inner) for inner in one]
        if isinstance(one, dict):
            return {key: shown(inner) for key, inner in one.items()}
        return {"\0true": True, "\0false": False}.get(one, one) if isinstance(one, str) else one

    theirs = ENVIRONMENT.compile_expression(f"x | {name}{rest}", undefined_to_none=False)
    return shown(plain(theirs(x=hidden(value))))


def alike(name: str, rest: str, value: Any, given: Any, meant: Any) -> bool:
    """Whether ours gives what Jinja gives, but for what the manual says is different."""
    if name == "tojson":  # compact, and without what HTML wants
        return in_order(json.loads(given)) == in_order(json.loads(meant))
    if name == "urlencode" and isinstance(value, dict):  # a blank is `%20` there too
        return bool(given == meant.replace("+", "%20"))
    if name == "round" and rest in ("", "(0, 'floor')"):  # a whole number where no decimals are wanted
        return type(given) is int and given == meant
    if name in ("d", "default") and value is None:  # null counts as missing
        return repr(given) == repr(Engine().evaluate(Expression(f"y.z | {name}{rest}"), {"y": {}}))
    if ("equalto" in rest or name == "unique") and any(
        word in repr(value) for word in ("True", "False")
    ):  # a boolean is no number
        return repr(given) == repr(expected_of_booleans(name, rest, value))
    if name == "slice" and "'x'" in rest and len(value) % 3 == 0:  # nothing to be filled up
        return repr(given) == repr([row[:-1] for row in meant])
    return repr(given) == repr(meant)


def test_every_filter_of_that_name_is_held_against_it() -> None:
    assert sorted(CALLS) == sorted(set(FILTERS) & set(OF_JINJA))


def answer(engine: Engine, ours: Expression, value: Any) -> Any:
    """What ours gives, or that it has refused the value for a reason that the manual has."""
    try:
        return engine.evaluate(ours, {"x": value})
    except ExpressionError as error:
        if any(reason in error.message for reason in REASONS):
            return REFUSED
        raise


@pytest.mark.parametrize("name", CALLS)
def test_filter_means_what_it_means_in_jinja(name: str) -> None:
    chance, engine = random.Random(name), Engine()
    for rest in CALLS[name]:
        ours, same = Expression(f"x | {name}{rest}"), 0
        theirs = ENVIRONMENT.compile_expression(f"x | {name}{rest}", undefined_to_none=False)
        for _ in range(80):
            value = values(chance)
            given = answer(engine, ours, value)
            if given is REFUSED:
                continue
            try:
                meant = plain(theirs(x=as_jinja_takes_it(name, rest, value)))
            except (TypeError, AttributeError):
                continue  # Jinja has no meaning for it
            assert alike(name, rest, value, given, meant), (name + rest, value, given, meant)
            same += 1
        assert same, rest
