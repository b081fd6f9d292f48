"""Old runs are deleted: which, in what order, and how much room that gives."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from steplane.app.querying import parse_since
from steplane.errors import SteplaneError, UsageError
from steplane.store import UNFINISHED, RunStore, RunSummary
from steplane.store.files import disk_usage

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}

UNITS_TOLD = "Write a number of bytes with a unit: 500M, 2G, 1.5GiB."


class Choice(Struct, frozen=True):
    """Which runs go. Each part narrows the choice; empty, 0 and None leave it as it is.

    `before` (µs): those whose end is older. `keep`: all but the newest so many. `room` (bytes): the oldest, until what
    all runs of the state directory take is no more. `unfinished`: also runs that are interrupted or wait. A run that a
    live process holds never goes, a damaged one only where `status` asks for it.
    """

    before: int = 0
    keep: int = 0
    room: int | None = None
    status: str = ""
    workflow: str = ""
    unfinished: bool = False


class Doomed(Struct, frozen=True):
    """A run that goes, and the bytes that it takes on the disk."""

    summary: RunSummary
    size: int


class Pruned(Struct, frozen=True):
    """What became of one: deleted, or `error` (and `remedy`) why it was not."""

    doomed: Doomed
    error: str = ""
    remedy: str = ""
    exit_code: int = 0


def choose(store: RunStore, choice: Choice) -> list[Doomed]:
    """The runs that go, the oldest first."""
    runs = store.list_runs()
    fitting = [one for one in runs if _fits(one, choice)][choice.keep :]
    old = [one for one in fitting if not choice.before or (one.ended_at or one.started_at) < choice.before]
    doomed = [Doomed(one, disk_usage(store.directory.run(one.id).path)) for one in reversed(old)]
    return doomed if choice.room is None else _enough(doomed, _taken(store, runs) - choice.room)


def prune(store: RunStore, doomed: Sequence[Doomed]) -> Iterator[Pruned]:
    """Delete them one after the other; each is told when it is gone. One that cannot be deleted does not stop it."""
    for one in doomed:
        try:
            store.refuse_link(one.summary.id)
            status = store.status(one.summary.id)
            if status == one.summary.status:  # else somebody has gone on with it
                store.delete(one.summary.id)
            elif status == "damaged":
                remedy = f"What is wrong: steplane runs check {one.summary.id}. To delete it: --status damaged"
                yield Pruned(one, f"run {one.summary.id} is damaged", remedy, exit_code=2)
                continue
            else:
                yield Pruned(one, f"run {one.summary.id} has been gone on with meanwhile", exit_code=5)
                continue
        except SteplaneError as error:
            yield Pruned(one, error.message, error.remedy, error.exit_code)
        else:
            yield Pruned(one)


def forget_results(store: RunStore, choice: Choice, *, dry_run: bool) -> int:
    """How many recorded results of steps (`cache`) went, or would go, that were not used since `choice.before`.

    They are of no run: where runs of some status or workflow are meant, all stay. Raises `StateError`, `StateDamaged`.
    """
    if not choice.before or choice.status or choice.workflow:
        return 0
    from steplane.store.results import Results

    results = Results(store.directory)
    return results.unused(choice.before) if dry_run else results.forget(choice.before)


def _fits(one: RunSummary, choice: Choice) -> bool:
    if choice.status and one.status != choice.status:
        return False
    if choice.workflow and one.workflow != choice.workflow:
        return False
    if one.status == "running":
        return False
    if one.status in UNFINISHED:
        return choice.unfinished
    return one.status != "damaged" or choice.status == "damaged"


def _taken(store: RunStore, runs: Sequence[RunSummary]) -> int:
    return sum(disk_usage(store.directory.run(one.id).path) for one in runs)


def _enough(doomed: Sequence[Doomed], needed: int) -> list[Doomed]:
    """As many, from the first on, as free what is needed."""
    found, freed = [], 0
    for one in doomed:
        if freed >= needed:
            break
        found.append(one)
        freed += one.size
    return found


def parse_size(text: str) -> int:
    """Bytes: `500M`, `2GiB`, `1048576`; units are powers of 1,024. Raises `UsageError`."""
    plain = text.strip().upper().removesuffix("B").removesuffix("I")
    unit = plain[-1:] if plain[-1:] in UNITS else ""
    number = plain.removesuffix(unit)
    try:
        size = float(number) * UNITS[unit]
        if not 0 <= size < 1 << 63:
            raise ValueError(size)
    except (ValueError, OverflowError):
        raise UsageError(f"`--max-size {text}` is no size", UNITS_TOLD) from None
    return round(size)


def parse_age(text: str) -> int:
    """The time (µs) before which a run is older than `--older-than` says. Raises `UsageError`."""
    try:
        return parse_since(text)
    except UsageError as error:
        raise UsageError(error.message.replace("--since", "--older-than"), error.remedy) from error


__all__ = ["Choice", "Doomed", "Pruned", "choose", "forget_results", "parse_age", "parse_size", "prune"]
