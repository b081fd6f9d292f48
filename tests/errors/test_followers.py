"""One mistake is one finding, not what follows from it too; a mend mends, and where it cannot there is a remedy."""

import pytest
from tests.errors.mending import check, mended

URL = "inputs: {url: {type: string}}\nsteps:\n  - uses: http.request\n    with:\n      url: {}\n"
TEXTS = "inputs: {{a: {{enum: [x, y]}}}}\nsteps:\n  - {{id: a, if: {}, run: x}}\n"
NEEDS = "steps:\n  - {}\n  - {{id: b, needs: [a], run: x}}\n"
LOCKS = "steps:\n  - {{id: a, lock: {}, run: x}}\n  - {{id: b, lock: {}, run: x}}\n"


def said(text: str) -> list[str]:
    return [f"{one.code} {one.span.line}:{one.span.column}" for one in check(text, "w.yaml", {"w.yaml": text})]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (URL.replace("{}", "{{ url }}"), "unquoted-template 6:12"),
        ("title: {{ inputs.a }}\ninputs: {a: {type: string}}\nsteps: [{run: x}]\n", "unquoted-template 2:8"),
        ("inputs: {x: {type: string}}\nsteps:\n  - run: {{ x }}\n", "unquoted-template 4:10"),
        ('inputs: {r: {type: string}}\nsteps:\n  - {id: a, region: "${{ inputs.r }}", run: x}\n', "static 4:22"),
        (
            'inputs: {r: {}}\nsteps:\n  - id: a\n    run: x\n    matrix: {os: "${{ inputs.r }}", exclude: [{os: a}]}\n',
            "static 6:19",
        ),
        (
            "steps:\n  - id: a\n    matrix: {os: [a, b], py: [1], exclude: [{os: c, py: 2}]}\n    run: x\n",
            "exclude-nothing 4:50",
        ),
        (
            'inputs: {xs: {type: array}}\nsteps:\n  - run: echo ${% for x in inputs.xs %}"${{ x }}"${% endfor %}\n',
            "block-in-run 4:15",
        ),
        ('steps:\n  - id: a\n    run: x\n    uses: http.request\n    with: {url: "https://x/"}\n', "exclusive 5:5"),
        (
            'steps:\n  - {id: dup, run: x}\n  - id: dup\n    run: echo "${{ steps.dup.outputs.stdout }}"\n',
            "duplicate-id 4:9",
        ),
        ("x-s: &s {id: a, run: x}\nsteps:\n  - *s\n  - *s\n", "duplicate-id 2:14"),
        ("steps:\n  - {id: a, if: false, run: x}\n", "constant-condition 3:17"),
        (
            "inputs: {a: {}}\nInputs: {b: {}}\nsteps: [{run: 'x \"${{ inputs.a }}\" \"${{ inputs.b }}\"'}]\n",
            "key-case 3:1",
        ),
        ("steps: [{run: x, env: {1.50: b}}]\n", "key-not-text 2:24"),
        ("steps: [{run: x, env: {A\u200b: b}}]\n", "hidden-character 2:25"),
        ("steps:\n  - {id: a, signal: {name: go, too: x}}\n", "unknown-key 3:32"),
        ("steps:\n  - {id: a, run: x, matrix: {}}\n", "empty 3:21"),
        ("steps:\n  - {id: a, wait: {}}\n", "empty 3:13"),
        ("vars: {a: 1}\nvras: {b: 1}\nsteps: [{run: 'x ${{ vars.a }} ${{ vars.b }}'}]\n", "unknown-key 3:1"),
    ],
)  # fmt: skip
def test_one_mistake_is_one_finding(text: str, finding: str) -> None:
    assert said(f"steplane: 1\n{text}") == [finding]


