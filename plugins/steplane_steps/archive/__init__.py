"""Step types for archives: `archive.pack`, `archive.unpack`."""

import hashlib
import os
from collections.abc import Sequence
from typing import Annotated

from msgspec import field

from steplane.sdk import Meta, PlanContext, Planned, Result, Step, StepContext, StepError, hookimpl
from steplane.sdk.globs import Globs, wrong_pattern
from steplane_steps.archive.formats import Format, by_content, by_name
from steplane_steps.archive.placing import Existing
from steplane_steps.files import FILE_ERRORS, MakeFolders, Mode, Path, explained, located, opened, replacing
from steplane_steps.planned import state_of, writing

Patterns = Annotated[list[str], Meta(min_length=1)]
Level = Annotated[int, Meta(ge=0, le=9)]
BLOCK = 1 << 20


class Packed(Result):
    """The archive's absolute path, its size in bytes and digest, and how many files are in it."""

    path: str
    size: int
    sha256: str
    count: int


class Pack(
    Step, type="archive.pack", errors=(*FILE_ERRORS, "archive.empty", "archive.format"), capabilities=("filesystem",),
    idempotent=True, cancellable=True,
):  # fmt: skip
    """Pack files into a tar or zip archive, which is replaced as a whole.

    `*` and `?` match within a name, `**` any number of directories; a directory that matches stands for all that is in
    it. A name that begins with a dot is matched by a pattern that begins with one (`.*`). Names are sorted. Symbolic
    links are packed as links. With `deterministic` the same files give the same archive on every machine: no owners,
    permissions 644 and 755, one time for all (`SOURCE_DATE_EPOCH`, else the earliest).

    Example:
        uses: archive.pack
        with: {path: dist/site.tar.gz, root: build, sources: [site], exclude: ["**/*.map"], deterministic: true}
    """

    path: Annotated[Path, Meta(description="The archive; relative to the step's working directory")]
    sources: Annotated[Patterns, Meta(description="Patterns of what to pack, relative to `root`")]
    root: Annotated[Path, Meta(description="The directory that names in the archive begin at")] = "."
    exclude: Annotated[list[str], Meta(description="Patterns of what to leave out, relative to `root`")] = field(
        default_factory=list
    )
    prefix: Annotated[str, Meta(description="A directory in the archive to put everything into")] = ""
    format: Annotated[Format, Meta(description="The format; auto: by the name of `path`")] = "auto"
    level: Annotated[Level | None, Meta(description="How hard to compress, 0 to 9; default: the format's own")] = None
    deterministic: Annotated[bool, Meta(description="Give the same bytes for the same files")] = False
    mode: Mode | None = None
    mkdir: MakeFolders = False

    def run(self, ctx: StepContext) -> Packed:
        """Pack them."""
        from steplane_steps.archive.packing import Style, pack

        form = by_name(self.path) if self.format == "auto" else self.format
        style = Style(form, self._prefix(), self._time(ctx), self.level)
        globs = Globs(_checked("sources", self.sources), _checked("exclude", self.exclude))
        root = located(ctx, self.root)
        with replacing(ctx, self.path, mkdir=self.mkdir, mode=self.mode) as file:
            skip = {_identity(os.fstat(file.fileno())), *_identities(located(ctx, self.path))}  # the archive itself
            found = (one for one in globs.walk(root) if _identity(one.status) not in skip)
            with explained(self.root):
                count = pack(ctx, file, found, style)
            if globs.unused:
                raise StepError("archive.empty", f"nothing matches `{globs.unused[0]}` in `{self.root}`")
        with opened(ctx, self.path) as file:
            digest = hashlib.sha256()
            while block := file.read(BLOCK):
                digest.update(block)
            return Packed(located(ctx, self.path), file.tell(), digest.hexdigest(), count)

    def plan(self, ctx: PlanContext) -> Planned:
        """Say what would be packed."""
        root = located(ctx, self.root)
        into = writing(ctx, self.path, f"of {', '.join(self.sources)}", mkdir=self.mkdir)
        return Planned(into.summary, tuple(os.path.join(root, one) for one in self.sources), into.changes)

    def _prefix(self) -> str:
        parts = [one for one in self.prefix.split("/") if one not in {"", "."}]
        if self.prefix.startswith("/") or ".." in parts:
            raise StepError("input.invalid", f"`prefix` {self.prefix!r} leads out of the archive")
        return "".join(f"{one}/" for one in parts)

    def _time(self, ctx: StepContext) -> int | None:
        if not self.deterministic:
            return None
        text = ctx.env.get("SOURCE_DATE_EPOCH", "0")
        if not text.isdecimal() or len(text) > 10:
            raise StepError("input.invalid", f"SOURCE_DATE_EPOCH is {text!r}, and should be seconds since 1970")
        return int(text)


