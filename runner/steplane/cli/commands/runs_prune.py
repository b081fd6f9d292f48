"""`steplane runs prune`."""

import click

from steplane.cli.options import COUNT, OF_WORKFLOW, common, examples, text_or_json

_STATUSES = ["succeeded", "warning", "failed", "cancelled", "waiting", "interrupted", "damaged"]
_EXAMPLES = examples(
    "steplane runs prune --older-than 90d --dry-run",
    "steplane runs prune --older-than 30d --keep 100",
    "steplane runs prune --max-size 2G",
    "steplane runs prune --keep 50 --workflow nightly --status succeeded",
)


@click.command("prune", epilog=_EXAMPLES)
@click.option("--older-than", metavar="TIME", help="Only runs that ended before: `30d`, `2026-11-01`.")
@click.option("--keep", type=COUNT, metavar="N", help="Keep the newest N of them.")
@click.option("--max-size", metavar="SIZE", help="Only the oldest, until all runs together take no more: `500M`, `2G`.")
@click.option("--status", type=click.Choice(_STATUSES), help="Only runs of that status.")
@OF_WORKFLOW
@click.option("--unfinished", is_flag=True, help="Also runs that wait or were interrupted, which could go on.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and delete nothing.")
@text_or_json
@common
def command(
    *, older_than: str | None, keep: int | None, max_size: str | None, status: str | None, workflow: str,
    unfinished: bool, dry_run: bool, form: str, state: str | None, color: str | None,
) -> int:  # fmt: skip
    """Delete runs that have ended, with their journals, logs and artifacts, the oldest first.

    One of --older-than, --keep and --max-size must be given; each option narrows what goes. A run that a process holds
    never goes, one that waits or was interrupted only with --unfinished, a damaged one only with --status damaged. No
    link is followed, and nothing outside the state directory is touched. With --older-than alone, recorded results of
    steps with `cache` that no run has used since then go too.
    """
    from steplane.app.pruning import Choice, choose, forget_results, parse_age, parse_size, prune
    from steplane.cli.call import Call
    from steplane.cli.upkeep import pruned_json, pruned_text
    from steplane.errors import UsageError

    if older_than is None and keep is None and max_size is None:
        remedy = "Give one or more of --older-than TIME, --keep N, --max-size SIZE; `--keep 0` is all."
        raise UsageError("nothing says which runs are to go", remedy)
    call = Call(state=state, color=color)
    choice = Choice(
        before=parse_age(older_than) if older_than is not None else 0,
        keep=keep or 0,
        room=parse_size(max_size) if max_size is not None else None,
        status=status or "",
        workflow=workflow,
        unfinished=unfinished or status in {"waiting", "interrupted"},
    )
    doomed = choose(call.history, choice)
    done = [] if dry_run else list(prune(call.history, doomed))
    results = forget_results(call.history, choice, dry_run=dry_run)
    if form == "json":
        call.out.write(pruned_json(doomed, done, results, dry_run=dry_run))
    else:
        call.out.write(pruned_text(doomed, done, results, call.color(call.out), dry_run=dry_run))
        for one in done:
            if one.error:
                call.warn(one.error, one.remedy)
    return max((one.exit_code for one in done), default=0)
