"""Who else has to do with the terminal: the shell with its jobs, the steps, whoever kills, and what is no terminal."""

import os
import re
import signal
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.runner.cli.conftest import Shell

from .conftest import GATE, Open, environment, steady
from .terminal import Terminal, in_order, on_terminal

WAITS = f"""\
steplane: 1
name: waits
steps:
  - {{id: first, run: 'true'}}
  - {{id: second, run: 'echo hello; {GATE}'}}
"""


@pytest.fixture
def waits(shell: Shell) -> Shell:
    shell.write("waits.yaml", WAITS)
    shell.write("gate", "until [ -e go ]; do sleep 0.01; done\n")
    return shell


def bash(shell: Shell) -> AbstractContextManager[Terminal]:
    """An interactive shell on a terminal; `$RUN` runs the workflow."""
    run = " ".join(shell.words(["run", "waits.yaml", "--id", "one"]))
    return on_terminal(["bash", "--norc", "-i"], shell.folder, environment(shell, PS1="ask> ", RUN=run))


def ask(terminal: Terminal, command: str) -> None:
    """Type a command at the prompt."""
    terminal.until(lambda: terminal.shown.endswith("ask>") and terminal.echoes is not None)
    terminal.type(f"{command}\r")


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it(waits: Shell) -> None:
    with bash(waits) as terminal:
        ask(terminal, "$RUN")
        terminal.shows("│ hello", "1 running")
        terminal.type("\x1a")
        ask(terminal, "echo mine")
        ask(terminal, "stty -a | tr ' ;' '\\n' | grep -x -e -echo -e echo")
        terminal.shows("Stopped", "mine", "\necho\n", "ask>")
        assert "running" not in terminal.shown
        assert not terminal.screen.cursor.hidden
        ask(terminal, "fg")
        terminal.shows("Stopped", "ask> fg", "│ hello", "1 running")
        terminal.type("\x1a")
        terminal.until(lambda: terminal.shown.count("Stopped") == 2)
        ask(terminal, "bg")
        ask(terminal, "echo 'in between'")
        terminal.shows("ask> bg", "in between'\nin between")
        waits.write("go", "")
        terminal.shows("in between'\nin between", "✓ second", "✓ waits succeeded in")
        assert not terminal.screen.cursor.hidden
    assert "hello" not in terminal.everything.replace("echo hello", "")


def test_a_job_in_the_background_writes_lines(waits: Shell) -> None:
    with bash(waits) as terminal:
        ask(terminal, "$RUN &")
        terminal.shows("▸ second", "[second] hello")
        assert not terminal.screen.cursor.hidden
        waits.write("go", "")
        terminal.shows("✓ waits succeeded in")


@pytest.mark.parametrize("victim", ["runner", "warden"])
def test_whoever_is_killed_the_terminal_is_put_right(waits: Shell, victim: str) -> None:
    with bash(waits) as terminal:
        ask(terminal, "$RUN")
        terminal.shows("│ hello", "1 running")
        assert terminal.screen.cursor.hidden
        warden, runner = below(terminal.process.pid)
        os.kill(runner if victim == "runner" else warden, signal.SIGKILL)
        terminal.until(lambda: "Go on with it: steplane resume" in terminal.shown and not terminal.screen.cursor.hidden)
        if victim == "warden":  # the shell was back before the runner had said it
            terminal.type("\r")
        ask(terminal, "stty -a | tr ' ;' '\\n' | grep -x -e -echo -e echo")
        terminal.shows("✓ first", "ask>", "\necho\n", "ask>")
        assert not in_order(terminal.shown, ["hello"])


def below(shell: int) -> tuple[int, int]:
    """The warden below a shell, and the runner below that."""

    def child(pid: int) -> int:
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    return child(shell), child(child(shell))


def test_a_step_that_writes_to_the_terminal_itself(shell: Shell, live: Open) -> None:
    """Its lines stay, and the view goes on below them."""
    shell.write(
        "tty.yaml",
        f"""\
steplane: 1
name: tty
steps:
  - {{id: first, run: '{GATE}; echo "straight there" > /dev/tty; until [ -e on ]; do sleep 0.01; done'}}
  - {{id: second, run: 'true'}}
""",
    )
    with live("run", "tty.yaml", "--id", "one") as terminal:
        terminal.shows("first", "1 running")
        shell.write("go", "")
        terminal.shows("straight there\n\n", "first", "second", "1 running")
        shell.write("on", "")
        assert terminal.wait() == 0
        assert re.fullmatch(
            r"""tty \(tty.yaml\), run one
straight there

✓ first   .* TIME
✓ second  \$ true TIME

✓ tty succeeded in TIME \(2 succeeded\)""",
            steady(terminal.everything),
        )


def test_what_steps_write_cannot_command_the_terminal(shell: Shell, live: Open) -> None:
    hostile = r"\033[2J\033[H\033]0;title\007\033[?25h\a\033[31mred\033[0m 50%%\r日本語 é e\u0301 \u202eabc\n"
    shell.write(
        "bad.yaml",
        f"""\
steplane: 1
name: bad
steps:
  - {{id: first, run: 'printf "{hostile}"; {GATE}', with: {{tty: true}}}}
  - {{id: second, needs: [], foreach: ["a\\e[2Jb"], key: "${{{{ item }}}}", run: '{GATE}'}}
""",
    )
    with live("run", "bad.yaml") as terminal:
        terminal.shows("│ 日本語", "é é \\u{202e}abc", "second", "a\\u{1b}[2Jb", "2 running")
        shell.write("go", "")
        assert terminal.wait() == 0
    assert b"\x1b[2J" not in terminal.written
    assert b"\x07" not in terminal.written


