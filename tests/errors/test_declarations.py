"""What is declared wrongly is said once, where it stands, and not at each use of the name."""

import pytest
from tests.errors.mending import check, mended

USES = 'steps:\n  - run: echo "${{ inputs.a }} ${{ inputs.b }}"\n'
VARIABLES = USES.replace("inputs", "vars")
SECRET = 'steps:\n  - {run: x, env: {A: "${{ secrets.a }}"}}\n'
STEP = 'steps:\n  - id: s\n    run: x\n    {}\n  - run: echo "${{{{ steps.s.outputs.a }}}}"\n'
INNER = 'steps:\n  - id: g\n    {}\n  - run: echo "${{{{ steps.inner.outputs.stdout }}}}"\n'
DASHED = 'inputs: {{{}: {{type: string}}}}\nsteps:\n  - run: echo "${{{{ inputs.first-name }}}}"\n'
TESTED = "steps:\n  - {id: a, run: x}\n  - {id: test, run: x}\n"
LOOP = 'steps:\n  - {}\n    id: each\n    concurrency: 2\n    run: echo "${{{{ {} }}}} ${{{{ loop.index }}}}"\n'


def said(text: str) -> list[str]:
    found = check(f"steplane: 1\n{text}", "w.yaml", {})
    return [f"{one.code} {one.span.line}:{one.span.column}" for one in found]


def said_when_mended(text: str) -> list[str]:
    whole = mended(f"steplane: 1\n{text}", "w.yaml", {})
    return [f"{one.code} {one.span.line}" for one in check(whole, "w.yaml", {})]


@pytest.mark.parametrize(
    ("text", "finding", "left"),
    [
        (f"Inputs: {{a: {{type: string}}, b: {{type: string}}}}\n{USES}", "key-case 2:1", []),
        (f"input: {{a: {{type: string}}, b: {{type: string}}}}\n{USES}", "habit 2:1", ["habit 2"]),
        (f"inpust: {{a: {{type: string}}, b: {{type: string}}}}\n{USES}", "unknown-key 2:1", []),
        (f"inputs: a\n{USES}", "wrong-kind 2:9", ["wrong-kind 2"]),
        (f"inputs:\n  a: {{type: string\n  b: {{type: string}}\n{USES}", "unclosed-bracket 3:6", []),
        (f"inputs:\n  a: {{type: 'string}}\n  b: {{type: string}}\n{USES}", "unclosed-quote 3:13", None),
        (f"inputs: {{a: {{type: @string}}, b: {{type: string}}}}\n{USES}", "reserved-start 2:20", None),
        (f"variables: {{a: 1, b: 2}}\n{VARIABLES}", "habit 2:1", []),
        (f"Vars: {{a: 1, b: 2}}\n{VARIABLES}", "key-case 2:1", []),
        (f"vars: [a, b]\n{VARIABLES}", "wrong-kind 2:7", ["wrong-kind 2"]),
        (f'vars:\n  a: "\\d"\n  b: 3\n{VARIABLES}', "bad-escape 3:7", []),
        (f"vars:\n  a: @x\n  b: 3\n{VARIABLES}", "reserved-start 3:6", []),
        (f"secrets: {{a: {{envv: A}}}}\n{SECRET}", "unknown-key 2:15", []),
        (f"secrets: {{a: {{Env: A}}}}\n{SECRET}", "key-case 2:15", []),
        (f"secrets: {{a: {{env: 'A}}}}\n{SECRET}", "unclosed-quote 2:20", None),
        (STEP.format("output: {a: 1}"), "habit 5:5", ["habit 5"]),
        (STEP.format("outputs: a"), "wrong-kind 5:14", []),
        (STEP.format("outputs: [a"), "unclosed-bracket 5:14", []),
        (STEP.format('outputs: {a: "\\d"}'), "bad-escape 5:19", None),
        (DASHED.format("first-name"), "pattern 2:10", []),
        (DASHED.format("first_name"), "undeclared 4:27", []),
        ('steps:\n  - {id: my-step, run: x}\n  - run: echo "${{ steps.my-step.status }}"\n', "pattern 3:10", []),
        ("steps:\n  - {id: my_step, run: x}\n  - {if: steps.my-step.status == 'x', run: y}\n", "unknown-step 4:16",
         None),
        (LOOP.format("forech: ['a', b]\n    as: host", "host"), "unknown-key 3:5", []),
        (LOOP.format("for_each: ['a', b]\n    key: ${{ item }}", "item"), "habit 3:5", []),
        (LOOP.format("withItems: ['a', b]", "item"), "habit 3:5", []),
        (LOOP.format("matrx: {os: [a, b]}", "matrix.os"), "unknown-key 3:5", []),
        (LOOP.format("matrix: [a, b]", "matrix.os"), "wrong-kind 3:13", ["wrong-kind 3"]),
        (INNER.format("stps: [{id: inner, run: x}]"), "unknown-key 4:5", []),
        (INNER.format("paralel: {a: [{id: inner, run: x}]}"), "unknown-key 4:5", []),
        (INNER.format("swich: [{default: true, steps: [{id: inner, run: x}]}]"), "unknown-key 4:5", []),
        ("teps:\n  - {id: a, run: x}\n  - {id: b, run: x}\nrules: [{precedence: [a, b]}]\n", "unknown-key 2:1", []),
        (
            f"{TESTED}  - {{needs: [tset], run: 'echo \"${{{{ steps.test.outputs.stdout }}}}\"'}}\n",
            "unknown-step 5:14", [],
        ),
    ],
)  # fmt: skip
def test_a_use_of_what_is_declared_wrongly_is_no_mistake(text: str, finding: str, left: list[str] | None) -> None:
    assert said(text) == [finding]
    if left is not None:
        assert [one for one in said_when_mended(text) if not one.startswith("no-id")] == left


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Inputs: {{a: {{type: string}}}}\n{USES}", ["key-case 2:1", "undeclared 4:43"]),
        (f"inputs:\n  a: {{type: 'string}}\n  c: {{type: string}}\n{USES}", ["unclosed-quote 3:13", "undeclared 6:43"]),
        (f"secrets: {{b: {{envv: A}}}}\n{SECRET}", ["unknown-key 2:15", "undeclared 4:36"]),
        (STEP.format("output: {b: 1}"), ["habit 5:5", "unknown-output 6:36"]),
        (INNER.format("stps: [{id: outer, run: x}]"), ["unknown-key 4:5", "unknown-step 5:26"]),
        (LOOP.format("forech: [a, b]", "itm"), ["unknown-key 3:5", "unknown-name 6:20"]),
    ],
)
def test_a_name_that_no_part_can_declare_is_one_all_the_same(text: str, expected: list[str]) -> None:
    assert said(text) == expected


