"""Mends that write something else."""

import re
from collections.abc import Callable

from steplane.app.mending import removing
from steplane.app.mending.text import Source, in_quotes, number_in
from steplane.diagnostics import Diagnostic, Fix
from steplane.source.nodes import Mapping, Scalar

_HOLDS_KEY = re.compile(r"\s*-\s+(?:\{|[A-Za-z_][\w-]*:(?:\s|$))")
_BEFORE_COMMENT = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s]|\s(?!#))*""")


def meant(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Replace the word at the place by the one that the message, label or help asks after."""
    match = re.search(r"did you mean `([^`]+)`", f"{diagnostic.label} {diagnostic.message} {diagnostic.help}")
    return None if match is None else _replaced(diagnostic, source, match[1])


def default(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """A default of the right kind: a boolean for a word of YAML 1.1, else the value that was probably meant."""
    old = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(source.text(diagnostic.span).lower())
    if old is not None and "`true` or `false`" in diagnostic.message:
        return _replaced(diagnostic, source, old, safe=True)
    return meant(diagnostic, source)


def named(pattern: str) -> Callable[[Diagnostic, Source], Fix | None]:
    """Replace the word at the place by what the help or message names; the pattern has a group for it."""

    def mend(diagnostic: Diagnostic, source: Source) -> Fix | None:
        match = re.search(pattern, f"{diagnostic.help} {diagnostic.message}")
        return None if match is None else _replaced(diagnostic, source, match[1])

    return mend


def fewer(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Want as many arrivals as there may be; where there are none, no `join`."""
    fix = named(r"write at most (\d+)")(diagnostic, source)
    found = source.entry_at(diagnostic.span)
    is_join = found is not None and found.entry is not None and found.entry.name == "join"
    return fix or (removing.entry(diagnostic, source) if is_join else None)


def bound(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Write the least or greatest number that is allowed."""
    number = number_in(r"at (?:least|most) (-?\d+)", diagnostic.message)
    return None if number is None else _replaced(diagnostic, source, str(number))


def another_id(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Number an id that is taken; not one that is the other one too, by an alias."""
    if any(one.span == diagnostic.span for one in diagnostic.related):
        return None
    name = source.text(diagnostic.span)
    return _replaced(diagnostic, source, source.new_word(name)) if name.isidentifier() else None


def without_prefix(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Leave `STEPLANE_` out of a variable's name."""
    name = source.text(diagnostic.span)
    rest = name.removeprefix("STEPLANE_")
    return _replaced(diagnostic, source, rest) if rest and rest != name else None


def in_order(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Write the larger units of a duration first."""
    parts = re.findall(r"([0-9.]+)(ms|s|m|h|d)", source.text(diagnostic.span))
    units = [unit for _, unit in parts]
    if len(set(units)) != len(units) or not parts:
        return None
    ordered = sorted(parts, key=lambda part: ["d", "h", "m", "s", "ms"].index(part[1]))
    return _replaced(diagnostic, source, "".join(number + unit for number, unit in ordered), safe=True)


def first_line(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Move the line of the language's version to the top."""
    root = source.document.root
    found = source.entry_at(diagnostic.span)
    if not isinstance(root, Mapping) or found is None:
        return None
    top = root.entries[0].key.span
    text = source.line(diagnostic.span.line)
    edits = (source.insert(top.line, 1, f"{text}\n"), *source.without(found))
    return Fix("move the line to the top", edits)


def list_of_steps(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Begin a file that is a list with what makes a workflow of it."""
    line = diagnostic.span.line
    if not source.line(line).startswith("- "):
        return None
    return Fix(
        "begin the file with `steplane: 1` and `steps:`", (source.insert(line, 1, "steplane: 1\nsteps:\n"),), False
    )


def quoted_value(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Quote the whole value of the line."""
    match = re.match(r"\s*(?:- )*[A-Za-z_][\w.-]*:\s+|\s*(?:- )+", source.line(diagnostic.span.line))
    if match is None:
        return None
    column = match.end()
    rest = source.line(diagnostic.span.line)[column:].rstrip()
    rest = _BEFORE_COMMENT.match(rest)[0].rstrip()  # type: ignore[index]  # it matches anything
    if rest[:1] in ("'", '"') and rest.count(rest[0]) == 2:  # in quotes and more behind them: without those
        inner = rest[1:].replace(rest[0], "", 1)
        is_code = re.search(r"(?:if|when|while|until):\s+$", match[0])  # there the quotes belong to the expression
        if not is_code and not re.search(r"[:#'\"{}\[\],&*!|>%@`]", inner):
            return Fix(f"write `{inner}`", (source.edit(diagnostic.span.line, column + 1, len(rest), inner),), False)
    wanted = in_quotes(rest)
    edit = source.edit(diagnostic.span.line, column + 1, len(rest), wanted)
    return Fix("quote the whole value", (edit,), safe=False)


def with_colon(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Put the colon behind the first word."""
    span = diagnostic.span
    match = re.compile(r"[a-z_]+(?= \S)").match(source.line(span.line), span.column - 1)
    return None if match is None else Fix("add `:`", (source.insert(span.line, match.end() + 1, ":"),), safe=False)


def like_above(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Indent the line as the nearest one above that is of its kind: an item like an item, a key like a key."""
    line = diagnostic.span.line
    text = source.line(line)
    is_item = text.lstrip().startswith("- ")
    own = len(text) - len(text.lstrip())
    for number in range(line - 1, 0, -1):
        above = source.line(number)
        if not above.strip():
            continue
        dash = above.lstrip().startswith("- ")
        if is_item and dash and _HOLDS_KEY.match(above) and not _HOLDS_KEY.match(text):
            return None  # a text among steps: it was an item of something else
        indent = len(above) - len(above.lstrip())
        wanted = indent if is_item == dash else indent + 2 if dash and not is_item else None
        if wanted is not None and wanted != own:
            edit = source.edit(line, 1, own, " " * wanted)
            return Fix(f"indent the line by {wanted} spaces", (edit,), safe=False)
        if wanted is not None:
            return None
    return None


def under_key(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Put a key into the mapping that it belongs to, where the step does not have that yet."""
    match = re.search(r"belongs under `(\w+)`", diagnostic.message)
    found = source.entry_at(diagnostic.span)
    if match is None or found is None or found.entry is None or not isinstance(found.holder, Mapping):
        return None
    value = found.entry.value
    if found.holder.entry(match[1]) is not None or not isinstance(value, Scalar) or found.start[0] != found.end[0]:
        return None
    line, column = found.start
    written = source.line(line)[column - 1 : found.end[1] - 1]
    wrapped = f"{match[1]}: {{{written}}}"
    return Fix(f"write `{wrapped}`", (source.edit(line, column, len(written), wrapped),), safe=False)


def maximum(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Give a `goto` a `max`."""
    if "has no `max`" not in diagnostic.message:
        return None
    step = source.mapping_around(diagnostic.span)
    edits = source.with_entry(step, "max", "10") if step is not None else ()
    return Fix("add `max: 10`", edits, safe=False) if edits else None


def secret_output(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Say of an output that it is a secret."""
    found = source.entry_at(diagnostic.span)
    if found is None or found.entry is None or found.start[0] != found.end[0]:
        return None
    span = found.entry.value.span
    text = source.text(span)
    value = text if text[:1] in ("'", '"') else in_quotes(text)
    wanted = f"{{value: {value}, secret: true}}"
    return Fix(f"write `{wanted}`", (source.edit(span.line, span.column, len(text), wanted),), safe=False)


def need(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Name in an empty `needs` the step that an expression uses."""
    match = re.search(r"add `(\w+)` to `needs`", diagnostic.help)
    for one in reversed(source.path(diagnostic.span)) if match else ():
        holder = one.holder
        node = holder.get("needs") if isinstance(holder, Mapping) else None
        if match is None or node is None or getattr(node, "items", None) != () or source.text(node.span) != "[]":
            continue
        return Fix(match[0], (source.insert(node.span.line, node.span.column + 1, match[1]),), safe=False)
    return None


def end_switch(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Give a `switch` a default arm that says so."""
    found = source.entry_at(diagnostic.span)
    arms = getattr(found.entry.value, "items", ()) if found is not None and found.entry is not None else ()
    if found is None or found.entry is None or not arms or source.is_flow(found.entry.value):  # type: ignore[arg-type]
        return None
    first, last = arms[0].span, arms[-1].span
    indent = " " * (first.column - 3)
    arm = f"\n{indent}- default: true\n{indent}  steps: [{{uses: log, with: {{message: no arm holds}}}}]"
    line = last.end_line if source.line(last.end_line).strip() and last.end_column > 1 else last.end_line - 1
    return Fix("add a default arm", (source.insert(line, len(source.line(line)) + 1, arm),), safe=False)


def _replaced(diagnostic: Diagnostic, source: Source, text: str, *, safe: bool = False) -> Fix | None:
    span, written = diagnostic.span, source.text(diagnostic.span)
    if not written or written == text:
        return None
    quote = written[0] if written[0] in "'\"" and written[-1] == written[0] else ""
    edit = source.edit(span.line, span.column, len(written), f"{quote}{text}{quote}")
    return Fix(f"replace `{written}` with `{text}`", (edit,), safe)
