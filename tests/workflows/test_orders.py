"""Order to cash over 200 orders: what is charged is right, and charged once, whatever happens on the way."""

import csv
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.faults.rig import Rig, until
from tests.workflows.conftest import Example, begin, successes

WORKFLOW = ROOT / "workflows" / "orders" / "orders.yaml"
ORDERS = ROOT / "workflows" / "orders" / "orders.csv"
BAD = ["A4017", "A4059", "A4102", "A4134", "A4178"]


def booked(out: Path) -> dict[str, int]:
    """What the ledger says was charged, by order."""
    with closing(sqlite3.connect(out / "ledger.db")) as ledger:
        return dict(ledger.execute('SELECT "order", cents FROM charges').fetchall())


def invoiced(out: Path) -> dict[str, int]:
    invoices = [json.loads(file.read_text("utf-8")) for file in (out / "invoices").iterdir()]
    return {one["order"]: one["total"] for one in invoices}


def some_orders(folder: Path, number: int) -> Path:
    """The first orders, as many."""
    file = folder / "orders.csv"
    file.write_text("".join(ORDERS.read_text("utf-8").splitlines(keepends=True)[: number + 1]), "utf-8")
    return file


def rows(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_a_day_of_200_orders(example: Example, tmp_path: Path) -> None:
    day = example("run", WORKFLOW, "-i", "pause=20ms")
    assert (day.code, day.last["status"]) == (0, "warning"), day.stderr
    out = tmp_path / "out" / "orders"
    assert day.outputs == {
        "orders": 200, "routes": {"charged": 172, "held": 7, "parked": 16}, "cash": 3_823_590, "failed": BAD,
        "report": str(out / "report.md"),
    }  # fmt: skip
    assert booked(out) == invoiced(out)
    assert sum(booked(out).values()) == 3_823_590
    assert len(list((out / "parked").iterdir())) == 16
    assert [(one["order"], one["type"]) for one in rows(out / "bad-orders.csv")] == [
        ("A4017", "require"), ("A4059", "price.unknown"), ("A4102", "require"), ("A4134", "require"),
        ("A4178", "price.unknown"),
    ]  # fmt: skip
    assert json.loads((out / "status.json").read_text("utf-8")) == {"run": day.run, "status": "warning", "why": None}
    report = (out / "report.md").read_text("utf-8")
    assert "200 orders, 3823590 cents charged." in report
    assert "| charged | 172 |\n| held | 7 |\n| parked | 16 |\n| bad | 5 |\n" in report
    assert day.ended("day/order[A4006]/quote")["attempts"] == 3, "the service was busy twice"
    lost = [path for path, one in by_path(day.events).items() if path.endswith("/charge") and one["attempts"] == 2]
    assert len(lost) > 10, "the answer was lost after the booking, and the order asked for again"


def by_path(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["path"]: one for one in events if one["type"] == "step.ended"}


@pytest.mark.parametrize("victim", ["runner", "both"])
def test_killed_in_the_middle_of_the_day(victim: Any, rig: Rig) -> None:
    orders = some_orders(rig.folder, 40)
    out = rig.folder / "out" / "orders"
    life = begin(rig, "orders/orders", "-i", f"orders={orders}", "-i", "pause=20ms")
    until(lambda: (out / "invoices").is_dir() and len(list((out / "invoices").iterdir())) >= 8, what=rig.outputs)
    life.kill(victim)
    until(lambda: rig.status() == "interrupted", what=rig.outputs)
    before = successes(rig)
    assert rig.resume().wait() == 0, rig.outputs()
    assert rig.status() == "warning"
    after = successes(rig)
    assert set(after.values()) == {1}, "nothing that had succeeded was done again"
    assert before.keys() < after.keys()
    assert booked(out) == invoiced(out)
    assert len(booked(out)) == 35
    assert json.loads((out / "status.json").read_text("utf-8"))["status"] == "warning"


def test_too_many_bad_orders_stop_the_day_and_it_goes_on_when_that_is_mended(example: Example, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "workflows", tmp_path / "workflows")
    prices = tmp_path / "workflows" / "orders" / "prices.csv"
    right = prices.read_text("utf-8")
    prices.write_text("".join(right.splitlines(keepends=True)[:8]), "utf-8")  # half of the list was lost
    orders = some_orders(tmp_path, 40)
    out = tmp_path / "out" / "orders"

    stopped = example("run", "workflows/orders/orders.yaml", "-i", f"orders={orders}", "-i", "pause=20ms")
    assert stopped.code == 1
    assert stopped.last["error"]["type"] == "loop.failures"
    assert (out / "STOPPED.txt").read_text("utf-8").startswith("The day was stopped: ")
    assert json.loads((out / "status.json").read_text("utf-8"))["status"] == "failed"
    assert not (out / "report.md").exists()
    charged = booked(out)

    prices.write_text(right, "utf-8")
    resumed = example("resume")
    assert (resumed.code, resumed.last["status"]) == (0, "warning"), resumed.stderr
    assert not (out / "STOPPED.txt").exists()
    assert resumed.outputs["failed"] == ["A4017"]
    assert booked(out) == invoiced(out)
    assert charged.items() <= booked(out).items()
    done_before = {path for path, status in stopped.statuses().items() if status == "succeeded" and "/" in path}
    assert not done_before & resumed.statuses().keys(), "what had succeeded is not done again"


def test_an_order_above_the_limit_is_looked_at(example: Example, tmp_path: Path) -> None:
    orders = some_orders(tmp_path, 12)
    everything = example("run", WORKFLOW, "-i", f"orders={orders}", "-i", "pause=1ms", "-i", "approve_up_to=0")
    assert everything.code == 0, everything.stderr
    statuses = everything.statuses()
    assert {status for path, status in statuses.items() if path.endswith("/small")} == set(), "no arm was taken"
    assert [path for path, status in statuses.items() if path.endswith("/credit") and status == "succeeded"]
