import pytest
from tests.runner.checks.support import check, check_steps, codes, said

from steplane.checks import check_workflow
from steplane.checks.release import TOP
from steplane.schema import read_schema
from steplane.source import read


def test_an_id_is_unique_in_the_whole_file() -> None:
    found = check_steps("""
        - id: build
          parallel:
            linux: [{id: compile, run: make}]
            macos: [{id: compile, run: make}]
        - {id: build, run: make}
    """)
    assert said(found) == [
        "duplicate-id 6:20 the id `compile` is given twice: an id is unique in the file",
        "duplicate-id 7:10 the id `build` is given twice: an id is unique in the file",
    ]
    assert found[0].related[0].span.line == 5


def test_an_id_that_is_none_gets_a_spelling_that_is() -> None:
    (found,) = check_steps("- {id: Build-Image, run: make}")
    assert found.code == "pattern"
    assert found.fix is not None
    assert found.fix.edits[0].text == "build_image"


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        ("inputs: {n: {type: integer, default: x}}\n", ["bad-default"]),
        ("inputs: {n: {enum: [a, b], default: c}}\n", ["bad-default"]),
        ("inputs: {n: {type: string, default: 8080}, m: {type: string, default: -1.5}, o: {default: 1.10}}\n", []),
        ("inputs: {n: {type: string, default: 1.10}, m: {type: string, default: 012}}\n", ["unquoted-number"] * 2),
        ("inputs: {n: {type: array, items: {type: string}, default: [1, 2.50, a]}}\n", ["unquoted-number"]),
        ("inputs: {n: {enum: ['1', '2'], default: 1}, m: {enum: ['1', '2'], default: 3}}\n", ["bad-default"]),
        ("inputs: {n: {type: string, default: 8080, minLength: 5}}\n", ["bad-default"]),
        ("inputs: {n: {type: string, default: true}, m: {type: [string, integer], default: 3}}\n", ["bad-default"]),
        ("inputs: {n: {$ref: '#/$defs/t', $defs: {t: {type: string}}, default: 3}}\n", []),
        ("outputs: {n: {value: 3, type: string}, m: {value: [1, 2], type: array, items: {type: string}}}\n", []),
        ("outputs: {n: {value: 1e3, type: string}}\n", ["unquoted-number"]),
        ("inputs: {n: {type: integer, default: 1, optional: true}}\n", ["optional-default"]),
        ("inputs: {n: {type: string, pattern: '('}}\n", ["bad-schema"]),
        ("inputs: {n: {$ref: '#/$defs/none'}}\n", ["bad-schema"]),
        ("inputs: {n: {$ref: 'https://example.org/x.json'}}\n", ["pattern"]),
        ("inputs: {n: {type: strng, default: 1}}\n", ["enum"]),
        ("inputs: {n: {type: string, format: duration, default: 1x}}\n", ["bad-default"]),
        ("inputs: {n: {type: [integer, 'null'], default: null}}\n", []),
        ("inputs: {n: {env: STEPLANE_X}}\n", ["reserved-env"]),
        ("env: {STEPLANE_STEP: x}\n", ["reserved-env"]),
        ("env: {1X: x}\n", ["pattern"]),
        ("env: {X: [1]}\n", ["wrong-kind"]),
        ("inputs: {l: {type: array, default: []}}\nenv: {X: '${{ inputs.l }}'}\n", ["wrong-kind"]),
        ("inputs: {n: {type: string, format: dat-time}}\n", ["unknown-format"]),
        ("inputs: {n: {type: array, items: {type: string, format: zip}}}\n", ["unknown-format"]),
        ("inputs: {n: {type: object, properties: {format: {type: string, format: uri}}}}\n", []),
        (
            "inputs: {n: {type: string, enum: [1, b, 2], default: 1}, m: {type: number, enum: [1, 2.5]}}\n",
            ["bad-schema"] * 2,
        ),
        ("timezone: Mars/Base\n", ["unknown-timezone"]),
        ("timezone: ../passwd\n", ["unknown-timezone"]),
        ("timezone: America\n", ["unknown-timezone"]),
        ("timezone: Europe/Berlin\n", []),
        ("outputs: [a, a]\n", ["duplicate-output"]),
        ("inputs: {n: {type: string, default: '${{ run.id }}'}}\n", ["static"]),
        ("inputs: {n: {type: array, default: [{a: 'x ${{ 1 }}'}]}}\n", ["static"]),
        ("timeout: 0s\n", ["zero-duration"]),
        ("timeout: 30\n", ["pattern"]),
        ("timeout: 30m1h\n", ["duration"]),
        ("secrets: {a: {provider: vault, key: x}}\n", ["not-in-this-release"]),
        ("secrets: {a: {env: A, file: b}}\n", ["exclusive"]),
    ],
)
def test_the_top_of_a_file(top: str, expected: list[str]) -> None:
    assert codes(check_steps("- run: 'true'", top)) == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("- {switch: [{when: inputs.go, steps: [{run: 'true'}]}]}", ["switch-without-default"]),
        ("- {end: succeeded}\n- {run: 'true'}\n- {run: 'true'}", ["unreachable"]),
        ("- {end: succeeded}\n- {run: 'true', needs: []}", []),
        ("- {if: inputs.go, end: succeeded}\n- {run: 'true'}", []),
        ("- {if: inputs.go, goto: last, max: 1}\n- {end: succeeded}\n- {id: last, run: 'true'}", []),
        ("- {id: a, run: 'true'}\n- {if: inputs.go, goto: a, max: 3}", []),
        ("- {id: a, run: 'true'}\n- {goto: a, max: 3}", ["endless-goto"]),
        ("- {id: a, run: 'true'}\n- {if: inputs.go, goto: b, max: 1}\n- {goto: a, max: 3}\n- {id: b, run: x}", []),
        ("- {id: a, run: 'true'}\n- {if: inputs.go, goto: a}", ["missing-key"]),
        ("- {id: a, if: inputs.go, goto: a, max: 3}", ["goto-itself"]),
        ("- {id: a, run: 'true'}\n- {goto: b, max: 3}", ["unknown-step"]),
        ("- {id: a, steps: [{id: b, run: 'true'}]}\n- {if: inputs.go, goto: b, max: 3}", ["goto-across"]),
        ("- {id: a, run: 'true'}\n- {id: each, foreach: [1], goto: a, max: 3, if: inputs.go}", ["exclusive"]),
        ("- {id: a, run: 'echo ${{ steps.b.status }}'}\n- {id: b, run: x}\n- {if: inputs.go, goto: a, max: 3}", []),
        ("- {collect: 2, run: 'true'}", ["missing-companion"]),
        ("- {split: 0, run: 'true'}", ["range"]),
        ("- {id: each, foreach: [1], as: steps, run: 'true'}", ["reserved-name"]),
        ("- {id: each, foreach: [1], steps: [{id: inner, foreach: [2], run: 'true'}]}", ["shadowed-name"]),
        ("- {id: each, foreach: '${{ inputs.word }}', run: 'true'}", ["wrong-kind"]),
        ("- {id: each, foreach: inputs.word, run: 'true'}", ["wrong-kind"]),
        ("- {id: each, foreach: [1, 2], key: same, run: 'true'}", ["same-key"]),
        ("- {id: each, foreach: [1, 2], concurrency: 0, run: 'true'}", ["range"]),
        ("- {id: each, foreach: [1, 2], max_failures: 101%, run: 'true'}", ["pattern"]),
        ("- {id: each, matrix: {os: [a, b], exclude: [{so: a}]}, run: 'true'}", ["unknown-axis"]),
        ("- {id: each, matrix: {os: [a, b], exclude: [{os: c}]}, run: 'true'}", ["exclude-nothing"]),
        ("- {lock: a, steps: [{lock: a, run: 'true'}]}", ["lock-held"]),
        ("- {lock: a, run: 'true'}\n- {lock: {name: a, limit: 2}, run: 'true'}", ["lock-limit"]),
        ("- {id: a, foreach: [1], cache: {files: ['${{ item }}'], outputs: ['${{ item }}']}, run: x}", ["static"] * 2),
        ("- {if: inputs.word, run: 'true'}", ["not-boolean"]),
        ("- {if: '${{ inputs.go }}', run: 'true'}", ["wrapped-condition"]),
        ("- {if: inputs.word ==, run: 'true'}", ["expression-syntax"]),
        ("- {run: \"echo '${{ inputs.word }}'\"}", ["expression-in-single-quotes"]),
        ("- {run: 'eval ${{ inputs.word }}'}", ["shell-evaluates-value"]),
        ("- {run: '${% if x %}a${% endif %}'}", ["block-in-run"]),
        ("- {run: 'print(${{ inputs.word }})', with: {shell: [python3]}}", ["foreign-shell"]),
    ],
)
def test_steps(steps: str, expected: list[str]) -> None:
    top = "inputs: {go: {type: boolean, default: true}, word: {type: string, default: x}}\n"
    assert codes(check_steps(steps, top)) == expected


