"""Decision tables as a user meets them: run, shown, explained, drawn, checked, put into form."""

import json

import pytest
from tests.runner.cli.conftest import Shell

FLOW = """\
steplane: 1
name: parcels
inputs: {weight: {type: number, default: 5}}
steps:
  - {id: gate, run: 'true'}
  - id: tariff
    uses: decide
    with: {table: tariff.decision.yaml, inputs: {weight: "${{ inputs.weight }}"}}
  - {id: told, run: 'echo ${{ steps.tariff.outputs.band }} ${{ steps.tariff.outputs.fee + 1 }}'}
"""
TABLE = """\
decision: tariff
inputs:
  weight: {type: number, minimum: 0}
outputs:
  band: {enum: [letter, parcel]}
  fee: {type: number}
rules: tariff.csv
default: {band: parcel, fee: 99}
"""
ROWS = 'id,weight,band,fee,because\nlight,< 2,letter,1.5,"post, since 2026"\n,[2..30],parcel,5,\n'


@pytest.fixture
def project(shell: Shell) -> Shell:
    """A folder with the workflow and its table."""
    shell.write("tariff.decision.yaml", TABLE)
    shell.write("tariff.csv", ROWS)
    shell.write("parcels.yaml", FLOW)
    return shell


def test_people_are_told_which_rules_it_followed_and_why(project: Shell) -> None:
    assert project("run", "parcels.yaml", "--id", "p1", "-i", "weight=1").returncode == 0
    shown = project("show", "p1", "tariff").stdout
    assert "decided by\n  rule light  post, since 2026\n" in shown
    assert "does     decide by the table tariff\n" in shown
    data = json.loads(project("show", "p1", "tariff", "--format", "json").stdout)
    assert data["rules"] == [{"rule": "light", "because": "post, since 2026"}]
    assert "decided by rule `light` (post, since 2026)\n" in project("explain", "p1", "tariff").stdout
    lines = [json.loads(line) for line in project("run", "parcels.yaml", "--format", "json").stdout.splitlines()]
    ended = next(line for line in lines if line["type"] == "step.ended" and line["step"] == "tariff")
    assert ended["rules"] == [{"rule": "2", "because": None}]


def test_a_dry_run_says_what_it_would_decide(project: Shell) -> None:
    assert "decide band = parcel, fee = 5 (rule 2)" in project("plan", "parcels.yaml").stdout
    assert "decide band = parcel, fee = 99 (the table's default)" in project(
        "plan", "parcels.yaml", "-i", "weight=31"
    ).stdout  # fmt: skip


def test_the_graph_shows_a_business_rule_task(project: Shell) -> None:
    nodes = json.loads(project("graph", "parcels.yaml", "--format", "json").stdout)["nodes"]
    assert [(one["kind"], one["does"]) for one in nodes if one["id"] == "tariff"] == [
        ("decision", "decide by the table tariff")
    ]
    assert (
        '{{"tariff<br/>decide by the table tariff"}}' in project("graph", "parcels.yaml", "--format", "mermaid").stdout
    )


def test_a_table_is_no_workflow(project: Shell) -> None:
    refused = project("run", "tariff.decision.yaml")
    assert refused.returncode == 2
    assert "tariff.decision.yaml is a decision table, and no workflow" in refused.stderr
    assert "steplane check tariff.decision.yaml" in refused.stderr


def test_a_table_is_checked_by_itself_and_with_its_folder(project: Shell) -> None:
    assert "tariff.decision.yaml: nothing wrong" in project("check", "tariff.decision.yaml").stderr
    project.write("tariff.csv", ROWS.replace("letter", "lettre"))
    for name in ("tariff.decision.yaml", "parcels.yaml", "."):
        found = project("check", name, "--format", "concise")
        assert found.returncode == 2
        where = f"{found.stdout}{found.stderr}"
        assert where.count("error[table-value]") == 1
        assert "tariff.csv:2:11: error[table-value]: `band` of rule `light` must be `letter` or `parcel`" in where


def test_fmt_puts_a_table_into_form(project: Shell) -> None:
    project.write(
        "odd.decision.yaml",
        "hit: first\n# what it is\ndecision: odd\noutputs: {fee: {type: number}}\ninputs: {weight: {type: number}}\n"
        "rules:\n  - then: {fee: 1}\n    when: {weight: 5}\n",
    )
    assert project("fmt", "odd.decision.yaml").returncode == 0
    assert (project.folder / "odd.decision.yaml").read_text() == (
        "# what it is\ndecision: odd\nhit: first\ninputs: {weight: {type: number}}\noutputs: {fee: {type: number}}\n"
        "rules:\n  - when: {weight: 5}\n    then: {fee: 1}\n"
    )
