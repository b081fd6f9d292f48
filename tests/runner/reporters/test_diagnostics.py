import json

import pytest

from steplane.diagnostics import Diagnostic, Edit, Fix, Related, Span
from steplane.reporters.diagnostics import render, summary

TEXT = "steplane: 1\nname: x\nsteps:\n  - id: build\n    run: make\n  - id: deploy\n    needs: [biuld, test]\n"


def place(line: int, column: int, length: int = 1, file: str = "release.yaml") -> Span:
    return Span(file, line, column, line, column + length)


UNKNOWN = Diagnostic(
    "unknown-step",
    "`needs` of `deploy` names `biuld`, which is not a step",
    place(7, 13, 5),
    label="did you mean `build`?",
    related=(Related(place(4, 9, 5), "declared here"),),
    fix=Fix("replace `biuld` with `build`", (Edit(place(7, 13, 5), "build"),)),
)


def test_full_shows_the_place_the_related_place_and_the_fix() -> None:
    text = "\n" * 13 + TEXT
    moved = Diagnostic(
        UNKNOWN.code,
        UNKNOWN.message,
        place(20, 13, 5),
        label=UNKNOWN.label,
        related=(Related(place(17, 9, 5), "declared here"), Related(place(9, 1), "empty")),
        help="a step names others by `id`",
        fix=UNKNOWN.fix,
    )

    assert render([moved], {"release.yaml": text}).splitlines() == [
        "error[unknown-step]: `needs` of `deploy` names `biuld`, which is not a step",
        "  --> release.yaml:20:13",
        "   |",
        "20 |     needs: [biuld, test]",
        "   |             ^^^^^ did you mean `build`?",
        "   |",
        " 9 |",
        "   | - empty",
        "   |",
        "17 |   - id: build",
        "   |         ----- declared here",
        "   = help: a step names others by `id`",
        "   = fix: replace `biuld` with `build`",
        "",
        "1 error",
    ]


def test_several_are_parted_and_counted() -> None:
    warning = Diagnostic("unused", "nothing uses `x`", place(2, 7), "warning")

    text = render([UNKNOWN, UNKNOWN, warning], {"release.yaml": TEXT})

    assert "\n\nwarning[unused]: nothing uses `x`\n --> release.yaml:2:7\n  |\n2 | name: x\n  |       ^\n" in text
    assert text.endswith("\n\n2 errors, 1 warning\n")
    assert summary([]) == ""
    assert render([], {}) == ""


def test_a_related_place_in_another_file_has_a_frame_of_its_own() -> None:
    found = Diagnostic(
        "unknown-input",
        "`call` gives `b`",
        place(1, 1, 8),
        related=(
            Related(place(1, 9, 1, "other.yaml"), "it takes `a`"),
            Related(place(2, 1, 1, "gone.yaml"), "and here"),
        ),
    )

    lines = render([found], {"release.yaml": TEXT, "other.yaml": "inputs: {a: {}}\n"}).splitlines()

    assert lines[1:12] == [
        " --> release.yaml:1:1",
        "  |",
        "1 | steplane: 1",
        "  | ^^^^^^^^",
        " ::: other.yaml:1:9",
        "  |",
        "1 | inputs: {a: {}}",
        "  |         - it takes `a`",
        " ::: gone.yaml:2:1",
        "  = and here",
        "",
    ]


@pytest.mark.parametrize(
    ("line", "span", "shown", "signs"),
    [
        ("\tx: y", place(1, 5, 1), "    x: y", "       ^"),
        ("名前: x", place(1, 1, 2), "名前: x", "^^^^"),
        ("名前: x", place(1, 5, 1), "名前: x", "      ^"),
        ("e\u0301: x", place(1, 4, 1), "e\u0301: x", "   ^".replace("   ", "  ") + ""),
        ("a: \x1b[31m", place(1, 4, 1), "a: \\u{1b}[31m", "   ^^^^^^"),
        ("a: \u202eb", place(1, 5, 1), "a: \\u{202e}b", "           ^"),
        ("a: b", place(1, 5, 0), "a: b", "    ^"),
        ("a: b", place(1, 90, 3), "a: b", "    ^"),
        ("a: b   ", Span("release.yaml", 1, 4, 3, 2), "a: b", "   ^"),
    ],
)
def test_marks_stand_below_what_they_mark(line: str, span: Span, shown: str, signs: str) -> None:
    lines = render([Diagnostic("code", "message", span)], {"release.yaml": f"{line}\n\nx\n"}).splitlines()

    assert lines[3] == f"1 | {shown}"
    assert lines[4] == f"  | {signs}"


def test_a_very_long_line_is_cut_around_the_place() -> None:
    line = "a: " + "x" * 5000 + "!" + "y" * 5000

    lines = render([Diagnostic("code", "message", place(1, 5004))], {"release.yaml": line}).splitlines()

    assert len(lines[3]) < 160
    assert lines[3].startswith("1 | …x")
    assert lines[3].endswith("y…")
    assert lines[3][lines[4].index("^")] == "!"


def test_concise_is_a_line_each() -> None:
    assert render([UNKNOWN], {}, "concise") == (
        "release.yaml:7:13: error[unknown-step]: `needs` of `deploy` names `biuld`, which is not a step; "
        "did you mean `build`?\n"
    )


def test_a_message_cannot_forge_a_line() -> None:
    forged = Diagnostic("code", "a\nb\x1b[2J\u202e", place(1, 1, 1, "x\n.yaml"))

    assert render([forged], {}, "concise") == "x .yaml:1:1: error[code]: a b\\u{1b}[2J\\u{202e}\n"


def test_json_is_data() -> None:
    assert json.loads(render([], {}, "json")) == {"diagnostics": []}
    (found,) = json.loads(render([UNKNOWN], {}, "json"))["diagnostics"]
    start, end = {"line": 7, "column": 13}, {"line": 7, "column": 18}
    assert found == {
        "code": "unknown-step",
        "severity": "error",
        "message": "`needs` of `deploy` names `biuld`, which is not a step",
        "label": "did you mean `build`?",
        "file": "release.yaml",
        "start": start,
        "end": end,
        "help": None,
        "fix": {
            "message": "replace `biuld` with `build`",
            "safe": True,
            "edits": [{"file": "release.yaml", "start": start, "end": end, "text": "build"}],
        },
        "related": [
            {
                "file": "release.yaml",
                "start": {"line": 4, "column": 9},
                "end": {"line": 4, "column": 14},
                "label": "declared here",
            }
        ],
    }


def test_colour_changes_nothing_but_the_looks() -> None:
    import re

    for name in ("full", "concise"):
        colored = render([UNKNOWN], {"release.yaml": TEXT}, name, color=True)
        assert "\x1b[1;31merror[unknown-step]\x1b[0m" in colored
        assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render([UNKNOWN], {"release.yaml": TEXT}, name)
