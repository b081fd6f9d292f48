"""Sessions of the manual: what a page tells its reader to do is done, in order, in one folder, by one shell.

A page is played from top to bottom. A block whose opening line ends in `file=PATH` is saved there, as the reader would
save it; where the word `added` stands before that, the block's first line is one of the file, and the others go behind
it. A block of kind `console` holds commands, each behind `$ ` (further lines of one behind `> `), and what they print.
A line `...` in what is shown stands for any number of lines.
"""

import re
import subprocess
import sys
from pathlib import Path

from msgspec import Struct
from tests.conftest import COMMAND, ROOT

_OPENING = re.compile(r"```(\S*) ?(.*)")
_MARK = "\x1e"
_PATH = ":".join(path for path in sys.path if path)

FOLDER = "/srv/shop"
"""What the folder of a session is called in the manual."""


class Exchange(Struct):
    """One command and what is shown of its output; `line` is the command's, from 1."""

    line: int
    command: str
    shown: list[str]


class File(Struct):
    """A block that the reader saves."""

    path: str
    text: str


Part = Exchange | File


def parts(page: str) -> list[Part]:
    """What is to be done on a page, in order."""
    found: list[Part] = []
    files: dict[str, str] = {}
    lines = page.split("\n")
    number = 0
    while number < len(lines):
        opening = _OPENING.fullmatch(lines[number])
        number += 1
        if opening is None:
            continue
        end = lines.index("```", number)
        path = re.search(r"\bfile=(\S+)", opening[2])
        if path is not None:
            text = "\n".join(lines[number:end]) + "\n"
            files[path[1]] = _added(files[path[1]], text) if " added " in opening[0] else text
            found.append(File(path[1], files[path[1]]))
        elif opening[1] == "console":
            found += _exchanges(lines[number:end], number + 1)
        number = end + 1
    return found


def _added(text: str, block: str) -> str:
    """The text with the block in place of its first line."""
    first = block[: block.index("\n") + 1]
    assert f"\n{text}".count(f"\n{first}") == 1, f"stands not once in the file: {first}"
    return text.replace(first, block)


def _exchanges(lines: list[str], first: int) -> list[Exchange]:
    found: list[Exchange] = []
    for number, line in enumerate(lines, first):
        if line.startswith("$ "):
            found.append(Exchange(number, line[2:], []))
        elif line.startswith("> ") and not found[-1].shown:
            found[-1].command += f"\n{line[2:]}"
        else:
            assert found, f"line {number}: a console block begins with `$ `"
            found[-1].shown.append(line)
    return found


def play(page: str, folder: Path) -> list[tuple[Exchange, list[str]]]:
    """Do what the page says in `folder`; of each command what it really printed."""
    todo = parts(page)
    place = folder / "shop"
    place.mkdir()
    done = subprocess.run(
        ["bash", "-c", _script(todo)], cwd=place, env=_environment(folder), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=110, check=False,
    )  # fmt: skip
    printed = [text.removesuffix("\n") for text in done.stdout.split(_MARK)[1:]]
    exchanges = [one for one in todo if isinstance(one, Exchange)]
    assert len(printed) == len(exchanges), f"the shell ended early:\n{done.stdout[-2000:]}"
    told = [text.replace(str(place), FOLDER).split("\n") if text else [] for text in printed]
    return list(zip(exchanges, told, strict=True))


def _script(todo: list[Part]) -> str:
    """One program for the whole page, so that `cd`, variables and `$?` are as in the reader's shell."""
    lines = ["last=0"]
    for one in todo:
        if isinstance(one, File):
            lines.append(
                f"mkdir -p \"$(dirname '{one.path}')\"\ncat > '{one.path}' <<'END OF FILE'\n{one.text}END OF FILE"
            )
        else:
            lines.append(f"printf '{_MARK}'\n(exit $last)\n{one.command}\nlast=$?")
    return "\n".join(lines) + "\n"


def _environment(folder: Path) -> dict[str, str]:
    """That of a new user: nothing of the tests' own, `steplane` and `python3` as after an installation."""
    programs = folder / "bin"
    programs.mkdir()
    for name, words in {"steplane": f'-c "{COMMAND}"', "python3": ""}.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n', "utf-8")
        program.chmod(0o755)
    return {
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": _PATH, "HOME": str(folder), "COLUMNS": "100",
        "LC_ALL": "C.UTF-8", "TZ": "UTC", "USER": "ada", "TMPDIR": str(folder), "REPOSITORY": str(ROOT),
    }  # fmt: skip


def agrees(shown: list[str], printed: list[str]) -> bool:
    """Whether what is shown is what was printed, but for ids, times and what `...` stands for."""
    pattern = "".join("(?:.*\n)*?" if line == "..." else re.escape(steady(line)) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(steady(line) + "\n" for line in printed)) is not None


def steady(line: str) -> str:
    """A line without what differs from run to run."""
    line = re.sub(r"\b\d{8}-\d{6}-[a-z0-9]+\b", "RUN", line)
    line = re.sub(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?", "WHEN", line)
    line = re.sub(r"\b\d\d:\d\d:\d\d(\.\d+)?\b", "CLOCK", line)
    line = re.sub(r"\b(?:\d+m)?\d+(?:\.\d+)?(?:ms|s)\b", "TIME", line)
    line = re.sub(r" *[━─×┄]+$", " BAR", re.sub(r"^( +TIME)+$", "AXIS", line))
    line = re.sub(r"^ +\+TIME ", "  ", line)  # shown where it is another than that of the line above
    return re.sub(r" {2,}", "  ", line).rstrip()


def rewritten(page: str, told: list[tuple[Exchange, list[str]]]) -> str:
    """The page with what was really printed, where that is not what it shows."""
    lines = page.split("\n")
    for exchange, printed in reversed(told):
        if not agrees(exchange.shown, printed):
            first = exchange.line + exchange.command.count("\n")
            lines[first : first + len(exchange.shown)] = printed
    return "\n".join(lines)
