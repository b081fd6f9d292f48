"""Values through variables and out of scripts; what no quoting could make safe is found before the run."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Steplane
from tests.values.test_words import VALUES

TEXTS = [value for value in VALUES.values() if isinstance(value, str)]

WORKFLOW = """\
steplane: 1
name: ways
inputs: {values: {type: array}}
steps:
  - id: way
    foreach: ${{ inputs.values }}
    as: value
    concurrency: 4
    env: {VALUE: "${{ value }}"}
    run: |
      printf '%s\\0' "$VALUE" > env-${{ loop.index }}
      echo "json=${{ value | json }}" >> "$STEPLANE_OUTPUT"
      echo 'undeclared=1' >> "$STEPLANE_OUTPUT"
    outputs: [json]
outputs: {json: "${{ steps.way.outputs.json }}"}
"""


def test_a_value_arrives_through_env_and_leaves_through_the_outputs_file(steplane: Steplane, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(WORKFLOW, "utf-8")
    (tmp_path / "in.json").write_text(json.dumps({"values": TEXTS}), "utf-8")
    done = steplane("run", "--format", "json", "--inputs", "in.json", "flow.yaml")
    ended: dict[str, Any] = json.loads(done.stdout.rstrip("\n").split("\n")[-1])  # U+2028 ends no line of JSON
    assert done.returncode == 0, (ended, done.stderr)
    assert [json.loads(one) for one in ended["outputs"]["json"]] == TEXTS
    for number, text in enumerate(TEXTS, 1):
        assert (tmp_path / f"env-{number}").read_bytes().decode() == text + "\0"
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    "script",
    [
        "echo '${{ inputs.v }}' | cat",
        "echo $'${{ inputs.v }}'",
        "cat <<'END'\n${{ inputs.v }}\nEND",
        "# it's a comment\necho \"$(echo '${{ inputs.v }}')\"",
        "cat <<< '${{ inputs.v }}'",
        "echo $((1 + ${{ inputs.v }}))",
        "eval ${{ inputs.v }}",
    ],
)
def test_what_no_quoting_can_make_safe_is_found_before_the_run(steplane: Steplane, tmp_path: Path, script: str) -> None:
    steps = [{"run": "touch started"}, {"id": "bad", "run": script}]
    flow = {"steplane": 1, "name": "x", "inputs": {"v": {"type": "string"}}, "steps": steps}
    (tmp_path / "flow.yaml").write_text(json.dumps(flow), "utf-8")
    done = steplane("run", "-i", "v=x", "flow.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(("error[shell-", "error[expression-in-"))
    assert " --> flow.yaml:1:" in done.stderr
    assert not (tmp_path / "started").exists()