def test_operators_of_other_languages_hide_no_wrong_name() -> None:
    step = "{id: a, if: inputs.a == 'x' && inputz.a, run: 'x \"${{ inputs.b || 1 }}\"'}"
    text = f"steplane: 1\ninputs: {{a: {{}}}}\nsteps:\n  - {step}\n"
    assert said(text) == [
        "foreign-operator 4:33", "unknown-name 4:36", "undeclared 4:66", "foreign-operator 4:68"
    ]  # fmt: skip


def test_a_called_file_that_is_no_workflow_is_told_at_the_call() -> None:
    main = "steplane: 1\nsteps:\n  - {id: c, call: data.yaml}\n"
    (found,) = check(main, "w.yaml", {"data.yaml": "rows: [1, 2]\nname: Prices of May\n"})
    assert (found.code, found.span.file, found.span.line) == ("call-target", "w.yaml", 3)
    assert "it holds no workflow" in found.message


def test_an_empty_section_that_expressions_name_is_not_taken_out() -> None:
    text = "steplane: 1\ninputs:\nsteps: [{run: 'x \"${{ inputs.a }}\"'}]\n"
    assert said(text) == ["empty 2:1"]
    assert mended(text, "w.yaml", {}) == text


def test_a_workflow_that_calls_itself_is_told_so() -> None:
    text = "steplane: 1\nsteps:\n  - {id: c, call: w.yaml}\n"
    (found,) = check(text, "w.yaml", {"w.yaml": text})
    assert (found.code, "calls itself" in found.message) == ("endless-call", True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NEEDS.format("{id: a, needs: {b: done}, run: x}"), NEEDS.format("{id: a, needs: [], run: x}")),
        (NEEDS.format("{id: a, needs: [b], run: x}"), NEEDS.format("{id: a, needs: [], run: x}")),
        (
            NEEDS.format("id: a\n    needs:\n      - b\n    run: x"),
            NEEDS.format("id: a\n    needs: []\n    run: x"),
        ),
        (
            NEEDS.format("id: a\n    needs:\n      b: done\n    run: x"),
            NEEDS.format("id: a\n    needs: []\n    run: x"),
        ),
        (
            NEEDS.format("id: a\n    needs: {a: ok, c: done}\n    run: x\n  - {id: c, needs: [], run: x}"),
            NEEDS.format("id: a\n    needs: {c: done}\n    run: x\n  - {id: c, needs: [], run: x}"),
        ),
        (
            "steps:\n  - id: p\n    parallel:\n      q:\n        - {id: a, needs: {a: failed}, run: x}\n",
            "steps:\n  - id: p\n    parallel:\n      q:\n        - {id: a, needs: [], run: x}\n",
        ),
        (LOCKS.format("db", "{name: db, limit: 3}"), LOCKS.format("db", "{name: db, limit: 1}")),
        (LOCKS.format("{name: db, limit: 3}", "db"), LOCKS.format("{name: db, limit: 3}", "{name: db, limit: 3}")),
        (URL.replace("{}", "{{ url }}"), URL.replace("{}", "${{ inputs.url }}")),
        (TEXTS.format("inputs.a == 'x' AND run.id != ''"), TEXTS.format("inputs.a == 'x' and run.id != ''")),
    ],
)
def test_a_mend_mends_just_that(text: str, expected: str) -> None:
    text, expected = f"steplane: 1\n{text}", f"steplane: 1\n{expected}"
    assert len(said(text)) == 1
    assert mended(text, "w.yaml", {}) == expected
    assert said(expected) == []


@pytest.mark.parametrize(
    "condition",
    ["inputs.a is zqwk", "inputs.a | zqwk == 'x'", "inputs.a.b == 'x'", "inputs.a | upper(3) == 'x'",
     "inputs.a | sum == 1", "inputs.a | regex_match('(')", "inputs.a == 'nothing'", "inputs.a == 3",
     "inputs.a run.id", "inputs.a == (run.id", "inputs.a =="],
)  # fmt: skip
def test_each_has_a_remedy(condition: str) -> None:
    (found,) = check(f"steplane: 1\n{TEXTS.format(condition)}", "w.yaml", {})
    assert found.help or found.fix
