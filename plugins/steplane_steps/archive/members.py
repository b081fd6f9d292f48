"""The members of an archive, as they may be placed: no name leads out, and nothing is two things at once."""

import os
import re
from collections.abc import Callable, Iterator
from typing import Literal

from msgspec import Struct

from steplane.sdk import StepError

Kind = Literal["file", "folder", "link", "copy"]
Parts = tuple[str, ...]

DEPTH, LONGEST_NAME, LONGEST_LINK = 200, 255, 4096
DRIVE = re.compile(r"[A-Za-z]:")


class Member(Struct, frozen=True):
    """One entry. `link`: of a symbolic link where it leads, of a `copy` (hard link) the name of another member.

    `mode` is None where the archive says nothing, `mtime` seconds since the epoch. `read` gives a file's next bytes.
    """

    name: str
    kind: Kind
    size: int = 0
    mode: int | None = None
    mtime: float | None = None
    link: str = ""
    read: Callable[[int], bytes] | None = None


def unsafe(name: str, why: str) -> StepError:
    """The error of a member that must not be placed."""
    shown = ascii(name)[1:-1] if not name.isprintable() else name
    return StepError("archive.unsafe", f"the member `{shown[:200]}` {why}", detail={"member": shown})


def parts_of(name: str, strip: int = 0) -> Parts:
    """The way to a member below the target, without its first `strip` parts; empty for the target itself.

    Raises `StepError` (`archive.unsafe`) for a name that leads elsewhere, or that no file can have.
    """
    if name.startswith("/"):
        raise unsafe(name, "has an absolute path")
    if "\0" in name:
        raise unsafe(name, "has the character NUL in its name")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise unsafe(name, "has a name that is not UTF-8: say its `encoding` (latin-1, cp437, ...)") from None
    parts = [one for one in name.split("/") if one not in {"", "."}]
    if ".." in parts:
        raise unsafe(name, "leads out of the archive by `..`")
    if any(len(os.fsencode(one)) > LONGEST_NAME for one in parts) or len(parts) > DEPTH:
        raise unsafe(name, "has a name that is too long, or too many folders in each other")
    return tuple(parts[strip:])


def check_link(name: str, parts: Parts, target: str) -> None:
    """Raise `StepError` for a symbolic link that leads out of the target, on whatever way.

    A link may go up only at its beginning, from the real folder that it is in, and no further than to the target: then
    no chain of such links leads out either.
    """
    if target.startswith("/"):
        raise unsafe(name, f"is a link to an absolute path, `{target[:100]}`")
    if not target or "\0" in target or len(os.fsencode(target)) >= LONGEST_LINK:
        raise unsafe(name, "is a link to nowhere")
    ways = [one for one in target.split("/") if one not in {"", "."}]
    ups = 0
    while ups < len(ways) and ways[ups] == "..":
        ups += 1
    if ups > len(parts) - 1 or ".." in ways[ups:]:
        raise unsafe(name, f"is a link that leads out of the archive, `{target[:100]}`")


class Tree:
    """What has been placed: each path is one thing, and only folders have something in them."""

    def __init__(self) -> None:
        self.kinds: dict[Parts, Kind] = {}
        self.links: dict[Parts, str] = {}
        self.modes: dict[Parts, int | None] = {}
        self.colliding = ""
        self._folded: dict[Parts, Parts] = {}

    def add(self, member: Member, parts: Parts) -> Iterator[Parts]:
        """Enter a member; the folders around it that are new, from outside in. Raises `StepError`."""
        known = self.kinds.get(parts)
        if known is not None and (known, member.kind) != ("folder", "folder"):
            what = "is in the archive twice" if known == member.kind else f"is both a {known} and a {member.kind}"
            raise unsafe(member.name, what)
        for end in range(1, len(parts)):
            above = parts[:end]
            if above not in self.kinds:
                self._enter(above, "folder", None)
                yield above
            elif self.kinds[above] != "folder":
                raise unsafe(member.name, f"is in `{'/'.join(above)}`, which is no folder but a {self.kinds[above]}")
        if known is None:
            self._enter(parts, member.kind, member.mode)
            yield from [parts] if member.kind == "folder" else []
        else:
            self.modes[parts] = member.mode

    def _enter(self, parts: Parts, kind: Kind, mode: int | None) -> None:
        self.kinds[parts] = kind
        self.modes[parts] = mode
        folded = tuple(one.casefold() for one in parts)
        other = self._folded.setdefault(folded, parts)
        if other != parts and not self.colliding:
            self.colliding = f"`{'/'.join(other)}` and `{'/'.join(parts)}`"
