"""What the shell is given: lines, descriptors, environment, and values that cannot be put in."""

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from steplane.expressions.templates import Expression
from steplane.scripts import (
    Direct,
    Script,
    ScriptValueError,
    Slot,
    arguments,
    assemble,
    expressions_of,
)

if TYPE_CHECKING:
    from tests.runner.scripts.conftest import Scripts

SHELL_LINES = (
    "echo x|cd /|A=1 make|make a;|ls *|ls ~|ls ~/x|make $X|make `x`|make > x|make <x|make &|ls a?|ls [a]|ls {a,b}|"
    "make # x|! make|time make|make \\|make 'a|make \"a|if|{ x|( x|exit 1|\\make|make a\\ b|ls ^x|[ a ]|''|'' x"
)
SHELLS = pytest.mark.parametrize("shell", ["bash", "sh"])


@SHELLS
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("missing-program-1; : ${{ v }}", 1),
        ("# comment\n: ${{ v }}\nmissing-program-1", 3),
        ("#!/bin/bash\n: ${{ v }} |\n cat\nmissing-program-1", 4),
        ("cat <<EOT\n${{ v }}\nEOT\nmissing-program-1", 4),
        (': ${{ v\n +\n v }}\n: "\n"; missing-program-1', 5),
        ("f() {\n  missing-program-1 ${{ v }}\n}\nf", 2),
    ],
)
def test_lines_in_messages_are_the_authors(scripts: "Scripts", shell: str, text: str, line: int) -> None:
    done = scripts.run(text, {"v": "a\nb\nc", "v\n +\n v": "x"}, shell)
    assert done.returncode == 127
    assert f": {'line ' if shell == 'bash' else ''}{line}: missing-program-1".encode() in done.stderr


@SHELLS
def test_unset_variables_are_still_errors(scripts: "Scripts", shell: str) -> None:
    done = scripts.run(": ${{ v }}\necho $NOT_THERE", {"v": "x"}, shell)
    assert done.returncode != 0
    assert b"NOT_THERE" in done.stderr


@SHELLS
def test_stdin_is_free_and_nothing_leaks_to_children(scripts: "Scripts", shell: str) -> None:
    text = ": ${{ v }}\ncat\nenv | grep STEPLANE_V && exit 9\nls /proc/self/fd | tr '\\n' ' '"
    done = scripts.run(text, {"v": "x"}, shell, stdin=b"given\n", env={"STEPLANE_V1": "old"})
    assert done.returncode == 0
    given, descriptors = done.stdout.split(b"\n")
    assert given == b"given"
    assert b"8" not in descriptors.split()


@pytest.mark.parametrize("argv", [["bash", "-eua"], ["sh", "-eua"]])
def test_nothing_is_exported_under_allexport(scripts: "Scripts", argv: list[str]) -> None:
    done = scripts.run("x=${{ v }}; env | grep -e ^x= -e ^STEPLANE_V", {"v": "1"}, argv=argv)
    assert done.stdout == b"x=1\n"


@pytest.mark.parametrize("argv", [["bash", "-ex"], ["sh", "-ex"]])
def test_a_trace_does_not_show_the_prelude(scripts: "Scripts", argv: list[str]) -> None:
    done = scripts.run("x=1\necho $x # ${{ unused }}\n: ${{ v }}", {"v": "hidden"}, argv=argv)
    assert done.stdout == b"1\n"
    assert b"STEPLANE_V1=" not in done.stderr


@SHELLS
def test_without_its_values_a_script_does_not_run(scripts: "Scripts", shell: str) -> None:
    assembled = assemble(Script(("echo ran ", Slot(Expression("v"), "word"))), ["x"])
    done = subprocess.run([shell, "-c", assembled.script], capture_output=True, check=False)
    assert done.returncode != 0
    assert done.stdout == b""


@SHELLS
@pytest.mark.parametrize("text", ["", "\n", "# only ${{ v }}\n", "   "])
def test_empty_scripts(scripts: "Scripts", shell: str, text: str) -> None:
    done = scripts.run(text, {}, shell)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@SHELLS
def test_a_script_without_values_is_left_alone(scripts: "Scripts", shell: str) -> None:
    what, _ = scripts.compile("echo $x\n")
    assert isinstance(what, Script)
    assert assemble(what, []).script == "echo $x\n"
    assert assemble(what, []).prelude == ""


