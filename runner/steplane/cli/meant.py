"""Which run, and which step of it, the words RUN and STEP[KEY] of a call mean."""

from collections.abc import Callable, Collection

from steplane.app.chosen import chosen, step_ids
from steplane.app.history import RunRecord, find_run, read_run
from steplane.errors import UnknownRun, UsageError
from steplane.store import RunStore


def run_and_step(
    store: RunStore, run: str | None, step: str | None, planned: Callable[[str], Collection[str]] = lambda _: ()
) -> tuple[str, str | None]:
    """The id of the run, and the step. One word alone is a run, or else a step of the latest run.

    `planned` gives the ids of steps that the run may still come to. Raises `UnknownRun`, `UsageError`.
    """
    if run is None or step is not None:
        return find_run(store, run), step
    try:
        return find_run(store, run), None
    except UnknownRun as unknown:
        latest = find_run(store, None)
        if set(step_ids(run)) <= set(planned(latest)):
            return latest, run
        try:
            chosen(latest, paths_of(read_run(store, latest)), run)
        except UsageError as error:
            _refuse_workflow(store, run)
            remedy = f"{unknown.remedy}. {error.remedy}"
            raise UnknownRun(f"no run and no step of the latest run ({latest}) is called `{run}`", remedy) from error
        return latest, run


def _refuse_workflow(store: RunStore, word: str) -> None:
    """Raise `UnknownRun` for the name of a workflow, with the newest run of it."""
    newest = next((one.id for one in store.recorded() if one.workflow == word), None)
    if newest is not None:
        raise UnknownRun(f"`{word}` is a workflow, not a run", f"Its latest run: {newest}. All: steplane runs")


def paths_of(record: RunRecord) -> dict[str, str]:
    """The paths of a run's instances, each with the id of its step."""
    return {one.path: one.step for one in record.steps}