VALUE = 'value: "${{ result.stdout }}"'


@pytest.mark.parametrize(
    ("output", "finding", "mended_to"),
    [
        (f"{VALUE}, type: strng", "enum", f"{VALUE}, type: string"),
        (f"{VALUE}, scret: true", "unknown-key", f"{VALUE}, secret: true"),
        (f"{VALUE}, secret: yes", "old-boolean", f"{VALUE}, secret: true"),
        (f"{VALUE}, minimum: low", "wrong-kind", ""),
        (f"{VALUE}, items: {{type: nothing}}", "enum", ""),
        (f"{VALUE}, pattern: '('", "bad-schema", ""),
        (f"{VALUE}, format: emial", "unknown-format", f"{VALUE}, format: email"),
        (f"{VALUE}, type: integer", "wrong-kind", ""),
        ("value: [a], type: array, items: {type: strng}", "enum", "value: [a], type: array, items: {type: string}"),
        ("value: x, minLength: '1'", "wrong-kind", "value: x, minLength: 1"),
    ],
)
@pytest.mark.parametrize("owner", ["step", "workflow"])
def test_a_typed_output_is_held_to_the_rules_of_an_input(owner: str, output: str, finding: str, mended_to: str) -> None:
    def text(one: str) -> str:
        if owner == "step":
            return f"steplane: 1\nsteps:\n  - id: a\n    run: x\n    outputs: {{x: {{{one}}}}}\n"
        one = one.replace("result.", "steps.a.outputs.")
        return f"steplane: 1\nsteps:\n  - {{id: a, run: x}}\noutputs: {{x: {{{one}}}}}\n"

    assert [one.code for one in check(text(output), "w.yaml", {})] == [finding]
    if mended_to:
        assert mended(text(output), "w.yaml", {}) == text(mended_to)
        assert check(text(mended_to), "w.yaml", {}) == []


def test_a_mapping_without_a_value_is_a_value() -> None:
    assert said('steps:\n  - {id: a, run: x, outputs: {x: {tpye: b, unit: "${{ result.stdout }}"}}}\n') == []


def test_a_wrong_schema_in_a_called_file_takes_anything() -> None:
    child = "steplane: 1\ninputs: {a: {type: strng}}\nsteps: [{run: x}]\noutputs: {x: {value: 3, type: strng}}\n"
    main = 'steplane: 1\nsteps:\n  - {id: c, call: b.yaml, with: {a: 3}}\n  - run: echo "${{ steps.c.outputs.x }}"\n'
    found = check(main, "a.yaml", {"b.yaml": child})
    assert [f"{one.code} {one.span.file}:{one.span.line}" for one in found] == ["enum b.yaml:2", "enum b.yaml:4"]
