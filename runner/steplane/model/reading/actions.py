"""Actions: from the keys of a step to `Run`, `Uses`, `Group` and the others."""

from collections.abc import Callable, Iterator

from steplane.diagnostics import Span
from steplane.expressions.pieces import cut
from steplane.expressions.templates import Expression
from steplane.model.reading.reader import Reader, key_name
from steplane.model.steps import (
    Action,
    Arm,
    Branch,
    Broken,
    Call,
    Cancel,
    End,
    Goto,
    Group,
    Parallel,
    Race,
    RaceBranch,
    Run,
    Signal,
    Step,
    Switch,
    Undo,
    Uses,
    Wait,
)
from steplane.source.nodes import Entry, Mapping, Node, Scalar, Sequence

Steps = Callable[[Node | None, str], tuple[Step, ...]]
"""Reads a list of steps; the text is how ids of its steps begin that are derived from their position."""


def read_action(reader: Reader, step: Mapping, identity: str, steps: Steps) -> Action:
    """The first action of the step; `Broken` where there is none that can be read."""
    for entry in step.entries:
        if entry.name in READERS:
            return READERS[entry.name](reader, step, entry, identity, steps) or Broken(entry.key.span)
    return Broken(step.span)


def _run(reader: Reader, step: Mapping, entry: Entry, _: str, __: Steps) -> Action | None:
    parameters = reader.named(step.get("with"))
    if isinstance(entry.value, Sequence):
        return Run(None, reader.value(entry.value), parameters, entry.key.span)
    if not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, str):
        return None
    parts, spans = _script(reader, entry.value)
    return Run(entry.value, None, parameters, entry.key.span, parts, spans)


def _script(reader: Reader, node: Scalar) -> tuple[tuple[str | Expression, ...], tuple[tuple[int, int], ...]]:
    """The texts and expressions of a script; blocks and what is wrong with an expression are reported."""
    text = node.text
    if "${" not in text:
        return (text,), ()
    found = cut(text)
    blocks = [piece for piece in found.pieces if piece.kind == "block"]
    for piece in blocks[:1]:
        place = reader.document.place(node, piece.outer, piece.end - piece.outer)
        reader.say(
            "block-in-run",
            "`${% %}` blocks are not for `run`: a value never becomes code of the shell",
            place,
            "write the loop or condition in the shell, or build the value under `vars`",
        )
    if not blocks:
        reader.value(node)
    parts: list[str | Expression] = []
    spans = []
    for piece in found.pieces:
        if piece.kind == "text":
            parts.append(piece.text)
        elif piece.kind == "expression":
            place = reader.document.place(node, piece.offset, len(piece.text))
            parts.append(Expression(piece.text, place.line, place.column))
            spans.append((piece.outer, piece.end))
    return tuple(parts), tuple(spans)


def _uses(reader: Reader, step: Mapping, entry: Entry, _: str, __: Steps) -> Action | None:
    name, given = reader.name(entry.value), step.get("with")
    if name is None:
        return None
    script = given.get("script") if isinstance(given, Mapping) and given.entry("argv") is None else None
    if name.text == "shell" and isinstance(script, Scalar) and isinstance(script.value, str):  # as `run` has it
        return Run(script, None, reader.named(given, without="script"), entry.key.span, *_script(reader, script))
    return Uses(name, reader.named(given), entry.key.span)


def _group(_: Reader, __: Mapping, entry: Entry, identity: str, steps: Steps) -> Action | None:
    return Group(steps(entry.value, identity), entry.key.span)


def _parallel(reader: Reader, _: Mapping, entry: Entry, identity: str, steps: Steps) -> Action | None:
    if not isinstance(entry.value, Mapping):
        return None
    return Parallel(tuple(_branch(reader, one, identity, steps) for one in entry.value.entries), entry.key.span)


def _branch(reader: Reader, entry: Entry, identity: str, steps: Steps) -> Branch:
    prefix = f"{identity}_{entry.name}"
    if not isinstance(entry.value, Mapping):
        return Branch(key_name(entry), steps(entry.value, prefix))
    condition = reader.condition(entry.value.get("if"))
    default = reader.flag(entry.value.get("default"))
    return Branch(key_name(entry), steps(entry.value.get("steps"), prefix), condition, default)


def _switch(reader: Reader, _: Mapping, entry: Entry, identity: str, steps: Steps) -> Action | None:
    if not isinstance(entry.value, Sequence):
        return None
    return Switch(tuple(_arms(reader, entry.value, identity, steps)), entry.key.span)


