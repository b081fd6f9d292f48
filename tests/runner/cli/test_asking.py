"""`init` at a terminal: what it asks, and that who breaks off finds nothing made."""

import pytest
from tests.terminal import CTRL_C, CTRL_D, ENTER, Terminal

from .conftest import Shell
from .test_init import tree


@pytest.fixture
def empty(shell: Shell) -> Shell:
    (shell.folder / "hello.yaml").unlink()
    return shell


def terminal(shell: Shell, *words: str) -> Terminal:
    return Terminal(shell.words(("init", *words)), shell.folder, {**shell.env, "NO_COLOR": "1"})


def test_at_a_terminal_it_asks(empty: Shell) -> None:
    with terminal(empty, "orders") as one:
        assert "  data-load      loads CSV files" in one.until("Which first workflow? [hello]:")
        one.type("data" + ENTER)
        one.until("Its name [load]:")
        one.type("My Load" + ENTER)
        one.until("Error: 'My Load' cannot be the name of a workflow")
        one.type("nightly" + ENTER)
        one.until("Completion and checks in the editor? [Y/n]:")
        one.type("n" + ENTER)
        one.until("A job for CI (none, github, gitlab)? [none]:")
        one.type("jenkins" + ENTER)
        one.until("Error: It is one of: none, github, gitlab.")
        one.type("gitl" + ENTER)
        shown = one.until("steplane run nightly")
        assert one.end() == 0
    assert "Next:\n  cd orders\n  steplane check\n  steplane run nightly" in shown
    made_ = [".gitlab-ci.yml", "data", "data/people.csv", "steplane.toml", "workflows", "workflows/nightly.yaml"]
    assert tree(empty.folder / "orders") == made_


def test_it_asks_for_no_more_than_what_is_not_said(empty: Shell) -> None:
    empty.write("README", "")
    (empty.folder / ".github").mkdir()
    with terminal(empty, "--template", "hello", "--name", "greet", "--no-editor") as one:
        shown = one.until("A job for CI (none, github, gitlab)? [github]:")
        assert shown.startswith("This folder is not empty: what is there is left alone.")
        assert "Which" not in shown
        one.type("none" + ENTER)
        one.until("steplane run greet")
        assert one.end() == 0


@pytest.mark.parametrize("words", [("--yes",), ("--template", "hello", "--name", "hello", "--editor", "--ci", "none")])
def test_it_asks_nothing_where_all_is_said(empty: Shell, words: tuple[str, ...]) -> None:
    with terminal(empty, *words) as one:
        assert "?" not in one.until("steplane run hello")
        assert one.end() == 0


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
def test_who_breaks_off_finds_nothing_made(empty: Shell, key: str) -> None:
    with terminal(empty, "new") as one:
        one.until("Which first workflow? [hello]:")
        one.type(ENTER)
        one.until("Its name [hello]:")
        one.type(key)
        one.until("nothing was made")
        assert one.end() == 130
    assert tree(empty.folder) == []


def test_what_is_given_is_wrong_before_anything_is_asked(empty: Shell) -> None:
    with terminal(empty, "--ci", "jenkins") as one:
        assert one.until("there is no CI system `jenkins`").startswith("error: ")
        assert one.end() == 2
