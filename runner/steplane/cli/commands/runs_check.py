"""`steplane runs check`."""

import click

from steplane.cli import completers
from steplane.cli.options import common, examples, text_or_json

_EXAMPLES = examples(
    "steplane runs check                        (all of them)",
    "steplane runs check nightly-2026-11-25",
    "steplane runs check --format json | jq -r '.runs[] | select(.sound | not).run'",
)


@click.command("check", epilog=_EXAMPLES)
@click.argument("runs", nargs=-1, metavar="[RUN]...", shell_complete=completers.runs())
@text_or_json
@common
def command(*, runs: tuple[str, ...], form: str, state: str | None, color: str | None) -> int:
    """Find out whether what is recorded is whole: of the runs that are named, or else of all and what they share.

    Looked at are each event with its checksum, whether the newest events are there, large values, whether what is
    recorded follows from the events, artifacts with their digests, logs. Nothing is changed. A run may go on meanwhile.
    """
    from steplane.app.examining import examine_shared, examined
    from steplane.cli.call import Call
    from steplane.cli.upkeep import checked_head, checked_json, checked_run, checked_sum

    call = Call(state=state, color=color)
    store = call.history
    ids = list(dict.fromkeys(store.resolve(one) for one in runs)) if runs else store.ids()
    catalogue = [] if runs else examine_shared(store)
    paint, signs = call.color(call.out), call.out.unicode
    if form == "text":
        call.out.write(checked_head(catalogue, paint))
    found = []
    for run_id in ids:
        found.append(examined(store, call.registry, run_id))
        if form == "text":
            call.out.write(checked_run(found[-1], paint, unicode=signs, state=call.state_option))
    call.out.write(checked_json(found, catalogue) if form == "json" else checked_sum(found, paint))
    return 2 if catalogue or any(one.problems for one in found) else 0