PLAIN = "▸ first  $ true\n"


@pytest.mark.parametrize(
    ("words", "env"),
    [
        ((), {"TERM": "dumb"}),
        (("--format", "live"), {"TERM": "dumb"}),
        ((), {"CI": "true"}),
        (("--format", "plain"), {}),
        ((), {"STEPLANE_FORMAT": "plain"}),
        ((), {"STEPLANE_RUN_ID": "of-a-step-that-calls-us"}),
    ],
)
def test_terminals_that_get_lines(waits: Shell, live: Open, words: tuple[str, ...], env: dict[str, str]) -> None:
    waits.write("go", "")
    with live("run", "waits.yaml", *words, "--color", "never", **env) as terminal:
        assert terminal.wait() == 0
    assert PLAIN in terminal.everything
    assert b"\x1b" not in terminal.written


def test_a_live_view_can_be_forced_under_ci(waits: Shell, live: Open) -> None:
    with live("run", "waits.yaml", "--format", "live", CI="true") as terminal:
        terminal.shows("│ hello", "1 running")
        waits.write("go", "")
        assert terminal.wait() == 0


def test_without_colour_and_in_ascii_alone(waits: Shell, live: Open) -> None:
    waits.write("accents.yaml", WAITS.replace("hello", "héllo"))
    with live("run", "accents.yaml", NO_COLOR="1", PYTHONUTF8="0", PYTHONIOENCODING="ascii") as terminal:
        terminal.shows("+ first", "| h\\xe9llo", "1 of 2 steps, 1 running")
        waits.write("go", "")
        assert terminal.wait() == 0
    assert terminal.written.isascii()
    assert not re.search(rb"\x1b\[[0-9;]*[1-9][0-9;]*m", terminal.written)


@pytest.mark.parametrize("words", [(), ("--format", "live")])
def test_what_is_no_terminal_gets_lines(waits: Shell, words: tuple[str, ...]) -> None:
    waits.write("go", "")
    done = waits("run", "waits.yaml", *words, env={"TERM": "xterm-256color"})
    assert done.returncode == 0
    assert PLAIN in done.stdout
    assert "\x1b" not in done.stdout


def test_piped_on_while_errors_go_to_the_terminal(waits: Shell) -> None:
    waits.write("go", "")
    command = f"{' '.join(waits.words(['run', 'waits.yaml']))} | cat > lines; echo done"
    with on_terminal(["bash", "-c", command], waits.folder, environment(waits)) as terminal:
        assert terminal.wait() == 0
    assert terminal.shown == "done"
    assert PLAIN in (waits.folder / "lines").read_text()


def test_failures_go_where_errors_go(waits: Shell) -> None:
    waits.write("fails.yaml", "steplane: 1\nname: fails\nsteps: [{id: a, run: exit 3}]\n")
    command = f"{' '.join(waits.words(['run', 'fails.yaml', '--id', 'one']))} 2> errors < /dev/null"
    with on_terminal(["bash", "-c", command], waits.folder, environment(waits)) as terminal:
        assert terminal.wait() == 1
    assert "error[" not in terminal.everything
    assert waits.plain((waits.folder / "errors").read_text()).endswith("\nGo on with: steplane resume one\n")


@pytest.mark.parametrize("closed", ["<&-", "2>&-"])
def test_closed_streams(waits: Shell, closed: str) -> None:
    command = f"{' '.join(waits.words(['run', 'waits.yaml', '--id', 'one']))} {closed}"
    with on_terminal(["bash", "-c", command], waits.folder, environment(waits)) as terminal:
        terminal.shows("│ hello", "1 running")
        waits.write("go", "")
        assert terminal.wait() == 0
        assert terminal.right


@pytest.mark.parametrize(("option", "what"), [("--quiet", "shows failures only"), ("--timestamps", "is for lines")])
def test_options_that_contradict_it(waits: Shell, option: str, what: str) -> None:
    done = waits("run", "waits.yaml", "--format", "live", option)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: `{option}` contradicts `--format live`: it {what}\n help: Leave one of them out.\n"


def test_resume_and_cancel_show_it_too(waits: Shell, live: Open) -> None:
    waits.write(
        "waits.yaml",
        WAITS + "finally:\n  - {id: clean, run: 'echo cleaning; until [ -e cleaned ]; do sleep 0.01; done'}\n",
    )
    for words in (("run", "waits.yaml", "--id", "one"), ("resume", "one")):
        with live(*words) as terminal:
            terminal.shows("│ hello", "1 of 2 steps, 1 running")
            terminal.type("\x03")
            assert terminal.wait() == 130
    with live("cancel", "one") as terminal:
        terminal.shows("resumed run", "■ second  cancelled", "clean", "│ cleaning", "1 running")
        waits.write("cleaned", "")
        assert terminal.wait() == 1
        terminal.shows("✓ clean", "■ waits cancelled in")


def test_typed_ahead_goes_to_the_shell_afterwards(waits: Shell) -> None:
    with bash(waits) as terminal:
        ask(terminal, "$RUN")
        terminal.shows("│ hello", "1 running")
        terminal.type("echo from $((1 + 1)) keys\r")
        waits.write("go", "")
        terminal.shows("✓ waits succeeded in", "\nfrom 2 keys\n")


def test_quiet_shows_nothing_on_a_terminal(waits: Shell, live: Open) -> None:
    waits.write("go", "")
    with live("run", "waits.yaml", "-q") as terminal:
        assert terminal.wait() == 0
    assert terminal.written == b""
