"""`steplane show`."""

from typing import Any

import click

from steplane.cli import completers
from steplane.cli.options import common, examples, text_or_json

_EXAMPLES = examples(
    "steplane show                              (the latest run)",
    "steplane show 20261123-2253                (the beginning of an id is enough)",
    "steplane show nightly --all                (every instance of a long run)",
    "steplane show nightly 'price[order-17]/quote'",
    "steplane show nightly --format json | jq .outputs",
)


@click.command("show", epilog=_EXAMPLES)
@click.argument("run", required=False, shell_complete=completers.run_or_instance)
@click.argument("step", required=False, metavar="[STEP[KEY]]", shell_complete=completers.instance)
@click.option("--all", "everything", is_flag=True, help="Fold nothing, however many steps there are.")
@text_or_json
@common
def command(
    *, run: str | None, step: str | None, everything: bool, form: str, state: str | None, color: str | None
) -> int:
    """Show one run: its inputs, its steps over time, with attempts and reasons, its outputs or its error.

    With STEP[KEY] one instance whole: what it was given, each activation and attempt, its outputs or its error, the end
    of its log. STEP is a path, or an id: where several instances have it these are listed. One word alone is a run
    (its id, the beginning of it, or `latest`), or else a step of the latest run.
    """
    from steplane.app.history import read_run
    from steplane.cli.call import Call
    from steplane.cli.history import run_json, run_text
    from steplane.cli.meant import run_and_step
    from steplane.cli.timeline import Look

    call = Call(state=state, color=color)
    run_id, wanted = run_and_step(call.history, run, step)
    record = read_run(call.history, run_id)
    going = record.summary.status in {"waiting", "running"}
    if going and (record.clock_was_set or call.history.clock_set(run_id)):
        from steplane.app.clocks import tell_now

        tell_now(record, call.history, call.registry)
    _add_conditions(call, record)
    look = Look(call.out.columns, call.color(call.out), call.out.unicode)
    if wanted is not None:
        one = _narrowed(record, wanted)
        if one is not None:
            call.out.write(_detail(call, record, one, look, form))
            return 0
    if form == "json":
        call.out.write(run_json(record))
    else:
        call.out.write(run_text(record, look, everything=everything or wanted is not None, state=call.state_option))
    return 0


def _add_conditions(call: Any, record: Any) -> None:
    """The texts of the conditions that skipped something, if the workflow can still be read."""
    from steplane.app.stories import plan_of
    from steplane.errors import UsageError
    from steplane.plan.step_names import Instances
    from steplane.reporters.words import IF_IS_FALSE

    if not any(one.reason == IF_IS_FALSE for one in record.steps):
        return
    try:
        plan = plan_of(call.history, call.registry, record.summary.id)
    except UsageError:
        return
    known = Instances(plan)
    skipped = ((one.path, known.node(one.path)) for one in record.steps if one.reason == IF_IS_FALSE)
    record.conditions = {path: node.condition.text for path, node in skipped if node is not None and node.condition}


def _narrowed(record: Any, wanted: str) -> Any:
    """The one instance that is meant; None, with the run narrowed to them, where they are several."""
    from steplane.app.chosen import chosen
    from steplane.cli.meant import paths_of

    paths = chosen(record.summary.id, paths_of(record), wanted)
    meant = [one for one in record.steps if one.path == wanted]
    if not meant and "*" not in wanted:
        meant = [one for one in record.steps if one.step == wanted and not one.path.endswith("]")]
    if len(meant) == 1:
        return meant[0]
    kept = set(paths)
    record.steps = [one for one in record.steps if one.path in kept]
    return record.steps[0] if len(record.steps) == 1 else None


def _detail(call: Any, record: Any, one: Any, look: Any, form: str) -> str:
    from steplane.cli.detail import Detail, detail_json, detail_text

    folder = call.history.folder(record.summary.id)
    node, file, values = _of_its_workflow(call, record.summary.id, one)
    detail = Detail(record, one, folder.log_path(one.path), node, tuple(values), call.state_option, file)
    return detail_json(detail) if form == "json" else detail_text(detail, look)


def _of_its_workflow(call: Any, run_id: str, one: Any) -> tuple[Any, str, list[Any]]:
    """The step as its workflow has it, the file of that, what it was given; nothing where that cannot be read now."""
    from steplane.app.given import given
    from steplane.app.recorded import Plans, compiler
    from steplane.errors import UsageError
    from steplane.plan.step_names import Instances

    with call.history.read(run_id) as journal:
        try:
            plans = Plans(journal, compiler(journal, call.registry, call.history))
            plan = plans.latest
        except UsageError as error:
            call.warn(error.message, error.remedy)
            return None, "", []
        known = Instances(plan)
        return known.node(one.path), known.file(one.path), given(plans, journal, one.latest.serial)
