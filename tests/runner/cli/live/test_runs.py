"""The live view, as a person sees it: real runs on real terminals, their screens emulated."""

import os
import sys
from itertools import count

from tests.runner.cli.conftest import Shell

from .conftest import GATE, Open, steady
from .terminal import Terminal

BUILD = f"""\
steplane: 1
name: release
steps:
  - {{id: checkout, run: echo cloned}}
  - id: build
    steps:
      - {{id: configure, run: 'true'}}
      - {{id: compile, run: 'echo first; echo second; {GATE}'}}
      - {{id: link, name: Link it all, run: 'true'}}
  - {{id: publish, run: 'true'}}
outputs:
  answer: ${{{{ 6 * 7 }}}}
"""


def test_a_run_that_succeeds(shell: Shell, live: Open) -> None:
    shell.write("release.yaml", BUILD)
    with live("run", "release.yaml", "--id", "one") as terminal:
        terminal.becomes(
            """\
release (release.yaml), run one

✓ checkout  $ echo cloned TIME

* build TIME
  ✓ configure  $ true TIME
  * compile    $ echo first; echo second; . ./gate TIME
    │ first
    │ second
  · link       Link it all
· publish   $ true
━━━━━━╺━━━━━━━  1 of 3 steps, 1 running TIME""",
            steady,
        )
        assert terminal.screen.cursor.hidden
        assert not terminal.echoes
        terminal.type("typed\rtwice\r")
        shell.write("go", "")
        assert terminal.wait() == 0
        assert terminal.right
        assert (
            steady(terminal.everything)
            == """\
release (release.yaml), run one

✓ checkout  $ echo cloned TIME
✓ build     3 steps TIME
✓ publish   $ true TIME

✓ release succeeded in TIME (6 succeeded)
  answer  42"""
        )


FAILS = f"""\
steplane: 1
name: nightly
inputs: {{go: {{type: boolean, default: false}}}}
failure: continue
steps:
  - id: load
    failure: continue
    steps:
      - {{id: orders, run: 'echo "no such table" >&2; exit 3'}}
      - {{id: prices, needs: [], run: '{GATE}'}}
      - {{id: merge, needs: [orders], run: 'true'}}
  - {{id: tell, needs: [], if: inputs.go, run: 'true'}}
  - {{id: report, run: 'true'}}
"""


def test_a_run_that_fails(shell: Shell, live: Open) -> None:
    shell.write("nightly.yaml", FAILS)
    with live("run", "nightly.yaml", "--id", "one") as terminal:
        terminal.becomes(
            """\
nightly (nightly.yaml), run one

○ tell    skipped: `if: inputs.go` is false

* load TIME
  ✗ orders  the script ended with exit code 3 (shell.exit) TIME
  * prices  $ . ./gate TIME
  ⊘ merge   blocked by `load/orders`
· report  $ true
━━━━━━━╸━━━━━━  1 of 3 steps, 1 failed, 1 running TIME""",
            steady,
        )
        shell.write("go", "")
        assert terminal.wait() == 1
        assert terminal.right
        assert (
            steady(terminal.everything)
            == """\
nightly (nightly.yaml), run one

○ tell    skipped: `if: inputs.go` is false
✗ load/orders  the script ended with exit code 3 (shell.exit) TIME
⊘ report  blocked by `load`

Not run
  ○ tell skipped: `if: inputs.go` is false
  ⊘ load/merge blocked by `load/orders`
  ⊘ report blocked by `load`

error[shell.exit]: `load/orders` failed: the script ended with exit code 3
 --> nightly.yaml:9:14
  |
9 |       - {id: orders, run: 'echo "no such table" >&2; exit 3'}
  |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this step

The end of its log (.steplane/runs/one/load.orders.log):
| no such table

✗ nightly failed in TIME (1 succeeded, 2 failed, 1 skipped, 2 blocked)
Go on with: steplane resume one"""
        )


LOOP = """\
steplane: 1
name: orders
steps:
  - id: price
    foreach: "${{ range(200) | list }}"
    key: order-${{ item }}
    concurrency: 16
    max_failures: 5
    steps:
      - {id: quote, run: 'test ${{ item | int }} = 3 && exit 1; test ${{ item | int }} -lt 100 && exit; GATE'}
      - {id: book, run: "true"}
""".replace("GATE", GATE)


def test_200_instances(shell: Shell, live: Open) -> None:
    shell.write("orders.yaml", LOOP)
    with live("run", "orders.yaml", "-j", "16", size=(80, 16)) as terminal:
        terminal.shows("100 of 200, 1 failed, 16 running", "order-3 › quote", "(shell.exit)", "order-100 › quote",
                       "… 6 more running", "0 of 1 steps, 1 failed, 16 running")  # fmt: skip
        assert len(terminal.shown.splitlines()) == 16
        shell.write("go", "")
        assert terminal.wait() == 0
    text = steady(terminal.everything)
    assert text[text.index("\n") :].startswith("""

! price  200 of 200, 1 failed TIME
  ✗ price[order-3]/quote  the script ended with exit code 1 (shell.exit)

Warnings
  ! price: 1 instance failed, as `max_failures` allows

Not run
  ⊘ price[order-3]/book blocked by `price[…]/quote`
""")


