# ruff: noqa: E501  # a case is a line
"""What is YAML, but not for a workflow: the words for each mistake at their place."""

import pytest

from steplane.source import plain, read

CASES = {
    "a: 1\nb: 2\na: 3": "3:1 duplicate-key: `a` is set twice (first set here 1:1) {keep one}",
    "steps:\n  - id: x\n    run: a\n    run: b": "4:5 duplicate-key: `run` is set twice in step `x` (first set here 3:5) {keep one}",
    "with: {b: 1, 'b': 2}": "1:14 duplicate-key: `b` is set twice in `with` (first set here 1:8) {keep one}",
    "a: {<<: {b: 1}, <<: {c: 1}}": "1:17 duplicate-key: `<<` is set twice in `a` (first set here 1:5) {keep one}",
    "a: !!python/object:os.system x": "1:4 tag: `!!python/object:os.system` is a YAML tag, and tags are not read {remove it, or quote the value if it is a text that begins with `!`; in an expression `!x` is `not x`}",
    "a: ! x": "1:4 tag: `!` is a YAML tag, and tags are not read {remove it, or quote the value if it is a text that begins with `!`; in an expression `!x` is `not x`}",
    "x-a: &north 1\na: [*north, *nroth]": "2:13 undefined-alias: the alias `*nroth` has no anchor above it [replace `*nroth` with `*north`]",
    "a: *b\nc: &b 1\nd: *b": "1:4 undefined-alias: the alias `*b` has no anchor above it {define it above with `&b`, or quote the value if it is a text that begins with `*`}",
    "a: &b [1, *b]": "1:11 recursive-alias: the alias `*b` stands inside its own anchor, so it would never end (the anchor begins here 1:4) {name what is repeated, not what is around it}",
    "a: &b 1": "1:4 unused-anchor: no alias uses the anchor `&b` {remove it}",
    "a: {<<: [1]}": "1:10 merge: `<<` merges mappings; this is none {give an alias of a mapping, or a list of such aliases}",
    "a: .inf": "1:4 number: `.inf` is not a number that can be used here {quote it if it is text}",
    "a: [1e999]": "1:5 number: `1e999` is beyond the range of numbers {quote it if it is text}",
    f"a: {'9' * 5000}": "1:4 number: a number of 5,000 characters is longer than 300 {quote it if it is text}",
    "1.10: x": '1:1 key-not-text: a key must be text; this is a number [quote it: `"1.10"`]',
    "true: x": '1:1 key-not-text: a key must be text; this is a boolean [quote it: `"true"`]',
    "? [a]\n: x": "1:3 key-not-text: a key must be text; this is a list {write a text before the `:`}",
    "{a: 1}: x": "1:1 key-not-text: a key must be text; this is a mapping {write a text before the `:`}",
    "a\u202eb: 1": '1:2 hidden-character: the key holds the invisible character U+202E {remove it, or write "\\u202E" in double quotes}',
    "a: x\n  - y": "2:3 swallowed-item: this `- ` begins no list item: the line belongs to the text above it (the text begins here 1:4) {align it with the other items, or quote the text}",
    "- a": "1:1 not-a-mapping: the top level must be keys with values; this is a list {a workflow begins with `steplane: 1`}",
    "hello": "1:1 not-a-mapping: the top level must be keys with values; this is a text {a workflow begins with `steplane: 1`}",
    "12": "1:1 not-a-mapping: the top level must be keys with values; this is a single value {a workflow begins with `steplane: 1`}",
    "": "1:1 empty-file: the file is empty {a workflow begins with `steplane: 1`}",
    "# nothing": "1:1 empty-file: the file is empty {a workflow begins with `steplane: 1`}",
    "---": "1:1 empty-file: the file is empty {a workflow begins with `steplane: 1`}",
    "a: b\x00c": '1:5 control-character: the character U+0000 may not stand in a file {remove it, or write "\\x00" in double quotes}',
}  # fmt: skip


def told(data: str | bytes) -> list[str]:
    lines = []
    for one in read(data, "a.yaml").diagnostics:
        text = f"{one.span.line}:{one.span.column} {one.code}: {one.message}"
        text += "".join(f" ({other.label} {other.span.line}:{other.span.column})" for other in one.related)
        text += f" {{{one.help}}}" if one.help else ""
        lines.append(text + (f" [{one.fix.message}]" if one.fix else ""))
    return lines


@pytest.mark.parametrize("text", CASES, ids=lambda text: text[:30])
def test_a_mistake_is_told_with_place_reason_and_remedy(text: str) -> None:
    assert told(text + "\n" if text else "") == [CASES[text]]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xef\xbb\xbfa: 1\n", []),
        (b"a: b\nc: \xe9\n", ["2:4 encoding: byte 0xE9 is not UTF-8 {save the file as UTF-8}"]),
        ("a: 1\n".encode("utf-16"), ["1:1 encoding: the file is UTF-16, not UTF-8 {save it as UTF-8}"]),
        ("a: 1\n".encode("utf-16-le"), ["1:1 encoding: the file is UTF-16, not UTF-8 {save it as UTF-8}"]),
        ("a: 1\n".encode("utf-32"), ["1:1 encoding: the file is UTF-32, not UTF-8 {save it as UTF-8}"]),
    ],
)
def test_bytes_are_utf_8(data: bytes, expected: list[str]) -> None:
    assert told(data) == expected


def test_all_mistakes_are_told_at_once_and_the_tree_is_there() -> None:
    document = read("a: 1\na: .nan\nb: *x\nc: !t 1\n8080: ok\n", "a.yaml")

    assert [one.code for one in document.diagnostics] == ["duplicate-key", "number", "undefined-alias", "tag"]
    assert document.root is not None
    assert plain(document.root) == {"a": 1, "b": None, "c": 1, "8080": "ok"}


def test_a_visible_escape_in_a_key_is_fine() -> None:
    assert told('"a\\u200bb": 1\n') == []


def test_mistakes_are_not_told_without_end() -> None:
    diagnostics = read("".join(f"k{number}: .nan\n" for number in range(1000)), "a.yaml").diagnostics

    assert len(diagnostics) <= 202
    assert "more than 200 mistakes" in diagnostics[-1].message