class Unpacked(Result):
    """The directory's absolute path, how many files came and their size in bytes, and the names at the top of it."""

    path: str
    count: int
    size: int
    top: list[str]


class Unpack(
    Step, type="archive.unpack",
    errors=("archive.unsafe", "archive.limit", "archive.corrupt", "archive.format", "archive.exists", *FILE_ERRORS),
    capabilities=("filesystem",), cancellable=True,
):  # fmt: skip
    """Unpack a tar or zip archive into a directory, all of it or nothing.

    Nothing that lies in an archive gets out of the directory: a member with an absolute path or `..`, a link that leads
    out, a device or a pipe, a name that is there twice fails the step. Owners and setuid bits are not taken over. All
    is unpacked beside the directory and put in its place when it is complete.

    Example:
        uses: archive.unpack
        with: {path: downloads/tool-1.4.tar.gz, target: tools/tool, strip: 1, existing: replace}
    """

    path: Annotated[Path, Meta(description="The archive; relative to the step's working directory")]
    target: Annotated[Path, Meta(description="The directory to unpack into")]
    format: Annotated[Format, Meta(description="The format; auto: by what the file begins with")] = "auto"
    strip: Annotated[
        int, Meta(ge=0, le=100, description="How many directories to take off the beginning of each name")
    ] = 0
    include: Annotated[
        Patterns | None, Meta(description="Patterns of what to unpack, as names in `target`; default: all")
    ] = None
    exclude: Annotated[list[str], Meta(description="Patterns of what to leave out, as names in `target`")] = field(
        default_factory=list
    )
    existing: Annotated[
        Existing,
        Meta(
            description="Where `target` is there and not empty: refuse; replace all of it; merge, file by file, with "
            "what is there"
        ),
    ] = "refuse"
    encoding: Annotated[str | None, Meta(description="The encoding of names that are not UTF-8")] = None
    max_members: Annotated[int, Meta(ge=1, description="The most members")] = 100_000
    max_bytes: Annotated[int, Meta(ge=0, description="The most bytes that the files in it may have together")] = 4 << 30
    max_ratio: Annotated[
        float, Meta(gt=0, description="How many times as much as the archive itself, beyond 64 MiB")
    ] = 200.0
    mkdir: MakeFolders = False

    def run(self, ctx: StepContext) -> Unpacked:
        """Unpack it."""
        from steplane_steps.archive.unpacking import unpack

        globs = Globs(_checked("include", self.include or ["**", "**/.*"]), _checked("exclude", self.exclude))
        with opened(ctx, self.path) as file:
            form = by_content(file.read(512), self.path) if self.format == "auto" else self.format
            file.seek(0)
            return unpack(self, ctx, file, form, globs if self.include or self.exclude else None)

    def plan(self, ctx: PlanContext) -> Planned:
        """Say from what into what."""
        source, target = located(ctx, self.path), located(ctx, self.target)
        state = state_of(source)
        summary = f"unpack {self.path}{state}{',' if state.startswith(',') else ''} into {self.target}"
        if os.path.isdir(target) and os.listdir(target):
            refused = ", which is there already and not empty: that is an error"
            summary += {"refuse": refused, "replace": ", which is replaced", "merge": ", beside what is there"}[
                self.existing
            ]
        return Planned(summary, reads=(source,), changes=(target,))


def _checked(name: str, patterns: list[str]) -> list[str]:
    for one in patterns:
        if why := wrong_pattern(one):
            raise StepError("input.invalid", f"the pattern `{one}` of `{name}` {why}")
    return patterns


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _identities(path: str) -> list[tuple[int, int]]:
    """Of a file that may not be there."""
    try:
        return [_identity(os.stat(path))]
    except OSError:
        return []


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step types of this module."""
    return [Pack, Unpack]
