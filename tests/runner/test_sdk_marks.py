"""Parameters that the runner treats in a way of their own, and libraries that a step type needs."""

from typing import Annotated, Any

import pytest
from msgspec import field

from steplane.sdk import (
    Code,
    InvalidParameter,
    Meta,
    Step,
    StepContext,
    StepError,
    Template,
    Trusted,
    Url,
    convert,
    describe,
    missing_requirements,
)
from steplane.testing import RecordingContext


class Page(
    Step, type="page.fetch", requires={"json": "never-wanted", "no_such_module_x": "steplane[page]"}, cancellable=True
):
    """Fetch a page."""

    url: Annotated[Url, Meta(description="Where")]
    other: Annotated[Url | None, Meta(description="Where else")] = None
    body: Annotated[Template | None, Meta(description="What")] = None
    program: Annotated[Code | None, Meta(description="How")] = None
    values: Annotated[dict[str, Any], Meta(description="With what")] = field(default_factory=dict)
    trusted: Trusted = field(default_factory=dict)

    def run(self, ctx: StepContext) -> None:
        """Do it."""


def test_marks_are_found_also_in_what_may_be_left_out() -> None:
    kind = describe(Page)
    assert kind.parameters_marked("url") == ("url", "other")
    assert kind.parameters_marked("template") == ("body",)
    assert kind.parameters_marked("code") == ("program",)
    assert "trusted" not in kind.parameters["properties"]
    assert kind.parameters["properties"]["url"]["minLength"] == 1


def test_no_author_can_say_what_is_trusted() -> None:
    with pytest.raises(InvalidParameter, match="`trusted` is no parameter"):
        convert(Page, {"url": "x", "trusted": {"url": "x"}})
    assert convert(Page, {"url": "x"}, {"trusted": {"url": "x"}}).trusted == {"url": "x"}


def test_what_is_missing_is_named_once_and_nothing_is_imported() -> None:
    assert missing_requirements(Page) == ("steplane[page]",)
    assert describe(Page).missing == ("steplane[page]",)


def test_a_context_that_cannot_render_says_so(tmp_path: Any) -> None:
    ctx = RecordingContext(tmp_path)
    assert ctx.render("${{ a }}", {"a": 1}) == "1"
    assert ctx.render("{{ a }}", {"a": [1]}, delimiters="jinja") == "[1]"
    with pytest.raises(StepError, match=r"page\.md:1:5: `b` is missing"):
        ctx.render("${{ b }}", {}, name="page.md")
    with pytest.raises(NotImplementedError):
        StepContext.render(ctx, "x", {})


def test_a_program_whose_output_is_for_the_step_alone(tmp_path: Any) -> None:
    ctx = RecordingContext(tmp_path)
    ended = ctx.process(["sh", "-c", "echo out; echo err >&2"], log=False)
    assert ended.stdout == "out\n"
    assert ctx.logged == ["err"]
