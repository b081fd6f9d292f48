# ruff: noqa: E501  # a case is a line
"""The words for each mistake, at their place: `line:column code: message` and what mends it."""

import pytest

from steplane.source import read
from steplane.source.recovery import parse
from steplane.source.text import split_lines

CASES = {
    "a:\n\tb: 1": "2:1 tab-indentation: a tab in the indentation: YAML indents with spaces only [indent by 2 spaces]",
    "a:\n  b: 1\n\u00a0 c: 2": "3:1 hidden-character: a no-break space (U+00A0) in the indentation: YAML indents with spaces only [put spaces there]",
    "a:\n  -\u2003b: 1\n    c: 2": "2:4 hidden-character: an em space (U+2003) in the indentation: YAML indents with spaces only [put spaces there]",
    "a:\n  b: 1\n\tc: 2": "3:1 tab-indentation: a tab in the indentation: YAML indents with spaces only [indent by 2 spaces]",
    "a: |\n\tx": "2:1 tab-indentation: a tab in the indentation: YAML indents with spaces only [indent by 2 spaces]",
    "a: *": '1:4 reserved-start: a text that begins with `*` must be quoted [quote the value: `"*"`]',
    "a: **/*.py # all": '1:4 reserved-start: a text that begins with `*` must be quoted [quote the value: `"**/*.py"`]',
    "a: *x and y": '1:4 reserved-start: a text that begins with `*` must be quoted [quote the value: `"*x and y"`]',
    "a: && b": '1:4 reserved-start: a text that begins with `&` must be quoted [quote the value: `"&& b"`]',
    "a: @me": '1:4 reserved-start: a text that begins with `@` must be quoted [quote the value: `"@me"`]',
    "a: %d": '1:4 reserved-start: a text that begins with `%` must be quoted [quote the value: `"%d"`]',
    "a: `x`": '1:4 reserved-start: a text that begins with a backtick must be quoted [quote the value: `"`x`"`]',
    "- a: @\"x\"": "1:6 reserved-start: a text that begins with `@` must be quoted [quote the value: `'@\"x\"'`]",
    "a: > 3": '1:4 reserved-start: `>` at the start of a value begins a block text on the lines below [quote the value: `"> 3"`]',
    'a: "x\nb: 1': '1:4 unclosed-quote: this " is never closed {add the closing "}',
    'a: "x\nb: "y"\nc: 1': '1:4 unclosed-quote: this " is never closed {add the closing "}',
    "a: 'x": "1:4 unclosed-quote: this ' is never closed {add the closing '; inside single quotes a ' is written ''}",
    "a: 'it's'": "1:8 text-after-quote: text follows the closing quote of the value {inside single quotes a ' is written ''}",
    'a: "x" y': '1:8 text-after-quote: text follows the closing quote of the value {inside double quotes a " is written \\"}',
    'a: "x y" && z': '1:10 text-after-quote: text follows the closing quote of the value {inside double quotes a " is written \\"}',
    "a: 'x' | y": "1:8 text-after-quote: text follows the closing quote of the value {inside single quotes a ' is written ''}",
    "a: [ -f x ] && y": '1:4 reserved-start: a text that begins with `[` must be quoted: YAML reads a list [quote the value: `"[ -f x ] && y"`]',
    "a: [1, 2\nb: 1": "1:4 unclosed-bracket: this `[` is never closed {add `]`, or quote the value if the bracket belongs to a text} [add `]`]",
    "a: {": "1:4 unclosed-bracket: this `{` is never closed {add `}`, or quote the value if the bracket belongs to a text} [add `}`]",
    "a: {\n  b: 1\n  c: 2\n}": "3:3 bracket: `,` or `}` is wanted before this",
    "a: [1}": "1:6 bracket: `]` is wanted here, not `}` [replace `}` with `]`]",
    "a: ]": "1:4 bracket: this `]` belongs to nothing {remove it, or quote the value}",
    'a: "\\d"': "1:5 bad-escape: `\\d` is no escape in double quotes {in single quotes a backslash is just that} [write `\\\\d`]",
    'a: "\\x4"': "1:5 bad-escape: `\\x` must be followed by 2 hexadecimal digits of a character {an emoji and its like is `\\U` with eight digits}",
    "a: b: c": '1:5 colon-in-value: `: ` inside an unquoted value begins another key [quote the value: `"b: c"`]',
    "a: x ? y : z": '1:10 colon-in-value: `: ` inside an unquoted value begins another key [quote the value: `"x ? y : z"`]',
    "a: 1\n  b: 2": "2:3 indentation: this key is indented below a value that is complete {align it with the keys above, or leave the value above it empty}",
    "a:\n    b: 1\n  c: 2": "3:3 indentation: the indentation of this line is that of no level above it {align it with the keys that it belongs to}",
    "a:\n  - x\n  b: 1": "3:3 indentation: a key stands among list items {indent it, or align it with what it belongs to}",
    "a: 1\n- b": "2:1 indentation: a list item stands among keys {indent it, or align it with what it belongs to}",
    "a: - b": "1:4 item-in-value: a list does not begin on the line of its key {put `- ` on the line below, or quote the value if it is a text}",
    "a: 1\nb:2\nc: 3": "2:2 missing-space: a space is missing after `:` [add a space after `:`]",
    "a: 1\nfoo\nb: 2": "2:1 missing-colon: a key with `:` is wanted here; this is text {write `key: value`; a text over several lines begins with `|` or is indented below its key}",
    "- a: |\n      x\n    y z\n  b: 1": "3:5 block-indentation: this line leaves the block text above it: it is indented less than the block's first line [indent the line by 6 spaces]",
    "a: {b: ${{ x }}, c: 1}": '1:8 unquoted-expression: an expression inside `{ }` or `[ ]` must be quoted: YAML takes its braces for a mapping [quote the value: `"${{ x }}"`]',
    'a: [${{ f("x", y) }}]': "1:5 unquoted-expression: an expression inside `{ }` or `[ ]` must be quoted: YAML takes its braces for a mapping [quote the value: `'${{ f(\"x\", y) }}'`]",
    "a: {b: x in [1, 2], c: d}": '1:13 bracket: a text with `[` must be quoted inside of brackets: YAML reads a list [quote the value: `"x in [1, 2]"`]',
    "a: [x[0] == 'y']": """1:6 bracket: a text with `[` must be quoted inside of brackets: YAML reads a list [quote the value: `"x[0] == 'y'"`]""",
    "a: {b: echo c: d, e: f}": '1:14 colon-in-value: `: ` inside an unquoted value begins another key [quote the value: `"echo c: d"`]',
    "a: {b: c run: d}": "1:10 bracket: `,` is wanted before `run`, if that is a key [add the comma]",
    "a:\n  -\tid: b\n    run: c": "2:4 tab-indentation: a tab behind the dash of an item: YAML indents with spaces only [write blanks behind the dash]",
    "a: {{ x }}": "1:4 unquoted-template: `{{ x }}` is read as a YAML mapping; an expression is written `${{ x }}` [write `${{ x }}`]",
    "a: {{ x | y('z') }} b": "1:4 unquoted-template: `{{ x | y('z') }} b` is read as a YAML mapping; an expression is written `${{ x | y('z') }} b` [write `${{ x | y('z') }} b`]",
    "a: [{{ x }}]": '1:5 unquoted-template: `{{ x }}` is read as a YAML mapping; an expression is written `${{ x }}` [write `"${{ x }}"`]',
    "a: {% if x %}": "1:4 unquoted-template: `{%` is read as a YAML mapping; a block of an expression is written `${% %}` {quote the value}",
    "a: 1\n---\nb: 1": "2:1 several-documents: a file holds one workflow: a second document begins here {put it into a file of its own}",
    "a: 1\n...\nb: 1": "3:1 several-documents: a file holds one workflow: a second document begins here {put it into a file of its own}",
    "a: [1] b: 2": "1:8 syntax: this is not YAML: this follows a value that is complete",
    "a: [,]": "1:5 syntax: this is not YAML: a value is wanted here",
    "k" * 1100 + ": 1": "1:1 too-long-key: a key may not be longer than 1,024 characters",
}  # fmt: skip


