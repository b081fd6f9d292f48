"""The words for what is wrong in the events of a file: one function per mistake."""

from steplane.diagnostics import Diagnostic, Edit, Fix, Related, Span
from steplane.source.limits import DEPTH, EXPRESSIONS, MISTAKES, NODES, SCALAR_CHARACTERS, TEXT_CHARACTERS
from steplane.source.nodes import Entry

BEGIN = "a workflow begins with `steplane: 1`"
"""The advice where nothing can be read."""


def set_twice(first: Entry, second: Entry, place: str) -> Diagnostic:
    """A key that a mapping holds already; the place is the second one."""
    message = f"`{second.name}` is set twice{place}"
    related = (Related(first.key.span, "first set here"),)
    return Diagnostic("duplicate-key", message, second.key.span, label="set again", related=related, help="keep one")


def no_dash(key: Span, dashes: int, item: Span) -> Diagnostic:
    """A key with which another item of a list begins, without its dash; `dashes` is the column of the others."""
    message = "a `- ` is missing before this key: the keys from here on are set above already"
    related = (Related(Span(item.file, item.line, item.column, item.line, item.column + 1), "the item above"),)
    before = " " * (dashes - 1) + "-".ljust(key.column - dashes)
    fix = Fix("add the `- `", (Edit(Span(key.file, key.line, 1, key.line, key.column), before),), safe=False)
    return Diagnostic("indentation", message, key, related=related, fix=fix)


def tag(name: str, span: Span) -> Diagnostic:
    """A YAML tag (`!x`): types come from the core schema only."""
    advice = "remove it, or quote the value if it is a text that begins with `!`; in an expression `!x` is `not x`"
    return Diagnostic("tag", f"`{name}` is a YAML tag, and tags are not read", span, help=advice)


def undefined_alias(name: str, span: Span, meant: str | None) -> Diagnostic:
    """An alias without an anchor above it; `meant` is the anchor that it may have been meant for."""
    label = f"did you mean `*{meant}`?" if meant else ""
    fix = Fix(f"replace `*{name}` with `*{meant}`", (Edit(span, f"*{meant}"),), safe=False) if meant else None
    advice = "" if meant else f"define it above with `&{name}`, or quote the value if it is a text that begins with `*`"
    message = f"the alias `*{name}` has no anchor above it"
    return Diagnostic("undefined-alias", message, span, label=label, fix=fix, help=advice)


def recursive_alias(name: str, span: Span, anchor: Span) -> Diagnostic:
    """An alias inside what it stands for."""
    related = (Related(anchor, "the anchor begins here"),)
    message = f"the alias `*{name}` stands inside its own anchor, so it would never end"
    advice = "name what is repeated, not what is around it"
    return Diagnostic("recursive-alias", message, span, related=related, help=advice)


def anchor_of_nothing(name: str, span: Span) -> Diagnostic:
    """An anchor with no value behind it: most likely a text."""
    wanted = in_quotes(f"&{name}")
    fix = Fix(f"quote the value: `{wanted}`", (Edit(span, wanted),), safe=False)
    return Diagnostic("reserved-start", "a text that begins with `&` must be quoted", span, fix=fix)


def unused_anchor(name: str, span: Span) -> Diagnostic:
    """An anchor that no alias uses."""
    return Diagnostic("unused-anchor", f"no alias uses the anchor `&{name}`", span, "warning", help="remove it")


def bad_merge(span: Span) -> Diagnostic:
    """`<<` with something that is no mapping."""
    message = "`<<` merges mappings; this is none"
    return Diagnostic("merge", message, span, help="give an alias of a mapping, or a list of such aliases")


def too_many_nodes(span: Span) -> Diagnostic:
    """More nodes than a file may have, aliases written out."""
    message = f"the file has more than {NODES:,} keys and values, aliases counted as if written out"
    advice = "split the workflow, or use fewer aliases of aliases"
    return Diagnostic("too-many-nodes", message, span, label="the limit is passed here", help=advice)


class Enough(Exception):
    """More is wrong than is told."""


def too_many_mistakes(span: Span, limit: int = MISTAKES, what: str = "its YAML") -> Diagnostic:
    """The reader gave up."""
    message = f"the file has more than {limit:,} mistakes of {what}; those further down are left out"
    return Diagnostic("too-many-mistakes", message, span, help="mend those above first")


