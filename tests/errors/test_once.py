"""Each mistake is said once, and a mend of one makes no other."""

import pytest
from tests.errors.mending import check, mended

HEAD = "steplane: 1\nsteps:\n"


def codes(text: str, *, mend: bool = False) -> list[str]:
    if mend:
        text = mended(text, "w.yaml", {})
    return [f"{one.code} {one.span.line}" for one in check(text, "w.yaml", {})]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steplane: 1\nSteps:\n  - run: x\n", ["key-case 2"]),
        ("steplane: 1\njobs: {}\n", ["habit 2"]),
        (
            ("steplane: 1\nx-s: &s\n  retry: {attemps: 3}\nsteps:\n  - {id: a, run: x, <<: *s}\n"
            "  - {id: b, run: x, <<: *s}\n  - {id: c, run: x, <<: *s}\n"),
            ["unknown-key 3"],
        ),
        ("steplane: 1\nsecrets: {key: {evn: KEY}}\nsteps: [{run: x}]\n", ["unknown-key 2"]),
        (f"{HEAD}  - {{id: r, race: {{a: {{wait: 3s, steps: [{{run: x}}]}}, b: {{wat: 3s, stps: [{{run: x}}]}}}}}}\n",
         ["unknown-key 3", "unknown-key 3"]),
        (f"{HEAD}  - {{id: a, run: x}}\n  - {{goto: a, if: run.id == 'x', mxa: 3}}\n", ["unknown-key 4"]),
        (f"{HEAD}  - {{id: w, wait: {{signl: x}}}}\n", ["unknown-key 3"]),
        (f"{HEAD}  - switch: [{{whne: run.id == 'x', steps: [{{run: x}}]}}, {{default: true, steps: [{{run: x}}]}}]\n",
         ["unknown-key 3"]),
        (f"{HEAD}  - uses: actions/checkout@v4\n", ["pattern 3"]),
        (f"{HEAD}  - uses: ${{{{ run.id }}}}\n", ["static 3"]),
        (f"{HEAD}  - {{uses: csv.read, with: [a]}}\n", ["wrong-kind 3"]),
        (f"{HEAD}  - {{id: s1, run: x}}\n  - run: echo \"${{{{ steps.s-1.status }}}}\"\n", ["unknown-step 4"]),
        ("steplane: 1\ninputs: {s: {type: string}}\nsteps:\n  - run: echo \"${{ -inputs.s }}\"\n",
         ["operands 4"]),
        ((f"{HEAD}  - switch: [{{when: run.id == 'x', steps: [{{id: a, run: x}}]}},\n"
         f"      {{default: true, steps: [{{run: \"${{{{ steps.a.outputs.stdout }}}}\"}}]}}]\n"),
         ["value-as-command 4", "not-upstream 4"]),
        ("steplane: 1\nmeasures: {m: {from: a.started, too: b.ended}}\nsteps: [{id: a1, run: x}]\n",
         ["unknown-step 2", "unknown-key 2", "unknown-step 2"]),
    ],
)  # fmt: skip
def test_once(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{HEAD}  - {{id: a, run: x}}\n  -\n  - {{id: b, run: ''}}\n", ["empty 4", "empty 5"]),
        (f"{HEAD}  - {{run: x, Run: y}}\n", ["key-case 3"]),
        ("steplane: 1\ninputs: {n: {type: string, patern: x, pattern: y}}\nsteps: [{run: x}]\n", ["unknown-key 2"]),
        (f"{HEAD}  - id: g\n    steps: [{{id: i, run: x}}]\n  - {{needs: {{i: ok, g: done}}, run: x}}\n",
         ["needs-across 5"]),
        ("steplane: 2\nsteps: [{run: x}]\n", ["newer-language 1"]),
        (f"{HEAD}  - {{id: a, run: x}}  # steplane: ignore[#, no-id]\n", []),
    ],
)  # fmt: skip
def test_a_mend_breaks_nothing(text: str, expected: list[str]) -> None:
    assert codes(text, mend=True) == expected


def test_a_path_that_is_asked_for_is_no_risk() -> None:
    output = "steps.a.outputs.stdout"
    text = f"""{HEAD}\
  - {{id: a, if: run.id == 'x', run: x}}
  - run: echo "${{{{ {output} if {output} is defined else 'n' }}}}"
  - {{if: {output} is defined and {output} == 'x', run: x}}
  - run: echo "${{{{ {output} | default('') ~ {output} }}}}"
  - id: b
    run: x
    rescue: [{{run: "echo ${{{{ steps.b.outputs.stdout }}}}"}}]
    finally: [{{run: "echo ${{{{ steps.b.outputs.stdout | default('') }}}}"}}]
"""
    assert codes(text) == ["may-be-missing 6", "may-be-missing 9"]


def test_files_that_call_each_other_without_an_end() -> None:
    def calling(file: str, more: str = "") -> str:
        return f"steplane: 1\nsteps:\n  - id: g\n    steps: [{{id: c, call: {file}{more}}}]\n"

    (found,) = check(calling("b.yaml"), "a.yaml", {"b.yaml": calling("a.yaml")})
    assert found.code == "endless-call"
    assert found.message == "this call goes round without an end: `a.yaml` calls `b.yaml` calls `a.yaml`, in every run"
    assert [one.span.file for one in found.related] == ["b.yaml"]
    (inner,) = check(calling("b.yaml"), "a.yaml", {"b.yaml": calling("b.yaml")})
    assert (inner.code, inner.span.file) == ("endless-call", "b.yaml")
    for more in (", if: run.id == 'x'", ", rescue: [{run: x}]", ", foreach: '${{ [1] }}'"):
        assert check(calling("b.yaml"), "a.yaml", {"b.yaml": calling("a.yaml", more)}) == []


@pytest.mark.parametrize(
    ("step", "count"),
    [
        ("run: 'echo \"${{ inputs.o }}\"'", 1),
        ("run: [echo, '${{ inputs.o }}']", 1),
        ("run: x\n    env: {A: '${{ inputs.o | upper }}'}", 1),
        ("uses: csv.read\n    with: {path: '${{ inputs.o }}'}", 1),
        ("foreach: ${{ inputs.l }}\n    run: x", 1),
        ("if: inputs.o != null\n    run: 'echo \"${{ inputs.o }}\"'", 0),
        ("run: 'echo \"${{ inputs.o | default(1) }} ${{ inputs.o if inputs.o is not none else 1 }}\"'", 0),
        ("run: 'echo \"${{ inputs.o | json }} ${{ [inputs.o] | json }}\"'", 0),
        ("uses: http.request\n    with: {url: 'https://x/', method: '${{ inputs.o }}'}", 0),
        ("parallel: {a: {if: inputs.o is not none, steps: [{run: 'x \"${{ inputs.o }}\"'}]}}", 0),
    ],
)  # fmt: skip
def test_an_optional_input_is_null_where_it_is_not_given(step: str, count: int) -> None:
    inputs = "{o: {type: string, optional: true}, l: {type: array, optional: true}}"
    text = f"steplane: 1\ninputs: {inputs}\nsteps:\n  - id: a\n    {step}\n"
    assert [one.code for one in check(text, "w.yaml", {})] == ["may-be-null"] * count
