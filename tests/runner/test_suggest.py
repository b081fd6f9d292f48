import pytest

from steplane.suggest import did_you_mean, no_more_than


@pytest.mark.parametrize(
    ("name", "candidates", "expected"),
    [
        ("biuld", ["test", "build"], "build"),
        ("Needs", ["need", "needs"], "needs"),
        ("on-error", ["on_error", "error"], "on_error"),
        ("maxFailures", ["failure", "max_failures"], "max_failures"),
        ("shel", ["shell", "http.request"], "shell"),
        ("depends_on", ["needs", "id", "if"], None),
        ("x", ["y", "z"], None),
        ("ab", ["abc"], "abc"),
        ("rum", ["plan", "run"], "run"),
        ("ax", ["ay"], None),
        ("fork", ["form"], "form"),
        ("cost", ["cats"], None),
        ("", ["a"], None),
        ("same", ["same"], None),
        ("a", [], None),
        ("-", ["_"], None),
    ],
)
def test_the_closest_name_or_none(name: str, candidates: list[str], expected: str | None) -> None:
    assert did_you_mean(name, candidates) == expected


def test_many_candidates_take_no_time() -> None:
    assert did_you_mean("needle", (f"name{number}" for number in range(1_000_000))) is None


def test_beyond_so_many_comparisons_only_the_writing_counts() -> None:
    with no_more_than(3):
        assert did_you_mean("mesaure", ["test", "measure", "x"]) == "measure"
        assert did_you_mean("mesaure", ["test", "measure"]) is None
        assert did_you_mean("Measure", ["test", "measure"]) == "measure"
    assert did_you_mean("mesaure", ["test", "measure"]) == "measure"
