"""Files that mean harm: refused at their place, after little work and in little memory (S01 to S11)."""

import subprocess
import sys
import tracemalloc
from functools import partial
from pathlib import Path

import pytest
from tests.calls import calls

from steplane.checks import check_workflow
from steplane.diagnostics import Span
from steplane.errors import UsageError
from steplane.source import Mapping, read, read_file
from steplane.source.recovery import parse

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
    assert calls(partial(read, text, "a.yaml")) < min(4_000 + 40 * len(text), 3_000_000)

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


MISTAKE = "b: 1\nb: 2\n"
CHAIN = "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 400))
MANY_EXPRESSIONS = f"x: &a '{'${{ 1 }}' * 900}'\ny: [{'*a, ' * 200}]\nz: '{'${{ 1 }}' * 1000}'\n"
ALMOST_TOO_MANY = f"x: &a [{'1, ' * 900}]\ny: [{'*a, ' * 330}]\nz: [{'1, ' * 2000}]\n"


@pytest.mark.parametrize("pure", [False, True])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "too-many-nodes 6:"),
        (MERGE_BOMB, "too-many-nodes 6:"),
        (ALMOST_TOO_MANY, "too-many-nodes 3:"),
        (MANY_EXPRESSIONS, "too-many-nodes 2:"),
        (CHAIN, "too-deep 100:"),
        ("a: {x: " + "[" * 200 + "]" * 200 + "}\n", "too-deep 1:"),
        ("a: {x: [\n " + "[" * 2_000 + "]" * 2_000 + "\n]}\n", "too-deep 2:"),
        ("a:\n" + "- " * 2_000 + "\n", "too-deep 2:"),
        ("".join(" " * n + "a:\n" for n in range(300)) + " " * 300 + "- 1\n", "too-deep 101:"),
        ("a: &x {y: *x}\n", "recursive-alias 1:"),
    ],
)  # fmt: skip
def test_what_asks_for_too_much_is_told_once_and_hides_nothing(text: str, said: str, pure: bool) -> None:
    text += MISTAKE
    parsed = parse(text, tuple(text.split("\n")), "a.yaml", pure=pure)
    found = [f"{one.code} {one.span.line}:" for one in parsed.diagnostics if one.severity == "error"]
    assert sorted(found) == sorted([said, f"duplicate-key {text.count(chr(10))}:"])
    assert isinstance(parsed.root, Mapping)
    assert parsed.root.get("b") is not None


@pytest.mark.parametrize(
    "step",
    ["{run: 'echo ${{ inputs.x }} ${{ steps.q.outputs.z }}', neds: [a, b], env: {A: b}}", "{run: make, env: {A: b}}"],
)
def test_what_is_left_of_a_bomb_is_checked_with_little_work(step: str) -> None:
    text = f"steplane: 1\nx-s: &s {step}\nsteps: [{'*s, ' * 60_000}]\n"
    document = read(text, "a.yaml")
    assert calls(partial(check_workflow, document)) < 5_000_000
    assert [one.code for one in document.diagnostics] == ["too-many-nodes"]


def test_very_many_aliases_of_too_much_leave_few_stretches_behind() -> None:
    document = read(WIDE_MERGE, "a.yaml")
    assert len(document.broken) < 300
    assert document.is_broken(Span("a.yaml", 2, 400_000, 2, 400_001))


@pytest.mark.parametrize("lost", ["*none", "{<<: *none}", "[*none]"])
def test_of_an_alias_of_what_could_not_be_read_nothing_is_missing(lost: str) -> None:
    document = read(f"x: &a {{b: {lost}}}\ny: *a\nz: &c {{b: 1}}\nw: *c\n", "a.yaml")
    assert isinstance(document.root, Mapping)
    unclear = {one.name: document.is_broken(one.value.span) for one in document.root.entries}
    assert unclear == {"x": True, "y": True, "z": False, "w": False}


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
