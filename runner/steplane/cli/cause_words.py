"""Why something was cancelled or left out, in words."""

from typing import Any

from steplane.reporters.paint import visible
from steplane.reporters.words import clock

_CAUSES = {
    "join": "enough had come for `{}`, and it cancels the rest",
    "branches": "enough branches of `{}` had ended well, and it cancels the rest",
    "reach": "`{}` ended it",
    "goto": "`{}` jumped back, and it begins anew",
    "after": "`{}` had failed, and its branches do not go on without it",
    "collect": "fewer than {} arrivals came of a step that it needs",
    "complete": "enough instances of `{}` have ended",
}


def cause_words(data: dict[str, Any]) -> str:
    """Why something was cancelled."""
    kind = data["kind"]
    if kind == "needs":
        return "; ".join(_need(one) for one in data["needs"])
    if kind == "cancel":
        who = f" by {visible(data['actor'])}" if data["actor"] else ""
        return f"the run was cancelled{who}" + (f" ({visible(data['reason'])})" if data["reason"] else "")
    if kind == "timeout":
        limit = f" of {clock(data['seconds'])}" if data["seconds"] else ""
        return f"`{visible(data['of'])}` ran into its time limit{limit}" if data["of"] else "the run's time was over"
    if kind == "failure":
        return f"`{visible(data['of'])}` failed, and `failure: cancel` ends what runs beside it"
    if kind == "end":
        return f"`{visible(data['of'])}` ended the workflow" if data["of"] else "a step ended the workflow"
    if kind == "within":
        return f"`{visible(data['of'])}` in it is {data['status']}"
    if kind in _CAUSES:
        return _CAUSES[kind].format(visible(data["of"]))
    return "the resume left out something in it" if kind == "unfinished" else "what is around it was ended"


def _need(data: dict[str, Any]) -> str:
    return f"`{visible(data['path'])}` is {data['status']}, and this wants it {' or '.join(data['wants'])}"
