"""Run ids: readable, sortable by time, safe as names of folders."""

import os
import re
import time

from steplane.errors import UsageError

_VALID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_run_id(now: int) -> str:
    """An id for a run begun at `now` (µs since the epoch, UTC): `20261123-214536-k3f9qz`.

    Ids of different seconds sort by time; within one second 2^30 random endings keep them apart.
    """
    ending = "".join(_ALPHABET[byte & 31] for byte in os.urandom(6))
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime(now // 1_000_000)) + ending


def validate_run_id(text: str) -> str:
    """The id as given with `--id`, if it may be one. Raises `UsageError`."""
    if text == "latest":
        raise UsageError("`latest` cannot be the id of a run: it stands for the newest one", "Choose another id.")
    if not re.fullmatch(_VALID, text):
        shown = text if len(text) <= 60 else text[:60] + "…"
        raise UsageError(
            f"{shown!r} cannot be the id of a run",
            "Use 1 to 100 letters, digits, dots, dashes and underscores; the first is a letter or a digit.",
        )
    return text


def is_run_id(text: str) -> bool:
    """Whether a text may be the id of a run."""
    return re.fullmatch(_VALID, text) is not None
