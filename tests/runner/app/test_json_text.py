"""JSON from the command line: every mistake has its place, and no key is dropped silently."""

import pytest

from steplane.app.inputs import read_text
from steplane.app.json_text import WrongJson, parse
from steplane.cli.showing import parse_json
from steplane.errors import UsageError
from steplane.plan.inputs import InputSpec


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a": 1, "b": {"a": 2}, "c": [{"a": 3}, {"a": 4}]}', {"a": 1, "b": {"a": 2}, "c": [{"a": 3}, {"a": 4}]}),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'{"a": "\\ud800", "b": "\\\\"}', {"a": "\\ud800", "b": "\\\\"}),
        ('{"a": ":", "b": "{\\"a\\": 1, \\"a\\": 2}"}', {"a": ":", "b": '{"a": 1, "a": 2}'}),
        ("[" * 100 + "]" * 100, None),
        ("17", 17),
    ],
)
def test_what_is_json_is_taken(text: str, data: object) -> None:
    found = parse(text)
    assert data is None or found == data


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "b": {"c": 1},\n  "a": 2}', "line 2, column 3: a key stands twice in one object: `a`"),
        ('[{"x": {"k\\u0061": ":", "ka": []}}]', "line 1, column 25: a key stands twice in one object: `ka`"),
        (r'{"a": "ü\ud800"}', r"line 1, column 9: half of a character (a lone surrogate): `\ud800`"),
        (r'["\ud83d\ude00", "\\\udc00"]', r"line 1, column 21: half of a character (a lone surrogate): `\udc00`"),
        ('{"ü": 1 x}', "line 1, column 9: expected ',' or '}'"),
        ('{"a": 1, ', "it ends too early"),
        ("[" * 100_000, "it is nested too deep"),
    ],
)
def test_what_is_none_has_a_place(text: str, words: str) -> None:
    with pytest.raises(WrongJson) as caught:
        parse(text)
    assert str(caught.value) == words


def test_it_is_told_where_it_was_given_and_of_a_secret_nothing_is_shown() -> None:
    with pytest.raises(
        UsageError, match=r"^`--data` wants JSON, not .*: line 1, column 9: a key stands twice"
    ) as caught:
        parse_json("--data", '{"a":1, "a": 2}')
    assert caught.value.remedy == "Put it into single quotes."
    spec = InputSpec("p", {"type": "object"}, required=True, secret=True)
    with pytest.raises(UsageError) as hidden:
        read_text(spec, '{"hunter2": 1, "hunter2": 2}')
    assert hidden.value.message == (
        "input `p` wants object as JSON, the given text is none: line 1, column 16: a key stands twice in one object"
    )
    assert hidden.value.__cause__ is None
