"""Step types for files: `file.read`, `file.write`, `file.copy`, `file.glob`, `file.hash`."""

import os
from collections.abc import Sequence
from typing import Annotated, Literal

from steplane.sdk import Meta, PlanContext, Planned, Result, Step, StepContext, StepError, hookimpl
from steplane_steps.files import (
    FILE_ERRORS,
    READ_LIMIT,
    Encoding,
    MakeFolders,
    Mode,
    Path,
    explained,
    located,
    make_room,
    opened,
    read_bytes,
    replacing,
    stop_if_cancelled,
)  # fmt: skip
from steplane_steps.planned import appending, reading, size_text, writing

BLOCK = 1 << 20


class ReadResult(Result):
    """The file's text and its size in bytes."""

    text: str
    size: int


class Read(Step, type="file.read", errors=FILE_ERRORS, capabilities=("filesystem",), idempotent=True, cancellable=True):
    """Read a text file.

    At most 16 MiB; larger files are for programs.

    Example:
        uses: file.read
        with: {path: VERSION}
    """

    path: Path
    encoding: Encoding = "utf-8"

    def run(self, ctx: StepContext) -> ReadResult:
        """Read it."""
        content = read_bytes(ctx, self.path, READ_LIMIT)
        with explained(self.path):
            return ReadResult(content.decode(self.encoding), len(content))

    def plan(self, ctx: PlanContext) -> Planned:
        """Say whether the file is there."""
        return reading(ctx, self.path)


class WriteResult(Result):
    """The file's absolute path and its size in bytes."""

    path: str
    size: int


class Write(Step, type="file.write", errors=FILE_ERRORS, capabilities=("filesystem",), cancellable=True):
    """Write a text file.

    The file is replaced as a whole when all is written: nobody ever sees half of it. With `append` the text is put at
    the end instead.

    Example:
        uses: file.write
        with: {path: out/notes.md, text: "${{ steps.notes.outputs.stdout }}", mkdir: true}
    """

    path: Path
    text: Annotated[str, Meta(description="What to write; no newline is added")]
    append: Annotated[bool, Meta(description="Put it at the end of the file; made when it is missing")] = False
    encoding: Encoding = "utf-8"
    mode: Mode | None = None
    mkdir: MakeFolders = False

    def run(self, ctx: StepContext) -> WriteResult:
        """Write it."""
        with explained(self.path):
            content = self.text.encode(self.encoding)
        if self.append:
            return self._append(ctx, content)
        with replacing(ctx, self.path, mkdir=self.mkdir, mode=self.mode) as file:
            file.write(content)
        return WriteResult(located(ctx, self.path), len(content))

    def plan(self, ctx: PlanContext) -> Planned:
        """Say whether the file is made, replaced, or added to."""
        with explained(self.path):
            content = size_text(len(self.text.encode(self.encoding)))
        return (appending if self.append else writing)(ctx, self.path, content, mkdir=self.mkdir)

    def _append(self, ctx: StepContext, content: bytes) -> WriteResult:
        target = located(ctx, self.path)
        with explained(self.path):
            make_room(target, self.path, mkdir=self.mkdir)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
            with open(os.open(target, flags, 0o666), "ab") as file:
                if self.mode is not None:
                    os.fchmod(file.fileno(), int(self.mode, 8))
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                return WriteResult(target, os.fstat(file.fileno()).st_size)


