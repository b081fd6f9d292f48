"""The parse events of PyYAML: the only module that imports it.

Only events are taken from it: its composer loses the place where an alias is used, its resolver speaks YAML 1.1, its
constructors build objects.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

__all__ = [
    "TOO_DEEP",
    "AliasEvent",
    "DocumentStartEvent",
    "Event",
    "MappingEndEvent",
    "MappingStartEvent",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "StreamEndEvent",
    "SyntaxProblem",
    "events",
]

Event: TypeAlias = Any
"""An event of PyYAML. Its kinds share no typed interface: which attributes there are follows from `type(event)`."""

WORK = 8
"""What an event counts."""

_PLACE = tuple[int, int]
_count: ContextVar[Callable[[int], None] | None] = ContextVar("count", default=None)


TOO_DEEP = "too deep to go on"
"""The words of a problem that is the reader's own: the parser would take too long."""


class SyntaxProblem(Exception):
    """The parser's complaint: its words, and places as (line, column) from 1."""

    def __init__(self, problem: str, place: _PLACE, context: str, context_place: _PLACE | None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = place
        self.context = context
        self.context_place = context_place


def events(text: str, *, pure: bool = False) -> Iterator[Event]:
    """The events of the text, by the C parser where there is one and `pure` does not forbid it.

    Raises:
        SyntaxProblem: the text is not YAML; events before the mistake have been given.
    """
    count = _count.get()
    given = yaml.parse(text, Loader=_pure_parser() if pure else _parser())
    try:
        yield from given if count is None else _counted(given, count)
    except yaml.MarkedYAMLError as error:
        place = _place(error.problem_mark) or (1, 1)
        raise SyntaxProblem(error.problem or "", place, error.context or "", _place(error.context_mark)) from None
    except yaml.YAMLError as error:
        raise SyntaxProblem(str(error), (1, 1), "", None) from None


def _counted(given: Iterator[Event], count: Callable[[int], None]) -> Iterator[Event]:
    for event in given:
        count(WORK)
        yield event


@contextmanager
def each_counted(count: Callable[[int], None]) -> Iterator[None]:
    """Within, `count` is called with the work of each event, and ends the reading by raising."""
    token = _count.set(count)
    try:
        yield
    finally:
        _count.reset(token)


def _place(mark: Any) -> _PLACE | None:
    return None if mark is None else (mark.line + 1, mark.column + 1)


def _parser() -> Any:
    if yaml.__with_libyaml__:
        from yaml._yaml import CParser

        return CParser
    return _pure_parser()


def _pure_parser() -> Any:
    return yaml.SafeLoader