def no_more(diagnostics: list[Diagnostic], limit: int = MISTAKES, what: str = "its YAML") -> list[Diagnostic]:
    """As many of them as are told; in the place of the next one, that there are more."""
    if len(diagnostics) <= limit:
        return diagnostics
    return [*diagnostics[:limit], too_many_mistakes(diagnostics[limit].span, limit, what)]


def more_mistakes(span: Span) -> Diagnostic:
    """The next of more syntax errors than are looked for in one file."""
    message = "the file has more mistakes of its YAML than are looked for at once; those from here on are left out"
    return Diagnostic("too-many-mistakes", message, span, help="mend those above first")


def too_much_text(span: Span) -> Diagnostic:
    """More text than a file may have, which only aliases can bring about."""
    message = f"the texts of the file have more than {TEXT_CHARACTERS:,} characters, aliases counted as if written out"
    advice = "keep long texts in files of their own"
    return Diagnostic("too-many-nodes", message, span, label="the limit is passed here", help=advice)


def too_many_expressions(span: Span) -> Diagnostic:
    """More expressions than a file may have."""
    message = f"the file has more than {EXPRESSIONS:,} expressions, aliases counted as if written out"
    advice = "loop over data with `foreach`, or split the workflow"
    return Diagnostic("too-many-nodes", message, span, label="the limit is passed here", help=advice)


def too_deep_at(span: Span) -> Diagnostic:
    """More nesting than a file may have."""
    message = f"lists and mappings stand more than {DEPTH} deep inside each other"
    return Diagnostic("too-deep", message, span, help="put inner steps into a workflow of their own and `call` it")


def too_long_text(span: Span) -> Diagnostic:
    """A text that belongs into a file of its own."""
    message = f"this text has more than {SCALAR_CHARACTERS:,} characters"
    return Diagnostic("too-long-text", message, span, help="keep it in a file of its own")


def bad_number(reason: str, span: Span) -> Diagnostic:
    """An unquoted number without a value."""
    return Diagnostic("number", reason, span, help="quote it if it is text")


def key_not_text(span: Span, what: str, spelling: str | None) -> Diagnostic:
    """A key that is null, a boolean, a list, a mapping, or a number in no canonical spelling."""
    fix = Fix(f"quote it: `{spelling}`", (Edit(span, spelling),)) if spelling else None
    advice = "" if fix else "write a text before the `:`"
    return Diagnostic("key-not-text", f"a key must be text; this is {what}", span, fix=fix, help=advice)


def hidden_character(character: str, span: Span) -> Diagnostic:
    """A character in a key that cannot be seen, so that two keys look alike."""
    what = "a blank that YAML takes for a letter," if character.isspace() else "the invisible character"
    message = f"the key holds {what} U+{ord(character):04X}"
    advice = f'remove it, or write "\\u{ord(character):04X}" in double quotes'
    return Diagnostic("hidden-character", message, span, help=advice)


def several_documents(span: Span) -> Diagnostic:
    """A second document in the file."""
    message = "a file holds one workflow: a second document begins here"
    return Diagnostic("several-documents", message, span, help="put it into a file of its own")


def not_a_mapping(span: Span, what: str) -> Diagnostic:
    """A file whose top is no mapping."""
    message = f"the top level must be keys with values; this is {what}"
    return Diagnostic("not-a-mapping", message, span, help=BEGIN)


def unquoted_template(span: Span, text: str, quote: bool) -> Diagnostic:
    """`{{ x }}` without `$` and quotes: the habit from other tools, which YAML reads as a mapping."""
    wanted = in_quotes(f"${text}") if quote else f"${text}"
    message = f"`{text}` is read as a YAML mapping; an expression is written `${text}`"
    fix = Fix(f"write `{wanted}`", (Edit(span, wanted),))
    return Diagnostic("unquoted-template", message, span, label=f"write `{wanted}`", fix=fix)


def swallowed_item(span: Span, start: Span) -> Diagnostic:
    """A `- ` line that became part of the text above it."""
    message = "this `- ` begins no list item: the line belongs to the text above it"
    related = (Related(start, "the text begins here"),)
    advice = "align it with the other items, or quote the text"
    return Diagnostic("swallowed-item", message, span, related=related, help=advice)


def in_quotes(text: str) -> str:
    """The text as a quoted scalar on one line, in double quotes where nothing needs an escape."""
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'
