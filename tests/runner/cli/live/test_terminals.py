"""Terminals of all sorts and sizes, and what can happen to one while a run is shown on it."""

import re
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from shutil import which

import pytest
from tests.runner.cli.conftest import Shell

from .conftest import GATE, Open, environment, steady
from .terminal import on_terminal

TWO = f"""\
steplane: 1
name: two
steps:
  - {{id: first, run: 'true'}}
  - id: group
    steps:
      - {{id: second, run: 'echo hello; {GATE}'}}
  - {{id: third, run: 'true'}}
"""

ENDED = """\
two (two.yaml), run one

✓ first  $ true TIME
✓ group  1 step TIME
✓ third  $ true TIME

✓ two succeeded in TIME (4 succeeded)"""


@pytest.fixture
def two(shell: Shell) -> Shell:
    shell.write("two.yaml", TWO)
    shell.write("gate", "until [ -e go ]; do sleep 0.01; done\n")
    return shell


WINDOWS = {
    (60, 24): """\
* group TIME
  * second  $ echo hello; . ./gate TIME
    │ hello
· third  $ true
━━━━╸━━━━━━━━━  1 of 3 steps, 1 running TIME""",
    (60, 8): """\
* group TIME
  * second  hello TIME
· third  $ true
━━━━╸━━━━━━━━━  1 of 3 steps, 1 running TIME""",
    (36, 6): """\
* group › second  hello TIME
· third  $ true
1 of 3 steps, 1 running TIME""",
    (20, 5): """\
* group › second  …
· third  $ true
1 of 3 steps, 1 ru…""",
    (20, 2): "1 of 3 steps, 1 ru…",
    (3, 1): "1…",
    (300, 50): """\
* group TIME
  * second  $ echo hello; . ./gate TIME
    │ hello
· third  $ true
━━━━━━━╸━━━━━━━━━━━━━━━━  1 of 3 steps, 1 running TIME""",
}
"""The rows that are drawn, by the size of the window."""


def drawn(shown: str) -> str:
    """What stands below the last empty line."""
    return steady(shown).rstrip().rpartition("\n\n")[2]


def last_rows(number: int, shown: str) -> str:
    """So many of the last rows."""
    return "\n".join(steady(shown).splitlines()[-number:])


@pytest.mark.parametrize("size", [(20, 5), (300, 50), (36, 6)])
def test_windows_of_all_sizes(two: Shell, live: Open, size: tuple[int, int]) -> None:
    with live("run", "two.yaml", "--id", "one", size=size) as terminal:
        terminal.becomes(WINDOWS[size], drawn)
        two.write("go", "")
        assert terminal.wait() == 0
        assert terminal.right
    assert drawn(terminal.everything).replace("\n", " ").startswith("✓ two succeeded in")
    assert "running" not in terminal.everything
    if size[0] > 80:
        assert steady(terminal.everything) == ENDED


def test_a_window_that_changes(two: Shell, live: Open) -> None:
    with live("run", "two.yaml", "--id", "one") as terminal:
        terminal.shows("│ hello", "1 running")
        for size, expected in WINDOWS.items():
            terminal.resize(*size)
            terminal.becomes(expected, partial(last_rows, len(expected.splitlines())))
        terminal.resize(80, 24)
        two.write("go", "")
        assert terminal.wait() == 0
        assert terminal.right
    assert "hello" not in terminal.everything
    assert "running" not in terminal.everything


@pytest.mark.skipif(which("tmux") is None, reason="needs tmux")
def test_a_terminal_that_breaks_long_lines_anew(two: Shell) -> None:
    """As tmux and most terminals do today. The rows are drawn once in the window, whatever became of the old ones.

    When a window gets narrower tmux moves rows into its history, out of reach for everybody, the first of the old ones
    among them; they come back when it gets wider. So the last rows are looked at, and in narrower windows all.
    """
    command = " ".join(two.words(["run", "two.yaml", "--id", "one"]))
    with Tmux(two.folder, environment(two), f"{command}; echo exit $?; sleep 60") as tmux:
        before = 90
        for width in (90, 60, 30, 24, 120, 60):
            tmux("resize-window", "-x", str(width), "-y", "20")
            tmux.until(partial(_fills, width))
            shown = steady(tmux.shown)
            last = shown if width <= before else drawn(shown)
            before = width
            assert [last.count(one) for one in ("* group", "* second", "│ hello", "third", "of 3")] == [1] * 5, shown
        two.write("go", "")
        tmux.until(lambda shown: "exit 0" in shown)
        shown = steady(two.plain(tmux.shown)).strip()
        assert shown.endswith(f"{ENDED[ENDED.index('✓ group') :]}\nexit 0")
        assert not re.search("hello|running", shown)


def _fills(width: int, shown: str) -> bool:
    """Whether the rows have been drawn for a window of that width: by the bar at their end."""
    bar = next((bar for least, bar in ((81, 24), (57, 14), (41, 8)) if width >= least), 0)
    last = drawn(shown).split("\n")[-1]
    return "of 3 steps" in last and last.count("━") + last.count("╸") + last.count("╺") == bar


class Tmux:
    """A window of tmux with a command in it, shut at the end."""

    def __init__(self, folder: Path, env: Mapping[str, str], command: str) -> None:
        self._words = ["tmux", "-f", "/dev/null", "-S", str(folder / "tmux")]
        self._folder, self._env, self._command = folder, env, command

    def __enter__(self) -> "Tmux":
        self("new-session", "-d", "-x", "90", "-y", "20", self._command)
        return self

    def __exit__(self, *_: object) -> None:
        self("kill-server")

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            [*self._words, *words], cwd=self._folder, env=self._env, capture_output=True, text=True, check=True
        )
        return done.stdout

    @property
    def shown(self) -> str:
        """What is in the window."""
        return self("capture-pane", "-p")

    def until(self, holds: Callable[[str], bool]) -> None:
        """Look until it holds."""
        for _ in range(1000):
            if holds(self.shown):
                return
        raise AssertionError(self.shown)


def test_a_terminal_that_dies(two: Shell, live: Open) -> None:
    """Like one that hangs up: the run is interrupted, and can be resumed."""
    with live("run", "two.yaml", "--id", "one") as terminal:
        terminal.shows("│ hello", "1 running")
        terminal.close()
        assert terminal.process.wait(30) == 129
    two.write("go", "")
    assert two("resume", "one").returncode == 0


def test_a_run_that_outlives_its_terminal(two: Shell) -> None:
    """As under `nohup`: every write to the terminal fails from some moment on."""
    command = f"trap '' HUP; exec {' '.join(two.words(['run', 'two.yaml', '--id', 'one']))}"
    with on_terminal(["bash", "-c", command], two.folder, environment(two)) as terminal:
        terminal.shows("second", "1 running")
        terminal.close()
        two.write("go", "")
        assert terminal.process.wait(30) == 0
    assert '"succeeded"' in two("show", "one", "--format", "json").stdout
