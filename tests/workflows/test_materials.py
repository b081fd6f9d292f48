"""The bill of materials: a workflow that calls itself for each part."""

import json

from tests.conftest import ROOT
from tests.workflows.conftest import Example

WORKFLOW = ROOT / "workflows" / "materials" / "materials.yaml"


def test_the_parts_of_parts_are_counted(example: Example) -> None:
    ended = example("run", WORKFLOW)
    assert (ended.code, ended.outputs) == (0, {"cost": 214, "pieces": 74}), ended.stderr
    path = "inner[wheel]/materials/inner[hub]/materials/inner[bearing]/materials"
    assert ended.statuses()[path] == "succeeded"


def test_a_part_that_nobody_knows_is_named(example: Example) -> None:
    parts = {"desk": {"of": {"top": 1, "leg": 4}}, "top": {"cost": 80}}
    ended = example("run", WORKFLOW, "-i", "part=desk", "-i", f"parts={json.dumps(parts)}")
    assert (ended.code, ended.last["status"]) == (1, "failed")
    assert "nobody knows what a leg is made of" in json.dumps(ended.last["error"])


def test_a_part_of_itself_ends_at_the_limit(example: Example) -> None:
    ended = example(
        "run", WORKFLOW, "-i", "part=egg", "-i", 'parts={"egg": {"of": {"hen": 1}}, "hen": {"of": {"egg": 1}}}'
    )
    assert ended.code == 1
    assert "call.depth" in json.dumps(ended.last["error"])
