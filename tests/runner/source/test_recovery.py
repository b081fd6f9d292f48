"""One syntax error does not hide the rest of the file."""

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
            {"id": "one", "run": "echo", "env": {"B": 1}},
            {"id": "two", "run": "x\n"},
            {"id": "three"},
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
    document = read("a: [\n  1,\n  'x' y,\n  z\n]\nb: 1\n", "a.yaml")

    assert codes(document) == [("text-after-quote", 3, 7)]
    assert document.root is not None
    assert plain(document.root) == {"b": 1}


def test_what_may_follow_from_the_first_mistake_is_not_told() -> None:
    document = read("steps:\n  - id: a\n    run: |\n      x\n   y\n   z\n  - id: b\n    run: x\n", "a.yaml")

    assert len(document.diagnostics) == 1
    assert document.root is not None
    assert plain(document.root) == {"steps": [{"id": "a", "run": "x\n"}, {"id": "b", "run": "x"}]}


def test_a_first_key_that_is_indented_is_one_mistake() -> None:
    document = read(" steplane: 1\nname: x\nsteps:\n  - run: x\n", "a.yaml")

    assert codes(document) == [("indentation", 2, 1)]
