import pytest

from steplane.errors import UsageError
from steplane.store import new_run_id, validate_run_id

SECOND = 1_000_000


def test_an_id_is_readable_and_begins_with_the_time() -> None:
    made = new_run_id(1_795_470_336 * SECOND)

    assert made.startswith("20261123-214536-")
    assert validate_run_id(made) == made


def test_ids_sort_by_time() -> None:
    made = [new_run_id(second * SECOND) for second in (0, 59, 3600, 86_400 * 365)]

    assert made == sorted(made)


def test_ids_of_one_moment_differ() -> None:
    assert len({new_run_id(0) for _ in range(1000)}) == 1000


@pytest.mark.parametrize("text", ["a", "A.b-c_9", "9" * 100])
def test_valid_ids(text: str) -> None:
    assert validate_run_id(text) == text


@pytest.mark.parametrize("text", ["", ".", "..", "../x", "a/b", "-a", ".new", "a\n", "a b", "é", "x" * 101, "a\0"])
def test_ids_that_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be the id of a run"):
        validate_run_id(text)
