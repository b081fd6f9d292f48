"""What a dry run can say of a request: nothing is looked up and nothing is sent."""

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from steplane.sdk import PlanContext, Planned
from steplane_steps.planned import writing

if TYPE_CHECKING:
    from steplane_steps.http import Request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110)."""


def planned(step: "Request", ctx: PlanContext) -> Planned:
    """The request in a sentence; files and addresses that it would read and change."""
    where = shown(step.url)
    files = [one if isinstance(one, str) else one.path for one in (step.files or {}).values()]
    reads = [os.path.join(ctx.workdir, one) for one in (*files, *filter(None, [step.body_file]))]
    changes = [] if step.method in SAFE else [where]
    reads += [where] if step.method in SAFE else []
    if step.save is None:
        return Planned(f"{step.method} {where}", tuple(reads), tuple(changes))
    into = writing(ctx, step.save, "the body", mkdir=step.mkdir)
    return Planned(f"{step.method} {where}: {into.summary}", tuple(reads), (*changes, *into.changes))


def shown(url: str) -> str:
    """An address without user, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def host_of(url: str) -> str:
    """An address with nothing but its host, where the rest is a secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"
