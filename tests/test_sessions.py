"""The sessions of the manual are real: each page's commands are run in order, and print what is shown.

To write what they print into the pages after a deliberate change, run `STEPLANE_WRITE_SESSIONS=1 pytest
tests/test_sessions.py`, then read the diff.
"""

import os
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.sessions import Exchange, File, agrees, parts, play, rewritten

PAGES = [
    page
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if any(isinstance(one, Exchange) for one in parts(page.read_text("utf-8")))
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_the_manual_print_what_is_shown(page: Path, tmp_path: Path) -> None:
    text = page.read_text("utf-8")
    told = play(text, tmp_path)
    if os.environ.get("STEPLANE_WRITE_SESSIONS"):
        page.write_text(rewritten(text, told), "utf-8")
    for exchange, printed in told:
        if not agrees(exchange.shown, printed):
            shown = "\n".join(["$ " + exchange.command, *printed])
            pytest.fail(f"{page.name}:{exchange.line} shows something else than what is printed:\n{shown}")


PAGE = """\
# A page

```yaml workflow file=flows/one.yaml
x: 1
```

```console
$ cat flows/one.yaml; name=Ada
x: 1
$ echo "$name
> is here" && false
Ada
is here
$ echo $?
1
$ seq 5
1
...
5
```

```yaml added file=flows/one.yaml
x: 1
y: 2
```

```console
$ cat flows/one.yaml
x: 1
y: 2
```
"""


def test_a_page_is_read_in_order() -> None:
    assert parts(PAGE) == [
        File("flows/one.yaml", "x: 1\n"),
        Exchange(8, "cat flows/one.yaml; name=Ada", ["x: 1"]),
        Exchange(10, 'echo "$name\nis here" && false', ["Ada", "is here"]),
        Exchange(14, "echo $?", ["1"]),
        Exchange(16, "seq 5", ["1", "...", "5"]),
        File("flows/one.yaml", "x: 1\ny: 2\n"),
        Exchange(28, "cat flows/one.yaml", ["x: 1", "y: 2"]),
    ]


def test_one_shell_plays_a_page(tmp_path: Path) -> None:
    told = play(PAGE, tmp_path)
    assert [printed for _, printed in told] == [
        ["x: 1"],
        ["Ada", "is here"],
        ["1"],
        ["1", "2", "3", "4", "5"],
        ["x: 1", "y: 2"],
    ]
    assert all(agrees(exchange.shown, printed) for exchange, printed in told)
    assert rewritten(PAGE, told) == PAGE


def test_what_is_not_printed_is_found_and_written(tmp_path: Path) -> None:
    wrong = PAGE.replace("Ada\nis here\n$", "Bob\n$")
    told = play(wrong, tmp_path)
    assert [agrees(exchange.shown, printed) for exchange, printed in told] == [True, False, True, True, True]
    assert rewritten(wrong, told) == PAGE


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        (["run 20261125-223700-43n4bn in 10ms"], ["run 20260101-000000-abcdef in 1.2s"], True),
        (["a  3ms  x"], ["a    12.5s  x"], True),
        (["at 2026-11-25T22:37:01.477780Z"], ["at 2027-01-01T00:00:00.000001Z"], True),
        (["        0s     100ms"], ["       0s   1s   2s"], True),
        (["  ✓ a   10ms  ━━━"], ["  ✓ a  1.2s      ×┄━"], True),
        (["  +66ms  ready", "  +67ms  done"], ["  +3ms  ready", "        done"], True),
        (["1 of 2"], ["1 of 3"], False),
        (["..."], [], True),
        (["a", "..."], ["a", "b", "c"], True),
        (["a"], ["a", "b"], False),
        (["a.c"], ["abc"], False),
    ],
)
def test_only_ids_and_times_may_differ(shown: list[str], printed: list[str], same: bool) -> None:
    assert agrees(shown, printed) is same
