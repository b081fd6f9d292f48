"""What of a long run is left out."""

from hypothesis import given
from hypothesis import strategies as st

from steplane.app.history import Activation, RunRecord, StepRecord
from steplane.cli.folding import LIMIT, Row, rows, tree
from steplane.store import RunSummary

STATUSES = ("succeeded", "succeeded", "succeeded", "skipped", "failed", "blocked", "warning")


def _record(paths: dict[str, str]) -> RunRecord:
    steps = [
        StepRecord(path=path, step=path.rsplit("/", 1)[-1], activations=[Activation(status=status, tries=1)])
        for path, status in paths.items()
    ]
    return RunRecord(summary=RunSummary("r"), inputs={}, steps=steps)


def _instances(found: list[Row]) -> int:
    """How many instances the rows stand for."""
    shown = sum(1 + row.hidden for row in found if row.branch is not None)
    return shown + sum(len(list(each.all())) for row in found for each in row.left)


def test_a_short_run_is_shown_whole() -> None:
    record = _record({f"s{number}": "succeeded" for number in range(LIMIT)})
    assert len(rows(tree(record), everything=False)) == LIMIT


def test_like_ones_after_the_first_are_one_line() -> None:
    record = _record({f"s{number:03}": "failed" if number == 250 else "succeeded" for number in range(500)})
    found = rows(tree(record), everything=False)
    assert len(found) < 20
    assert [row.branch.name for row in found if row.branch and row.branch.record.status == "failed"] == ["s250"]
    assert _instances(found) == 500
    assert len(rows(tree(record), everything=True)) == 500


def test_groups_in_which_all_went_well_are_folded() -> None:
    paths: dict[str, str] = {}
    for number in range(30):
        paths[f"g{number}"] = "warning" if number == 3 else "succeeded"
        paths[f"g{number}/a"] = "succeeded"
        paths[f"g{number}/b"] = "failed" if number == 3 else "succeeded"
    found = rows(tree(_record(paths)), everything=False)
    names = [row.branch.record.path for row in found if row.branch is not None]
    assert "g3/b" in names
    assert "g0/a" not in names
    assert next(row.hidden for row in found if row.branch is not None and row.branch.name == "g0") == 2
    assert _instances(found) == 90


@given(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=120), st.integers(1, 9))
def test_nothing_is_lost_and_no_failure_stands_unseen(statuses: list[str], size: int) -> None:
    paths: dict[str, str] = {}
    for number, status in enumerate(statuses):
        group = f"g{number // size}"
        paths.setdefault(group, "failed" if "failed" in statuses[number : number + size] else "succeeded")
        paths[f"{group}/s{number}"] = status
    record = _record(paths)
    found = rows(tree(record), everything=False)
    assert _instances(found) == len(paths)
    hidden = [each for row in found if row.hidden and row.branch for each in list(row.branch.all())[1:]]
    assert all(one.record.status in {"succeeded", "skipped"} for one in hidden)
    told = [row for row in found if row.left]
    assert all(len({one.record.status in {"succeeded", "skipped"} for one in row.left}) == 1 for row in told)
