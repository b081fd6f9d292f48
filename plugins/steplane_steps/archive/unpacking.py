"""How `archive.unpack` is performed."""

import os
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from steplane.sdk import StepContext, StepError
from steplane.sdk.globs import Globs
from steplane_steps.archive import Unpacked
from steplane_steps.archive.limits import Limits
from steplane_steps.archive.members import Member, parts_of
from steplane_steps.archive.placing import (
    Placing,
    merge,
    opened_folder,
    private_folder,
    put_in_place,
    refuse_existing,
    swap,
)  # fmt: skip
from steplane_steps.archive.reading import tar_members, zip_members
from steplane_steps.files import explained, located, make_room

if TYPE_CHECKING:
    from steplane_steps.archive import Unpack


def unpack(step: "Unpack", ctx: StepContext, file: IO[bytes], form: str, globs: Globs | None) -> Unpacked:
    """Unpack the file, which stands at its beginning; with `globs` what matches. Raises `StepError`."""
    target = os.path.realpath(located(ctx, step.target))
    there = refuse_existing(target, step.target, step.existing)
    with explained(step.target):
        make_room(target, step.target, mkdir=step.mkdir)
        replaces = there and step.existing == "replace"
        beside = target if there and not replaces else os.path.dirname(target)
        limits = Limits(step.max_members, step.max_bytes, step.max_ratio, os.fstat(file.fileno()).st_size)
        members = _members(step, file, form, limits)
        with private_folder(beside) as folder:
            with opened_folder(folder) as base:
                placing = Placing(ctx, base, limits, step.strip)
                left_out = _place(placing, members, step, globs)
            if not there:
                put_in_place(folder, target, step.target)
            elif replaces:
                swap(folder, target, step.target)
            else:
                merge(folder, target, step.target, placing.tree)
    count = sum(kind != "folder" for kind in placing.tree.kinds.values())
    top = sorted({parts[0] for parts in placing.tree.kinds})
    if placing.tree.colliding:
        ctx.warn(f"{placing.tree.colliding} differ in small and capital letters only: other systems take them for one")
    size = limits.size - left_out
    if limits.members and not placing.tree.kinds:
        ctx.warn(f"nothing is unpacked: none of the {limits.members} members is left by `strip`, `include`, `exclude`")
    ctx.log(f"{count} file{'s' * (count != 1)}, {size} byte{'s' * (size != 1)} unpacked into {step.target}")
    return Unpacked(target, count, size, top)


def _place(placing: Placing, members: Iterator[Member], step: "Unpack", globs: Globs | None) -> int:
    """Place the members that are wanted; how many bytes the others have."""
    left_out = 0
    for member in members:
        placing.limits.member(member.size)
        parts = parts_of(member.name, step.strip)
        if parts and (globs is None or globs.matches("/".join(parts))):
            placing.take(member, parts)
        else:
            placing.limits.count(member.size)  # it is read all the same
            left_out += member.size
    placing.finish()
    return left_out


def _members(step: "Unpack", file: IO[bytes], form: str, limits: Limits) -> Iterator[Member]:
    try:
        "".encode(step.encoding or "utf-8")
    except LookupError as error:
        raise StepError("input.invalid", f"`encoding`: {error}") from error
    if form == "zip":
        return zip_members(file, step.encoding, step.max_members)
    return tar_members(file, form, step.encoding or "utf-8", limits)