CHOICES = """
inputs:
  size: {type: string, enum: [s, m]}
  maybe: {enum: [s, 1], optional: true}
  go: {type: boolean, default: true}
  word: {type: string, default: x}
"""
EXAMPLE = ", as where `inputs.go` is `false` and `inputs.size` is `m` and `inputs.maybe` is `1`"
NO_DEFAULT = "`switch` of step `a` has no default: it fails when no arm holds"


@pytest.mark.parametrize(
    ("arms", "expected"),
    [
        (["inputs.size == 's'", "inputs.size == 'm'"], None),
        (["inputs.size == 's'", "inputs.size != 's'"], None),
        (["inputs.go", "not inputs.go"], None),
        (["inputs.size in ['s', 'm']"], None),
        (["inputs.word == 'u'", "inputs.go", "not inputs.go"], None),
        (["inputs.go and inputs.size == 's'", "not inputs.go or inputs.size == 'm'"], None),
        (["inputs.maybe == 's'", "inputs.maybe == 1", "inputs.maybe is none"], None),
        (["inputs.maybe == 's'", "inputs.maybe == 1"], ", as where `inputs.maybe` is `null`"),
        (
            ["inputs.go and inputs.size == 's'", "not inputs.go"],
            ", as where `inputs.go` is `true` and `inputs.size` is `m`",
        ),
        (["inputs.word == 'u'", "inputs.size == 's'"], ""),
        (["inputs.word == 'u'", "inputs.word != 'u'"], ""),
        (["steps.first.status == 'succeeded'", "steps.first.status == 'failed'"], ""),
        (["(inputs.maybe | default(1)) == 's'", "inputs.go", "not inputs.go"], None),
        (["inputs.size > 3", "inputs.go"], ", as where `inputs.size` is `s` and `inputs.go` is `false`"),
        (["inputs.go", "not inputs.go", "inputs.size =="], None),
        (["inputs.go", "inputs.size == 's'", "inputs.maybe == 's'"], EXAMPLE),
        (["inputs.go and ('x' * 9000000) != ''", "not inputs.go"], ""),
        ([f"inputs.size == 's' and inputs.go and 'a' != '{'b' * 9000}'", "inputs.size == 'm'"], ""),
    ],
)
def test_whether_the_arms_of_a_switch_take_every_case(arms: list[str], expected: str | None) -> None:
    listed = ", ".join(f"{{when: \"{arm}\", steps: [{{run: 'true'}}]}}" for arm in arms)
    found = check_steps(f"- {{id: first, on_error: warn, run: 'true'}}\n- {{id: a, switch: [{listed}]}}", CHOICES)
    said = [one.message for one in found if one.code == "switch-without-default"]
    assert said == ([] if expected is None else [NO_DEFAULT + expected])


