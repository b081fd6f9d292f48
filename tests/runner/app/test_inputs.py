"""Inputs: from words, files, variables and defaults, read by their type, held against their schema."""

# ruff: noqa: E501 - workflows stand as their authors write them

from pathlib import Path
from typing import Any

import pytest

from steplane.app.inputs import given, read_env_file, resolve
from steplane.errors import UsageError
from steplane.plan.inputs import InputSpec
from steplane.plan.nodes import Plan


def plan(**specs: dict[str, Any]) -> Plan:
    """A plan with nothing but inputs."""
    ours = {"required", "default", "env", "secret", "optional"}
    inputs = []
    for name, spec in specs.items():
        schema = {key: value for key, value in spec.items() if key not in ours}
        own = {key: value for key, value in spec.items() if key in ours}
        required = not ({"default", "env", "optional"} & set(own))
        inputs.append(InputSpec(name, schema, **{"required": required, **own}))
    return Plan(name="p", file="p.yaml", hash="", text="", nodes=(), lists=(), inputs=tuple(inputs))


def wrong(message: str, remedy: str, action: Any) -> None:
    with pytest.raises(UsageError) as refused:
        action()
    assert (refused.value.message, refused.value.remedy) == (message, remedy)


TEXT, NUMBER = {"type": "string"}, {"type": "number"}
WORDS: list[tuple[dict[str, Any], str, Any]] = [
    (TEXT, "12", "12"), (TEXT, "", ""), (TEXT, "a=b", "a=b"), (TEXT, "@@x", "@x"), (TEXT, "true", "true"),
    ({"enum": ["1", "2"]}, "1", "1"), ({"enum": ["1", 2]}, "2", 2), (NUMBER, "12.5", 12.5), (NUMBER, "012e0", None),
    ({"type": "integer"}, "3", 3), ({"type": "boolean"}, "true", True), ({"type": "array"}, "[1]", [1]),
    ({"type": "object"}, '{"a": null}', {"a": None}), ({"type": ["string", "null"]}, '"x"', "x"), ({}, '"x"', "x"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "word", "value"), WORDS)
def test_words_are_read_by_the_type(schema: dict[str, Any], word: str, value: Any) -> None:
    if value is None:
        with pytest.raises(UsageError, match=r"wants number as JSON, this is '012e0'"):
            given(plan(n=schema), (f"n={word}",), None)
    else:
        assert given(plan(n=schema), (f"n={word}",), None) == {"n": value}


