"""`env` and `cwd`: from outside in, each with the names of where it stands."""

# ruff: noqa: E501 - workflows stand as their authors write them

from tests.runner.running import Workbench


def test_env_from_outside_in(bench: Workbench) -> None:
    run = bench.run(
        """
env: {A: "workflow", B: "workflow", N: 5, T: true}
steps:
  - id: l
    foreach: [x, y]
    as: row
    env: {B: "group ${{ row }} ${{ loop.index }} in ${{ env.A }}"}
    steps:
      - id: m
        foreach: [1, 2]
        as: cell
        env: {C: "step ${{ row }} ${{ cell }} ${{ loop.index }} after ${{ env.B }}"}
        run: 'echo "$A|$B|$C|$N|$T|$OUTER" >> ledger'
  - {id: e, uses: log, with: {message: "${{ env.A }} ${{ env.OUTER }}"}}
""",
        environ={"OUTER": "o", "A": "caller"},
    )
    assert run.status == "succeeded", run.lines
    assert bench.ledger == [
        f"workflow|group {row} {index} in workflow|step {row} {cell} {cell} after group {row} {index} in workflow|5|true|o"
        for index, row in ((1, "x"), (2, "y"))
        for cell in (1, 2)
    ]
    assert run.lines[-1] == ("e", "log", "workflow o")


def test_what_steplane_says(bench: Workbench) -> None:
    bench.run(
        """
steps:
  - id: l
    foreach: [x]
    steps: [{id: a, run: 'echo "$STEPLANE_RUN_ID $STEPLANE_STEP $STEPLANE_ATTEMPT $STEPLANE_IDEMPOTENCY_KEY" >> ledger; test -d "$STEPLANE_ARTIFACTS"'}]
"""
    )
    assert bench.ledger == ["r1 l[0]/a 1 r1/l[0]/a/1"]


def test_cwd(bench: Workbench) -> None:
    for name in ("sub", "sub/in", "other"):
        (bench.folder / name).mkdir()
    run = bench.run(
        """
cwd: sub
steps:
  - {id: a, run: pwd}
  - {id: b, cwd: "${{ 'other' }}", run: pwd}
  - {id: g, cwd: sub/in, steps: [{id: c, run: pwd}]}
  - {id: d, cwd: nowhere, run: pwd}
"""
    )
    folder = bench.folder
    assert [line for _, _, line in run.lines] == [f"{folder}/sub", f"{folder}/other", f"{folder}/sub/in"]
    assert run.error("d") == ("input.invalid", f"`cwd` is {folder}/nowhere, which is not a directory")


def test_defaults(bench: Workbench) -> None:
    run = bench.run(
        """
defaults: {env: {A: default, B: default}, retry: {attempts: 2, delay: 1ms}, shell: sh}
steps:
  - {id: a, env: {B: own}, run: 'echo "$A $B" >> ledger; exit 1', on_error: warn}
"""
    )
    assert bench.ledger == ["default own"] * 2
    assert run.status == "warning"


def test_a_value_no_environment_can_hold(bench: Workbench) -> None:
    run = bench.run(
        'steps: [{id: a, env: {A: "${{ inputs.a }}"}, run: "true"}]\ninputs: {a: {type: string}}\n', {"a": "a\0b"}
    )
    assert run.error("a") == ("input.invalid", "the value of `env.A` holds a NUL, which no environment can")
    run = bench.run(
        'steps: [{id: a, env: {A: "${{ inputs.a }}"}, run: "true"}]\ninputs: {a: {}}\n', {"a": [1]}, run_id="r2"
    )
    assert run.error("a")[0] == "expression"


def test_env_of_a_looped_step_before_there_is_an_item(bench: Workbench) -> None:
    run = bench.run(
        """
env: {WHO: anna}
steps:
  - id: l
    if: env.KIND == 'x' and env.WHO == 'anna'
    foreach: ["${{ env.WHO }}"]
    env: {KIND: x, OWN: "${{ item }} ${{ loop.index }}"}
    run: 'echo "$OWN|$KIND" >> ledger'
"""
    )
    assert run.status == "succeeded", run.result
    assert bench.ledger == ["anna 1|x"]
