import pytest
from tests.runner.checks.support import check, check_steps, codes, said

from steplane.checks.names import KNOWN_SOMEWHERE

TOP = """\
inputs:
  region: {enum: [eu, us], default: eu}
  ports: {type: array, default: []}
secrets: {token: {env: KEY}}
vars: {weekday: monday}
"""


@pytest.mark.parametrize(
    ("expression", "message", "label"),
    [
        ("inputs.regoin", "`inputs.regoin` is not declared: `regoin` is not an input", "did you mean `region`?"),
        ("inputs.regoin | hash", "`inputs.regoin` is not declared: `regoin` is not an input", "did you mean `region`?"),
        ("vars.wekday | d(1)", "`vars.wekday` is not declared: `wekday` is not a variable", "did you mean `weekday`?"),
        ("vars.weekdya", "`vars.weekdya` is not declared: `weekdya` is not a variable", "did you mean `weekday`?"),
        ("secrets.tokne", "`secrets.tokne` is not declared: `tokne` is not a secret", "did you mean `token`?"),
        ("bild.outputs.stdout", "`bild` is not a name that is known here", "did you mean `steps.build`?"),
        ("build.outputs.stdout", "`build` is not a name that is known here", "did you mean `steps.build`?"),
        ("region", "`region` is not a name that is known here", "did you mean `inputs.region`?"),
        ("steps.biuld.status", "`steps.biuld` names no step", "did you mean `build`?"),
        ("steps.build.output.stdout", "step `build` has no `output`", "did you mean `outputs`?"),
        ("steps.build.outputs.stdot", "step `build` has no output `stdot`", "did you mean `stdout`?"),
        ("run.idd", "`run` has no `idd`", "did you mean `id`?"),
        ("workflow.nam", "`workflow` has no `nam`", "did you mean `name`?"),
        ("steps.my-step.status", "`steps.my-step` is a subtraction: an id has no `-`", "did you mean `steps.my_step`?"),
    ],
)  # fmt: skip
def test_a_name_that_does_not_exist(expression: str, message: str, label: str) -> None:
    found = check_steps(
        f"""
        - {{id: build, outputs: [stdout], run: make}}
        - {{id: my_step, run: make}}
        - id: use
          env: {{X: "${{{{ {expression} }}}}"}}
          run: ./use
        """,
        TOP,
    )
    assert [(one.message, one.label) for one in found] == [(message, label)]
    assert found[0].span.line == 11


def test_the_place_is_the_wrong_name_itself() -> None:
    (found,) = check_steps("""
        - id: build
          run: make
        - id: use
          run: |
            cd src
            ./use ${{ steps.build.outputs.stdot }}
    """)
    assert (found.span.line, found.span.column, found.span.end_column) == (8, 37, 42)


def test_names_that_are_known_elsewhere() -> None:
    found = check_steps("""
        - {id: a, if: error.type == 'x', run: "echo ${{ result.x }}"}
        - {id: b, foreach: [1, 2], if: item > 1, run: "echo ${{ item }} ${{ loop.index }}"}
        - {id: c, run: "echo ${{ item }}"}
    """)
    assert said(found) == [
        f"name-not-here 3:17 `error` is not known in `if`: it is known {KNOWN_SOMEWHERE['error']}",
        "name-not-here 3:51 `result` is not known in `run`: it is known in `outputs`, `ensure` and `until`",
        "name-not-here 4:34 `item` is not known in `if`: it is known inside a `foreach`",
        "name-not-here 5:28 `item` is not known in `run`: it is known inside a `foreach`",
    ]
    assert found[2].help.startswith("`if` is asked before the loop")


def test_error_is_known_in_rescue_and_finally_and_in_what_is_inside_them() -> None:
    assert not check_steps("""
        - id: a
          run: make
          retry: {attempts: 2, when: error.code == 3 and attempt < 2}
          rescue:
            - id: inner
              steps:
                - run: echo "${{ error.message }} of ${{ steps.a.status }}"
          finally:
            - run: echo "${{ steps.a.status }} for ${{ error.type | default('none') }}"
    """)


def test_variables_are_worked_out_in_order() -> None:
    found = check_steps(
        "- run: 'true'", "vars: {a: '${{ vars.b }}', b: '${{ vars.a }}', c: '${{ vars.c }}', d: '${{ steps.x }}'}\n"
    )
    assert said(found) == [
        "vars-order 2:21 `vars.b` is not known yet: variables are worked out in order",
        "vars-order 2:61 `vars.c` is not known yet: it is this variable",
        f"name-not-here 2:76 `steps` is not known in `vars.d`: it is known {KNOWN_SOMEWHERE['steps']}",
    ]


