import pytest
from tests.runner.checks.support import check_steps, said


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("/etc/passwd", "begins outside of the folder: it must be relative"),
        ("~/x", "begins outside of the folder: it must be relative"),
        ("../x", "leads out of the folder by `..`"),
        ("a/../../b", "leads out of the folder by `..`"),
        (".", "names the folder itself"),
    ],
)
def test_patterns_that_can_name_nothing(pattern: str, why: str) -> None:
    found = check_steps(f"- {{id: a, run: x, artifacts: [ok, '{pattern}']}}")
    assert said(found) == [f"artifact-pattern 3:37 the pattern `{pattern}` of `artifacts` of step `a` {why}"]
    assert found[0].severity == "error"


def test_good_ones_on_every_action() -> None:
    assert (
        check_steps("""
        - {run: x, artifacts: ["dist/*.whl", "reports/**", ".coverage", "[ab]?.txt"]}
        - {steps: [{run: x}], artifacts: [out]}
        - {id: each, foreach: [1], run: x, artifacts: [out]}
        - {parallel: {a: [{run: x}]}, artifacts: [out]}
    """)
        == ()
    )


def test_twice_is_a_warning_and_an_expression_is_none() -> None:
    (found,) = check_steps("- {id: a, run: x, artifacts: [out, out]}")
    assert (found.code, found.severity) == ("artifact-pattern", "warning")
    assert found.message == "`out` stands twice in `artifacts` of step `a`"
    (static,) = check_steps("- {run: x, artifacts: ['${{ 1 }}']}")
    assert static.code == "static"


def test_one_that_is_no_list() -> None:
    assert [one.code for one in check_steps("- {run: x, artifacts: dist}")] == ["wrong-kind"]
    assert [one.code for one in check_steps("- {run: x, artifacts: [' ']}")] == ["empty"]