def told(diagnostics: object) -> list[str]:
    from steplane.diagnostics import Diagnostic

    lines = []
    for one in diagnostics:  # type: ignore[attr-defined]
        assert isinstance(one, Diagnostic)
        text = f"{one.span.line}:{one.span.column} {one.code}: {one.message}"
        text += f" {{{one.help}}}" if one.help else ""
        lines.append(text + (f" [{one.fix.message}]" if one.fix else ""))
    return lines


@pytest.mark.parametrize("text", CASES)
def test_a_syntax_error_is_told_in_the_words_of_its_author(text: str) -> None:
    assert told(read(text + "\n", "a.yaml").diagnostics) == [CASES[text]]


@pytest.mark.parametrize("text", [text for text in CASES if len(text) < 1000])
def test_the_other_parser_finds_the_same_line(text: str) -> None:
    source = text + "\n"

    found = parse(source, split_lines(source), "a.yaml", pure=True).diagnostics

    assert [one.span.line for one in found][:1] == [int(CASES[text].split(":")[0])]


@pytest.mark.parametrize("text", [text for text, told_text in CASES.items() if " [" in told_text])
def test_the_fix_mends_it(text: str) -> None:
    (found,) = read(text + "\n", "a.yaml").diagnostics
    assert found.fix is not None
    lines = (text + "\n").split("\n")
    for edit in found.fix.edits:
        line = lines[edit.span.line - 1]
        lines[edit.span.line - 1] = line[: edit.span.column - 1] + edit.text + line[edit.span.end_column - 1 :]

    assert [one.code for one in read("\n".join(lines), "a.yaml").diagnostics if one.code != "not-a-mapping"] == []