def _arms(reader: Reader, node: Sequence, identity: str, steps: Steps) -> Iterator[Arm]:
    for number, arm in enumerate(node.items, 1):
        if isinstance(arm, Mapping):
            default = reader.flag(arm.get("default"))
            prefix = f"{identity}_{'default' if default else number}"
            condition = None if default else reader.condition(arm.get("when"))
            yield Arm(condition, steps(arm.get("steps"), prefix), _first(arm))


def _first(mapping: Mapping) -> Span:
    return mapping.entries[0].key.span if mapping.entries else mapping.span


def _race(reader: Reader, _: Mapping, entry: Entry, identity: str, steps: Steps) -> Action | None:
    if not isinstance(entry.value, Mapping):
        return None
    branches = []
    for one in entry.value.entries:
        body = one.value if isinstance(one.value, Mapping) else None
        wait = read_wait(reader, body.get("wait")) if body else None
        listed = steps(body.get("steps") if body else None, f"{identity}_{one.name}")
        branches.append(RaceBranch(key_name(one), wait or Wait(one.key.span), listed))
    return Race(tuple(branches), entry.key.span)


def _call(reader: Reader, step: Mapping, entry: Entry, _: str, __: Steps) -> Action | None:
    path = reader.name(entry.value)
    if path is None:
        return None
    return Call(path, reader.named(step.get("with")), entry.key.span, reader.flag(step.get("detach")))


def _undo(reader: Reader, _: Mapping, entry: Entry, __: str, ___: Steps) -> Action | None:
    return Undo(reader.names(entry.value), entry.key.span)


def read_wait(reader: Reader, node: Node | None) -> Wait | None:
    """A duration, or a mapping with `until` or `signal`."""
    if node is None:
        return None
    if not isinstance(node, Mapping):
        duration = reader.duration(node)
        return None if duration is None else Wait(node.span, duration=duration)
    return Wait(
        node.span,
        until=reader.text_value(node.get("until")),
        signal=reader.text_value(node.get("signal")),
        timeout=reader.duration(node.get("timeout"), zero=False),
    )


def _wait(reader: Reader, _: Mapping, entry: Entry, __: str, ___: Steps) -> Action | None:
    return read_wait(reader, entry.value)


def _signal(reader: Reader, _: Mapping, entry: Entry, __: str, ___: Steps) -> Action | None:
    node = entry.value
    name = reader.text_value(node.get("name")) if isinstance(node, Mapping) else None
    if name is None or not isinstance(node, Mapping):
        return None
    to = node.get("to")
    case = reader.text_value(to.get("case")) if isinstance(to, Mapping) else None
    data = reader.value(node.get("data"))
    return Signal(name, entry.key.span, reader.text_value(to), case, data, reader.flag(node.get("transient")))


def _cancel(reader: Reader, _: Mapping, entry: Entry, __: str, ___: Steps) -> Action | None:
    region = reader.name(entry.value.get("region")) if isinstance(entry.value, Mapping) else None
    return Cancel(entry.key.span, reader.names(entry.value), region)


def _finish(reader: Reader, _: Mapping, entry: Entry, __: str, ___: Steps) -> Action | None:
    return Cancel(entry.key.span, reader.names(entry.value), force=True)


def _goto(reader: Reader, step: Mapping, entry: Entry, _: str, __: Steps) -> Action | None:
    target = reader.name(entry.value)
    return None if target is None else Goto(target, reader.number(step.get("max")), entry.key.span)


def _end(reader: Reader, _: Mapping, entry: Entry, __: str, ___: Steps) -> Action | None:
    node = entry.value
    status = node.get("status") if isinstance(node, Mapping) else node
    word = reader.choice(status, ("succeeded", "failed", "cancelled"), "")
    if not word:
        return None
    if not isinstance(node, Mapping):
        return End(word, entry.key.span)
    outputs = reader.named(node.get("outputs")) if node.entry("outputs") else None
    return End(word, entry.key.span, reader.text_value(node.get("message")), outputs)


READERS: dict[str, Callable[[Reader, Mapping, Entry, str, Steps], Action | None]] = {
    "run": _run,
    "uses": _uses,
    "steps": _group,
    "parallel": _parallel,
    "switch": _switch,
    "race": _race,
    "call": _call,
    "undo": _undo,
    "wait": _wait,
    "signal": _signal,
    "cancel": _cancel,
    "finish": _finish,
    "goto": _goto,
    "end": _end,
}
"""How each action is read."""
