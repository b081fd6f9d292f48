import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from steplane.source import Document, Mapping, Scalar, places, read, styles


def scalar(document: Document, name: str = "key") -> Scalar:
    assert isinstance(document.root, Mapping)
    node = document.root.get(name)
    assert isinstance(node, Scalar)
    return node


def found(text: str, piece: str) -> tuple[int, int, int, int]:
    document = read(text, "a.yaml")
    node = scalar(document)
    span = document.place(node, node.text.index(piece), len(piece))
    return span.line, span.column, span.end_line, span.end_column


@pytest.mark.parametrize(
    ("text", "piece", "expected"),
    [
        ("key: one two", "two", (1, 10, 1, 13)),
        ("key: one\n  two", "two", (2, 3, 2, 6)),
        ("key: one\n\n\n  two three", "three", (4, 7, 4, 12)),
        ("key: 'it''s x'", "x", (1, 13, 1, 14)),
        ("key: 'it''s x'", "'", (1, 9, 1, 10)),
        ('key: "a\\tb \\u00e9 x"', "x", (1, 19, 1, 20)),
        ('key: "a\\\n    b x"', "x", (2, 7, 2, 8)),
        ('key: "a \\\n\n  b x"', "x", (3, 5, 3, 6)),
        ("key: |\n  a\n    b x\n  c\n", "x", (3, 7, 3, 8)),
        ("key: |2\n    a x\n  c\n", "x", (2, 7, 2, 8)),
        ("key: >-  # why\n  a\n  b x\n\n  c\n", "x", (3, 5, 3, 6)),
        ("key: >\n  a\n    b x\n  c\n", "x", (3, 7, 3, 8)),
        ("key: |+\n  a\n\n\nz: 1\n", "\n\n", (2, 4, 4, 1)),
        ("key: &a  one two", "two", (1, 14, 1, 17)),
        ("key: |\r\n  a\r\n  b x\r\n", "x", (3, 5, 3, 6)),
    ],
)
def test_place_of_characters_in_every_style(text: str, piece: str, expected: tuple[int, int, int, int]) -> None:
    assert found(text, piece) == expected


def test_a_text_that_is_elsewhere_gives_the_place_of_use() -> None:
    document = read("x-a: &a 'one two'\nkey: *a\n", "a.yaml")

    span = document.place(scalar(document), 4, 3)

    assert (span.line, span.column, span.end_column) == (2, 6, 8)


def test_an_offset_outside_gives_the_start_of_the_text() -> None:
    document = read("key: |\n  one\n  two\n", "a.yaml")

    span = document.place(scalar(document), 99)

    assert (span.line, span.column, span.end_line, span.end_column) == (1, 6, 1, 7)


def test_the_end_of_a_text_is_a_place() -> None:
    document = read("key: 'one'\n", "a.yaml")

    assert document.place(scalar(document), 3, 0).column == 10


TEXTS = st.text(st.sampled_from("ab $#:'\"\\é名😀-\n"), min_size=1, max_size=40)


@given(TEXTS, st.sampled_from(["'", '"', "|", ">", None]), st.integers(5, 30), st.booleans())
def test_the_place_of_every_character_holds_the_character(text: str, style: str, width: int, nested: bool) -> None:
    dumped = yaml.dump({"key": text}, default_style=style, allow_unicode=True, width=width).removesuffix("...\n")
    assume(
        yaml.safe_load(dumped) == {"key": text}
    )  # PyYAML folds some texts that begin with a blank so that they change
    lines = dumped.splitlines(keepends=True)
    source = "x:\n" + "".join(f"   {line}" if line != "\n" else line for line in lines) if nested else dumped
    document = read(source, "a.yaml")
    assert isinstance(document.root, Mapping)
    top = document.root.get("x") if nested else document.root
    assert isinstance(top, Mapping)
    node = next(entry.value for entry in top.entries)
    assert isinstance(node, Scalar)
    assert node.text == text

    for offset, character in enumerate(text):
        span = document.place(node, offset)
        shown = document.lines[span.line - 1][span.column - 1 : span.column]
        assert shown == character or (character in " \n" and shown in {"", " ", "\\"}) or shown == "\\"
    assert document.place(node, 0) != document.place(node, len(text) - 1) or len(text) == 1 or not text.strip("\n ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key: a # b", True),
        ("key: a\t# b", True),
        ("key: a#b", False),
        ("key: a", False),
        ("key: 'a' # b", False),
        ("key:  # b", False),
        ("key: a\n  b # c", True),
        ("x: &a b\nkey: *a # c", False),
    ],
)
def test_whether_a_comment_cuts_an_unquoted_text(text: str, expected: bool) -> None:
    document = read(text, "a.yaml")

    assert document.comment_after(scalar(document)) is expected


def test_a_text_of_many_places_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []

    def counting(source: str, text: str) -> styles.Decoded | None:
        decoded.append(text)
        return styles.block(source, text)

    monkeypatch.setattr(places, "block", counting)
    lines = [f"word{number} x" for number in range(100)]
    document = read("key: |\n" + "".join(f"  {line}\n" for line in lines) + "other: |\n  a x\n", "a.yaml")
    node, other = scalar(document), scalar(document, "other")
    columns = [document.place(node, node.text.index(f"{line}\n")).line for line in lines]
    assert columns == list(range(2, 102))
    assert document.place(other, 2).column == 5
    assert document.place(node, 0).line == 2
    assert len(decoded) == 3


def test_a_long_text_is_compared_with_its_source_once(monkeypatch: pytest.MonkeyPatch) -> None:
    document = read(f"key: 'a {'b ' * 1000}'\n", "a.yaml")
    node, asked = scalar(document), iter(range(2))
    compare = places._written_as_it_is
    monkeypatch.setattr(places, "_written_as_it_is", lambda *given: next(asked) + (compare(*given) or 0))

    assert {document.place(node, offset).column for offset in range(0, 100, 2)} == set(range(7, 107, 2))
    assert next(asked) == 1
