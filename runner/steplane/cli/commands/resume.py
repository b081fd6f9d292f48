"""`steplane resume`."""

from typing import Any

import click

from steplane.cli import completers
from steplane.cli.commands.run import settings
from steplane.cli.funnel import guarded
from steplane.cli.options import examples, running, showing

_EXAMPLES = examples(
    "steplane resume                            (the latest run, where there is something to do)",
    "steplane resume 20261123-225318-r6j9z8     (the beginning of an id is enough)",
    "steplane resume nightly -i token=@token.txt",
    "steplane resume --due                      (all that wait for a time or a signal that has come)",
    "steplane resume nightly --only 'price[order-17]'",
    "steplane resume nightly --redo publish",
    "steplane resume nightly --assume pay=succeeded --outputs '{\"receipt\": 7}'",
)


@click.command("resume", epilog=_EXAMPLES)
@click.argument("run", required=False, shell_complete=completers.runs("waiting", "interrupted", "failed", "cancelled"))
@click.option(
    "-i",
    "--input",
    "inputs",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=completers.secret_value,
    help="A secret input: these are never stored. With --accept-changes also one that is new.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="STEP",
    shell_complete=completers.instance,
    help="Go on with this step, or this item, and nothing else.",
)
@click.option(
    "--redo",
    multiple=True,
    metavar="STEP",
    shell_complete=completers.instance,
    help="Run this step again, whatever its end was.",
)
@click.option(
    "--assume", multiple=True, metavar="STEP=STATUS", shell_complete=completers.assumption,
    help="Take this step as `succeeded`, `failed` or `skipped` instead of running it.",
)  # fmt: skip
@click.option("--outputs", metavar="JSON", help="The outputs of the step that is assumed to have succeeded.")
@click.option(
    "--accept-changes",
    "accept",
    is_flag=True,
    help="Go on as the file is now: results of steps that mean the same stay, the others run again.",
)
@click.option("--recorded", is_flag=True, help="Go on as it was recorded, whatever the file says now.")
@click.option(
    "--dry-run", is_flag=True, help="Say what would go on, begin anew or stay, and what a changed file means."
)
@click.option("--due", is_flag=True, help="Go on with all runs that wait for what has come. [default patience: 0]")
@running
def command(run: str | None, **given: Any) -> int:
    """Go on with a run that was interrupted, stopped waiting, failed or was cancelled.

    What succeeded stays. What was running runs again with the same idempotency key; what failed, was blocked or
    cancelled begins anew. Without RUN it is the latest run if that failed or was cancelled, else the latest that has
    not ended. A run that succeeded is left alone, unless a step of it is to be run again.

    STEP is the path of an instance, as `show` has it, or the id of a step that has but one. With --redo it begins anew
    whatever its end was, and what follows goes on if it had not succeeded; name what else is to be done again. With
    --only everything else keeps the end that it has, for a later resume.

    Where the workflow's file (or a plugin that it uses) has changed since, that is refused, with what it means for each
    step. With --accept-changes the run goes on so: a step runs again if it, or something that it depends on, has
    changed. With --recorded it goes on as it was begun.

    With --dry-run it only says what would begin anew, be made again or go on, and what a changed file means for each
    step.

    With --due every run of the state directory goes on that stopped to wait, and for which a time has come, a signal is
    there or a lock is free: one after the other, the oldest first. One that has to wait again is left. The exit code is
    1 if one of them failed, 2 if one was refused, else 0.
    """
    if given["dry_run"]:
        return guarded(lambda: show_preview(run, given))
    return guarded(lambda: resume_due(run, given) if given["due"] else resume(run, given))


def show_preview(run: str | None, given: dict[str, Any]) -> int:
    """Say what the resume would do; run and record nothing. The exit code."""
    from steplane.app.history import find_resumable
    from steplane.app.previewing import preview
    from steplane.cli.call import Call
    from steplane.cli.previewed import preview_json, preview_text
    from steplane.cli.showing import environment
    from steplane.errors import UsageError

    for name in ("due", "only", "redo", "assume"):
        if given[name]:
            raise UsageError(f"`--dry-run` contradicts `--{name}`", "It tells of a whole resume: leave that out.")
    recorded = definition(given) == "recorded"
    call = Call(**settings(given))
    run_id = find_resumable(call.history, run)
    values = input_values(call, run_id, given["inputs"], now=given["accept"])
    found = preview(call.history, call.registry, run_id, values, environment(given["env_file"]), recorded=recorded)
    text = preview_json(found) if call.settings.format == "json" else preview_text(found, call.color(call.out))
    call.out.write(text)
    return 0


