"""A line of bash taken apart, and answers quoted so that bash gives them on as they are."""

import subprocess
from pathlib import Path

import pytest
from click.shell_completion import CompletionItem
from hypothesis import given
from hypothesis import strategies as st

from steplane.cli.completion.bash import Line, paths, replies

VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" "), min_size=1)


@pytest.mark.parametrize(
    ("text", "words", "current"),
    [
        ("steplane ", [], ""),
        ("steplane run he", ["run"], "he"),
        (" steplane run he", ["run"], "he"),
        ("steplane run 'a b' c", ["run", "a b"], "c"),
        ("steplane run '' ", ["run", ""], ""),
        ("steplane run a\\ b", ["run"], "a b"),
        ('steplane run "it\'s $x" ', ["run", "it's $x"], ""),
        ("steplane run 'open quo", ["run"], "open quo"),
        ("steplane run a\\", ["run"], "a"),
        ('steplane run "a\\b\\$c', ["run"], "a\\b$c"),
        ("steplane run > out.txt he", ["run"], "he"),
        ("steplane run 2>out.txt he", ["run"], "he"),
        ("steplane run he>out.txt ", ["run", "he"], ""),
        ("bin/my\\ steplane run ", ["run"], ""),
        ("", [], ""),
    ],
)
def test_a_line_is_read_as_bash_reads_it(text: str, words: list[str], current: str) -> None:
    line = Line.read(text, "")
    assert (line.words, line.current) == (words, current)


def answers(text: str, replaced: str, *values: str) -> list[str]:
    items = [CompletionItem(value) for value in values]
    return [one.removeprefix("value\t") for one in replies(Line.read(text, replaced), items)]


def test_an_answer_is_cut_where_bash_cuts_the_word() -> None:
    assert answers("steplane run x -i region=e", "e", "region=eu") == ["eu"]
    assert answers("steplane run x -i region=", "", "region=eu", "region=us") == ["eu", "us"]
    assert answers("steplane run x -i token=@f", "@f", "token=@file") == ["@file"]
    assert answers("steplane run x -i region=a:b", "b", "region=a:bc") == ["bc"]
    assert answers("steplane run x --format=j", "j", "--format=json") == ["json"]


def test_a_value_that_cannot_stand_on_a_line_is_left_out() -> None:
    assert answers("steplane show ", "", "good", "a\nb", "a\x1b[m") == ["good"]


@given(VALUES, st.data(), st.sampled_from(["", "'", '"']))
def test_what_is_completed_arrives_as_the_value(value: str, data: st.DataObject, quote: str) -> None:
    """Whatever part of it stands there already, in whichever quotes."""
    begun = value[: data.draw(st.integers(0, len(value)))]
    raw = quoted(begun, quote)
    [reply] = answers(f"steplane show {quote}{raw}", raw, value)
    done = subprocess.run(
        ["bash", "-c", f"printf '%s' {quote}{reply}{quote}"], capture_output=True, text=True, check=True
    )
    assert done.stdout == value


def quoted(text: str, quote: str) -> str:
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == '"':
        return "".join(f"\\{one}" if one in '$`"\\' else one for one in text)
    return "".join(one if one.isalnum() else f"\\{one}" for one in text)


def test_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "folder").mkdir()
    for name in ("file.yaml", "file.txt", ".hidden", "folder/inner.yml", "with blank"):
        (tmp_path / name).write_text("", "utf-8")
    assert paths("f", "file") == ["file.txt", "file.yaml", "folder/"]
    assert paths("f", "yaml") == ["file.yaml", "folder/"]
    assert paths("", "dir") == ["folder/"]
    assert paths("folder/", "yaml") == ["folder/inner.yml"]
    assert paths(".h", "file") == [".hidden"]
    assert paths("~/fol", "file") == ["~/folder/"]
    assert paths("no/where/", "file") == []
    items = [CompletionItem("", type="file")]
    assert list(replies(Line.read("steplane run x --env-file w", "w"), items)) == ["value\twith\\ blank"]
    assert list(replies(Line.read("steplane run x --env-file ~/fi", "~/fi"), items)) == [
        "value\t~/file.txt", "value\t~/file.yaml",
    ]  # fmt: skip
