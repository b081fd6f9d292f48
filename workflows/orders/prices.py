"""The price service of the example: a price list, and the bad habits of a service that is asked too often."""

import csv
import zlib
from pathlib import Path

from steplane.sdk import StepError


def quote(order: str, sku: str, quantity: int, attempt: int) -> dict[str, object]:
    """The title and the total, in cents, of one order.

    Raises `StepError`: `price.unknown` for an article that is not sold, `price.busy` where asking again helps. Which
    orders meet a busy service is settled by their number, so that every run is the same: one in eight once, one in
    forty twice.
    """
    number = zlib.crc32(order.encode())
    if attempt <= (number % 8 == 0) + (number % 40 == 0):
        raise StepError("price.busy", "too many requests: try again later", code=429)
    found = _prices().get(sku)
    if found is None:
        raise StepError("price.unknown", f"no article `{sku}` is sold")
    return {"title": found["title"], "total": int(found["price_cents"]) * quantity}


def _prices() -> dict[str, dict[str, str]]:
    with Path(__file__).with_name("prices.csv").open(encoding="utf-8", newline="") as file:
        return {row["sku"]: row for row in csv.DictReader(file)}
