"""Load the pages of one day into a copy of the published database. What it works on comes as JSON on standard input.

`published` is read and never written; `staging` is made anew, so that a second call does no harm. A day that is loaded
again replaces what there was of it.
"""

import csv
import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

TABLE = """
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, day TEXT NOT NULL, sku TEXT NOT NULL CHECK (sku <> ''),
    quantity INTEGER NOT NULL CHECK (quantity > 0), cents INTEGER NOT NULL CHECK (cents >= 0)
)
"""


def rows_of(day: str, files: list[str]) -> Iterator[tuple[str, str, str, int, int]]:
    """The rows of all pages. Exits with the place of one that cannot be read."""
    for file in files:
        with Path(file).open(encoding="utf-8", newline="") as page:
            for number, row in enumerate(csv.DictReader(page), 2):
                try:
                    yield row["id"], day, row["sku"], int(row["quantity"]), int(row["cents"])
                except (KeyError, TypeError, ValueError) as error:
                    sys.exit(f"{file}:{number}: {row} is no order: {error!r}")


def load(day: str, files: list[str], published: str, staging: str) -> dict[str, Any]:
    """Make the staging database; what is in it now."""
    Path(staging).parent.mkdir(parents=True, exist_ok=True)
    Path(staging).unlink(missing_ok=True)
    with closing(sqlite3.connect(staging)) as database:
        if Path(published).exists():
            with closing(sqlite3.connect(published)) as before:
                before.backup(database)
        database.execute(TABLE)
        try:
            with database:
                database.execute("DELETE FROM orders WHERE day = ?", (day,))
                database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows_of(day, files))
        except sqlite3.IntegrityError as error:
            sys.exit(f"the orders of {day} are not right: {error}")
        (rows, cents) = database.execute(
            "SELECT count(*), coalesce(sum(cents), 0) FROM orders WHERE day = ?", (day,)
        ).fetchone()
        (days,) = database.execute("SELECT count(DISTINCT day) FROM orders").fetchone()
    return {"rows": rows, "cents": cents, "days": days}


if __name__ == "__main__":
    with Path(os.environ["STEPLANE_RESULT"]).open("w", encoding="utf-8") as result:
        json.dump(load(**json.load(sys.stdin)), result)
