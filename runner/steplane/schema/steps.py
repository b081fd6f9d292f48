"""What a step's keys must and must not be together."""

from collections.abc import Iterator

from steplane.diagnostics import Diagnostic, Related, Span
from steplane.schema.place import step_words
from steplane.schema.words import listed
from steplane.source.nodes import Entry, Mapping, Node, Sequence

ACTIONS = (
    "run",
    "uses",
    "steps",
    "parallel",
    "switch",
    "race",
    "call",
    "wait",
    "signal",
    "cancel",
    "undo",
    "finish",
    "goto",
    "end",
)
"""The keys of which a step has one."""

LOOPS = ("foreach", "matrix", "while", "until")
SOURCES = ("env", "file", "provider")
EXCLUSIVE = (ACTIONS, LOOPS)
EXCLUSIVE_WITHIN = (SOURCES, ("until", "signal"), ("when", "default"), ("if", "default"))
"""Keys of which a step has one, and of which a secret, a wait, an arm and a branch have one."""

SPREAD = ("key", "concurrency", "max_failures", "complete", "rest")
SINGLE = ("run", "uses", "undo", "end")
LISTS = ("steps", "rescue", "finally", "compensate")
HOLDERS = (*LISTS, "parallel", "race", "switch")
"""The keys under which further steps stand."""

COMPANIONS: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (("as",), ("foreach",), "names the item of `foreach`"),
    (("open",), ("foreach",), "keeps a `foreach` open for further items"),
    (SPREAD[:-1], ("foreach", "matrix"), "stands beside `foreach` or `matrix`"),
    (("rest",), ("complete",), "is about the instances that run when a loop is `complete`"),
    (("max",), ("while", "until", "goto"), "stands beside `while`, `until` or `goto`"),
    (("restart", "order"), ("steps",), "is about the steps of a group"),
    (("with",), ("uses", "run", "call"), "stands beside `uses`, `run` or `call`"),
    (("detach",), ("call",), "lets a called workflow run on"),
    (("join",), ("needs", "parallel"), "stands beside `needs` or `parallel`"),
    (("collect",), ("needs",), "stands beside `needs`"),
)
"""Keys that mean something only beside one of others."""


def steps_in(root: Mapping) -> Iterator[Mapping]:
    """Every step of a file, outer ones first."""
    for key in LISTS:
        yield from _steps_of(root.get(key))


Meant = dict[Span, str]
"""The keys that misspelt ones stand for, by their places: these are not missing."""


def check_steps(root: Mapping, meant: Meant) -> Iterator[Diagnostic]:
    """What is wrong with the combination of keys in each step of a file."""
    for step in steps_in(root):
        words = step_words(step)
        yield from _actions(step, words)
        yield from _loops(step, words)
        yield from _companions(step, words, meant)
        yield from _choices(step, words, meant)
        yield from _policy(step, words)


def _policy(step: Mapping, words: str) -> Iterator[Diagnostic]:
    """A `failure` where nothing is that it could speak of: no list of steps."""
    failure = step.entry("failure")
    actions = _given(step, ACTIONS)
    if failure is None or not actions or actions[0].name not in SINGLE or _given(step, LISTS):
        return
    message = f"`failure` of {words} belongs to a group, `parallel` or `switch`, and `{actions[0].name}` has no steps"
    help_ = "remove it, or write `on_error: warn` where the step may fail"
    yield Diagnostic("no-list", message, failure.key.span, help=help_)


def _steps_of(node: Node | None) -> Iterator[Mapping]:
    if not isinstance(node, Sequence):
        return
    for step in node.items:
        if isinstance(step, Mapping):
            yield step
            for inner in _lists(step):
                yield from _steps_of(inner)


def _lists(step: Mapping) -> Iterator[Node]:
    """The lists inside a step, in the order of `LISTS`, then those of branches and arms."""
    inner = [entry for entry in step.entries if entry.key.text in HOLDERS]
    for entry in sorted(inner, key=lambda one: HOLDERS.index(one.key.text)) if len(inner) > 1 else inner:
        value = entry.value
        if entry.key.text in LISTS:
            yield value
        elif isinstance(value, Mapping):
            yield from (_steps_under(branch.value) for branch in value.entries)
        elif isinstance(value, Sequence):
            yield from (_steps_under(arm) for arm in value.items if isinstance(arm, Mapping))


def _steps_under(node: Node) -> Node:
    """The list of a branch or an arm: its `steps`, or, of a branch, itself."""
    return (node.get("steps") or node) if isinstance(node, Mapping) else node


def _given(mapping: Mapping, names: tuple[str, ...]) -> list[Entry]:
    return [entry for entry in mapping.entries if entry.key.text in names]


def _misspelt(mapping: Mapping, names: tuple[str, ...], meant: Meant) -> bool:
    return any(meant.get(entry.key.span) in names for entry in mapping.entries)


def _two(first: Entry, second: Entry, words: str, why: str) -> Diagnostic:
    message = f"{words} has both `{first.name}` and `{second.name}`: {why}"
    related = (Related(first.key.span, "the first one"),)
    return Diagnostic("exclusive", message, second.key.span, related=related, help="keep one of them")


