"""Step types for JSON files: `json.read`, `json.write`."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

from steplane.sdk import Meta, PlanContext, Planned, Result, Step, StepContext, StepError, hookimpl
from steplane_steps.files import FILE_ERRORS, MakeFolders, Mode, Path, explained, located, read_bytes, replacing
from steplane_steps.planned import reading, size_text, writing

Indent = Annotated[int, Meta(ge=0, le=16)]


class Document(Result):
    """What the file holds, as data."""

    data: Any


class Read(
    Step, type="json.read", errors=(*FILE_ERRORS, "json.invalid"), capabilities=("filesystem",), idempotent=True,
    cancellable=True,
):  # fmt: skip
    """Read a JSON file (UTF-8, at most 16 MiB).

    Example:
        uses: json.read
        with: {path: package.json}
    """

    path: Path

    def run(self, ctx: StepContext) -> Document:
        """Read it."""
        with explained(self.path):
            text = read_bytes(ctx, self.path).decode("utf-8-sig")
        try:
            return Document(json.loads(text, parse_constant=_refuse))
        except json.JSONDecodeError as error:
            place = {"line": error.lineno, "column": error.colno}
            what = f"`{self.path}`, line {error.lineno}, column {error.colno}: {error.msg}"
            raise StepError("json.invalid", what, detail=place) from error
        except (ValueError, RecursionError) as error:
            raise StepError("json.invalid", f"`{self.path}`: {error}") from error

    def plan(self, ctx: PlanContext) -> Planned:
        """Say whether the file is there."""
        return reading(ctx, self.path)


class Written(Result):
    """The file's absolute path and its size in bytes."""

    path: str
    size: int


class Write(
    Step, type="json.write", errors=FILE_ERRORS, capabilities=("filesystem",), idempotent=True, cancellable=True
):  # fmt: skip
    """Write data to a JSON file (UTF-8, with a newline at its end), which is replaced as a whole.

    Example:
        uses: json.write
        with: {path: out/report.json, data: {total: "${{ steps.sum.outputs.total }}"}, mkdir: true}
    """

    path: Path
    data: Annotated[Any, Meta(description="What to write: any value")]
    indent: Annotated[Indent | None, Meta(description="Blanks for each level; null for one compact line")] = 2
    sort_keys: Annotated[bool, Meta(description="Write the keys of mappings in alphabetical order")] = False
    mode: Mode | None = None
    mkdir: MakeFolders = False

    def run(self, ctx: StepContext) -> Written:
        """Write it."""
        content = self._content()
        with replacing(ctx, self.path, mkdir=self.mkdir, mode=self.mode) as file:
            file.write(content)
        return Written(located(ctx, self.path), len(content))

    def plan(self, ctx: PlanContext) -> Planned:
        """Say whether the file is made or replaced."""
        return writing(ctx, self.path, size_text(len(self._content())), mkdir=self.mkdir)

    def _content(self) -> bytes:
        separators = (",", ":") if self.indent is None else (",", ": ")
        text = json.dumps(
            self.data,
            ensure_ascii=False,
            allow_nan=False,
            indent=self.indent,
            sort_keys=self.sort_keys,
            separators=separators,
        )
        with explained(self.path):
            return f"{text}\n".encode()


def _refuse(constant: str) -> None:
    """Refuse `NaN` and `Infinity`: Python reads them, JSON has none."""
    raise ValueError(f"{constant} is no JSON")


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step types of this module."""
    return [Read, Write]