class Copy(Step, type="file.copy", errors=FILE_ERRORS, capabilities=("filesystem",), idempotent=True, cancellable=True):
    """Copy a file, with its permissions.

    Example:
        uses: file.copy
        with: {source: dist/app.whl, target: release/app.whl, mkdir: true}
    """

    source: Annotated[Path, Meta(description="The file to copy; relative to the step's working directory")]
    target: Annotated[Path, Meta(description="The new file, or a directory that is there: then under the same name")]
    overwrite: Annotated[bool, Meta(description="Replace a file that is there; without it that is an error")] = True
    mkdir: MakeFolders = False

    def run(self, ctx: StepContext) -> WriteResult:
        """Copy it in blocks."""
        target = self._target(ctx)
        if not self.overwrite and os.path.lexists(located(ctx, target)):
            raise StepError("file.exists", f"`{target}` exists already")
        size = 0
        with opened(ctx, self.source) as source:
            mode = f"{os.fstat(source.fileno()).st_mode & 0o777:03o}"
            with replacing(ctx, target, mkdir=self.mkdir, mode=mode) as file:
                while block := source.read(BLOCK):
                    stop_if_cancelled(ctx)
                    size += file.write(block)
        return WriteResult(located(ctx, target), size)

    def plan(self, ctx: PlanContext) -> Planned:
        """Say from where to where, and what stands there now."""
        target = self._target(ctx)
        place = located(ctx, target)
        there = os.path.lexists(place)
        if there and not self.overwrite:
            what = ", which exists already: that is an error"
        else:
            what = ", which is replaced" if there else ""
        source = reading(ctx, self.source, "copy")
        return Planned(f"{source.summary} to {target}{what}", source.reads, (place,))

    def _target(self, ctx: StepContext | PlanContext) -> str:
        if os.path.isdir(located(ctx, self.target)) or self.target.endswith("/"):
            return os.path.join(self.target, os.path.basename(self.source))
        return self.target


class GlobResult(Result):
    """The paths, sorted, relative to the step's working directory (absolute where the pattern is)."""

    paths: list[str]


class Glob(Step, type="file.glob", capabilities=("filesystem",), idempotent=True, cancellable=True):
    """List the files that match patterns; none at all is an empty list.

    `*` and `?` match within a name, `**` any number of directories, `[ab]` one of these characters.

    Example:
        uses: file.glob
        with: {patterns: ["dist/*.whl", "docs/**/*.md"]}
    """

    patterns: Annotated[list[str], Meta(min_length=1, description="Patterns; relative to the working directory")]
    hidden: Annotated[bool, Meta(description="Also names that begin with a dot")] = False
    kind: Annotated[Literal["file", "directory", "any"], Meta(description="What to list")] = "file"

    def run(self, ctx: StepContext) -> GlobResult:
        """Look for them."""
        from glob import iglob

        found: set[str] = set()
        for pattern in self.patterns:
            for path in iglob(pattern, root_dir=ctx.workdir, recursive=True, include_hidden=self.hidden):
                stop_if_cancelled(ctx)
                if self._wanted(os.path.join(ctx.workdir, path)):
                    found.add(path)
        return GlobResult(sorted(found))

    def _wanted(self, path: str) -> bool:
        if self.kind == "any":
            return True
        return os.path.isfile(path) if self.kind == "file" else os.path.isdir(path)


class HashResult(Result):
    """The digest in hexadecimal, and the file's size in bytes."""

    hash: str
    size: int


class Hash(Step, type="file.hash", errors=FILE_ERRORS, capabilities=("filesystem",), idempotent=True, cancellable=True):
    """Compute a file's digest.

    Example:
        uses: file.hash
        with: {path: dist/app.whl}
    """

    path: Path
    algorithm: Annotated[
        Literal["sha256", "sha512", "sha384", "sha1", "md5", "blake2b"], Meta(description="The digest's algorithm")
    ] = "sha256"

    def run(self, ctx: StepContext) -> HashResult:
        """Read the file in blocks."""
        import hashlib

        digest, size = hashlib.new(self.algorithm, usedforsecurity=False), 0
        with opened(ctx, self.path) as file:
            while block := file.read(BLOCK):
                stop_if_cancelled(ctx)
                digest.update(block)
                size += len(block)
        return HashResult(digest.hexdigest(), size)

    def plan(self, ctx: PlanContext) -> Planned:
        """Say whether the file is there."""
        return reading(ctx, self.path)


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step types of this module."""
    return [Read, Write, Copy, Glob, Hash]
