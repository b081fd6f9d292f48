"""Random workflows and random events for property tests."""

from typing import Any

from hypothesis import strategies as st
from tests.reference.interpreter import Event, Reference, Want
from tests.reference.reading import Branch, Step

WORDS = ("ok", "succeeded", "warning", "failed", "skipped", "cancelled", "done")
ERRORS = ("shell.exit", "expression", "http.status")


@st.composite
def workflows(draw: st.DrawFn, depth: int = 3) -> dict[str, Any]:
    """A workflow of the language that is built: at most some twenty steps."""
    names = (f"s{number}" for number in range(10_000))
    workflow = {"steps": draw(lists(names, depth)), **draw(policies())}
    for key in ("rescue", "finally"):
        if draw(st.integers(0, 3)) == 0:
            workflow[key] = draw(lists(names, 1))
    if draw(st.integers(0, 3)) == 0:
        workflow["outputs"] = {"o": 1}
    return workflow


@st.composite
def lists(draw: st.DrawFn, names: Any, depth: int) -> list[dict[str, Any]]:
    """A list of one to four steps."""
    count = draw(st.integers(1, 4 if depth > 1 else 2))
    ids = [next(names) for _ in range(count)]
    return [draw(steps(names, ids, position, depth)) for position in range(count)]


@st.composite
def steps(draw: st.DrawFn, names: Any, ids: list[str], position: int, depth: int) -> dict[str, Any]:
    """One step: an action, then modifiers."""
    step: dict[str, Any] = {"id": ids[position]}
    step.update(draw(actions(names, depth)))
    above = ids[:position]
    if draw(st.integers(0, 2)) == 0:
        chosen = draw(st.lists(st.sampled_from(above), unique=True)) if above else []
        plain = draw(st.booleans())
        step["needs"] = chosen if plain else {one: draw(st.sampled_from(WORDS)) for one in chosen}
        if chosen and "parallel" not in step:
            step["join"] = draw(st.sampled_from(["all", "any", 1, 2]))
    step.update(draw(modifiers(names, depth, leaf="run" in step)))
    return step


@st.composite
def actions(draw: st.DrawFn, names: Any, depth: int) -> dict[str, Any]:
    """What the step does."""
    kind = draw(st.sampled_from(["run", "run", "steps", "parallel", "switch"])) if depth > 1 else "run"
    if kind == "run" and draw(st.integers(0, 14)) == 0:
        return {"end": draw(st.sampled_from(["succeeded", "failed", "cancelled"]))}
    if kind == "steps":
        return {"steps": draw(lists(names, depth - 1)), **draw(policies())}
    if kind == "switch":
        arms = [{"when": "x", "steps": draw(lists(names, depth - 1))} for _ in range(draw(st.integers(1, 2)))]
        return {"switch": arms, **draw(policies())}
    if kind == "parallel":
        branches: dict[str, Any] = {f"b{n}": draw(branch(names, depth - 1)) for n in range(draw(st.integers(1, 3)))}
        return {"parallel": branches, "join": draw(st.sampled_from(["all", "any", 2])), **draw(policies())}
    return {"run": "x"}


@st.composite
def branch(draw: st.DrawFn, names: Any, depth: int) -> Any:
    """A branch, with or without a condition."""
    steps_ = draw(lists(names, depth))
    return draw(st.sampled_from([steps_, steps_, {"if": "x", "steps": steps_}, {"default": True, "steps": steps_}]))


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """A failure policy, or none."""
    policy = draw(st.sampled_from([None, None, "stop", "cancel", "continue"]))
    return {} if policy is None else {"failure": policy}


@st.composite
def modifiers(draw: st.DrawFn, names: Any, depth: int, *, leaf: bool) -> dict[str, Any]:
    """Some modifiers, each seldom."""
    choices: dict[str, Any] = {
        "if": "x",
        "foreach": "v",
        "retry": draw(st.sampled_from([2, {"attempts": 2, "when": "x"}, {"attempts": "${{ n }}"}])),
        "timeout": draw(st.sampled_from(["5s", "${{ t }}"])),
        "on_error": "warn",
        "lock": draw(st.sampled_from(["l1", "l2", "${{ l }}"])),
        "require": ["x"],
        "at_most_once": True,
        "outputs": {"o": 1},
    }
    if not leaf:
        choices["ensure"] = ["x"]
    chosen = {key: choices[key] for key in draw(st.lists(st.sampled_from(sorted(choices)), max_size=3, unique=True))}
    for key in ("rescue", "finally"):
        if depth > 1 and draw(st.integers(0, 4)) == 0:
            chosen[key] = draw(lists(names, 1))
    return chosen


def arms_of(reference: Reference, want: Want) -> list[Branch]:
    """The branches or arms of the step that asks."""
    life = next(life for life in reference.lives if (life.path, life.number) == want[1:3])
    step: Step = life.step
    return step.body


@st.composite
def replies(draw: st.DrawFn, reference: Reference) -> Event:
    """One event that can come now: a reply to a want, now and then a cancel or a resume."""
    odd = draw(st.integers(0, 40))
    if odd == 0:
        return ("cancel",)
    held = tuple(sorted(reference.held()))
    owed = sorted((want for want in reference.wants() if want[0] != "stop"), key=repr)
    if odd <= 2 or not owed:
        return ("resumed", held, {}) if draw(st.booleans()) or not owed else ("resumed", (), {})
    want = draw(st.sampled_from(owed))
    if want[0] == "timer":
        return want
    if want[0] == "attempt":
        outcome = draw(st.sampled_from(["succeeded", "succeeded", "failed", "cancelled"]))
        return ("attempt.ended", *want[1:], outcome, draw(st.sampled_from(ERRORS)) if outcome == "failed" else None)
    if draw(st.integers(0, 8)) == 0:
        return ("answered", *want[1:], None, "expression")
    return ("answered", *want[1:], draw(answers(reference, want)), None)


@st.composite
def answers(draw: st.DrawFn, reference: Reference, want: Want) -> Any:
    """A value that fits the question."""
    question = want[3]
    if question == "if":
        return draw(st.booleans())
    if question == "loop":
        keys = [f"k{number}" for number in range(draw(st.integers(0, 3)))]
        limits = {"concurrency": draw(st.sampled_from([None, 1, 2])), "allowed": draw(st.integers(0, 1))}
        return {"keys": keys, "items": keys, **limits}
    if question == "enter":
        return {"lock": "l1", "limit": 1, "timeout": 5.0, "attempts": 2, "delay": 1.0}
    if question == "switch":
        return draw(st.sampled_from([None, *range(len(arms_of(reference, want)))]))
    if question == "branches":
        return [draw(st.booleans()) for _ in arms_of(reference, want)]
    if question == "retry":
        return {"again": draw(st.booleans()), "delay": 1.0}
    return True
