"""The ledger of the example: charges in SQLite, at most one for each order, however often it is asked for."""

import csv
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

from steplane.sdk import StepError

TABLE = 'CREATE TABLE IF NOT EXISTS charges ("order" TEXT PRIMARY KEY, customer TEXT, cents INTEGER)'


def charge(path: str, order: str, customer: str, cents: int, attempt: int) -> None:
    """Book a charge.

    The number of the order is its key: a second try books nothing more. That matters, for one answer in ten is lost
    after the booking. Raises `StepError`: `ledger.refused` for a customer who is blocked, `ledger.lost` where asking
    again helps.
    """
    if customer in _blocked():
        raise StepError("ledger.refused", f"payment refused: {customer} is blocked")
    with closing(sqlite3.connect(path, timeout=60)) as ledger, ledger:
        ledger.execute(TABLE)
        ledger.execute("INSERT OR IGNORE INTO charges VALUES (?, ?, ?)", (order, customer, cents))
    if attempt == 1 and zlib.crc32(order.encode()) % 10 == 3:
        raise StepError("ledger.lost", "the connection was lost before the answer came")


def balance(path: str) -> dict[str, int]:
    """How much is booked: the number of charges and their sum in cents."""
    with closing(sqlite3.connect(path, timeout=60)) as ledger:
        ledger.execute(TABLE)
        charges, total = ledger.execute("SELECT count(*), coalesce(sum(cents), 0) FROM charges").fetchone()
    return {"charges": charges, "total": total}


def _blocked() -> set[str]:
    with Path(__file__).with_name("customers.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"] for row in csv.DictReader(file) if row["status"] == "blocked"}
