"""One syntax error does not hide the rest of the file."""

# ruff: noqa: E501 - a file, what is said of it and what is read of it stand on one line

import pytest

from steplane.source import Document, Mapping, Sequence, plain, read

TEXT = """\
steplane: 1
name: x
steps:
  - id: one
    run: echo
    env:
      A: @x
      B: 1
      B: 2
  - id: two
    if: a: b
    run: |
      x
     y
      z
  - id: three
    needs: [two
"""


def codes(document: Document) -> list[tuple[str, int, int]]:
    return [(one.code, one.span.line, one.span.column) for one in document.diagnostics]


def test_every_syntax_error_is_told_and_the_healthy_rest_is_read() -> None:
    document = read(TEXT, "a.yaml")

    assert codes(document) == [
        ("reserved-start", 7, 10),
        ("duplicate-key", 9, 7),
        ("colon-in-value", 11, 10),
        ("block-indentation", 14, 6),
        ("unclosed-bracket", 17, 12),
    ]
    assert document.root is not None
    assert plain(document.root) == {
        "steplane": 1,
        "name": "x",
        "steps": [
            {"id": "one", "run": "echo", "env": {"A": "@x", "B": 1}},
            {"id": "two", "if": "a: b", "run": "x\n"},
            {"id": "three", "needs": ["two"]},
        ],
    }


def test_the_step_around_a_mistake_is_broken_and_the_others_are_not() -> None:
    document = read(TEXT.replace("A: @x", "A: x").replace("    needs: [two\n", ""), "a.yaml")
    assert isinstance(document.root, Mapping)
    steps = document.root.get("steps")
    assert isinstance(steps, Sequence)

    assert [document.is_broken(step.span) for step in steps.items] == [False, True, False]
    assert document.is_broken(document.root.span)


def test_the_text_of_the_file_stays_as_it_is() -> None:
    document = read("a: @x\nb: 1\n", "a.yaml")

    assert document.text == "a: @x\nb: 1\n"
    assert document.lines == ("a: @x", "b: 1", "")


def test_a_list_in_brackets_is_left_out_as_a_whole() -> None:
    document = read("a: [\n  '1'\n  'y',\n  z\n]\nb: 1\n", "a.yaml")

    assert codes(document) == [("bracket", 3, 3)]
    assert document.root is not None
    assert plain(document.root) == {"b": 1}


@pytest.mark.parametrize(
    ("text", "expected", "value"),
    [
        ("a: [\n  1,\n  'x' y,\n  z\n]\nb: 1\n", [("text-after-quote", 3, 7)], {"a": [1, "'x' y", "z"], "b": 1}),
        ("a: |\n  \u00a0x\nb:\n\u00a0 c: 1\n", [("hidden-character", 4, 1)], {"a": "\u00a0x\n", "b": {"c": 1}}),
        ("a: {b: @x, c: %y}\n", [("reserved-start", 1, 8), ("reserved-start", 1, 15)], {"a": {"b": "@x", "c": "%y"}}),
        ('a: {b: "\\q", c: "\\w z"}\n', [("bad-escape", 1, 9), ("bad-escape", 1, 18)], {"a": {"b": "\\q", "c": "\\w z"}}),
        ('a: {b: "x}\nc: "y\nd: z\n', [("unclosed-quote", 1, 8), ("unclosed-quote", 2, 4)], {"a": {"b": '"x'}, "c": '"y', "d": "z"}),
        ('a: {b: "x: y, c: z}\nd: 1\n', [("unclosed-quote", 1, 8)], {"d": 1}),
        ("a: {b: 'x' y, c: z}\nd: \"x\" y\n", [("text-after-quote", 1, 12), ("text-after-quote", 2, 8)], {"a": {"b": "'x' y", "c": "z"}, "d": '"x" y'}),
        ('a: [ "$x" = y ] || make\nb: 1\n', [("text-after-quote", 1, 11)], {"a": '[ "$x" = y ] || make', "b": 1}),
        ("a: b: c\nd: {e: !x!y z}\n", [("colon-in-value", 1, 5), ("tag", 2, 8)], {"a": "b: c", "d": {"e": "!x!y z"}}),
        ("a: [1, }, 2]\nb: 1\n", [("bracket", 1, 8)], {"b": 1}),
        ("%TAG !\n---\na: 1\n", [("reserved-start", 1, 1)], {"a": 1}),
        ("%TAG ! x\na: 1\n", [("reserved-start", 1, 1)], {"a": 1}),
        ("a: 1\n%TAG ! x\nb: 1\n", [("reserved-start", 2, 1)], {"a": 1, "b": 1}),
        ("%YAML 3.0\n---\na: 1\n", [("reserved-start", 1, 1)], {"a": 1}),
    ],
)  # fmt: skip
def test_a_value_that_yaml_cannot_read_is_read_as_its_text(text: str, expected: object, value: object) -> None:
    document = read(text, "a.yaml")
    assert codes(document) == expected
    assert document.root is not None
    assert plain(document.root) == value


def test_what_may_follow_from_the_first_mistake_is_not_told() -> None:
    document = read("steps:\n  - id: a\n    run: |\n      x\n   y\n   z\n  - id: b\n    run: x\n", "a.yaml")

    assert len(document.diagnostics) == 1
    assert document.root is not None
    assert plain(document.root) == {"steps": [{"id": "a", "run": "x\n"}, {"id": "b", "run": "x"}]}


def test_a_first_key_that_is_indented_is_one_mistake() -> None:
    document = read(" steplane: 1\nname: x\nsteps:\n  - run: x\n", "a.yaml")

    assert codes(document) == [("indentation", 2, 1)]


@pytest.mark.parametrize(
    ("count", "told", "last"),
    [(100, 100, ("reserved-start", 100, 7)), (101, 101, ("too-many-mistakes", 101, 7))],
)
def test_that_there_are_more_mistakes_than_are_looked_for_is_told(
    count: int, told: int, last: tuple[str, int, int]
) -> None:
    document = read("".join(f"k{number:03}: @x\n" for number in range(count)), "a.yaml")

    assert len(document.diagnostics) == told
    assert codes(document)[-1] == last
    assert (document.root is None) == (count > 100)


def test_in_a_large_file_fewer_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steplane.source.recovery.RECOVERY_CHARACTERS", 10)

    assert codes(read("a: 1\nb: @x\nc: @y\n", "a.yaml")) == [("reserved-start", 2, 4), ("too-many-mistakes", 3, 4)]
    assert codes(read("a: 1\nb: @x\nc: y\n", "a.yaml")) == [("reserved-start", 2, 4)]
