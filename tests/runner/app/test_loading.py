"""From a file to a plan, and the cache of plans."""

import os
from pathlib import Path

import msgspec
import pytest
from tests.runner.running import HEAD, Workbench

from steplane.app import loading
from steplane.app.loading import Loaded, load, load_data
from steplane.errors import UsageError
from steplane.plugins import Registry

TEXT = HEAD + "steps:\n  - {id: a, uses: log, with: {message: x}}\n  - {id: b, run: 'echo ${{ steps.a.status }}'}\n"


def entries(bench: Workbench) -> list[Path]:
    return sorted((bench.folder / "state" / "cache" / "plans").iterdir())


def once(bench: Workbench, text: str = TEXT) -> Loaded:
    return load_data(text.encode(), "f.yaml", bench.registry, bench.store)


def test_the_second_time_it_comes_from_the_cache(bench: Workbench) -> None:
    fresh, cached = once(bench), once(bench)
    assert (fresh.cached, cached.cached) == (False, True)
    assert cached.plan == fresh.plan
    assert cached.sources == fresh.sources == {"f.yaml": TEXT}


def test_warnings_are_told_again(bench: Workbench) -> None:
    text = TEXT + "  - {id: s, switch: [{when: steps.a.status == 'ready', steps: [{uses: log, with: {message: x}}]}]}\n"
    fresh, cached = once(bench, text), once(bench, text)
    assert cached.cached
    assert [one.severity for one in cached.diagnostics] == ["warning"]
    assert cached.diagnostics == fresh.diagnostics


def test_what_makes_it_another_plan(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    once(bench)
    assert not once(bench, TEXT + "\n").cached
    assert not load_data(TEXT.encode(), "other.yaml", bench.registry, bench.store).cached
    allowed = Registry(bench.registry.index, ["log", "shell"])
    assert not load_data(TEXT.encode(), "f.yaml", allowed, bench.store).cached
    assert load_data(TEXT.encode(), "f.yaml", allowed, bench.store).cached
    monkeypatch.setattr("steplane.__version__", "99")
    assert not once(bench).cached


def test_a_plugin_of_another_version(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    once(bench)
    monkeypatch.setattr(Registry, "versions", lambda self, types: ("log 2",))
    assert not once(bench).cached
    assert once(bench).cached


@pytest.mark.parametrize("damage", ["truncated", "empty", "changed", "foreign"])
def test_a_damaged_entry_is_none(bench: Workbench, damage: str) -> None:
    fresh = once(bench)
    (path,) = entries(bench)
    content = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(
        {"truncated": content[:-20], "empty": b"", "changed": content[:-1] + b"x", "foreign": b"\x81" * 90}[damage]
    )
    again = once(bench)
    assert not again.cached
    assert again.plan == fresh.plan


@pytest.mark.parametrize(
    "content", [b"", b"\xc1", b"\x93\x90\x90\x80", msgspec.msgpack.encode([["x"], [], {"name": 5}])]
)
def test_an_entry_of_another_shape_is_none(bench: Workbench, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(bench.store.cache), "get", lambda *_: content)
    assert once(bench).plan is not None


def test_with_errors_there_is_no_plan(bench: Workbench) -> None:
    for _ in range(2):
        loaded = once(bench, TEXT + "  - {id: a, uses: nothing}\n")
        assert loaded.plan is None
        assert not loaded.cached
        assert loaded.diagnostics


def test_a_number_that_the_cache_cannot_hold(bench: Workbench) -> None:
    text = HEAD + f"steps: [{{uses: log, with: {{message: {10**30}}}}}]\n"
    assert once(bench, text).plan is not None
    assert not once(bench, text).cached
    assert bench.run("steps: [{id: a, uses: log, with: {message: 1" + "0" * 30 + "}}]\n").lines == [
        ("a", "log", "1" + "0" * 30)
    ]


@pytest.mark.parametrize("name", ["none.yaml", ""])
def test_a_file_that_cannot_be_read(bench: Workbench, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(os.path.join(bench.folder, name), bench.registry, bench.store)


def test_no_store_no_cache(bench: Workbench) -> None:
    assert not load_data(TEXT.encode(), "f.yaml", bench.registry, None).cached
    assert loading.make_registry(None, ("log",)).allowed == frozenset({"log"})


def test_a_byte_order_mark_changes_no_hash(bench: Workbench) -> None:
    bench.file.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("echo", "false").encode())
    plan = load(str(bench.file), bench.registry, bench.store).plan
    if plan is None:  # refused altogether
        return
    assert plan.text.startswith("steplane")


BROKEN = HEAD + "steps:\n  - run: echo first\n  - run: |\n      echo ${{ run.id }}\n      if true; then\n"
SENTENCE = "bash cannot read this script: unexpected end of file"


def told(loaded: Loaded) -> list[str]:
    assert (loaded.plan is None) == bool(loaded.diagnostics)
    return [one.message for one in loaded.diagnostics]


def test_a_script_that_the_shell_cannot_read_is_no_plan(bench: Workbench) -> None:
    assert told(once(bench, BROKEN)) == told(once(bench, BROKEN)) == [SENTENCE]


def test_of_what_a_run_has_recorded_no_shell_is_asked(bench: Workbench) -> None:
    def recorded(text: str) -> Loaded:
        return load_data(text.encode(), "f.yaml", bench.registry, bench.store, recorded=True)

    once(bench)
    assert recorded(TEXT).cached
    assert (told(recorded(BROKEN)), recorded(BROKEN).cached) == ([], True)
    assert told(once(bench, BROKEN)) == [SENTENCE]


def test_where_a_shell_is_missing_nothing_is_said_nor_kept(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as without:
        without.setenv("PATH", str(bench.folder))
        assert told(once(bench, BROKEN)) == []
    assert told(once(bench, BROKEN)) == [SENTENCE]


def test_an_unchanged_file_pays_once_for_the_shell(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    text = BROKEN + "        true\n      fi\n"
    once(bench, text)
    monkeypatch.setattr("steplane.app.shell_syntax.Shells", None)
    assert once(bench, text).cached


def test_patterns_that_the_script_allows_itself(bench: Workbench) -> None:
    def script(*lines: str) -> str:
        return HEAD + "steps:\n  - run: |\n" + "".join(f"      {one}\n" for one in lines)

    assert told(once(bench, script("shopt -s extglob", "rm -f !(a|b).txt"))) == []
    assert told(once(bench, script("shopt -s extglob", "rm -f !(a|b).txt", "fi"))) == [
        "bash cannot read this script: unexpected `fi`"
    ]
    for lines in (("rm -f !(a|b).txt", "shopt -s extglob"), ("shopt -s extglob; rm -f !(a|b).txt",)):
        assert told(once(bench, script(*lines))) == ["bash cannot read this script: unexpected `(`"]


@pytest.mark.parametrize(
    ("lines", "place", "words"),
    [
        (["[[ -f x ] && echo"], (4, 7), "syntax error in conditional expression"),
        (["echo ${{ run.id }}", "[[ a b ]]"], (5, 7), "conditional binary operator expected"),
    ],
)
def test_where_bash_ends_well_what_it_says_counts(
    bench: Workbench, lines: list[str], place: tuple[int, int], words: str
) -> None:
    text = HEAD + "steps:\n  - run: |\n" + "".join(f"      {one}\n" for one in lines) + "  - run: echo $x\n"
    (found,) = once(bench, text).diagnostics
    assert found.message == f"bash cannot read this script: {words}"
    assert (found.span.line - HEAD.count("\n") + 1, found.span.column) == place
