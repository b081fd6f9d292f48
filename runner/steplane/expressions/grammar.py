"""The only user of Jinja2: its parser makes a tree of our own words, so that every node knows its exact offset.

Jinja2's parser asks its environment for words by the method `_tokenize`; ours answers with words that carry the
character offset where Jinja2's carry the line number. (A private method: its working is pinned by a test.)
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from steplane.expressions.faults import SyntaxFault
from steplane.expressions.pieces import LANGUAGE, Marks, cut
from steplane.expressions.tokens import Token, read_code

if TYPE_CHECKING:
    from jinja2.parser import Parser

_EXPECTED = re.compile(r"(?<!un)expected (?:token )?'([^']+)'")
_TAGS = re.compile(r"looking for the following tags: (.+?)\.")
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_SEVERAL_FILES = ("include", "import", "from", "extends", "block", "macro", "call")
_BLOCKS = ("if", "elif", "else", "endif", "for", "endfor", "set", "endset", "with", "endwith", "filter", "endfilter")


@lru_cache(maxsize=1)
def _environment() -> Any:
    from jinja2 import Environment
    from jinja2.lexer import TOKEN_EOF, TokenStream
    from jinja2.lexer import Token as Word

    class Words(Environment):
        def _tokenize(self, source: Any, name: Any, filename: Any = None, state: Any = None) -> TokenStream:
            tokens, end = source
            return TokenStream(self._words(tokens, end), name, filename)

        @staticmethod
        def _words(tokens: Iterable[Token], end: int) -> Iterator[Word]:
            before = ""
            for token in tokens:
                null = token.type == "name" and token.value == "null" and before != "."
                yield Word(token.offset, token.type, "none" if null else token.value)
                before = token.text
            yield Word(end, TOKEN_EOF, "")

    return Words()


def _parser(tokens: Iterable[Token], end: int) -> "Parser":
    from jinja2.parser import Parser

    source: Any = (tuple(tokens), end)
    return Parser(_environment(), source)


@lru_cache(maxsize=4096)
def parse(text: str) -> Any:
    """The tree (a Jinja2 node) of one bare expression; raises SyntaxFault with the offset in `text`."""
    code = read_code(text)
    if code.fault is not None:
        raise code.fault
    return parse_tokens(text, code.tokens, len(text))


@lru_cache(maxsize=256)
def parse_meant(text: str) -> Any:
    """As `parse`, with operators of other languages read as ours, so that what stands around them is looked at too."""
    code = read_code(text)
    if not code.is_understood:
        raise code.faults[0]
    return parse_tokens(text, code.tokens, len(text)) if code.faults else parse(text)


def parse_tokens(text: str, tokens: tuple[Token, ...], end: int) -> Any:
    """As `parse`, of words that were already read; offsets count in the text that they were read from."""
    if not tokens:
        raise SyntaxFault("an expression is wanted here", 0, max(1, len(text)))

    def whole() -> Any:
        parser = _parser(tokens, end)
        tree = parser.parse_expression()
        if parser.stream:
            parser.fail("unexpected")
        return tree

    return _guarded(whole, tokens, end)


@lru_cache(maxsize=512)
def parse_blocks(text: str) -> Any:
    """The tree (a Jinja2 Template node) of a text with blocks; raises SyntaxFault with the offset in `text`."""
    return parse_template(text, LANGUAGE)


def parse_template(text: str, marks: Marks) -> Any:
    """The same of a text with any marks; not remembered."""
    found = cut(text, marks)
    if found.faults:
        raise found.faults[0]
    tokens: list[Token] = []
    for piece in found.pieces:
        if piece.kind == "text":
            tokens.append(Token("data", piece.text, piece.text, piece.offset))
            continue
        kind = "variable" if piece.kind == "expression" else "block"
        if kind == "block":
            _check_tag(piece.tokens, piece.outer, piece.end)
        tokens.append(Token(f"{kind}_begin", "${", "${", piece.outer))
        tokens.extend(piece.tokens)
        tokens.append(Token(f"{kind}_end", "}", "}}" if kind == "variable" else "%}", piece.end - 2))
    return _guarded(lambda: _parser(tokens, len(text)).parse(), tuple(tokens), len(text), marks)


def _check_tag(tokens: tuple[Token, ...], start: int, end: int) -> None:
    if not tokens:
        raise SyntaxFault("this block is empty", start, end - start)
    if tokens[0].text not in _BLOCKS:
        remedy = "blocks are `if`, `for`, `set`, `with`, `filter` and `raw`"
        if tokens[0].text in _SEVERAL_FILES:
            remedy = f"a template is one text, without parts and macros; {remedy}"
        raise SyntaxFault(
            f"`{tokens[0].text}` is not a block of Steplane", tokens[0].offset, len(tokens[0].text), remedy
        )


def filters_and_tests(tree: Any) -> list[Any]:
    """Every filter and test of a tree, its root included."""
    from jinja2 import nodes

    root = [tree] if isinstance(tree, nodes.Filter | nodes.Test) else []
    return [*tree.find_all((nodes.Filter, nodes.Test)), *root]


LEVELS = 200
"""How deep a tree may be. A chain such as `a and b and c` has a level for each operator, and all that walks through a
tree has to come to its end, wherever it begins."""
BRACKETS = 50
"""How many brackets may stand in each other: the parser needs a dozen calls for each."""


def too_deep(offset: int) -> SyntaxFault:
    """The fault of an expression that has too many levels."""
    return SyntaxFault(
        "this expression is nested too deeply",
        offset,
        1,
        f"at most {LEVELS} levels, and {BRACKETS} brackets in each other: work parts of it out in `vars`, or write a "
        "chain as a list (`x in [...]`)",
    )


_WORDS = frozenset(["and", "or", "not", "in", "is", "if", "else"])


def _guarded(action: Any, tokens: tuple[Token, ...], end: int, marks: Marks = LANGUAGE) -> Any:
    from jinja2 import TemplateError, TemplateSyntaxError

    _check_brackets(tokens)
    try:
        tree = action()
    except TemplateSyntaxError as error:
        raise _translate(error.lineno, error.message or "", tokens, end, marks) from None
    except (RecursionError, TemplateError):
        raise too_deep(tokens[0].offset) from None
    if len(tokens) > LEVELS and _levels(tree) > LEVELS:  # each level has a word of its own
        raise too_deep(tokens[0].offset)
    return tree


def _check_brackets(tokens: tuple[Token, ...]) -> None:
    depth = 0
    for token in tokens if len(tokens) > BRACKETS else ():
        depth += (token.text in _CLOSERS) - (token.text in _CLOSERS.values())
        if depth > BRACKETS:
            raise too_deep(token.offset)


def _levels(tree: Any) -> int:
    """How deep a tree is."""
    count, nodes = 0, [tree]
    while nodes:
        count += 1
        nodes = [child for node in nodes for child in node.iter_child_nodes()]
    return count


_VALUES = frozenset({"name", "string", "integer", "float"})


def _translate(offset: int, message: str, tokens: tuple[Token, ...], end: int, marks: Marks) -> SyntaxFault:
    tags = _TAGS.search(message)
    if tags is not None and message.startswith("Unexpected end"):
        open_ = _opener(tokens)
        return SyntaxFault(
            f"this `{open_.text}` is never closed", open_.offset, len(open_.text), f"add {_ends(tags, marks)}"
        )
    token = next((token for token in tokens if token.offset == offset), None)
    wanted = _EXPECTED.search(message)
    expected = (
        f"`{_wanted(wanted.group(1))}` is expected" if wanted and "end of template" not in wanted.group(1) else ""
    )
    if token is None or token.type in ("variable_end", "block_end"):
        closer = _open_bracket(tokens)
        expected = f"`{closer}` is expected" if closer else expected
        place = max(0, min(offset, end) - 1) if token is None else offset
        length = 1 if token is None else 2
        remedy = f"add `{closer}`" if closer else "write what is to follow, or take the last sign out"
        words = "the expression ends too early" + (f": {expected}" if expected else "")
        return SyntaxFault(words, place, length, remedy)
    if token.type == "assign":
        return SyntaxFault("`=` sets nothing here", offset, 1, "write `==` to compare", code="foreign-operator")
    words = f"`{token.text}` is not expected here" + (f": {expected}" if expected else "")
    before = tokens[tokens.index(token) - 1]
    for one in (token, before):  # `x AND y`, and `NOT x`, where what follows the word is too much
        lower = one.text.lower()
        if one.type == "name" and lower in _WORDS and lower != one.text:
            words = f"`{one.text}` is not expected here"
            return SyntaxFault(words, one.offset, len(one.text), f"write `{lower}`", instead=lower)
    two = before.offset < offset and {before.type, token.type} <= _VALUES
    remedy = "put an operator between the two, or quote a text" if two else ""
    return SyntaxFault(words, offset, len(token.text), remedy)


def _open_bracket(tokens: tuple[Token, ...]) -> str:
    """What would close the innermost bracket that is still open at the end."""
    opened: list[str] = []
    for token in tokens:
        if token.text in _CLOSERS and token.type in ("lparen", "lbracket", "lbrace"):
            opened.append(_CLOSERS[token.text])
        elif opened and token.text == opened[-1]:
            opened.pop()
    return opened[-1] if opened else ""


def _opener(tokens: tuple[Token, ...]) -> Token:
    """The word of the innermost block that is still open at the end."""
    opened: list[Token] = []
    for index, token in enumerate(tokens[:-1]):
        word = tokens[index + 1]
        if token.type != "block_begin":
            continue
        if word.text.startswith("end") and opened:
            opened.pop()
        elif word.text in ("if", "for", "with", "filter") or (word.text == "set" and not _sets_value(tokens, index)):
            opened.append(word)
    return opened[-1] if opened else tokens[0]


def _sets_value(tokens: tuple[Token, ...], index: int) -> bool:
    inside = itertools.takewhile(lambda token: token.type != "block_end", tokens[index:])
    return any(token.type == "assign" for token in inside)


def _ends(tags: re.Match[str], marks: Marks) -> str:
    names = [name.strip("'") for name in tags.group(1).split(" or ")]
    return f"`{marks.block} {names[-1]} %}}`"


def _wanted(word: str) -> str:
    return {"end of statement block": "%}", "end of print statement": "}}"}.get(word, word)