def test_the_view_is_never_taller_than_the_window(shell: Shell, live: Open) -> None:
    steps = "".join(f"  - {{id: s{number}, needs: [], run: '{GATE}'}}\n" for number in range(500))
    shell.write("wide.yaml", f"steplane: 1\nname: wide\nsteps:\n{steps}")
    with live("run", "wide.yaml", "-j", "40", size=(80, 24)) as terminal:
        terminal.shows("wide (wide.yaml)", "* s0".replace("*", ""), "… 25 more running, 460 waiting", "40 running")
        assert not terminal.screen.history.top
        shell.write("go", "")
        assert terminal.wait() == 0
    assert terminal.everything.count("$ . ./gate") == 500
    assert " running" not in terminal.everything


def test_retries_count_down(shell: Shell, live: Open) -> None:
    shell.write(
        "again.yaml",
        """\
steplane: 1
name: again
steps:
  - {id: fetch, run: test -e go, retry: {attempts: 3, delay: 2s}}
""",
    )
    with live("run", "again.yaml", "--id", "one") as terminal:
        for seconds in (2, 1):
            terminal.shows(f"↻ fetch  attempt 2 of 3 in {seconds}s: the script ended with exit code 1", "1 retrying")
        shell.write("go", "")
        assert terminal.wait() == 0
        assert (
            steady(terminal.shown)
            == """\
again (again.yaml), run one

✓ fetch  after 2 attempts, $ test -e go TIME

✓ again succeeded in TIME (1 succeeded)"""
        )


def test_ctrl_c_once_and_twice(shell: Shell, live: Open) -> None:
    shell.write(
        "deaf.yaml",
        f"""\
steplane: 1
name: deaf
steps:
  - id: all
    steps:
      - {{id: first, run: 'true'}}
      - {{id: second, run: 'trap "" TERM; echo up; {GATE}', with: {{grace: 10m}}}}
  - {{id: third, run: 'true'}}
""",
    )
    with live("run", "deaf.yaml", "--id", "one") as terminal:
        terminal.shows("│ up", "1 running")
        terminal.type("\x03")
        terminal.shows("│ up", "stopping: Ctrl-C again ends the steps at once")
        looks = count()
        terminal.until(lambda: _gone(terminal, next(looks)))
        assert terminal.wait() == 130
        assert terminal.right
        assert (
            steady(terminal.shown)
            == """\
deaf (deaf.yaml), run one

■ all    not ended, 1 of 2 steps

■ deaf interrupted after TIME (1 succeeded)
  cut off, to run again: `all/second`
Go on with: steplane resume one"""
        )


def _gone(terminal: Terminal, look: int) -> bool:
    """Whether the run has stopped; now and then it is told again to."""
    ended = "Go on with:" in terminal.shown
    if not ended and look % 50 == 0:
        terminal.type("\x03")
    return ended


PLUGIN = """\
from collections.abc import Sequence
from steplane.sdk import Step, StepContext, hookimpl

class Slow(Step, type="slow", cancellable=True):
    \"\"\"Says how far it is, from a thread of the runner.\"\"\"

    def run(self, ctx: StepContext) -> None:
        ctx.log("begun")
        ctx.progress(45, 120, "rows of \\x1b[31mthe file")
        while not (ctx.workdir / "go").exists():
            ctx.wait_cancelled(0.01)
        ctx.log("120 rows, all good")

class Count(Step, type="slow.count"):
    \"\"\"Says it from a worker process, as fast as it can.\"\"\"

    def run(self, ctx: StepContext) -> None:
        for number in range(100_000):
            ctx.progress(number, None, f"lines, {ctx.secrets['key'].reveal()}")
        while not (ctx.workdir / "go").exists():
            ctx.wait_cancelled(0.01)
        ctx.warn("some were empty\\x07")

@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    return [Slow, Count]
"""

PROGRESS = """\
steplane: 1
name: files
secrets:
  key: {env: KEY}
steps:
  - {id: slow, uses: slow}
  - {id: count, needs: [], uses: slow.count}
  - {id: say, uses: log, with: {message: all is done}}
"""


def test_steps_that_say_how_far_they_are(shell: Shell, live: Open) -> None:
    shell.write("installed/slow.py", PLUGIN)
    shell.write("installed/slow-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: slow\nVersion: 1\n")
    shell.write("installed/slow-1.dist-info/entry_points.txt", "[steplane.steps]\nslow = slow\n")
    shell.write("files.yaml", PROGRESS)
    path = os.pathsep.join([str(shell.folder / "installed"), *filter(None, sys.path)])
    with live("run", "files.yaml", PYTHONPATH=path, KEY="a-key-to-hide") as terminal:
        terminal.shows("slow   ━━━━━╺━━━━━━━━  45 of 120 rows of \\u{1b}[31mthe file", "│ begun",
                       "count  99999 lines, ***")  # fmt: skip
        shell.write("go", "")
        assert terminal.wait() == 0
    assert b"a-key-to-hide" not in terminal.written
    text = steady(terminal.everything)
    assert (
        text[text.index("\n\n") :].replace("✓ count  slow.count TIME\n", "")
        == """

✓ slow   120 rows, all good TIME
✓ say    all is done TIME

Warnings
  ! count: some were empty\\u{7}

✓ files succeeded in TIME (3 succeeded)"""
    )
