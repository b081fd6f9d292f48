"""What an instance waits for, or why a step never came about, in words."""

from collections.abc import Callable

from steplane.app.history import RunRecord
from steplane.app.stories.shapes import Waiting
from steplane.cli.story_words import ended_words, link_words
from steplane.events import ENDED
from steplane.moments import written
from steplane.reporters.paint import visible
from steplane.reporters.words import moment, saw, stated


def waiting_words(one: Waiting, record: RunRecord) -> str:
    """What is waited for now."""
    gone = record.summary.status == "interrupted"
    cut = {"running": "cut off"} if gone else {}
    names = ", ".join(f"`{visible(path)}` ({cut.get(status, status)})" for path, status in one.on)
    if one.kind == "attempt" and gone:
        return _cut_off(one)
    say = _WAITS.get(one.kind)
    if say is not None:
        return say(one, names)
    outer = f"`{visible(one.data['outer'])}`" if one.data.get("outer") else "the run"
    if one.kind == "role":
        return f"it stands in the `{one.data['role']}` of {outer}, {_role(one.data['role'], one.data['status'])}"
    if one.kind == "arm":
        taken = f"where arm {one.data['taken']} was taken{saw(one.data.get('seen', ()))}"
        return f"it stands in arm {one.data['arm']} of {outer}, {taken}"
    if one.kind == "branch":
        taken = ", ".join(map(visible, one.data["taken"]))
        took = f"which took {taken}{saw(one.data.get('seen', ()))}"
        return f"it stands in branch {visible(one.data['branch'])} of {outer}, {took}"
    if one.kind == "reused":
        run = one.data["run"]
        return f"it is inside of {outer}, which is taken from run {run}: steplane explain {run} '{visible(one.path)}'"
    return f"it is inside of {outer}, which is {_outer_end(one)}"


def _outer_end(one: Waiting) -> str:
    """How what is around it stands, and why."""
    if not one.chain:
        return str(one.data["status"])
    first, *further = one.chain
    return "; ".join([stated(first.status, ended_words(first)), *(link_words(each) for each in further)])


def _cut_off(one: Waiting) -> str:
    """What a resume does with an attempt that died with its process."""
    if one.data["stopping"]:
        return f"attempt {one.data['attempt']} was being stopped when it was cut off"
    if one.data["at_most_once"]:
        path = visible(one.path)
        return (
            f"attempt {one.data['attempt']} was cut off, and it may run at most once: resume with "
            f"--assume '{path}=succeeded' or --redo '{path}'"
        )
    return f"attempt {one.data['attempt']} was cut off; a resume makes it again"


def _role(role: str, status: str) -> str:
    if status in ENDED:
        return f"which did not call for it ({status})"
    return {"rescue": "which comes if that fails", "finally": "which comes at its end"}.get(role, "which may undo it")


def _needs(one: Waiting, names: str) -> str:
    more = one.data["number"] - len(one.on)
    if not names:
        return "it can start at once"
    return f"waits for {names}" + (f" and {more} more" if more > 0 else "")


def _attempt_now(one: Waiting, _: str) -> str:
    doing = "is being stopped" if one.data["stopping"] else "is running"
    return f"attempt {one.data['attempt']} {doing}"


def _lock_now(one: Waiting, names: str) -> str:
    return f"waits for the lock `{visible(one.data['lock'] or '')}`{', held by ' if names else ''}{names}"


def _slot_now(one: Waiting, names: str) -> str:
    return f"waits for a slot: {one.data['pool']} may run at once{', now ' if names else ''}{names}"


def _back_off(one: Waiting, _: str) -> str:
    due = written(one.data["due"], "%H:%M:%S") if one.data["due"] else "now"
    return f"waits until {due} UTC before attempt {one.data['attempt']}"


def _signal(one: Waiting, _: str) -> str:
    names = " or ".join(f"`{visible(name)}`" for name in one.data["signals"])
    parts = [f"for {'further items by ' if one.data['items'] else ''}the signal {names}"] if names else []
    parts += [f"until {moment(one.data['until'])}"] if one.data["until"] else []
    limit = f", at most until {moment(one.data['limit'])}" if one.data["limit"] else ""
    return f"waits {' or '.join(parts)}{limit}"


def _item(one: Waiting, _: str) -> str:
    most = f": {one.data['at_once']} may go on at once" if one.data["at_once"] is not None else ""
    return f"its turn in `{visible(one.data['outer'])}` has not come{most}"


_WAITS: dict[str, Callable[[Waiting, str], str]] = {
    "needs": _needs,
    "inside": lambda _, names: f"it is inside of {names}",
    "lock": _lock_now,
    "turn": lambda _, names: f"waits for its turn, which {names} has",
    "slot": _slot_now,
    "back-off": _back_off,
    "attempt": _attempt_now,
    "signal": _signal,
    "decision": lambda _, __: "waits for somebody to say what became of it: resume with --redo or --assume",
    "steps": lambda _, names: f"waits for {names}",
    "question": lambda one, _: f"is about to evaluate its `{one.data['question']}`",
    "item": _item,
}