@pytest.mark.parametrize("key", TOP)
def test_every_top_key_of_a_later_release_is_refused_by_name(key: str) -> None:
    example = read_schema("workflow")["properties"][key]["examples"][0]
    import json

    found = check(f"steplane: 1\nsteps: [{{id: load, run: x}}]\n{key}: {json.dumps(example)}\n")
    assert "not-in-this-release" in codes(found)


@pytest.mark.parametrize("join", ["each", "active", "{count: 1, rest: block}", "{count: 1}"])
def test_joins_of_all_forms(join: str) -> None:
    assert (
        codes(check_steps(f"- {{id: a, run: x}}\n- {{needs: [a], join: {join}, split: 2, collect: 2, run: y}}")) == []
    )


@pytest.mark.parametrize(
    ("join", "codes_"),
    [
        ("each", ["join-of-branches"]),
        ("{count: 1, rest: block}", ["join-of-branches"]),
        ("active", []),
        ("{count: 1, rest: cancel}", []),
    ],
)
def test_joins_of_branches(join: str, codes_: list[str]) -> None:
    assert codes(check_steps(f"- {{join: {join}, parallel: {{a: [{{run: x}}], b: [{{run: y}}]}}}}")) == codes_


def test_a_step_that_would_be_blocked_by_what_a_join_cancels() -> None:
    join = "{count: 1, rest: cancel}"
    steps = f"- {{id: a, run: x}}\n- {{id: b, needs: [], run: x}}\n- {{id: c, needs: [a, b], join: {join}, run: x}}"
    found = check_steps(f"{steps}\n- {{id: d, run: x}}")
    assert [(one.code, one.help) for one in found] == [("blocked-by-join", "write `needs: [c]`: it is blocked else")]
    assert codes(check_steps(f"{steps}\n- {{id: d, needs: [c], run: x}}")) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "a: 1",
        "steplane: 1\nsteps: 3",
        "steplane: 1\nsteps: [3, null, []]",
        "steplane: [1]\nsteps: {a: b}",
        "{steplane: 1, steps: [{}]}",
        "steps:\n- run:\n",
        "steplane: 1\nsteps: [{switch: [3], parallel: 4, needs: {a: 3}}]",
    ],
)
def test_what_is_no_workflow_is_told_and_never_raises(text: str) -> None:
    assert codes(check(text))