def _actions(step: Mapping, words: str) -> Iterator[Diagnostic]:
    actions = _given(step, ACTIONS)
    for other in actions[1:]:
        yield _two(actions[0], other, words, "a step has one action")


def lacks_action(step: Mapping) -> bool:
    """Whether no key of the step is an action."""
    return not _given(step, ACTIONS)


def no_action(step: Mapping) -> Diagnostic:
    """The diagnostic for a step without an action."""
    words = step_words(step)
    identity = step.entry("id") or step.entry("name") or (step.entries[0] if step.entries else None)
    span = identity.key.span if identity is not None else step.span
    help_ = f"give it {listed(ACTIONS[:5])}"
    return Diagnostic("no-action", f"{words} has no action: it says nothing to do", span, help=help_)


def _loops(step: Mapping, words: str) -> Iterator[Diagnostic]:
    loops = _given(step, LOOPS)
    for other in loops[1:]:
        yield _two(loops[0], other, words, "a step has one loop; put the other around it in a group")


def _companions(step: Mapping, words: str, meant: Meant) -> Iterator[Diagnostic]:
    keys = {meant.get(entry.key.span) or entry.key.text for entry in step.entries}
    for names, wanted, what in COMPANIONS:
        if keys.isdisjoint(names) or not keys.isdisjoint(wanted) or (names == ("with",) and lacks_action(step)):
            continue
        for entry in _given(step, names):
            message = f"`{entry.name}` of {words} has no {listed(wanted)} beside it: it {what}"
            yield Diagnostic("missing-companion", message, entry.key.span, help=f"remove it, or add {listed(wanted)}")


def _choices(step: Mapping, words: str, meant: Meant) -> Iterator[Diagnostic]:
    yield from _arms(step, words, meant)
    branches = step.get("parallel")
    for entry in branches.entries if isinstance(branches, Mapping) else ():
        if isinstance(entry.value, Mapping):
            pair = _given(entry.value, ("if", "default"))
            if len(pair) == 2:
                yield _two(
                    pair[0], pair[1], f"branch `{entry.name}` of {words}", "the default is taken when no other is"
                )
    wait = step.get("wait")
    if isinstance(wait, Mapping):
        kinds = _given(wait, ("until", "signal"))
        if len(kinds) == 2:
            yield _two(
                kinds[0],
                kinds[1],
                f"`wait` of {words}",
                "it waits for one thing; `race` waits for the first of several",
            )
        elif not kinds and wait.entries and not _misspelt(wait, ("until", "signal"), meant):
            message = f"`wait` of {words} says neither `until` nor `signal`"
            yield Diagnostic("missing-key", message, wait.entries[0].key.span, help="add what it waits for")
    goto = step.entry("goto")
    if goto is not None and step.entry("max") is None and not _misspelt(step, ("max",), meant):
        message = f"`goto` of {words} has no `max`: it could jump for ever"
        yield Diagnostic(
            "missing-key", message, goto.key.span, help="add the most jumps that make sense, such as `max: 10`"
        )


def _arms(step: Mapping, words: str, meant: Meant) -> Iterator[Diagnostic]:
    arms = step.get("switch")
    default: Entry | None = None
    for number, arm in enumerate(arms.items if isinstance(arms, Sequence) else (), 1):
        if not isinstance(arm, Mapping):
            continue
        pair = _given(arm, ("when", "default"))
        if len(pair) == 2:
            yield _two(pair[0], pair[1], f"arm {number} of {words}", "the default is taken when no other is")
        elif not pair and arm.entries and not _given(arm, ("if", "case", "else", "otherwise", "condition")):
            if _misspelt(arm, ("when", "default"), meant):
                continue
            message = f"arm {number} of {words} has neither `when` nor `default: true`"
            yield Diagnostic(
                "missing-key", message, arm.entries[0].key.span, help="add `when: EXPR`, or `default: true`"
            )
        elif pair and default is not None:
            message = f"arm {number} of {words} stands after the default arm and is never taken"
            related = (Related(default.key.span, "the default arm"),)
            yield Diagnostic(
                "never-taken", message, pair[0].key.span, "error", related=related, help="put the default arm last"
            )
        if pair and pair[0].name == "default":
            default = pair[0]


def check_secrets(root: Mapping, meant: Meant) -> Iterator[Diagnostic]:
    """What is wrong with the combination of keys in each secret."""
    secrets = root.get("secrets")
    for entry in secrets.entries if isinstance(secrets, Mapping) else ():
        if not isinstance(entry.value, Mapping) or not entry.value.entries:
            continue
        kinds = _given(entry.value, SOURCES)
        for other in kinds[1:]:
            yield _two(kinds[0], other, f"secret `{entry.name}`", "it comes from one place")
        if not kinds and not _misspelt(entry.value, SOURCES, meant):
            message = f"secret `{entry.name}` does not say where it comes from"
            yield Diagnostic("missing-key", message, entry.key.span, help="add `env: VARIABLE` or `file: PATH`")
        elif kinds and kinds[0].name == "provider" and entry.value.entry("key") is None:
            message = f"secret `{entry.name}` has a `provider` and no `key`"
            yield Diagnostic(
                "missing-key", message, kinds[0].key.span, help="add what the provider calls it: `key: NAME`"
            )
