"""What a step with `cache` stands on, and which runs of a workflow count together."""

from typing import Literal

from msgspec import Struct

from steplane.expressions.templates import Template


class Cache(Struct, frozen=True):
    """A recorded result stands for the step while its `key` and the `files` are what they were.

    `files` and `outputs` are patterns below the working directory of the step; the files of `outputs` are kept with
    the result, and put back where it is reused.
    """

    key: Template | None = None
    files: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


class Concurrency(Struct, frozen=True):
    """At most `limit` runs of one `group` are under way in a state directory; what a further one does `when_full`."""

    group: Template
    limit: int = 1
    when_full: Literal["wait", "fail", "skip"] = "wait"
