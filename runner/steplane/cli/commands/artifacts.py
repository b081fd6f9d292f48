"""`steplane artifacts`."""

from typing import Any

import click

from steplane.cli.options import common, examples, text_or_json

_EXAMPLES = examples(
    "steplane artifacts                         (of the latest run)",
    "steplane artifacts nightly build           (of a step)",
    "steplane artifacts --copy out              (fetch them all)",
    "steplane artifacts nightly 'test[py=3.12]' --copy out",
    "steplane artifacts --format json | jq -r '.artifacts[].file'",
)


@click.command("artifacts", epilog=_EXAMPLES)
@click.argument("run", required=False)
@click.argument("step", required=False, metavar="[STEP[KEY]]")
@click.option("--copy", "target", metavar="DIR", help="Copy them to DIR, which is made.")
@click.option("--force", is_flag=True, help="With --copy: replace files that are there.")
@text_or_json
@common
def command(
    *, run: str | None, step: str | None, target: str | None, force: bool, form: str, state: str | None,
    color: str | None,
) -> int:  # fmt: skip
    """List the files that steps of a run have left to be kept, or copy them.

    These are what a step put into $STEPLANE_ARTIFACTS and what its `artifacts` name, as its latest attempt left them.
    With --copy each instance gets a directory of its own in DIR, unless there is only one; what was recorded of a file
    must be right. STEP is a path, or an id; `*` stands for any characters. One word alone is a run, or else a step of
    the latest run.
    """
    from steplane.app.history import read_run
    from steplane.app.kept import kept_files
    from steplane.cli.call import Call
    from steplane.cli.keeping import files_json, files_text
    from steplane.cli.meant import run_and_step

    call = Call(state=state, color=color)
    run_id, wanted = run_and_step(call.history, run, step)
    record = read_run(call.history, run_id)
    files = kept_files(call.history, record, wanted)
    if target is not None:
        _copy(call, run_id, files, target, force=force)
    elif form == "json":
        call.out.write(files_json(run_id, files))
    elif files:
        call.out.write(files_text(files, call.color(call.out)))
    else:
        call.err.line(f"no files are kept of {'that' if wanted else f'run {run_id}'}")
    return 0


def _copy(call: Any, run_id: str, files: Any, target: str, *, force: bool) -> None:
    from steplane.app.kept import copy_files
    from steplane.cli.keeping import amount
    from steplane.reporters.paint import visible

    together = len({one.path for one in files}) == 1
    for _, place in copy_files(call.history.folder(run_id), files, target, together=together, force=force):
        call.out.line(visible(place))
    call.err.line(f"copied {amount(files)}" if files else "no files are kept of that")