def test_findings_come_in_the_order_of_the_file_each_once() -> None:
    found = check_steps(
        "- {run: 'true', tiemout: 1s}\n- {uses: shel}",
        "inputs: {a: {type: strng}}\ndefaults: {env: {STEPLANE_A: x}}\n",
    )
    assert [one.span.line for one in found] == sorted(one.span.line for one in found)
    assert codes(found) == ["enum", "reserved-env", "unknown-key", "unknown-plugin"]


def test_a_broken_step_is_not_told_to_be_incomplete() -> None:
    text = "steplane: 1\nsteps:\n  - id: a\n    env:\n\tX: y\n    run: make\n  - run: echo ${{ steps.a.status }}\n"
    assert codes(check_workflow(read(text, "w.yaml"))[1]) == ["tab-indentation"]


@pytest.mark.parametrize(("wrong", "right"), [("europe/berlin", "Europe/Berlin"), ("Berlin", "Europe/Berlin")])
def test_a_time_zone_that_was_meant(wrong: str, right: str) -> None:
    (found,) = check_steps("- run: 'true'", f"timezone: {wrong}\n")
    assert found.label == f"did you mean `{right}`?"
    assert found.message == f"the time zone `{wrong}` is not known on this machine"


def test_an_output_is_named_once() -> None:
    assert said(check_steps("- {id: a, run: 'true', outputs: [x, y, x]}")) == [
        "duplicate-output 3:42 `outputs` of step `a` names `x` twice"
    ]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("{secret: true}", "secret"),
        ("{secret: true, type: string}", "secret"),
        ("{secret: true, from: x}", "secret"),
        ("{secret: yes}", "secret"),
        ("{type: string, minLength: 3}", "type"),
        ("{type: [string, 'null']}", "type"),
        ("{type: string, vaule: x}", "vaule"),
        ("{vaule: x, secret: 'yes'}", "vaule"),
        ("{vaule: x, secert: true}", "vaule"),
        ("{secret: 'true', valeu: x}", "valeu"),
        ("{type: string, Value: x}", "Value"),
        ("{vaule: x}", None),
        ("{type: string, values: [x]}", None),
        ("{value: {secret: true}}", None),
        ("{secret: false}", None),
        ("{secret: 'yes'}", None),
        ("{secret: 'true', title: x}", None),
        ("{type: string, count: 3}", None),
        ("{type: invoice, title: x}", None),
        ("{type: '${{ result.stdout }}'}", None),
        ("{title: x}", None),
        ("{}", None),
    ],
)
def test_what_is_said_of_an_output_without_a_value(output: str, expected: str | None) -> None:
    """Else a secret would stand in the log, and nothing would have said so."""
    step = f"{{id: a, run: 'true', outputs: {{o: {output}}}}}"
    found = check_steps(f"- {step}\n- run: echo ${{{{ steps.a.outputs.o }}}}", f"outputs: {{o: {output}}}\n")
    told = [one for one in found if one.code == "missing-key"]
    assert len(told) == (0 if expected is None else 2)
    assert not expected or codes(found) == ["missing-key", "missing-key"]
    for one in told:
        line = f"outputs: {{o: {output}}}" if one.span.line == 2 else f"  - {step}"
        assert line[one.span.column - 1 :].startswith(f"{expected}:")
        assert "and no `value`: it would be this mapping itself" in one.message
        assert (one.fix is not None) == (expected not in {"secret", "type"})


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{run: 'true', failure: stop}", ["no-list"]),
        ("{uses: log, with: {message: hi}, failure: stop}", ["no-list"]),
        ("{end: succeeded, failure: cancel}", ["no-list"]),
        ("{run: 'true', failure: stop, rescue: [{run: 'true'}]}", []),
        ("{steps: [{run: 'true'}], failure: cancel}", []),
    ],
)
def test_a_failure_policy_needs_a_list(step: str, expected: list[str]) -> None:
    assert codes(check_steps(f"- {step}")) == expected


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{uses: shell}", ["missing-parameter 3:12", "neither `script` nor `argv`, and `shell` needs one of them"]),
        (
            "{uses: shell, with: {script: a, argv: [b]}}",
            ["exclusive 3:37", "both `script` and `argv`, and `shell` takes one of them"],
        ),
        (
            "{uses: python.run, with: {values: 1}}",
            ["missing-parameter 3:24", "neither `script` nor `file`, and `python.run` needs one of them"],
        ),
        ("{uses: python.run, with: {file: a.py}}", []),
        ("{run: [make]}", []),
    ],
)
def test_one_of_two_parameters(step: str, expected: list[str]) -> None:
    found = said(check_steps(f"- {step}"))
    assert "".join(found) == " the step in line 3 gives ".join(expected)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            "json: {a: 1}, body: x",
            "65 the step in line 3 gives both `json` and `body`, and `http.request` takes one of them",
        ),
        (
            "username: a, password: b, bearer: c",
            "77 the step in line 3 gives both `bearer` and `username`, and `http.request` takes one of them",
        ),
        ("json: null, body: x", None),
        ("json: '${{ run.case }}', body: x", None),
        ("form: {a: b}, files: {c: d}", None),
    ],
)
def test_parameters_that_contradict_each_other(parameters: str, expected: str | None) -> None:
    found = said(check_steps(f"- {{uses: http.request, with: {{url: 'http://a/', {parameters}}}}}"))
    assert found == ([f"exclusive 3:{expected}"] if expected else [])


def test_a_format_that_was_meant() -> None:
    (found,) = check_steps("- run: 'true'", "inputs: {n: {type: string, format: datetime}}\n")
    assert (found.severity, found.label) == ("warning", "did you mean `date-time`?")


@pytest.mark.parametrize(
    ("step", "column"),
    [
        ('{run: "echo a\\0b"}', 11),
        ('{run: [echo, "a\\x00"]}', 18),
        ('{run: make, env: {A: "\\u0000"}}', 26),
        ('{run: make, cwd: "a\\0"}', 22),
    ],
)
def test_no_program_can_be_given_a_nul(step: str, column: int) -> None:
    (found,) = check_steps(f"- {step}\n- {{run: 'printf \"a\\0b\"'}}\n")
    assert (found.code, found.span.line, found.span.column) == ("nul-for-program", 3, column)
