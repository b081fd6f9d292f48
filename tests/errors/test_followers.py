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
        ("steps:\n  - {id: a, foreach: [1], ass: file, run: 'x \"${{ file }}\"'}\n", "unknown-key 3:27"),
        ("steps:\n  - {id: a, comand: x}\n", "habit 3:13"),
        ("steps:\n  - {id: a, shell: x}\n", "habit 3:13"),
        ("steps:\n  - {id: a, uses: shell, with: [a]}\n", "wrong-kind 3:32"),
        ("steps:\n  - {id: a, uses: shell, with: echo}\n", "wrong-kind 3:32"),
        (
            "steps:\n  - {id: b, forech: [1], run: x}\n  - run: x ${{ steps.b.instances | length }}\n",
            "unknown-key 3:13",
        ),
        (
            "steps:\n  - {id: a, run: x, wiht: {capture: json}}\n  - run: x \"${{ steps.a.outputs.json }}\"\n",
            "unknown-key 3:21",
        ),
        ("steps:\n  - {ids: c, run: x}\n  - run: x \"${{ steps.c.outputs.stdout }}\"\n", "unknown-key 3:6"),
        ("inputs: {v: {}}\nsteps: [{run: 'x ${{ inputs.keys() }} ${{ inputs.v }}'}]\n", "expression-syntax 3:29"),
        ("inputs: {w: {type: number, default: 1e400}}\nsteps: [{run: 'x ${{ inputs.w }}'}]\n", "number 2:37"),
        ("name: a\0b\nsteps: [{run: x}]\n", "control-character 2:8"),
        ("steps:\n  - {id: a, run: x, retry: 3, delay: 5s}\n", "wrong-level 3:31"),
        ("steps:\n  - {id: a, run: x, max_attempts: 3}\n", "habit 3:21"),
        ("steps:\n  - {id: a, run: x, retry: {max: 3}}\n", "habit 3:29"),
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


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("teps:\n  - {id: a, rnu: 'x ${{ zz }}'}\n", ["unknown-key 2:1", "unknown-key 3:13", "unknown-name 3:25"]),
        ("steps:\n  - {id: a, stps: [{run: x, tiemout: 3s}]}\n", ["unknown-key 3:13", "unknown-key 3:29"]),
        ("steps:\n  - {id: a, run: x, depends_on: [zz]}\n", ["habit 3:21", "unknown-step 3:34"]),
        ("steps:\n  - {id: a, run: x, tiemout: soon}\n", ["unknown-key 3:21", "pattern 3:30"]),
        ("steps:\n  - {id: a, run: x, retry: 3, retires: soon}\n", ["unknown-key 3:31"]),
        ("steps:\n  - {id: a, uses: csv.read, with: {path: a}, rnu: 'x ${{ zz }}'}\n", ["unknown-key 3:46"]),
    ],
)
def test_a_misspelt_key_hides_nothing_below_it(text: str, findings: list[str]) -> None:
    assert said(f"steplane: 1\n{text}") == findings


@pytest.mark.parametrize(
    ("child", "code"),
    [
        ("imputs: {x: {}}\noutputs: {o: 1}", "unknown-key"),
        ("inputs: [x]\noutputs: {o: 1}", "wrong-kind"),
        ("inputs: {x: {type: nmuber}}\noutputs: {o: 1}", "enum"),
        ("inputs: {x: {}}\noutpust: {o: 1}", "unknown-key"),
    ],
)
def test_what_a_called_file_declares_wrongly_is_told_there(child: str, code: str) -> None:
    main = 'steplane: 1\nsteps:\n  - {id: c, call: kid.yaml, with: {x: z}}\n  - run: x "${{ steps.c.outputs.o }}"\n'
    found = check(main, "w.yaml", {"kid.yaml": f"steplane: 1\n{child}\nsteps: [{{run: x}}]\n"})
    assert [(one.code, one.span.file, one.span.line) for one in found] == [(code, "kid.yaml", found[0].span.line)]


def test_what_other_tools_call_the_inputs_of_a_call_counts_as_them() -> None:
    main = "steplane: 1\nsteps:\n  - {id: c, call: kid.yaml, inputs: {x: 1}}\n"
    kid = "steplane: 1\ninputs: {x: {}}\nsteps: [{run: 'x \"${{ inputs.x }}\"'}]\n"
    assert [one.code for one in check(main, "w.yaml", {"kid.yaml": kid})] == ["habit"]


def test_of_two_similar_keys_the_one_that_takes_the_value_is_meant() -> None:
    assert mended("steplane: 1\nsteps: [{id: a, wiat: 5s}]\n", "w.yaml", {}).endswith("wait: 5s}]\n")
    assert mended("steplane: 1\nsteps: [{id: a, run: x, wiht: {}}]\n", "w.yaml", {}).endswith("with: {}}]\n")


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
