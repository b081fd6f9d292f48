"""Which commands take an argument for code: of the shell itself, or of another program."""

import re
from itertools import islice
from typing import Literal, TypeAlias

from msgspec import Struct

from steplane.scripts.simplifying import BRACKET
from steplane.scripts.words import Word

Danger: TypeAlias = Literal["number", "evaluates", "program"]


class Finding(Struct, frozen=True):
    """What a command makes of an argument.

    `number`: computes with it. `evaluates`: this shell runs what is in it. `program`: another program does; `remedy`
    names the safe form.
    """

    danger: Danger
    by: str
    remedy: str = ""


SHELLS = frozenset(["sh", "bash", "dash", "ksh", "mksh", "zsh", "ash", "busybox"])
_WRAPPER_NAMES = (
    "sudo doas env nohup time nice ionice timeout xargs exec command setsid stdbuf flock watch strace unshare chroot "
    "find docker podman kubectl ssh su runuser parallel builtin coproc busybox"
)
_WRAPPERS = frozenset(_WRAPPER_NAMES.split())
_EXEC_OPTIONS = frozenset(["-exec", "-execdir", "-ok", "-okdir"])
# Interpreter → options whose next word is the program, short ones also at the end of a cluster, and the safe form.
_PROGRAM_OPTIONS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(SHELLS, ("c", 'pass it as an argument: `{name} -c \'echo "$1"\' {name} "${{{{ … }}}}"`')),
    "su": ("c", 'pass it as an argument: `su USER -c \'echo "$1"\' -- sh "${{{{ … }}}}"`'),
    "python": ("c", "pass it as an argument and read `sys.argv[1]`"),
    "perl": ("eE", "pass it as an argument and read `$ARGV[0]`"),
    "ruby": ("e", "pass it as an argument and read `ARGV[0]`"),
    "node": ("ep", "pass it as an argument and read `process.argv[1]`"),
    "php": ("r", "pass it after `--` and read `$argv[1]`"),
}
_PYTHON = re.compile(r"python[0-9.]*$")
_AWK = frozenset(["awk", "gawk", "mawk", "nawk"])
_SED = frozenset(["sed", "gsed"])
_BEFORE_COMMAND = frozenset(["command", "builtin", "exec", "time", "coproc"])
_SSH_WITH_VALUE = "BbcDEeFIiJLlmOoPpQRSWw"
_READ_WITH_VALUE = "dinNptu"
_MAPFILE_WITH_VALUE = "dnOsuc"


_WHOLLY = {
    "eval": Finding("evaluates", "eval"),
    "let": Finding("number", "`let`"),
    "alias": Finding("program", "alias", "write a function, which takes the value as an argument"),
}
_TESTS = {"test": "test", "[": "[", BRACKET: "["}

PROGRAMS = 50
"""Names among the words of one command that may be those of programs which take code; more are not told apart."""
_TOO_MANY = "name one program in a command"


class Command:
    """The words of a command, and what it makes of them: found once, for a line may have a thousand values."""

    __slots__ = ("_argument", "_code", "_first", "_options", "words")

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self._first = next((n for n, one in enumerate(words) if one.text not in _BEFORE_COMMAND), 0)
        behind = range(self._first + 1, len(words))
        self._options = [words[n].text[1:] for n in behind if words[n].text.startswith(("-", "+"))]
        self._argument = next((n for n in behind if not words[n].text.startswith("-")), len(words))
        self._code = _code_in(words)

    def finding(self, position: int) -> Finding | None:
        """What the command makes of its word at `position` (0: its name). None: an argument like any other."""
        if position < 1:
            return None
        return self._of_this_shell(position) or self.code_of_program(position)

    def code_of_program(self, position: int) -> Finding | None:
        """What a program, and not the shell, makes of the word."""
        return self._code.get(position) if position else None

    def _of_this_shell(self, position: int) -> Finding | None:
        words, first = self.words, self._first
        if position <= first:
            return None
        name, previous = words[first].text, words[position - 1].text
        if name in _WHOLLY:
            return _WHOLLY[name]
        if name in _TESTS and previous == "-v":
            return Finding("evaluates", f"{_TESTS[name]} -v")
        if name == "printf" and position == first + 2 and previous == "-v":
            return Finding("evaluates", "printf -v")
        if name == "wait" and previous == "-p":
            return Finding("evaluates", "wait -p")
        if name == "read" and _is_a_name(words[position], previous, _READ_WITH_VALUE):
            return Finding("evaluates", "read")
        if name in ("mapfile", "readarray") and _is_a_name(words[position], previous, _MAPFILE_WITH_VALUE):
            return Finding("evaluates", name)
        return self._of_declaration(position)

    def _of_declaration(self, position: int) -> Finding | None:
        words, name = self.words, self.words[self._first].text
        if name == "unset" and not any("f" in one for one in self._options):
            return Finding("evaluates", "unset")
        if name == "trap" and position <= self._argument:
            return Finding(
                "program", "trap", 'name a function there: `x=${{ … }}`, `clean() { … "$x"; }`, `trap clean EXIT`'
            )
        if name not in ("declare", "typeset", "local", "export", "readonly"):
            return None
        assigned = re.match(r"[A-Za-z_][A-Za-z0-9_]*(\[[^\]]*\])?\+?=", words[position].text)
        if name != "export" and any("i" in one for one in self._options):
            return Finding("number", f"`{name} -i`")
        if name not in ("export", "readonly") and any("n" in one for one in self._options):
            return Finding("evaluates", f"{name} -n")
        if assigned is None and name not in ("export", "readonly"):
            return Finding("evaluates", name)
        return None


