"""A command line as bash has it, and answers as bash wants them.

Bash cuts words at more than blanks (at `=`, `:`, `@` and others: `COMP_WORDBREAKS`) and puts an answer in place of the
last piece alone, as it stands: it has to be cut at the same place, and quoted.
https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html
"""

import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from click.shell_completion import CompletionItem

from steplane.cli.completion.answers import PATHS, fits

_PLAIN = re.compile(r"[A-Za-z0-9_./=@:%+,^\-]")
_WITHIN_DOUBLE = '$`"\\'
"""What a backslash takes its meaning from within double quotes; before anything else it stands for itself."""


class Line:
    """A line up to the cursor.

    `words`: the finished words after the program, unquoted. `current`: the unfinished one, unquoted; of it, bash leaves
    `kept` alone and replaces the rest, which stands within the quote `quote` (empty: none). `redirected`: the word is
    the file of a redirection.
    """

    def __init__(self) -> None:
        self.words: list[str] = []
        self.current = ""
        self.kept = ""
        self.quote = ""
        self.redirected = False
        self._raw = ""

    @classmethod
    def read(cls, text: str, replaced: str) -> "Line":
        """The line of a simple command, which begins with the program. `replaced`: the piece at its end that bash
        replaces, as it stands there.
        """
        line = cls()
        line._take(text)
        line.words = line.words[1:]
        before = cls()
        if line._raw.endswith(replaced):
            before._take(line._raw[: len(line._raw) - len(replaced)])
            line.kept = before.current
        return line

    def _take(self, text: str) -> None:
        escaped = False
        for character in text:
            self._raw += character
            if escaped:
                kept = "\\" if self.quote and character not in _WITHIN_DOUBLE else ""
                self.current, escaped = self.current + kept + character, False
            elif character == "\\" and self.quote != "'":
                escaped = True
            elif self.quote:
                self._quoted(character)
            elif character in "'\"":
                self.quote, self.kept = character, self.current
            elif character in " \t\n":
                self._finish()
            elif character in "<>":
                self._redirect()
            else:
                self.current += character

    def _quoted(self, character: str) -> None:
        if character == self.quote:
            self.quote = ""
        else:
            self.current += character

    def _redirect(self) -> None:
        """What stands before `>` may be the number of a descriptor; what follows is a file."""
        if self.current and not self.current.isdigit():
            self.words.append(self.current)
        self.current = self.kept = self._raw = ""
        self.redirected = True

    def _finish(self) -> None:
        begun = bool(self._raw.strip())
        if begun and not self.redirected:
            self.words.append(self.current)
        self.redirected = self.redirected and not begun
        self.current = self.kept = self._raw = ""


def replies(line: Line, items: Iterable[CompletionItem[Any]]) -> Iterator[str]:
    """One line for each answer, cut and quoted."""
    if line.redirected:
        items = [CompletionItem("", type="file")]
    for item in items:
        value = str(item.value)
        if item.type in PATHS:
            for path in paths(line.current.removeprefix(value), item.type):
                yield f"value\t{_reply(line, value + path)}"
        elif fits(value) and value.startswith(line.kept):
            yield f"value\t{_reply(line, value)}"


def _reply(line: Line, value: str) -> str:
    rest = value[len(line.kept) :]
    if line.quote == "'":
        return rest.replace("'", "'\\''")
    if line.quote == '"':
        return "".join(f"\\{one}" if one in _WITHIN_DOUBLE else one for one in rest)
    home = "~/" if not line.kept and rest.startswith("~/") else ""
    return home + "".join(one if _PLAIN.match(one) else f"\\{one}" for one in rest.removeprefix(home))


def paths(begun: str, kind: str) -> list[str]:
    """The paths that begin so, sorted, folders with a slash at their ends; hidden ones where a dot is asked for.

    `kind`: `file`, `dir` or `yaml`; folders are always among them.
    """
    endings = {"dir": ("/",), "yaml": ("/", ".yaml", ".yml")}.get(kind, ("",))
    folder, name = os.path.split(begun)
    found = []
    try:
        with os.scandir(os.path.expanduser(folder) or os.curdir) as entries:
            for entry in entries:
                if entry.name.startswith(name) and (name or not entry.name.startswith(".")):
                    path = os.path.join(folder, entry.name) + ("/" if entry.is_dir() else "")
                    if path.endswith(endings) and fits(path):
                        found.append(path)
    except OSError:
        return []
    return sorted(found)
