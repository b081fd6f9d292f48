"""The step type `template.render`."""

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import field

from steplane.sdk import (
    Delimiters,
    Meta,
    PlanContext,
    Planned,
    Result,
    Step,
    StepContext,
    StepError,
    Template,
    hookimpl,
)
from steplane_steps.files import (
    FILE_ERRORS,
    Encoding,
    MakeFolders,
    Mode,
    Path,
    explained,
    located,
    read_bytes,
    replacing,
)
from steplane_steps.planned import state_of, writing


class Rendered(Result):
    """The text, where no `path` was given; else the file's absolute path. The size is in bytes."""

    text: str | None
    path: str | None
    size: int


class Render(
    Step, type="template.render", errors=("template.syntax", "template.undefined", "template.value", *FILE_ERRORS),
    capabilities=("filesystem",), idempotent=True, cancellable=True, one_of=[("text", "file")],
):  # fmt: skip
    """Render a template, from a file or from the workflow itself, into a file or an output.

    A template has the expressions, blocks, filters and limits of workflow files: `${{ }}`, `${% if %}`, `${% for %}`;
    with `delimiters: jinja` the marks are `{{ }}` and `{% %}`, as in templates of other tools. It sees `values` and
    nothing else, so `text` is not evaluated with the names of the workflow. A value that is not there is an error with
    its line and column, unless `default` or `is defined` catches it. Nothing is included or imported. What stands in a
    value is never rendered again.

    Example:
        uses: template.render
        with:
          file: templates/invoice.md
          values: {order: "${{ item }}", total: "${{ steps.sum.outputs.total }}"}
          path: out/${{ item.id }}.md
          mkdir: true
    """

    text: Annotated[Template | None, Meta(description="The template itself; or else `file`")] = None
    file: Annotated[Path | None, Meta(description="The template's file; relative to the step's working directory")] = (
        None
    )
    values: Annotated[dict[str, Any], Meta(description="The names that the template knows, with their values")] = field(
        default_factory=dict
    )
    path: Annotated[
        Path | None, Meta(description="The file to write, replaced as a whole; without it `text` is an output")
    ] = None
    delimiters: Annotated[
        Delimiters, Meta(description="`${{ }}` and `${% %}` (steplane), or `{{ }}` and `{% %}` (jinja)")
    ] = "steplane"
    trim_blocks: Annotated[bool, Meta(description="Leave out the newline behind a block or comment")] = False
    lstrip_blocks: Annotated[
        bool, Meta(description="Leave out the blanks before a block or comment that is the first on its line")
    ] = False
    encoding: Encoding = "utf-8"
    mode: Mode | None = None
    mkdir: MakeFolders = False

    def run(self, ctx: StepContext) -> Rendered:
        """Render it."""
        name, template = self._template(ctx)
        text = ctx.render(
            template, self.values, name=name, delimiters=self.delimiters,
            trim_blocks=self.trim_blocks, lstrip_blocks=self.lstrip_blocks,
        )  # fmt: skip
        with explained(self.path or name):
            content = text.encode(self.encoding)
        if self.path is None:
            return Rendered(text, None, len(content))
        with replacing(ctx, self.path, mkdir=self.mkdir, mode=self.mode) as file:
            file.write(content)
        return Rendered(None, located(ctx, self.path), len(content))

    def plan(self, ctx: PlanContext) -> Planned:
        """Say from what into what."""
        place = None if self.file is None else located(ctx, self.file)
        what = "a template of the workflow" if place is None else f"{self.file}{state_of(place)}"
        reads = () if place is None else (place,)
        if self.path is None:
            return Planned(f"render {what}", reads=reads)
        into = writing(ctx, self.path, "rendered", mkdir=self.mkdir)
        return Planned(f"render {what}: {into.summary}", reads=reads, changes=into.changes)

    def _template(self, ctx: StepContext) -> tuple[str, str]:
        """What it is called in messages, and its text."""
        if self.text is not None and self.file is None:
            return "text", self.text
        if self.file is None or self.text is not None:
            raise StepError("input.invalid", "`template.render` takes either `text` or `file`")
        content = read_bytes(ctx, self.file)
        with explained(self.file):
            return self.file, content.decode(self.encoding)


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step type of this module."""
    return [Render]
