"""The parcels of a day: three tables decide, and each decision can be told."""

from pathlib import Path

from tests.conftest import ROOT
from tests.workflows.conftest import Example

WORKFLOW = ROOT / "workflows" / "parcels" / "parcels.yaml"


def test_every_parcel_has_its_price_and_its_rule(example: Example, tmp_path: Path) -> None:
    ended = example("run", WORKFLOW)
    assert (ended.code, ended.last["status"]) == (0, "warning"), ended.stderr
    assert ended.outputs == {"parcels": 11, "cents": 29224}
    bill = (tmp_path / "out" / "parcels" / "bill.csv").read_text("utf-8").splitlines()
    assert bill[:3] == ["id,band,cents", "P101,letter,95", "P102,small,419"]
    assert "P108,large,6649" in bill
    extra = ended.ended("price[P108]/extra")
    assert [one["rule"] for one in extra["rules"]] == ["insured", "customs"]
    assert ended.ended("price[P105]/zone")["rules"] == [{"rule": "2", "because": "customs union"}]
    heavy = ended.ended("price[P112]/carriage")["error"]
    assert (heavy["type"], heavy["message"]) == (
        "input.invalid", "input `grams` of the table `tariff` must be at most 31500, not `40000`",
    )  # fmt: skip