def test_a_file_as_value(tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes(b"a\r\nb\n")
    (tmp_path / "j").write_text("[1, 2]\n")
    (tmp_path / "latin").write_bytes(b"\xff")
    both = plan(t=TEXT, j={"type": "array"})
    assert given(both, (f"t=@{tmp_path}/v", f"j=@{tmp_path}/j"), None) == {"t": "a\r\nb\n", "j": [1, 2]}
    remedy = "A text that begins with `@` is written `@@...`."
    none = f"{tmp_path}/none"
    wrong(
        f"input `t`: {none} cannot be read: No such file or directory",
        remedy,
        lambda: given(both, (f"t=@{none}",), None),
    )
    wrong(
        f"input `t`: {tmp_path}/latin is not UTF-8 text", remedy, lambda: given(both, (f"t=@{tmp_path}/latin",), None)
    )


@pytest.mark.parametrize("name", ["in.yaml", "in.json"])
def test_an_inputs_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text('{"a": "x", "n": 5}' if name.endswith("json") else "a: x\nn: 5\n")
    assert given(plan(a=TEXT, n=NUMBER), ("a=y",), str(path)) == {"a": "y", "n": 5}


def test_a_number_in_an_inputs_file_is_text_where_text_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "in.yaml"
    some = plan(
        a=TEXT, b={"enum": ["1", "2"]}, c={"type": "array", "items": TEXT}, n=NUMBER, s={**TEXT, "secret": True}
    )
    path.write_text("a: 8080\nb: 1\nc: [1, x, 2.5]\nn: 1.10\n")
    values = given(some, (), str(path))
    assert values == {"a": "8080", "b": "1", "c": ["1", "x", "2.5"], "n": 1.1}
    path.write_text("n: 1\nc: [1, 1e3]\n")
    message = f"{path}:2:8: `c[1]` is text, and the number `1e3` could be read as `1000.0`: quote it"
    wrong(message, 'Write it as `"..."`.', lambda: given(some, (), str(path)))
    path.write_text("s: 0123\n")
    message = f"{path}:1:4: input `s` is text, and a number stands there that could be read as another"
    wrong(message, 'Write it as `"..."`.', lambda: given(some, (), str(path)))
    path.write_text("a: true\n")
    assert given(some, (), str(path)) == {"a": True}


@pytest.mark.parametrize("content", ["", "- a\n", "text\n", "a: [\n", "a: 1\na: 2\n"])
def test_an_inputs_file_that_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "in.yaml"
    path.write_text(content)
    with pytest.raises(UsageError) as refused:
        given(plan(a=TEXT), (), str(path))
    assert str(path) in refused.value.message
    assert refused.value.remedy.startswith("An inputs file holds one mapping of names to values")


def test_an_inputs_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none.yaml"):
        given(plan(a=TEXT), (), str(tmp_path / "none.yaml"))


def test_wrong_words() -> None:
    some = plan(region=TEXT)
    wrong("`-i region` has no `=`", "Write `-i NAME=VALUE`.", lambda: given(some, ("region",), None))
    wrong(
        "the workflow has no input `regoin`",
        "Did you mean `region`? It has: region.",
        lambda: given(some, ("regoin=x",), None),
    )
    wrong("the workflow has no input `x`", "It has: region.", lambda: given(some, ("x=x",), None))
    wrong("the workflow has no input `x`", "It has no inputs.", lambda: given(plan(), ("x=x",), None))


def test_where_values_come_from() -> None:
    all_ = plan(
        given={**TEXT, "default": "d", "env": "E"}, variable={**NUMBER, "env": "N", "default": 1},
        default={**TEXT, "default": "d", "env": "GONE"}, optional={**TEXT, "optional": True},
    )  # fmt: skip
    environ = {"E": "e", "N": "2.5"}
    assert resolve(all_, {"given": "g"}, environ) == {"given": "g", "variable": 2.5, "default": "d", "optional": None}


def test_a_variable_is_never_a_file() -> None:
    assert resolve(plan(a={**TEXT, "env": "A"}), {}, {"A": "@/etc/passwd"}) == {"a": "@/etc/passwd"}


def test_everything_that_is_wrong_at_once() -> None:
    all_ = plan(
        a=TEXT, b={**TEXT, "env": "B", "description": "the key"}, n={**NUMBER, "minimum": 3}, p={**TEXT, "format": "path"},
        d={**TEXT, "format": "duration"}, o={"type": "object", "properties": {"x": NUMBER}},
    )  # fmt: skip
    values = {"n": 2, "p": "no/such/file", "d": "5 minutes", "o": {"x": "y"}}
    with pytest.raises(UsageError) as refused:
        resolve(all_, values, {})
    parts = refused.value.message.split("; ")
    assert parts[:2] == ["input `a` is missing", "input `b` is missing (or the variable B): the key"]
    assert [part.split()[1] for part in parts[2:]] == ["`n`", "`d`", "`o`"]
    assert "at `x`" in parts[4]
    assert refused.value.remedy == "Give it with -i a=... -i b=..."


def test_a_secret_value_is_not_shown() -> None:
    secret = plan(p={"type": "integer", "secret": True})
    with pytest.raises(UsageError) as refused:
        given(secret, ("p=hunter2",), None)
    assert (
        refused.value.message
        == "input `p` wants integer as JSON, the given text is none: line 1, column 1: invalid character"
    )
    with pytest.raises(UsageError) as refused:
        resolve(secret, {"p": "hunter2"}, {})
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {"\udfff": 1}, [2**1100], {1: 2}])
def test_what_cannot_be_recorded(value: Any) -> None:
    with pytest.raises(UsageError, match=r"input `a` (holds|has) .*, which cannot be recorded"):
        resolve(plan(a={}), {"a": value}, {})


def test_an_environment_file(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("# comment\n\nA=1\nexport B = two words \nC='quoted'\nD=\"x=y\"\nE=\n")
    assert read_env_file(str(path)) == {"A": "1", "B": "two words", "C": "quoted", "D": "x=y", "E": ""}
    path.write_text("A=1\nhunter2\n")
    wrong(f"{path}:2: this is no NAME=VALUE line", "Mend the line.", lambda: read_env_file(str(path)))
    with pytest.raises(UsageError, match=r"the environment file .* cannot be read"):
        read_env_file(str(tmp_path / "none"))


def test_a_file_that_is_not_there_is_named_for_what_it_is(tmp_path: Path) -> None:
    file = str(tmp_path / "none")
    with pytest.raises(UsageError) as inputs:
        given(plan(), (), file)
    with pytest.raises(UsageError) as environment:
        read_env_file(file)

    assert inputs.value.remedy == "Give the path of a YAML or JSON file with the inputs."
    assert environment.value.message == f"the environment file {file} cannot be read: No such file or directory"


def test_all_that_is_wrong_is_told_at_once() -> None:
    some = plan(b={"type": "boolean"}, n=NUMBER | {"env": "N"}, s=TEXT)
    wrong(
        "input `b` wants boolean as JSON, this is 'yes': line 1, column 1: invalid character; "
        "the workflow has no input `z`; `-i s` has no `=`",
        "Text inside JSON stands in double quotes.\nIt has: b, n, s.\nWrite `-i NAME=VALUE`.",
        lambda: given(some, ("b=yes", "z=1", "s"), None),
    )
    wrong(
        "input `b` must be `true` or `false`, not `1`; "
        "input `n` (from the variable N) wants number as JSON, this is '9x': line 1, column 3: trailing characters; "
        "input `s` is missing",
        "Give it with -i s=...",
        lambda: resolve(some, {"b": 1}, {"N": "9x"}),
    )
