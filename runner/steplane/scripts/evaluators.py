"""Which commands take an argument for code: of the shell itself, or of another program."""

import re
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
_SSH_WITH_VALUE = "BbcDEeFIiJLlmOoPpQRSWw"
_READ_WITH_VALUE = "dinNptu"
_MAPFILE_WITH_VALUE = "dnOsuc"


_WHOLLY = {
    "eval": Finding("evaluates", "eval"),
    "let": Finding("number", "`let`"),
    "alias": Finding("program", "alias", "write a function, which takes the value as an argument"),
}
_TESTS = {"test": "test", "[": "[", BRACKET: "["}


def finding(words: list[Word], position: int) -> Finding | None:
    """What the command makes of its word at `position` (0: its name). None: an argument like any other."""
    if position < 1:
        return None
    return _of_this_shell(words, position) or _of_another_program(words, position)


def of_input(words: list[Word]) -> Finding | None:
    """What a command makes of its standard input."""
    for number, word in enumerate(words):
        name, rest = _language(word), words[number + 1 :]
        if not _is_program_position(words, number):
            continue
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


def _of_this_shell(words: list[Word], position: int) -> Finding | None:
    first = next(
        (n for n, one in enumerate(words) if one.text not in ("command", "builtin", "exec", "time", "coproc")), 0
    )
    name, before = words[first].text, words[first + 1 : position]
    previous = words[position - 1].text
    if position <= first:
        return None
    if name in _WHOLLY:
        return _WHOLLY[name]
    if name in _TESTS and previous == "-v":
        return Finding("evaluates", f"{_TESTS[name]} -v")
    if name == "printf" and [one.text for one in before] == ["-v"]:
        return Finding("evaluates", "printf -v")
    if name == "wait" and previous == "-p":
        return Finding("evaluates", "wait -p")
    if name == "read" and _is_a_name(words[position], previous, _READ_WITH_VALUE):
        return Finding("evaluates", "read")
    if name in ("mapfile", "readarray") and _is_a_name(words[position], previous, _MAPFILE_WITH_VALUE):
        return Finding("evaluates", name)
    return _of_declaration(words[first:], position - first)


def _of_declaration(words: list[Word], position: int) -> Finding | None:
    name, options = words[0].text, "".join(one.text[1:] for one in words[1:] if one.text.startswith(("-", "+")))
    if name == "unset" and "f" not in options:
        return Finding("evaluates", "unset")
    if name == "trap" and not any(not one.text.startswith("-") for one in words[1:position]):
        return Finding(
            "program", "trap", 'name a function there: `x=${{ … }}`, `clean() { … "$x"; }`, `trap clean EXIT`'
        )
    if name not in ("declare", "typeset", "local", "export", "readonly"):
        return None
    assigned = re.match(r"[A-Za-z_][A-Za-z0-9_]*(\[[^\]]*\])?\+?=", words[position].text)
    if "i" in options and name != "export":
        return Finding("number", f"`{name} -i`")
    if "n" in options and name not in ("export", "readonly"):
        return Finding("evaluates", f"{name} -n")
    if assigned is None and name not in ("export", "readonly"):
        return Finding("evaluates", name)
    return None


def _of_another_program(words: list[Word], position: int) -> Finding | None:
    for number, word in enumerate(words[:position]):
        if not _is_program_position(words, number):
            continue
        rest, at = words[number + 1 :], position - number - 1
        found = _of_option(word, rest, at) or _of_first_argument(word, rest, at)
        if found is not None:
            return found
    return None


def _of_option(program: Word, rest: list[Word], at: int) -> Finding | None:
    letters, remedy = _PROGRAM_OPTIONS.get(_language(program), ("", ""))
    is_shell = program.name in SHELLS
    for number, word in enumerate(rest[: at + 1] if letters else []):
        attached = not is_shell and re.match(rf"-[{letters}].", word.text) is not None
        if attached and number == at:
            return Finding("program", f"{program.name} -{letters[0]}", remedy)
        if not attached and re.match(rf"-[A-Za-z]*[{letters}]{'' if is_shell else '$'}", word.text):
            programs = [n for n in range(number + 1, len(rest)) if not rest[n].text.startswith(("-", "+"))][:1]
            if at in (number + 1, *programs):
                return Finding("program", f"{program.name} -{letters[0]}", remedy.format(name=program.name))
            return None
        takes_word = number > 0 and re.match(r"-[A-Za-z]*[oOWXIr]$", rest[number - 1].text)
        if word.text == "-m" or not (takes_word or word.text.startswith(("-", "+"))):
            return None  # a program in a file or module: what follows are its arguments
    return None


def _of_first_argument(program: Word, rest: list[Word], at: int) -> Finding | None:
    """awk, sed and ssh: the first words that are no options are the program."""
    if program.name in _AWK and at in _positions_after_options(rest, "vFf")[:1] and not _has_option(rest, "f"):
        return Finding("program", program.name, "give it as a variable: `awk -v x=\"${{ … }}\" '… x …'`")
    if program.name in ("sed", "gsed"):
        scripts = [n + 1 for n, one in enumerate(rest) if re.match(r"-[nrEszu]*e$|--expression$", one.text)]
        scripts += [n for n, one in enumerate(rest) if re.match(r"-[nrEszu]*e.|--expression=", one.text)]
        if at in (scripts or ([] if _has_option(rest, "f") else _positions_after_options(rest, "fl")[:1])):
            return Finding("program", program.name, 'let the shell replace: `${text//"$old"/"$new"}`')
    if program.name == "ssh" and at in _positions_after_options(rest, _SSH_WITH_VALUE)[1:]:
        return Finding("program", "ssh", "give it quoted for the other shell: `${{ … | shell_quote }}`")
    return None


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