def resume_due(run: str | None, given: dict[str, Any]) -> int:
    """Go on with all runs that are due; the exit code."""
    from steplane.cli.due import resume_due

    return resume_due(run, given)


def resume(run: str | None, given: dict[str, Any]) -> int:
    """Go on with the run and show it; the exit code. `given` are the options of the command."""
    from steplane.app import running
    from steplane.app.history import find_resumable
    from steplane.cli.call import Call
    from steplane.cli.showing import Show, environment, options_of
    from steplane.errors import UsageError

    call = Call(**settings(given))
    assumed = assumptions(given["assume"], given["outputs"])
    environ = environment(given["env_file"])
    store = call.history
    run_id = find_resumable(store, run)
    values = input_values(call, run_id, given["inputs"], now=given["accept"])
    show = Show(call, **showing(given))

    def work() -> Any:
        try:
            result = running.resume(
                store, call.registry, run_id, values, environ, options_of(call), show,
                redo=given["redo"], assume=assumed, only=given["only"], definition=definition(given),
            )  # fmt: skip
        except UsageError as error:
            tell_edit(call, error)
            raise
        if show.reporter is None:
            if not given["quiet"] or call.settings.format == "json":
                say_ended(call, result)
            show.left_alone(result.run)
        return result

    return show.watch(work, ("steplane", "resume", run_id))


def tell_edit(call: Any, error: Any) -> None:
    """Where the file has changed, and nobody has said that the run goes on so: what that means."""
    edit = getattr(error, "edit", None)
    if edit is None:
        return
    from steplane.cli.edited import edit_data, edit_text

    if call.settings.format == "json":
        import msgspec

        call.out.write(msgspec.json.encode({"type": "changed", "run": edit.run, **edit_data(edit)}).decode() + "\n")
    else:
        call.err.write(edit_text(edit, call.color(call.err)) + "\n")


def definition(given: dict[str, Any]) -> Any:
    """Under which definition the run goes on. Raises `UsageError`."""
    if given["accept"] and given["recorded"]:
        from steplane.errors import UsageError

        raise UsageError("`--accept-changes` contradicts `--recorded`", "Leave one of them out.")
    return "accept" if given["accept"] else "recorded" if given["recorded"] else ""


def input_values(call: Any, run_id: str, words: tuple[str, ...], *, now: bool) -> dict[str, Any]:
    """What `-i` gives, read by the inputs of the recorded workflow, or (`now`) of that as its file says it now.

    Names that only the file knows now are taken too: the resume then says that it has changed.
    """
    from steplane.app.inputs import given
    from steplane.app.recorded import recorded_header, recorded_plan

    if not words:
        return {}
    with call.history.read(run_id) as journal:
        plan = recorded_plan(journal, call.registry, call.history)
        names = {word.partition("=")[0] for word in words}
        if now or not names <= {one.name for one in plan.inputs}:
            from steplane.app.redefining import plan_now

            other = plan_now(plan, recorded_header(journal), call.registry, call.history)
            if other is not None and (now or names <= {one.name for one in other.inputs}):
                plan = other
        return given(plan, words, None)


def say_ended(call: Any, result: Any) -> None:
    """Say that there was nothing to do."""
    from steplane.reporters.jsonlines import last_line

    if call.settings.format == "json":
        call.out.write(last_line(result.run, result.status, result.outputs, result.error))
    else:
        words = {"warning": "ended with warnings"}.get(result.status, result.status)
        call.out.line(f"run {result.run} has already {words}: nothing to do")


def assumptions(words: tuple[str, ...], outputs: str | None) -> dict[str, Any]:
    """What `--assume STEP=STATUS` and `--outputs JSON` say, by step. Raises `UsageError`."""
    from steplane.cli.showing import parse_json
    from steplane.errors import UsageError

    assumed: dict[str, Any] = {}
    for word in words:
        path, equals, status = word.rpartition("=")
        if not equals or status not in {"succeeded", "failed", "skipped"}:
            raise UsageError(
                f"`--assume {word}` names no status",
                "Write `--assume STEP=succeeded`, `STEP=failed` or `STEP=skipped`.",
            )
        assumed[path] = {"status": status}
    if outputs is not None:
        succeeded = [path for path, one in assumed.items() if one["status"] == "succeeded"]
        if len(succeeded) != 1:
            raise UsageError(
                "`--outputs` belongs to one step that is assumed to have succeeded",
                "Give one `--assume STEP=succeeded` with it.",
            )
        value = parse_json("--outputs", outputs)
        if not isinstance(value, dict):
            raise UsageError("`--outputs` wants a JSON object: outputs by name", "Write '{\"NAME\": VALUE}'.")
        assumed[succeeded[0]]["outputs"] = value
    return assumed
