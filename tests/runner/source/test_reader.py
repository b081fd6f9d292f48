import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steplane.diagnostics import Diagnostic
from steplane.source import Document, Mapping, Node, Scalar, plain, read
from steplane.source.recovery import parse
from steplane.source.text import split_lines


def only(document: Document) -> Diagnostic:
    (diagnostic,) = document.diagnostics
    return diagnostic


def value(text: str) -> object:
    document = read(f"key: {text}\n", "a.yaml")
    assert document.diagnostics == ()
    assert document.root is not None
    return plain(document.root)["key"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True), ("TRUE", True), ("False", False), ("yes", "yes"), ("no", "no"), ("on", "on"), ("tRue", "tRue"),
        ("", None), ("~", None), ("null", None), ("NULL", None), ("nil", "nil"),
        ("012", 12), ("0o17", 15), ("0x1F", 31), ("+5", 5), ("-0", 0), ("0b11", "0b11"), ("1_000", "1_000"),
        ("12:30", "12:30"), ("22:22:22", "22:22:22"), ("2026-01-01", "2026-01-01"), ("1.10", 1.1), ("1e3", 1000.0),
        (".5", 0.5), ("5.", 5.0), ("-1.5E-2", -0.015), ("1.2.3", "1.2.3"), ("=", "="), ("<<", "<<"), (".", "."),
        ('"true"', "true"), ("'012'", "012"), ("|\n  5\n", "5\n"),
        ("a\u2028b", "a\u2028b"), ("a\x85b", "a\x85b"), ("\ufeffx", "\ufeffx"),
    ],
)  # fmt: skip
def test_unquoted_text_follows_the_core_schema_of_yaml_1_2(text: str, expected: object) -> None:
    found = value(text)

    assert found == expected
    assert type(found) is type(expected)


def test_every_key_and_value_has_its_place() -> None:
    document = read("a: 1\nb:\n  - 'x'\n  - c: |\n      one\n      two\n\nd: [1,\n 2]\n", "a.yaml")
    assert isinstance(document.root, Mapping)
    places = {}

    def collect(node: Node, path: str) -> None:
        span = node.span
        places[path] = (span.line, span.column, span.end_line, span.end_column)
        if isinstance(node, Mapping):
            for entry in node.entries:
                collect(entry.value, f"{path}.{entry.name}")
        elif not isinstance(node, Scalar):
            for index, item in enumerate(node.items):
                collect(item, f"{path}.{index}")

    collect(document.root, "")

    assert places == {
        "": (1, 1, 9, 4),
        ".a": (1, 4, 1, 5),
        ".b": (3, 3, 6, 10),
        ".b.0": (3, 5, 3, 8),
        ".b.1": (4, 5, 6, 10),
        ".b.1.c": (4, 8, 6, 10),
        ".d": (8, 4, 9, 4),
        ".d.0": (8, 5, 8, 6),
        ".d.1": (9, 2, 9, 3),
    }


def test_an_alias_is_where_it_is_used_and_merged_keys_give_way() -> None:
    document = read("x-a: &a {p: 1, q: 2}\nb: {<<: *a, q: 3, r: 4}\nc: *a\n", "a.yaml")

    assert document.diagnostics == ()
    assert isinstance(document.root, Mapping)
    assert plain(document.root) == {"x-a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3, "r": 4}, "c": {"p": 1, "q": 2}}
    alias = document.root.get("c")
    assert alias is not None
    assert (alias.span.line, alias.span.column, alias.span.end_column) == (3, 4, 6)


def test_merge_of_a_list_takes_the_first() -> None:
    document = read("x-a: &a {p: 1}\nx-b: &b {p: 2, q: 2}\nc:\n  k: 0\n  <<: [*a, *b]\n", "a.yaml")

    assert document.diagnostics == ()
    assert plain(document.root)["c"] == {"k": 0, "p": 1, "q": 2}  # type: ignore[arg-type, index]


def test_an_anchored_value_begins_behind_the_anchor() -> None:
    document = read("a: &x  word\nb: &y # c\n  word\nc: [*x, *y]\n", "a.yaml")

    assert isinstance(document.root, Mapping)
    spans = [entry.value.span for entry in document.root.entries]
    assert [(span.line, span.column) for span in spans[:2]] == [(1, 8), (3, 3)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\"'\\:#-{}[]&*!%@`|> \x85")),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text("abc -_é", min_size=1, max_size=5), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def encode(data: object) -> str:
    """JSON that is YAML: U+007F and the controls of Latin-1 escaped, characters beyond the plane written out."""
    text = json.dumps(data, ensure_ascii=False)
    return "".join(
        f"\\u{ord(letter):04x}" if "\x7f" <= letter <= "\x9f" and letter != "\x85" else letter for letter in text
    )


@given(JSON, st.sampled_from([False, True]))
def test_json_reads_as_what_it_says(data: object, pure: bool) -> None:
    text = '{"data": ' + encode(data).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff") + "}"
    parsed = parse(text, split_lines(text), "a.json", pure=pure)

    assert [one for one in parsed.diagnostics if one.code != "hidden-character"] == []
    assert parsed.root is not None
    assert plain(parsed.root) == {"data": data}


@given(st.text("ab:-#'\"[]{}&*!|>%@` \n\t?,~\\$", max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    document = read(text, "a.yaml")

    assert document.root is not None or document.diagnostics
    for diagnostic in document.diagnostics:
        assert 1 <= diagnostic.span.line <= len(document.lines)
        assert 1 <= diagnostic.span.column <= len(document.lines[diagnostic.span.line - 1]) + 1


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_a_file_of_other_line_ends_has_the_same_tree(end: str) -> None:
    text = "a: |\n  x\n  y\nb: 'p\n\n  q'\nc: 1\n"

    document = read(text.replace("\n", end), "a.yaml")

    assert document.diagnostics == ()
    assert isinstance(document.root, Mapping)
    assert plain(document.root) == {"a": "x\ny\n", "b": "p\nq", "c": 1}
    assert document.root.entries[2].key.span.line == 7


@pytest.mark.parametrize("text", ["\U0001f469\u200d\U0001f467", "\\\U0001f600\\", "\\ud83d\\udc69", "\n\U0010ffff"])
def test_what_json_writes_as_two_escapes_is_one_character(text: str) -> None:
    document = read(json.dumps({"text": text}), "inputs.json")
    assert document.diagnostics == ()
    assert document.root is not None
    assert plain(document.root) == {"text": text}


def test_half_a_pair_is_refused_with_its_place() -> None:
    found = only(read('{"a": "\\ud83d\\udc69 \\ud83d"}', "inputs.json"))
    assert (found.code, found.span.line) == ("bad-escape", 1)
