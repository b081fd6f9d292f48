"""The one form of a workflow file: keys in their order, no stray blanks, comments where they belong.

Whole lines are moved, never written anew, and the result must say the same: what reads differently is left as it was.
"""

from collections.abc import Iterator

from msgspec import Struct

from steplane.diagnostics import Diagnostic, has_errors
from steplane.source import Document, read
from steplane.source.nodes import Entry, Mapping, Node, Scalar, Sequence

WORKFLOW = (
    "steplane", "name", "version", "title", "owner", "description", "labels", "timezone", "case", "objects", "triggers",
    "concurrency", "inputs", "secrets", "vars", "env", "cwd", "defaults", "timeout", "failure", "steps", "rescue",
    "finally", "outputs", "measures", "rules", "on_violation",
)  # fmt: skip
"""The order of a workflow's own keys. `x-` keys stay above what follows them: anchors stand in them."""

STEP = (
    "id", "name", "description", "lane", "region", "needs", "join", "milestone", "if",
    "foreach", "matrix", "as", "key", "concurrency", "max_failures", "complete", "rest", "while", "until",
    "lock", "on_error", "failure", "timeout", "retry", "at_most_once", "isolate", "restart", "order", "cache",
    "env", "cwd", "require",
    "run", "uses", "call", "detach", "with", "wait", "signal", "cancel", "undo", "finish", "goto", "max", "end",
    "open", "split", "collect", "steps", "parallel", "switch", "race",
    "ensure", "outputs", "artifacts", "rescue", "finally", "compensate",
)  # fmt: skip
"""The order of a step's keys: who it is, when it comes, how often, how, what it does, what it gives, what then."""

TABLE = ("decision", "title", "description", "version", "owner", "hit", "inputs", "outputs", "rules", "default")
"""The order of the keys of a decision table."""

RULE = ("id", "when", "then", "because")
"""The order of the keys of a rule of one."""

_LISTS = ("steps", "rescue", "finally", "compensate")


class Formatted(Struct, frozen=True):
    """The text in its form; with `errors` the text as it was, for it cannot be read."""

    text: str
    errors: tuple[Diagnostic, ...] = ()


def format_text(text: str, file: str) -> Formatted:
    """The text of a workflow file in the one form. Line ends and a byte order mark stay."""
    document = read(text, file)
    errors = tuple(one for one in document.diagnostics if one.severity == "error")
    if errors or not isinstance(document.root, Mapping):
        return Formatted(text, errors or document.diagnostics)
    lines = list(document.lines)
    for mapping, order in _outermost_last(document.root):
        lines = _if_same(document, lines, _reordered(lines, mapping, order))
    lines = _if_same(document, lines, _tidy(lines, file))
    end = "\r\n" if "\r\n" in text else "\n"
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    return Formatted(mark + end.join(lines).rstrip("\r\n") + end)


def _if_same(document: Document, before: list[str], after: list[str]) -> list[str]:
    """The lines that were changed if they still say the same, else those before."""
    if after == before:
        return before
    again = read("\n".join(after) + "\n", document.file)
    same = not has_errors(list(again.diagnostics)) and again.root is not None and document.root is not None
    if same and again.root is not None and document.root is not None and _says(again.root) == _says(document.root):
        return after
    return before


def _says(node: Node) -> object:
    """What a node says: as data, with the order of what is worked out in order."""
    if isinstance(node, Scalar):
        return (type(node.value), node.value, node.text)
    if isinstance(node, Sequence):
        return [_says(item) for item in node.items]
    ordered = [entry.name for entry in node.entries] if not _is_known(node) else None
    return {entry.name: _says(entry.value) for entry in node.entries}, ordered


def _is_known(node: Mapping) -> bool:
    """Whether the order of the keys means nothing, being those of a workflow or a step."""
    names = [entry.name for entry in node.entries if not entry.name.startswith("x-")]
    return any(set(names) <= set(known) for known in ((*WORKFLOW, *STEP), TABLE, RULE))


# -------------------------------------------------------------------------------------------------------- the order


def _outermost_last(root: Mapping) -> Iterator[tuple[Mapping, tuple[str, ...]]]:
    """The mappings whose keys have an order, inner ones first: their lines stay together when outer ones move."""
    if root.entry("decision") is not None and root.entry("steps") is None:
        rules = root.get("rules")
        for rule in reversed(rules.items) if isinstance(rules, Sequence) else ():
            if isinstance(rule, Mapping) and rule.entries:
                yield rule, RULE
        yield root, TABLE
        return
    for key in _LISTS:
        yield from _steps(root.get(key))
    yield root, WORKFLOW


def _steps(node: Node | None) -> Iterator[tuple[Mapping, tuple[str, ...]]]:
    for step in reversed(node.items) if isinstance(node, Sequence) else ():
        if not isinstance(step, Mapping):
            continue
        for entry in reversed(step.entries):
            yield from _inside(entry)
        yield step, STEP


