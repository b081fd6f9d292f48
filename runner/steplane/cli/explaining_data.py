"""Why things happened in a run, as JSON."""

from typing import Any

import msgspec

from steplane.app.stories import Explained
from steplane.app.stories.shapes import Entry, Failure, Link, Story, Stretch, Wait, Waiting, Whole
from steplane.cli.story_words import entry_words, link_words
from steplane.cli.waiting_words import waiting_words
from steplane.events import ErrorInfo
from steplane.reporters.jsonlines import error_data, iso


def explained_json(told: Explained) -> str:
    """All of it."""
    return msgspec.json.format(msgspec.json.encode(explained_data(told)), indent=2).decode() + "\n"


def explained_data(told: Explained) -> dict[str, Any]:
    """The run with its story, or with the stories of a step."""
    one = told.record.summary
    data: dict[str, Any] = {"run": one.id, "workflow": one.workflow, "status": one.status}
    if told.whole is not None:
        return {**data, **_whole(told, told.whole)}
    return {
        **data,
        "stories": [_story(told, story) for story in told.stories],
        "more": list(told.more),
        "pending": [_waiting(told, each) for each in told.pending],
    }


def _whole(told: Explained, whole: Whole) -> dict[str, Any]:
    record = told.record
    return {
        "started_at": _time(record.summary.started_at),
        "ended_at": _time(record.summary.ended_at),
        "duration": record.seconds if record.sessions else None,
        "requests": [_entry(one) for one in whole.requests],
        "critical_path": [_stretch(one) for one in whole.critical],
        "failed": [_failure(one) for one in whole.failures],
        "skipped": [_link(one) for one in whole.skipped],
        "cancelled": [_link(one) for one in whole.cancelled],
        "waits": [_wait(one) for one in whole.waits],
        "now": [_waiting(told, one) for one in whole.waiting],
    }


def _story(told: Explained, story: Story) -> dict[str, Any]:
    return {
        "path": story.path,
        "step": story.step,
        "activation": story.activation,
        "status": story.status,
        "entries": [_entry(one) for one in story.entries],
        "why": [_link(one) for one in story.chain],
        "kept_from_running": list(story.blocks),
        "now": [_waiting(told, one) for one in story.waiting],
    }


def _entry(one: Entry) -> dict[str, Any]:
    data = {name: error_data(value) if isinstance(value, ErrorInfo) else value for name, value in one.data.items()}
    return {"at": _time(one.at), "kind": one.kind, "text": entry_words(one), **data}


def _link(one: Link) -> dict[str, Any]:
    return {
        "path": one.path,
        "status": one.status,
        "text": link_words(one),
        "reason": one.reason or None,
        "condition": one.condition or None,
        "seen": list(one.seen),
        "error": error_data(one.error),
        "by": one.by or None,
        "cause": one.cause,
    }


def _waiting(told: Explained, one: Waiting) -> dict[str, Any]:
    return {
        "path": one.path,
        "kind": one.kind,
        "text": waiting_words(one, told.record),
        "since": _time(one.since),
        "on": [{"path": path, "status": status} for path, status in one.on],
        "why": [_link(each) for each in one.chain],
        **one.data,
    }


def _stretch(one: Stretch) -> dict[str, Any]:
    return {
        "path": one.path,
        "nobody": one.nobody,
        "begin": _time(one.begin),
        "end": _time(one.end),
        "seconds": max(0, one.end - one.begin) / 1e6,
        "waited_for_slot": one.slot,
        "waited_for_lock": one.locked,
        "lock": one.lock or None,
        "attempts": one.attempts,
        "pauses": one.pauses,
        "status": one.status or None,
    }


def _failure(one: Failure) -> dict[str, Any]:
    return {
        "path": one.path,
        "at": _time(one.at),
        "error": error_data(one.error),
        "kept_from_running": list(one.blocked),
        "made_good_by": {"path": one.caught, "how": one.how, "became": one.became or None} if one.how else None,
    }


def _wait(one: Wait) -> dict[str, Any]:
    return {
        "path": one.path,
        "at": _time(one.at),
        "seconds": one.seconds,
        "lock": one.lock or None,
        "holders": list(one.holders),
    }


def _time(at: int) -> str | None:
    return iso(at) if at else None
