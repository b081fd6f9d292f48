"""What a workflow file has, as far as it can be read: for completing words while the file is still being written."""

from collections.abc import Iterator

from msgspec import Struct

from steplane.source import Mapping, Node, Scalar, Sequence, plain, read
from steplane.store.files import read_plain

_LISTS = ("steps", "rescue", "finally", "compensate")
_ACTIONS = frozenset({"steps", "parallel", "switch", "race", "wait", "signal", "end"})
_MOST = 1 << 20
_SHOWN = 40


class InputOutline(Struct, frozen=True):
    """An input: what it is for, the values that it may have where these are few, whether it must be given."""

    name: str
    description: str = ""
    values: tuple[str, ...] = ()
    secret: bool = False
    required: bool = True
    path: bool = False


class StepOutline(Struct, frozen=True):
    """A step with an id, and what it does in a few words."""

    id: str
    what: str = ""


class Outline(Struct, frozen=True):
    """The inputs and the steps of a file, in its order, those inside groups too."""

    title: str = ""
    inputs: tuple[InputOutline, ...] = ()
    steps: tuple[StepOutline, ...] = ()
    signals: tuple[str, ...] = ()


def outline_of(path: str) -> Outline:
    """The outline of a file, whatever is wrong in it; an empty one where it cannot be read."""
    try:
        return outline(read_plain(path, _MOST), path)
    except OSError:
        return Outline()


def outline(data: str | bytes, name: str) -> Outline:
    """The outline of a text."""
    root = read(data, name).root
    if not isinstance(root, Mapping):
        return Outline()
    signals = dict.fromkeys(name for name in _signals(root) if name and "${{" not in name)
    return Outline(_text(root.get("title")), tuple(_inputs(root.get("inputs"))), tuple(_steps(root)), tuple(signals))


def _signals(node: Node) -> Iterator[str]:
    """The signals that are waited for somewhere below."""
    pending: list[Node] = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, Sequence):
            pending += reversed(one.items)
        elif isinstance(one, Mapping):
            wait = one.get("wait")
            yield _text(wait.get("signal")) if isinstance(wait, Mapping) else ""
            pending += reversed([entry.value for entry in one.entries])


def _inputs(node: Node | None) -> Iterator[InputOutline]:
    for entry in node.entries if isinstance(node, Mapping) else ():
        one = entry.value
        if not isinstance(one, Mapping):
            yield InputOutline(entry.name)
            continue
        optional = any(one.entry(key) is not None for key in ("default", "env", "optional"))
        described = _text(one.get("description")) or _text(one.get("title"))
        path = _text(one.get("format")) == "path"
        secret = _text(one.get("secret")) == "true"
        yield InputOutline(entry.name, described, _values(one), secret, not optional, path)


def _values(schema: Mapping) -> tuple[str, ...]:
    """The values of an enumeration or a boolean, as they are written on the command line."""
    listed = schema.get("enum")
    if isinstance(listed, Sequence):
        values = [plain(one) for one in listed.items]
        texts = all(isinstance(one, str) for one in values)
        return tuple(str(one) if texts else _json(one) for one in values)
    return ("true", "false") if _text(schema.get("type")) == "boolean" else ()


def _json(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _steps(holder: Mapping) -> Iterator[StepOutline]:
    for key in _LISTS:
        yield from _listed(holder.get(key))
    branches = holder.get("parallel") or holder.get("race")
    for entry in branches.entries if isinstance(branches, Mapping) else ():
        yield from _branch(entry.value)
    arms = holder.get("switch")
    for arm in arms.items if isinstance(arms, Sequence) else ():
        yield from _branch(arm)


def _branch(node: Node) -> Iterator[StepOutline]:
    yield from _listed(node.get("steps") if isinstance(node, Mapping) else node)


def _listed(node: Node | None) -> Iterator[StepOutline]:
    for step in node.items if isinstance(node, Sequence) else ():
        if isinstance(step, Mapping):
            given = _text(step.get("id"))
            if given:
                yield StepOutline(given, _what(step))
            yield from _steps(step)


def _what(step: Mapping) -> str:
    named = _text(step.get("name")) or _text(step.get("description"))
    if named:
        return named
    for key in ("uses", "run"):
        text = _text(step.get(key)).strip()
        if text:
            line = text.splitlines()[0]
            return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."
    return next(
        (
            entry.name
            for entry in step.entries
            if entry.name in {"steps", "parallel", "switch", "race", "wait", "signal", "end"}
        ),
        "",
    )


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""
