import pytest
from hypothesis import given
from hypothesis import strategies as st

from steplane.store import RunFolder, log_name


@pytest.mark.parametrize(
    ("instance", "name"),
    [
        ("", "_run.log"),
        ("run", "run.log"),
        ("build/unit_test", "build.unit_test.log"),
        ("price[A 1]/quote", "price.a.1.quote-8fc9e283391c8c99.log"),
    ],
)
def test_names_of_logs(instance: str, name: str) -> None:
    assert log_name(instance) == name


def test_the_log_stands_in_the_folder() -> None:
    assert RunFolder("/s/runs/r1").log_path("build") == "/s/runs/r1/build.log"


@given(st.lists(st.text(max_size=200), unique=True, max_size=20))
def test_any_path_has_a_safe_name_of_its_own(instances: list[str]) -> None:
    names = [log_name(one) for one in instances]

    assert len({name.lower() for name in names}) == len(instances)
    for name in names:
        assert len(name) <= 104
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.-")
        assert not name.startswith(".")


def test_paths_that_look_alike_have_different_logs() -> None:
    alike = ["a[x]", "a[X]", "a[x ]", "a#2", "a/2", "a[2]", "a" * 101, "a" * 102]

    assert len({log_name(one) for one in alike}) == len(alike)
