"""The words of the command that a value is an argument of."""

from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from steplane.scripts import syntax

if TYPE_CHECKING:
    from tree_sitter import Node

_NO_WORDS = frozenset(["variable_assignment", "file_redirect", "heredoc_redirect", "herestring_redirect", "subscript"])
_COMMANDS = frozenset(["command", "declaration_command", "unset_command"])
QUOTES = str.maketrans("", "", "\"'\\")
"""What takes quotes and backslashes out of a text."""


class Word(Struct, frozen=True):
    """One word without its quotes, and its bytes in the source."""

    text: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """The last part of a path: `/bin/sh` is `sh`, and so is `$SHELL`."""
        return "sh" if self.text in ("$SHELL", "${SHELL}", "$BASH", "${BASH}") else self.text.rpartition("/")[2]


def words_of(construct: "Node") -> list[Word]:
    """The words of the command that `construct` is or belongs to, redirections left out; in their order."""
    command, redirects = _command_and_redirects(construct)
    nodes = [] if command is None else [one for one in command.children if one.is_named and one.type not in _NO_WORDS]
    if command is not None and command.type in ("declaration_command", "unset_command"):
        nodes = [command.children[0], *(one for one in command.children[1:] if one.is_named)]
    for redirect in redirects:
        nodes += _stray_words(redirect)
    words = [Word(syntax.text_of(one).translate(QUOTES), one.start_byte, one.end_byte) for one in nodes]
    return sorted(words, key=lambda word: word.start)


def position_in(words: list[Word], start: int, end: int) -> int:
    """Which of the words holds these bytes; -1 if none does."""
    number = bisect_right(words, start, key=lambda one: one.start) - 1
    return number if number >= 0 and end <= words[number].end else -1


WordsOf: TypeAlias = "Callable[[Node], list[Word]]"
"""`words_of`, or the same with what it has found kept."""


def readers_of(body: "Node", words_of: WordsOf = words_of) -> list[list[Word]]:
    """The commands that read a here-document or a here-string: its own, then those after it in the pipeline."""
    statement = next(
        (one for _, one in syntax.ancestors(body) if one.type in ("command", "redirected_statement")), None
    )
    own = [] if statement is None else words_of(statement)
    return [words for words in (own, *commands_after(body, words_of)) if words]


def commands_after(node: "Node", words_of: WordsOf = words_of) -> list[list[Word]]:
    """The commands that read what the command of `node` writes, through a pipeline."""
    result: list[list[Word]] = []
    for child, parent in syntax.ancestors(node):
        if parent.type in ("command_substitution", "process_substitution", "function_definition", "do_group"):
            break
        if parent.type == "pipeline":
            result += [words_of(later) for later in parent.children if later.start_byte > child.start_byte]
        if parent.type == "redirected_statement":
            result += [words_of(command) for command in _piped_after(parent)]
    return [words for words in result if words]


def _command_and_redirects(construct: "Node") -> "tuple[Node | None, list[Node]]":
    statement = construct
    if construct.type in _COMMANDS and construct.parent is not None and construct.parent.type == "heredoc_redirect":
        return construct, []  # `cat <<EOT && eval x`: the parser puts what follows into the redirection
    while statement.type in ("command", "file_redirect", "heredoc_redirect", "declaration_command", "unset_command"):
        if statement.parent is None or statement.parent.type not in ("redirected_statement", "heredoc_redirect"):
            break
        statement = statement.parent
    if statement.type != "redirected_statement":
        return (statement if statement.type in _COMMANDS else None), []
    body = statement.child_by_field_name("body")
    redirects = list(statement.children_by_field_name("redirect"))
    redirects += [one for redirect in redirects for one in redirect.children if one.type == "file_redirect"]
    return (body if body is not None and body.type in _COMMANDS else None), redirects


def _stray_words(redirect: "Node") -> "list[Node]":
    """Arguments after a redirection, which the parser counts among its targets."""
    if redirect.type == "file_redirect":
        return list(redirect.children_by_field_name("destination"))[1:]
    if redirect.type == "heredoc_redirect":
        return list(redirect.children_by_field_name("argument"))
    return []


def _piped_after(statement: "Node") -> "list[Node]":
    """`cat <<EOT | sh`: the parser puts the rest of the pipeline into the redirection."""
    redirects = [one for one in statement.children if one.type == "heredoc_redirect"]
    pipelines = [one for redirect in redirects for one in redirect.children if one.type == "pipeline"]
    return [command for pipeline in pipelines for command in pipeline.children if command.is_named]
