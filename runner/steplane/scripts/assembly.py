"""A compiled script with its values: what the shell reads."""

import os
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from steplane.expressions.templates import Expression
from steplane.scripts.shapes import Direct, Script, Slot
from steplane.scripts.values import ScriptValueError, items_at, text_at

PRELUDE_DESCRIPTOR = 8
"""The file descriptor on which the shell finds the prelude; one digit, for dash knows no others in a redirection."""

FEW_QUOTES = 2000
"""Single quotes in a value that bash reads in a moment."""

PART = 16384
"""Characters of a value with more of them that are read at once: a MiB takes bash a second, not half a minute."""

# Without its values a script must not run at all (`rm -r "$x"/*`); the redirection keeps them out of a trace (`-x`).
_READ_PRELUDE = (
    "{ . /dev/fd/8 && exec 8<&-; } 2>/dev/null || "
    "{ echo 'steplane: the values of the script cannot be read' >&2; exit 125; }; "
)


class Assembled(Struct, frozen=True):
    """`script` is the text to run, `prelude` what must be readable on descriptor 8 (empty: nothing is read there)."""

    script: str
    prelude: str


def assemble(script: Script, values: Sequence[object], shell: Literal["bash", "sh"] = "bash") -> Assembled:
    """The script with a variable in the place of each value, and the prelude that assigns them.

    `values` are those of `expressions_of(script)`. The script keeps the author's lines: its first line begins with the
    reading of the prelude, which closes descriptor 8 again and exports nothing; works in bash and in POSIX shells.
    Raises `ScriptValueError`.
    """
    del shell  # one form serves both
    assignments: list[tuple[str, str]] = []
    text = "".join(_emit(script, values, assignments))
    if not assignments:
        return Assembled(text, "")
    return Assembled(_READ_PRELUDE + text, _prelude(assignments))


def arguments(direct: Direct, values: Sequence[object]) -> list[str]:
    """The argument vector; `values` are those of `expressions_of(direct)`. Raises `ScriptValueError`."""
    numbered = iter(enumerate(values))
    result: list[str] = []
    for word in direct.argv:
        first = word[0]
        if isinstance(first, Slot) and first.place == "word":
            slot, value = next(numbered)
            result += items_at(value, label_of(first.expression), slot)
            continue
        texts = []
        for part in word:
            if isinstance(part, str):
                texts.append(part)
            else:
                slot, value = next(numbered)
                texts.append(text_at(value, part.place, label_of(part.expression), slot))
        result.append("".join(texts))
    return result


def invocation(shell_argv: Sequence[str], script_path: str) -> list[str]:
    """The command that runs an assembled script.

    The spawner writes `Assembled.script` to a file and passes its path as the last argument; the path shows in the
    shell's messages. (A memfd as `/dev/fd/N` works too, but stays open in the script's children.) Where
    `Assembled.prelude` is not empty, its UTF-8 bytes must be readable on descriptor 8 (`PRELUDE_DESCRIPTOR`), not
    close-on-exec: a memfd or an unlinked file *positioned at 0*, or a pipe someone fills meanwhile. The shell closes
    descriptor 8 before the author's first command; 0, 1 and 2 are not touched. Exit code 125 with "the values of the
    script cannot be read": descriptor 8 was not given.
    """
    return [*shell_argv, os.fspath(script_path)]


def label_of(expression: Expression) -> str:
    """How the author wrote it, on one line and not endless."""
    text = " ".join(expression.text.split())
    return f"`${{{{ {text if len(text) <= 60 else text[:57] + '...'} }}}}`"


def _emit(script: Script, values: Sequence[object], assignments: list[tuple[str, str]]) -> Iterator[str]:
    slot = 0
    for piece in script.pieces:
        if isinstance(piece, str):
            yield piece
            continue
        yield _variable(piece, values[slot], slot, assignments)
        slot += 1


def _variable(piece: Slot, value: object, slot: int, assignments: list[tuple[str, str]]) -> str:
    name, label = f"STEPLANE_V{slot + 1}", label_of(piece.expression)
    if piece.place == "word" and isinstance(value, (list, tuple)):
        items = items_at(value, label, slot)
        names = [f"{name}_{number}" for number in range(1, len(items) + 1)]
        assignments += zip(names, items, strict=True)
        return " ".join(f'"${{{one}}}"' for one in names)
    assignments.append((name, text_at(value, piece.place, label, slot)))
    return f"${{{name}}}" if piece.place in ("text", "number") else f'"${{{name}}}"'


def _prelude(assignments: list[tuple[str, str]]) -> str:
    """Assignments of plain variables: an inherited one of that name loses its export, `set -a` is put aside."""
    names = " ".join(name for name, _ in assignments)
    lines = ["STEPLANE_V0=$-", "set +a", f"unset {names}"]
    for name, value in assignments:
        lines += _assigned(name, value)
    lines += ["case $STEPLANE_V0 in *a*) set -a ;; esac", "unset STEPLANE_V0", ""]
    return "\n".join(lines)


def _assigned(name: str, value: str) -> Iterator[str]:
    """The assignment; in parts where there is much to quote: bash takes a time that grows with the square of it.

    (Double quotes would be faster, but a locale whose characters may end in a backslash reads them otherwise.)
    """
    if value.count("'") <= FEW_QUOTES:
        yield f"{name}={quoted(value)}"
        return
    yield f"{name}="
    for start in range(0, len(value), PART):
        yield f'{name}="${{{name}}}"{quoted(value[start : start + PART])}'


def quoted(text: str) -> str:
    """The text in single quotes, which every POSIX shell reads back unchanged."""
    return "'" + text.replace("'", "'\\''") + "'"


__all__ = [
    "PRELUDE_DESCRIPTOR",
    "Assembled",
    "ScriptValueError",
    "arguments",
    "assemble",
    "invocation",
    "label_of",
    "quoted",
]
