"""What the step types that touch files say of themselves before a run."""

import os
import stat

from steplane.sdk import PlanContext, Planned
from steplane_steps.files import located

UNITS = ("KiB", "MiB", "GiB", "TiB")


def reading(ctx: PlanContext, path: str, verb: str = "read") -> Planned:
    """Of a file that is read: how large it is, or that it is not there. A step before may still make it."""
    place = located(ctx, path)
    return Planned(f"{verb} {path}{state_of(place)}", reads=(place,))


def writing(ctx: PlanContext, path: str, content: str, *, mkdir: bool = False) -> Planned:
    """Of a file that is replaced as a whole; `content` says what of: `12 bytes`, `3 rows`."""
    place = os.path.realpath(located(ctx, path))
    try:
        there = os.stat(place)
    except OSError:
        return Planned(f"create {path} ({content}){_missing_folder(place, mkdir=mkdir)}", changes=(place,))
    if not stat.S_ISREG(there.st_mode):
        return Planned(f"write {path} ({content}){state_of(place)}", changes=(place,))
    return Planned(f"replace {path} ({content}, now {size_text(there.st_size)})", changes=(place,))


def appending(ctx: PlanContext, path: str, content: str, *, mkdir: bool = False) -> Planned:
    """Of a file to which something is added."""
    place = located(ctx, path)
    if not os.path.exists(place):
        return Planned(f"create {path} ({content}){_missing_folder(place, mkdir=mkdir)}", changes=(place,))
    return Planned(f"append {content} to {path}{state_of(place)}", changes=(place,))


def state_of(place: str) -> str:
    """What stands at a path just now, after its name: its size, or what is wrong with it."""
    try:
        there = os.stat(place)
    except FileNotFoundError:
        return ", which is not there now"
    except OSError as error:
        return f", which cannot be looked at: {error.strerror}"
    if stat.S_ISDIR(there.st_mode):
        return ", which is a directory now"
    return f" ({size_text(there.st_size)})" if stat.S_ISREG(there.st_mode) else ", which is no regular file now"


def _missing_folder(place: str, *, mkdir: bool) -> str:
    if os.path.isdir(os.path.dirname(place)):
        return ""
    return ", and its directory" if mkdir else ", whose directory is not there now"


def size_text(size: int) -> str:
    """A size in words: `1 byte`, `9,999 bytes`, `12.5 KiB`."""
    if size < 10_000:
        return f"{size:,} byte{'' if size == 1 else 's'}"
    value, unit = float(size), ""
    for unit in UNITS:  # noqa: B007 - the last one is used
        value /= 1024
        if value < 1000:
            break
    return f"{value:.1f} {unit}"