def test_a_step_must_have_ended_where_it_is_used() -> None:
    found = check_steps("""
        - {id: first, run: "echo ${{ steps.last.outputs.stdout }}"}
        - {id: beside, needs: [], run: "echo ${{ steps.first.outputs.stdout }}"}
        - {id: last, needs: [first], run: "echo ${{ steps.beside.status }}, ${{ steps.first.status }}"}
    """)
    assert said(found) == [
        "not-upstream 3:38 step `last` need not have ended here: this step does not wait for it",
        "not-upstream 4:50 step `first` need not have ended here: this step does not wait for it",
        "not-upstream 5:53 step `beside` need not have ended here: this step does not wait for it",
    ]
    assert found[2].help == "add `beside` to `needs` of step `last`"
    assert found[2].fix is not None
    assert found[2].fix.edits[0].text == ", beside"


def test_steps_inside_a_loop_are_not_visible_outside_it() -> None:
    found = check_steps("""
        - id: each
          foreach: [1, 2]
          steps:
            - {id: inner, run: echo hi}
            - {id: sees, run: "echo ${{ steps.inner.outputs.stdout }}"}
          outputs: {said: "${{ steps.inner.outputs.stdout }}"}
        - run: echo "${{ steps.inner.outputs.stdout }} and ${{ steps.each.outputs.said }}"
    """)
    assert said(found) == ["not-upstream 9:26 step `inner` is inside the loop `each` and is not visible outside it"]
    assert found[0].help == "give step `each` `outputs`, and use `steps.each.outputs`"


def test_steps_inside_a_group_are_visible_once_it_has_ended() -> None:
    assert not check_steps("""
        - id: pair
          steps:
            - {id: inner, run: echo hi}
        - id: choice
          switch:
            - {when: steps.inner.status == 'succeeded', steps: [{id: arm, run: echo arm}]}
            - {default: true, steps: [{id: other, run: echo other}]}
        - run: echo "${{ steps.inner.outputs.stdout }}" "${{ steps.arm.outputs.stdout | default('') }}"
    """)


def test_outputs_see_the_rescue_and_nothing_else_sees_what_runs_after_it() -> None:
    found = check_steps("""
        - id: get
          run: make
          ensure: [steps.fix.status == 'succeeded']
          rescue: [{id: fix, run: echo hi}]
          finally: [{id: tidy, run: echo hi}]
          outputs:
            a: "${{ steps.fix.outputs.stdout | default('') }}"
            b: "${{ steps.fix.outputs.stdout }}"
            c: "${{ steps.tidy.outputs.stdout }}"
    """)
    assert said(found) == [
        "not-upstream 5:20 step `fix` has not ended when `ensure` of step `get` is worked out: it runs after that",
        "may-be-missing 10:15 `stdout` of step `fix` may be missing: step `fix` runs only where step `get` has failed",
        "not-upstream 11:21 step `tidy` has not ended when `outputs.c` of step `get` is worked out: it runs after that",
    ]


def test_branches_do_not_see_each_other() -> None:
    found = check_steps("""
        - parallel:
            left: [{id: left, run: echo hi}]
            right: [{run: "echo ${{ steps.left.outputs.stdout }}"}]
    """)
    assert codes(found) == ["not-upstream"]


def test_a_group_has_the_outputs_that_it_declares() -> None:
    found = check_steps("""
        - {id: pair, steps: [{run: 'true'}]}
        - {id: told, steps: [{run: 'true'}], outputs: {total: 1}}
        - run: echo "${{ steps.pair.outputs.x }} and ${{ steps.told.outputs.totl }}"
    """)
    assert said(found) == [
        "unknown-output 5:39 step `pair` has no output `x`",
        "unknown-output 5:71 step `told` has no output `totl`",
    ]


def test_matrix_names_its_axes_and_what_include_adds() -> None:
    found = check_steps("""
        - matrix: {os: [linux, macos], include: [{os: linux, image: deb}]}
          id: each
          run: echo "${{ matrix.os }}, ${{ matrix.image | default('') }}, ${{ matrix.oss }}"
    """)
    assert said(found) == ["unknown-attribute 5:80 `matrix` has no `oss`"]


def test_outputs_of_the_workflow_see_its_steps() -> None:
    found = check("""\
        steplane: 1
        steps:
          - {id: a, run: echo hi}
        outputs:
          x: ${{ steps.a.outputs.stdout }}
          y: ${{ steps.b.outputs.stdout }}
        """)
    assert said(found) == ["unknown-step 6:16 `steps.b` names no step"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("while: loop.length < 3", "`loop` of step `turn` has no `length`"),
        ("until: loop.last", "`loop` of step `turn` has no `last`"),
        ("foreach: [a], run: 'echo ${{ loop.previous }}'", "`loop` of step `turn` has no `previous`"),
        ("while: steps.turn.rounds < 3", "step `turn` has not ended when `while` is worked out"),
        ("until: steps.turn.instances | length > 2", "step `turn` has no `instances`"),
    ],
)
def test_what_rounds_and_items_do_not_have(keys: str, message: str) -> None:
    run = "" if "run:" in keys else ", run: make"
    assert [one.message for one in check_steps(f"- {{id: turn, {keys}{run}}}")] == [message]


def test_until_sees_the_round_that_has_ended() -> None:
    assert not codes(
        check_steps("- {id: turn, until: result.exit_code == 0 and loop.previous.status != 'failed', run: make}")
    )
