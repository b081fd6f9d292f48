"""What the stub step types take and give, in the kinds of the maker of workflows."""

from typing import NamedTuple

from tests.errors.sound.kinds import FLAG, MODE, NUMBER, ORDER, ROW, TEXT, TEXTS, WHOLE, Kind, listing, table


class Described(NamedTuple):
    """The parameters, those that cannot be left out, the outputs, and those of them that may be null."""

    takes: dict[str, Kind]
    needed: tuple[str, ...]
    gives: dict[str, Kind]
    null: tuple[str, ...] = ()


TYPES = {
    "stub.make": Described(
        {"text": TEXT, "count": WHOLE, "share": NUMBER, "flag": FLAG, "items": TEXTS}, (),
        {"text": TEXT, "count": WHOLE, "share": NUMBER, "flag": FLAG, "items": TEXTS},
    ),
    "stub.book": Described(
        {"order": ORDER, "mode": MODE, "sums": table(WHOLE), "note": TEXT}, ("order", "mode"),
        {"order": ORDER, "rows": listing(ROW), "sums": table(WHOLE), "mode": MODE, "note": TEXT}, ("note",),
    ),
    "stub.fail": Described({"said": TEXT}, (), {"attempt": WHOLE, "said": TEXT}),
}  # fmt: skip