def of_input(words: list[Word]) -> Finding | None:
    """What a command makes of its standard input."""
    for number in _programs_in(words):
        word, rest = words[number], words[number + 1 :]
        name = _language(word)
        if name in SHELLS and _reads_program(rest):
            return Finding("program", name, f'pass it as an argument: `{name} -s -- "${{{{ … }}}}"`, and `"$1"` there')
        if name == "ssh" and len(_after_options(rest, _SSH_WITH_VALUE)) == 1:
            return Finding("program", name, "give it quoted for the other shell: `${{ … | shell_quote }}`")
        if name in _PROGRAM_OPTIONS and name not in SHELLS and [one.text for one in rest] in ([], ["-"]):
            return Finding("program", word.name, "put the program into a file and pass the value as an argument")
    return None


def _reads_program(arguments: list[Word]) -> bool:
    """Whether a shell with these arguments takes its program from the standard input."""
    options = [one.text for one in arguments if one.text.startswith(("-", "+"))]
    if any("c" in option for option in options if not option.startswith("--")):
        return False
    return "-s" in options or len(_after_options(arguments, "oO")) == 0


def _code_in(words: list[Word]) -> dict[int, Finding]:
    """The words that another program takes for code, by their positions."""
    programs = _programs_in(words)
    if len(programs) > PROGRAMS:
        return dict.fromkeys(range(1, len(words)), Finding("program", words[0].name, _TOO_MANY))
    found: dict[int, Finding] = {}
    for number in programs:
        rest = words[number + 1 :]
        for at, one in (_of_first_argument(words[number], rest) | _of_option(words[number], rest)).items():
            found.setdefault(number + 1 + at, one)
    return found


def _of_option(program: Word, rest: list[Word]) -> dict[int, Finding]:
    letters, remedy = _PROGRAM_OPTIONS.get(_language(program), ("", ""))
    is_shell, by = program.name in SHELLS, f"{program.name} -{letters[:1]}"
    found: dict[int, Finding] = {}
    for number, word in enumerate(rest if letters else []):
        if not is_shell and re.match(rf"-[{letters}].", word.text) is not None:
            found[number] = Finding("program", by, remedy)
        elif re.match(rf"-[A-Za-z]*[{letters}]{'' if is_shell else '$'}", word.text):
            behind = range(number + 1, len(rest))
            argument = next((n for n in behind if not rest[n].text.startswith(("-", "+"))), number + 1)
            return found | dict.fromkeys(
                (number + 1, argument), Finding("program", by, remedy.format(name=program.name))
            )
        takes_word = number > 0 and re.match(r"-[A-Za-z]*[oOWXIr]$", rest[number - 1].text)
        if word.text == "-m" or not (takes_word or word.text.startswith(("-", "+"))):
            break  # a program in a file or module: what follows are its arguments
    return found


def _of_first_argument(program: Word, rest: list[Word]) -> dict[int, Finding]:
    """awk, sed and ssh: the first words that are no options are the program."""
    if program.name in _AWK and not _has_option(rest, "f"):
        remedy = "give it as a variable: `awk -v x=\"${{ … }}\" '… x …'`"
        return dict.fromkeys(_positions_after_options(rest, "vFf")[:1], Finding("program", program.name, remedy))
    if program.name in _SED:
        scripts = [n + 1 for n, one in enumerate(rest) if re.match(r"-[nrEszu]*e$|--expression$", one.text)]
        scripts += [n for n, one in enumerate(rest) if re.match(r"-[nrEszu]*e.|--expression=", one.text)]
        if not scripts and not _has_option(rest, "f"):
            scripts = _positions_after_options(rest, "fl")[:1]
        return dict.fromkeys(
            scripts, Finding("program", program.name, 'let the shell replace: `${text//"$old"/"$new"}`')
        )
    if program.name == "ssh":
        remedy = "give it quoted for the other shell: `${{ … | shell_quote }}`"
        return dict.fromkeys(_positions_after_options(rest, _SSH_WITH_VALUE)[1:], Finding("program", "ssh", remedy))
    return {}


def _programs_in(words: list[Word]) -> list[int]:
    """The positions of programs that may take others of the words for code: of many one more than are looked at."""
    named = (n for n in range(len(words)) if _takes_code(words[n]) and _is_program_position(words, n))
    return list(islice(named, PROGRAMS + 1))


def _takes_code(program: Word) -> bool:
    name = program.name
    return _language(program) in _PROGRAM_OPTIONS or name in _AWK or name in _SED or name == "ssh"


def _language(word: Word) -> str:
    return "python" if _PYTHON.match(word.name) else word.name


def _is_program_position(words: list[Word], number: int) -> bool:
    first = words[0].name
    return number == 0 or first in _WRAPPERS or words[number - 1].text in _EXEC_OPTIONS


def _is_a_name(word: Word, previous: str, with_value: str) -> bool:
    takes = previous.startswith("-") and previous[-1:] in with_value and len(previous) > 1
    return not takes and not word.text.startswith("-")


def _has_option(words: list[Word], letter: str) -> bool:
    return any(re.match(rf"-[A-Za-z]*{letter}", one.text) and not one.text.startswith("--") for one in words)


def _positions_after_options(words: list[Word], with_value: str) -> list[int]:
    """The words that are neither options nor an option's separate value; all that follow `--`."""
    result: list[int] = []
    number = 0
    while number < len(words):
        text = words[number].text
        if text == "--":
            return result + list(range(number + 1, len(words)))
        if not text.startswith("-") or text == "-":
            result.append(number)
        elif len(text) == 2 and text[1] in with_value:
            number += 1
        number += 1
    return result


def _after_options(words: list[Word], with_value: str) -> list[Word]:
    return [words[number] for number in _positions_after_options(words, with_value)]
