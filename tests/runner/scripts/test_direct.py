"""A line that needs no shell: its words and what is said of its values are those of the shell and of the parser."""

from typing import TYPE_CHECKING

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from steplane.diagnostics import Span
from steplane.scripts import Direct, ScriptValueError, arguments, expressions_of
from steplane.scripts.judging import judge

if TYPE_CHECKING:
    from tests.runner.scripts.conftest import Scripts

PIECES = [*["${{ v }}"] * 4, "${{ w }}", *['"'] * 4, "'", "a", "-x=", "b c", "  ", "it's", "é", "=", "-c", "@"]
VALUES = {"v": "A  'B' \"$x\" `y`\\", "w": ["*", "x y"]}
PROGRAMS = [
    "make", "env", "sudo sh", "bash -c", "sh -euc", "ssh host", "awk", "sed -e", "sed", "python3 -c", "perl -ne",
    "su root -c", "find . -exec sh -c", "xargs bash", "docker run x sh -c", "nice awk -v a=b",
]  # fmt: skip
lines = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join)


@settings(max_examples=150, deadline=None)
@given(lines)
def test_the_words_are_those_of_the_shell(scripts: "Scripts", line: str) -> None:
    what, found = scripts.compile(f"x {line}")
    assume(isinstance(what, Direct) and not found)
    assert isinstance(what, Direct)
    try:
        words = arguments(what, [VALUES[one.text] for one in expressions_of(what)])[1:]
    except ScriptValueError:
        assume(False)  # a list where one word is wanted: no shell is asked either
    assert (words or [""]) == scripts.words(f"printf '%s\\0' {line}", VALUES)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PROGRAMS), lines)
def test_what_is_said_is_what_the_parser_would_say(scripts: "Scripts", program: str, line: str) -> None:
    text = f"{program} {line}"
    what, found = scripts.compile(text)
    assume(isinstance(what, Direct))
    parts, spans = scripts.parts(text)
    places = [Span("run", 1, start + 1, 1, end + 1) for start, end in spans]
    said = [one for verdict in judge(parts, places, lambda _: False) for one in verdict.diagnostics]
    assume(not any(one.code == "shell-not-understood" for one in said))  # the parser stumbles over a word like `==`
    assert found == said
