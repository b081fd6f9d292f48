"""What one evaluation carries along, and the look-up of names, keys and items."""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from steplane.expressions.faults import ExpressionError, Missing
from steplane.expressions.limits import Budget
from steplane.expressions.values import in_words, kind_of

if TYPE_CHECKING:
    from steplane.expressions.deriving import Watch
    from steplane.expressions.engine import Engine

DECLARED = frozenset({"inputs", "vars", "secrets", "steps", "run", "workflow", "loop", "error"})
"""Names whose keys are declared: a key that they have not is a mistake, which `default` does not hide.

`matrix` is not one of them: what an `include` adds is there in some combinations only, and a key that none has is found
before the run."""


MISSED = 64
"""What a key counts that is not there: the name that was meant is looked for among those that are."""

CANDIDATES = 1000
"""Names among which it is looked for."""


class Frame:
    """One evaluation: the context, the names that blocks have set, the limits, and the engine with its filters.

    `seen` takes what a condition sees: the source of each part and its value. `watch` is there where the evaluation may
    meet a secret.
    """

    __slots__ = ("budget", "context", "engine", "local", "seen", "watch")

    def __init__(self, context: Mapping[str, Any], engine: "Engine", seen: list[tuple[str, Any]] | None = None) -> None:
        self.context = context
        self.engine = engine
        self.local: dict[str, Any] = {}
        self.budget = Budget()
        self.seen: list[tuple[str, Any]] = [] if seen is None else seen
        self.watch: Watch | None = None


Run: TypeAlias = Callable[[Frame], Any]
"""A compiled part of an expression."""


def name_run(name: str) -> Run:
    """Look a name up: in what blocks have set, then in the context."""

    def run(frame: Frame) -> Any:
        if frame.local and name in frame.local:
            return frame.local[name]
        try:
            return frame.context[name]
        except KeyError:
            raise ExpressionError(unknown(f"there is no `{name}` here", name, frame.context)) from None

    return run


def unknown(message: str, name: str, known: Mapping[str, Any]) -> str:
    """The message with the closest known name, if one is close."""
    try:
        names = [str(one) for one in islice(known, CANDIDATES)]
    except Exception:  # noqa: BLE001  # a lazy view need not be listable for a message
        return message
    close = closest(name, names)
    return f"{message}; did you mean `{close}`?" if close else message


def closest(name: str, names: list[str]) -> str | None:
    """The name that was probably meant, or None."""
    from steplane.suggest import did_you_mean

    return did_you_mean(name, names)


def key_run(inner: Run, key: str, path: str, *, declared: bool) -> Run:
    """Look a key up in a mapping. `path` says for messages what `inner` is; `declared`: a wrong key is no mere gap."""

    def run(frame: Frame) -> Any:
        value = inner(frame)
        try:
            if value.__class__ is dict:
                return value[key]
            return value[key] if isinstance(value, Mapping) else _no_mapping(value, key, path)
        except KeyError:
            message = f"`{path}` has no `{key}`" if path else f"there is no key `{key}`"
            if declared:
                raise ExpressionError(unknown(message, key, value)) from None
            frame.budget.tick(MISSED)
            return Missing(unknown(message, key, value))

    return run


def _no_mapping(value: Any, key: str, path: str) -> Any:
    if value.__class__ is Missing:
        return value
    what = f"`{path}`" if path else "the value before it"
    if value is None:
        return Missing(f"{what} is null")
    raise ExpressionError(f"`.{key}` needs a mapping, and {what} is {in_words(value)}{_hint(key)}")


def _hint(key: str) -> str:
    return "; a filter does it: `value | " + key + "`" if key in ("upper", "lower", "title", "replace", "join") else ""


def item(value: Any, key: Any, path: str) -> Any:
    """What `value[key]` gives: an item of a list, a character of a text, the value of a key."""
    if value.__class__ is Missing:
        return value
    kind = kind_of(value)
    if kind == "object":
        return _key(value, key, path)
    if kind == "null":
        return Missing(f"`{path}` is null" if path else "the value before it is null")
    if kind not in ("list", "string"):
        raise ExpressionError(f"`[...]` needs a list, a mapping or text, and this is {in_words(value)}")
    if kind_of(key) != "integer":
        raise ExpressionError(f"the index of {in_words(value)} is a whole number, and this is {in_words(key)}")
    if not -len(value) <= key < len(value):
        return Missing(f"there is no index {key}: {in_words(value)} of length {len(value)}")
    return value[key]


def _key(value: Any, key: Any, path: str) -> Any:
    if not isinstance(key, str):
        raise ExpressionError(f"a key of a mapping is text, and this is {in_words(key)}")
    try:
        return value[key]
    except KeyError:
        return Missing(unknown(f"`{path}` has no `{key}`" if path else f"there is no key `{key}`", key, value))
