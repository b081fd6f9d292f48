"""SARIF: what the standard requires of every object that we write (SARIF 2.1.0, OASIS, sections 3.13 to 3.57)."""

import json
from typing import Any

from tests.errors.mending import check

from steplane.app.codes import explanations
from steplane.reporters.diagnostics import render

TEXT = """\
steplane: 1
steps:
  - id: bäuen
    run: make
  - id: build
    run: echo "😀" ${{ run.id | uper }}
  - run: make
    if: ${{ run.id == 'x' }}
    needs: [biuld]
"""


def log(text: str, file: str = "ä b.yaml") -> dict[str, Any]:
    found = check(text, file, {})
    rules = {code: one.title for code, one in explanations().items()}
    read: dict[str, Any] = json.loads(render(found, {file: text}, "sarif", root="/srv", rules=rules))
    return read


def test_the_log_has_what_the_standard_requires() -> None:
    read = log(TEXT)
    assert set(read) == {"$schema", "version", "runs"}
    assert read["version"] == "2.1.0"
    run = read["runs"][0]
    assert run["tool"]["driver"]["name"] == "steplane"
    assert run["columnKind"] == "unicodeCodePoints"
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(ids) == len(set(ids))
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"]
    assert len(run["results"]) == 4
    for result in run["results"]:
        assert result["message"]["text"]
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        for location in [*result["locations"], *result.get("relatedLocations", [])]:
            assert location["physicalLocation"]["artifactLocation"]["uri"] == "%C3%A4%20b.yaml"
            region(location["physicalLocation"]["region"])
        for fix in result.get("fixes", []):
            assert fix["description"]["text"]
            for change in fix["artifactChanges"]:
                assert change["replacements"]
                for replacement in change["replacements"]:
                    region(replacement["deletedRegion"])
                    assert isinstance(replacement["insertedContent"]["text"], str)


def region(one: dict[str, int]) -> None:
    assert set(one) == {"startLine", "startColumn", "endLine", "endColumn"}
    assert all(isinstance(number, int) and number >= 1 for number in one.values())
    assert (one["startLine"], one["startColumn"]) <= (one["endLine"], one["endColumn"])


def test_places_levels_and_mends() -> None:
    results = {one["ruleId"]: one for one in log(TEXT)["runs"][0]["results"]}
    assert results["unknown-filter"]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 6, "startColumn": 32, "endLine": 6, "endColumn": 36,
    }  # fmt: skip
    assert results["wrapped-condition"]["level"] == "warning"
    assert results["unknown-step"]["relatedLocations"][0]["message"]["text"] == "declared here"
    assert results["unknown-step"]["fixes"][0]["artifactChanges"][0]["replacements"] == [
        {"deletedRegion": {"startLine": 9, "startColumn": 13, "endLine": 9, "endColumn": 18},
         "insertedContent": {"text": "build"}},
    ]  # fmt: skip


def test_nothing_wrong_is_a_run_without_results() -> None:
    assert log("steplane: 1\nsteps:\n  - run: make\n")["runs"][0]["results"] == []