def _inside(entry: Entry) -> Iterator[tuple[Mapping, tuple[str, ...]]]:
    """The steps in what a key of a step holds."""
    value = entry.value
    if entry.name in _LISTS:
        yield from _steps(value)
    elif entry.name in {"parallel", "race"} and isinstance(value, Mapping):
        for branch in reversed(value.entries):
            yield from _steps(branch.value.get("steps") if isinstance(branch.value, Mapping) else branch.value)
    elif entry.name == "switch" and isinstance(value, Sequence):
        for arm in reversed(value.items):
            yield from _steps(arm.get("steps") if isinstance(arm, Mapping) else None)


def _reordered(lines: list[str], mapping: Mapping, order: tuple[str, ...]) -> list[str]:
    """The lines with the keys of one mapping in order. The lines of a mapping are those that it had at first."""
    names = [entry.name for entry in mapping.entries]
    wanted = sorted(range(len(names)), key=lambda number: _rank(names, number, order))
    if wanted == sorted(wanted) or not _is_block(lines, mapping):
        return lines
    starts = _starts(lines, mapping)
    end = _end(lines, mapping)
    head = lines[starts[0]]
    indent = mapping.entries[0].key.span.column - 1
    body = [*lines[: starts[0]], " " * indent + head[indent:], *lines[starts[0] + 1 :]]
    blocks = [body[start:following] for start, following in zip(starts, [*starts[1:], end], strict=True)]
    moved = _joined([blocks[number] for number in wanted])
    first = next((number for number, line in enumerate(moved) if line.strip() and not line.lstrip().startswith("#")), 0)
    for number in range(first):  # comments of what is first now stand above the `- `
        moved[number] = " " * (len(head) - len(head.lstrip())) + moved[number].lstrip()
    moved[first] = head[:indent] + moved[first][indent:]
    return [*lines[: starts[0]], *moved, *lines[end:]]


def _rank(names: list[str], number: int, order: tuple[str, ...]) -> tuple[int, int]:
    """Where a key belongs; one that is not known stays in front of the next that is."""
    for later in range(number, len(names)):
        if names[later] in order:
            return order.index(names[later]), number
    return len(order), number


def _is_block(lines: list[str], mapping: Mapping) -> bool:
    """Whether each key begins a line of its own, all in one column, and was written here (not taken in by `<<`)."""
    spans = [entry.key.span for entry in mapping.entries]
    column, numbers = spans[0].column, [span.line for span in spans]
    before = lines[spans[0].line - 1][: column - 1]
    return (
        all(span.column == column for span in spans)
        and numbers == sorted(set(numbers))
        and all(not lines[span.line - 1][: column - 1].strip() for span in spans[1:])
        and before.strip() in {"", "-"}
        and all(lines[one.key.span.line - 1][column - 1 :].startswith(one.key.text) for one in mapping.entries)
    )


def _starts(lines: list[str], mapping: Mapping) -> list[int]:
    """The index of the first line of each entry, comments right above it included; that of the first is its own."""
    starts = []
    for number, entry in enumerate(mapping.entries):
        start = entry.key.span.line - 1
        column = entry.key.span.column - 1
        while number and _is_comment(lines[start - 1], column):
            start -= 1
        while number and not lines[start - 1].strip():
            start -= 1
        starts.append(start)
    return starts


def _is_comment(line: str, column: int) -> bool:
    return line.lstrip().startswith("#") and len(line) - len(line.lstrip()) == column


def _end(lines: list[str], mapping: Mapping) -> int:
    """The index behind the last line of a mapping: what is indented deeper than its keys, without blank lines."""
    column = mapping.entries[-1].key.span.column - 1
    last = end = mapping.entries[-1].key.span.line
    while end < len(lines):
        line = lines[end]
        indent = len(line) - len(line.lstrip(" "))
        if line.strip() and (indent < column or (indent == column and not line.lstrip().startswith(("- ", "#")))):
            break
        if line.strip():
            last = end + 1
        end += 1
    return last


def _joined(blocks: list[list[str]]) -> list[str]:
    """The lines of blocks, one behind the other, without blank lines at the top."""
    lines = [line for block in blocks for line in block]
    while lines and not lines[0].strip():
        del lines[0]
    return lines


# ------------------------------------------------------------------------------------------------------- the blanks


def _tidy(lines: list[str], file: str) -> list[str]:
    """No blanks at the ends of lines and no two blank lines, outside of texts over several lines."""
    root = read("\n".join(lines) + "\n", file).root
    texts = set(_text_lines(root)) if root is not None else set()
    tidied: list[str] = []
    for number, line in enumerate(lines, 1):
        if number in texts:
            tidied.append(line)
            continue
        line = line.rstrip(" \t")  # noqa: PLW2901 - the same line
        if line or (tidied and tidied[-1].strip()):
            tidied.append(line)
    return tidied


def _text_lines(node: Node) -> Iterator[int]:
    if isinstance(node, Scalar):
        if node.span.end_line > node.span.line:
            yield from range(node.span.line, node.span.end_line + 1)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _text_lines(item)
    else:
        for entry in node.entries:
            yield from _text_lines(entry.value)
