"""Files that mean harm: refused at their place, after little work and in little memory (S01 to S11)."""

import subprocess
import sys
import tracemalloc
from functools import partial
from pathlib import Path

import pytest
from tests.calls import calls

from steplane.errors import UsageError
from steplane.source import read, read_file

BOMB = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
MERGE_BOMB = "a: &a0 {x: 1}\n" + "".join(
    f"b{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12)
)
WIDE_MERGE = "a: &a {" + ", ".join(f"k{n}: 1" for n in range(1000)) + "}\nb: {<<: [" + "*a, " * 100_000 + "]}\n"

MANY_WRONG_NAMES = "x: [" + ", ".join(f"&n{n} 1" for n in range(3000)) + "]\na: [" + "*m, " * 3000 + "]"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (BOMB, "too-many-nodes", 6),
        (MERGE_BOMB, "too-many-nodes", 6),
        (WIDE_MERGE, "too-many-nodes", 2),
        ("a: " + "[" * 100_000, "too-deep", 1),
        ("a: " + "{a: " * 100_000, "too-deep", 1),
        ("a:\n" + "- " * 100_000, "too-deep", 2),
        ("".join(" " * n + "a:\n" for n in range(1000)), "too-deep", 101),
        ("a: &a [*a]", "recursive-alias", 1),
        ("a: &a {b: *a}", "recursive-alias", 1),
        ("a: " + "9" * 500_000, "number", 1),
        ("a: '" + "x" * 2_000_000 + "'", "too-long-text", 1),
        ("\n" * 600_000, "file-too-large", 1),
        ("a: " + "x" * 10_000_000, "file-too-large", 1),
        ('a: "' + "\n" * 100_000, "unclosed-quote", 1),
        ("a: !!python/object/apply:os.system ['id']", "tag", 1),
        (MANY_WRONG_NAMES, "undefined-alias", 2),
        (f"a: &a '{'x' * 900_000}'\nb: [{'*a, ' * 5000}]\n", "too-many-nodes", 2),
        (f"a: &a '{'${{ 1 }}' * 900}'\nb: [{'*a, ' * 5000}]\n", "too-many-nodes", 2),
        (f"a: '{'${{ 1 }}' * 100_001}'\n", "too-many-nodes", 1),
        (f"a: {{<<: [{'1, ' * 50_000}]}}\n", "merge", 1),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)  # fmt: skip
def test_a_hostile_file_is_refused_at_its_place_after_little_work(text: str, code: str, line: int) -> None:
    assert calls(partial(read, text, "a.yaml")) < min(4_000 + 40 * len(text), 2_000_000)

    tracemalloc.start()
    document = read(text, "a.yaml")
    assert tracemalloc.get_traced_memory()[1] < 200_000_000
    tracemalloc.stop()
    errors = [one for one in document.diagnostics if one.severity == "error"]
    assert (errors[0].code, errors[0].span.line) == (code, line)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: " + "[" * 200 + "]" * 200, (1, 103)),
        ("a: " + "[" * 5_000, (1, 103)),
        ("a: {b: [[\n " + "[" * 5_000, (2, 98)),
        ("a:\n  b: " + "{c: " * 5_000, (2, 398)),
        ("a:\n" + "- " * 5_000, (2, 199)),
    ],
)
def test_what_is_too_deep_is_told_where_the_limit_is_passed(text: str, place: tuple[int, int]) -> None:
    found = read(text, "a.yaml").diagnostics[0]
    assert (found.code, found.span.line, found.span.column) == ("too-deep", *place)


def test_a_file_of_50_mb_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)

    assert [one.code for one in read_file(path).diagnostics] == ["file-too-large"]


def test_a_file_that_is_not_there_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read `.*none\.yaml`: No such file"):
        read_file(tmp_path / "none.yaml")
    with pytest.raises(UsageError, match="Is a directory"):
        read_file(tmp_path)


def test_aliases_within_the_limit_are_fine() -> None:
    text = "x-a: &a [1, 2, 3]\nb: [" + "*a, " * 1000 + "]\n"

    assert read(text, "a.yaml").diagnostics == ()


def test_yaml_is_imported_only_when_something_is_read() -> None:
    code = "import sys, steplane.source; sys.exit('yaml' in sys.modules)"

    assert (
        subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, check=False).returncode
        == 0
    )