def test_carriage_returns_stay(scripts: "Scripts") -> None:
    done = scripts.run('echo ${{ v }}\r\necho "${{ v }}"\r\n', {"v": "a\r\nb"})
    assert done.stdout == b"a\r\nb\r\na\r\nb\r\n"


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (
            "word",
            None,
            "`${{ v }}` is null, which has no text; give it a value with `default`, or leave the step out with `if`",
        ),
        (
            "text",
            "a\0b",
            "`${{ v }}` holds a NUL character, which no shell can carry; pass it through a file or `| b64encode`",
        ),
        ("text", "\ud800", "`${{ v }}` holds half a surrogate pair, which is no text; pass it on with `| json`"),
        (
            "glued",
            ["a"],
            (
                "`${{ v }}` is a list where the shell takes one word; let it stand alone for one word per item, "
                "join it with `| join(',')`, or put it in double quotes to get JSON"
            ),
        ),
        (
            "word",
            {"a": 1},
            "`${{ v }}` is a mapping, which is no word; put it in double quotes to get JSON, or use one of its fields",
        ),
        (
            "glued",
            {},
            "`${{ v }}` is a mapping, which is no word; put it in double quotes to get JSON, or use one of its fields",
        ),
        (
            "word",
            ["a", None],
            (
                "item 1 of `${{ v }}` is null, which is no word; "
                "drop nulls with `| present`, or put the expression in double quotes to get JSON"
            ),
        ),
        (
            "word",
            [["a"]],
            (
                "item 0 of `${{ v }}` is a list, which is no word; "
                "drop nulls with `| present`, or put the expression in double quotes to get JSON"
            ),
        ),
        ("number", "1", "`${{ v }}` is text, but the shell computes with it: it must be a whole number"),
        ("number", 1.5, "`${{ v }}` is 1.5, but the shell computes with it: it must be a whole number"),
        ("number", True, "`${{ v }}` is true, but the shell computes with it: it must be a whole number"),
        ("number", 2**63, "`${{ v }}` is 9223372036854775808, more than the 64 bits that a shell computes with"),
        ("text", float("nan"), "`${{ v }}` is not plain data and has no text; turn it into text first"),
    ],
)
def test_values_that_cannot_be_put_in(place: str, value: object, message: str) -> None:
    script = msgspec.convert({"type": "script", "pieces": []}, Script)
    slot = msgspec.convert({"expression": {"type": "expression", "text": "v"}, "place": place}, Slot)
    script = Script((Slot(Expression("first"), "text"), slot))
    with pytest.raises(ScriptValueError) as caught:
        assemble(script, ["ok", value])
    assert (caught.value.message, caught.value.slot) == (message, 1)


def test_a_script_is_stored_and_read_back(scripts: "Scripts") -> None:
    for text in ("x ${{ a }} 'b c'", 'x "${{ a }}" | y ${{ b }}'):
        what, _ = scripts.compile(text)
        assert msgspec.json.decode(msgspec.json.encode(what), type=Script | Direct) == what
    assert [one.text for one in expressions_of(what)] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        ("make all", ["make", "all"]),
        ("  ./ship.sh\t--day ${{ a }}  \n", ["./ship.sh", "--day", "A B"]),
        ("cc -o ${{ a }}.o --x=${{ a }} 'a  b' \"c $\" ''", None),
        ("cc -o ${{ a }}.o --x=${{ a }} 'a  $b' \"c d\" ''", ["cc", "-o", "A B.o", "--x=A B", "a  $b", "c d", ""]),
        ("rm ${{ list }} end", ["rm", "*", "x y", "end"]),
        ("rm pre${{ a }}${{ a }}", ["rm", "preA BA B"]),
        ('"my program" x', ["my program", "x"]),
        ('make "${{ a }}" "<${{ a }}-${{ a }}>" -D"${{ a }}"\'$\'', ["make", "A B", "<A B-A B>", "-DA B$"]),
        ('make "${{ list }}" x"" ""${{ a }}""', ["make", '["*","x y"]', "x", "A B"]),
        ("gcc a%b @file +x,y:z", ["gcc", "a%b", "@file", "+x,y:z"]),
    ],
)
def test_lines_that_need_no_shell(scripts: "Scripts", text: str, argv: list[str] | None) -> None:
    what, _ = scripts.compile(text)
    assert isinstance(what, Direct) == (argv is not None)
    if isinstance(what, Direct):
        given = {"a": "A B", "list": ["*", "x y"]}
        assert arguments(what, [given[one.text] for one in expressions_of(what)]) == argv


@pytest.mark.parametrize(
    "text",
    SHELL_LINES.split("|"),
)
def test_lines_that_need_one(scripts: "Scripts", text: str) -> None:
    assert isinstance(scripts.compile(text)[0], Script)


@pytest.mark.parametrize(
    "text",
    ["make\nmake", "make | x", "${{ a }} x", 'make "${{ a }} $b"', 'make "${{ a }}', '"${{ a }}" x', "pre${{ a }} x"],
)
def test_more_that_need_one(scripts: "Scripts", text: str) -> None:
    assert isinstance(scripts.compile(text)[0], Script)


def test_a_list_joined_to_an_argument_is_an_error(scripts: "Scripts") -> None:
    what, _ = scripts.compile("make --x=${{ a }}")
    assert isinstance(what, Direct)
    with pytest.raises(ScriptValueError, match="is a list where the shell takes one word"):
        arguments(what, [["a"]])


def test_running_imports_no_parser() -> None:
    program = (
        "import sys, steplane.scripts.compiling as s\n"
        "s.compile_script(('make x | y',), spans=(), shell='bash', is_number=bool, locate=print)\n"
        "print([m for m in sys.modules if 'tree_sitter' in m])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@SHELLS
def test_a_value_of_many_quotes_is_read_in_time(scripts: "Scripts", shell: str) -> None:
    value = "'" * 300_000 + "x\n" * 20_000
    begun = os.times().children_user
    done = scripts.run("printf %s ${{ v }}", {"v": value}, shell)
    assert done.stdout.decode() == value
    assert os.times().children_user - begun < 1.5, "bash alone takes 3 seconds for them in one piece"
