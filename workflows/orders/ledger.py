"""The ledger of the example: charges in SQLite, each booked once however often it is asked for.

ledger.py LEDGER charge ORDER CUSTOMER CENTS    books a charge under $STEPLANE_IDEMPOTENCY_KEY
ledger.py LEDGER balance                        prints the number of charges and their sum, as JSON

Exit code: 0 booked, or booked before under this key; 69 refused, for good; 75 ask again.
"""

import csv
import json
import os
import sqlite3
import sys
import zlib
from contextlib import closing
from pathlib import Path

REFUSED, AGAIN = 69, 75


def charge(ledger: sqlite3.Connection, order: str, customer: str, cents: int) -> int:
    """Book a charge.

    One answer in ten is lost after the booking: only the key keeps the second try from charging twice.
    """
    if customer in _blocked():
        print(f"payment refused: {customer} is blocked", file=sys.stderr)
        return REFUSED
    with ledger:
        ledger.execute(
            "INSERT OR IGNORE INTO charges VALUES (?, ?, ?, ?)",
            (os.environ["STEPLANE_IDEMPOTENCY_KEY"], order, customer, cents),
        )
    if os.environ["STEPLANE_ATTEMPT"] == "1" and zlib.crc32(order.encode()) % 10 == 3:
        print("the connection was lost before the answer came", file=sys.stderr)
        return AGAIN
    return 0


def balance(ledger: sqlite3.Connection) -> int:
    """Print what is booked."""
    number, total = ledger.execute("SELECT count(*), coalesce(sum(cents), 0) FROM charges").fetchone()
    print(json.dumps({"charges": number, "total": total}))
    return 0


def _blocked() -> set[str]:
    with Path(__file__).with_name("customers.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"] for row in csv.DictReader(file) if row["status"] == "blocked"}


def main(path: str, action: str, *words: str) -> int:
    """Do what the command line says."""
    with closing(sqlite3.connect(path, timeout=60)) as ledger:
        ledger.execute(
            'CREATE TABLE IF NOT EXISTS charges (key TEXT PRIMARY KEY, "order" TEXT, customer TEXT, cents INTEGER)'
        )
        if action == "charge":
            order, customer, cents = words
            return charge(ledger, order, customer, int(cents))
        return balance(ledger)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
