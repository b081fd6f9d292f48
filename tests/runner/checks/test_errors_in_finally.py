"""`error` in a `finally`: null after a success, where its fields are missing."""

import pytest
from tests.errors.mending import check, mended

HEAD = "steplane: 1\nsteps:\n  - id: a\n    steps: [{run: 'true'}]\n"


@pytest.mark.parametrize(
    "step",
    [
        "{run: 'echo ${{ error.type }}'}",
        "{if: error.type == 'timeout', run: make}",
        "{run: make, env: {WHY: '${{ error.message }}'}}",
        "{steps: [{run: 'echo ${{ error.type }}'}]}",
    ],
)
def test_a_field_of_an_error_that_may_not_be(step: str) -> None:
    (found,) = check(f"{HEAD}    finally: [{step}]\n", "w.yaml", {})
    assert (found.code, found.severity) == ("may-be-null", "warning")
    assert check(f"{HEAD}    rescue: [{step}]\n", "w.yaml", {}) == []
    assert check(mended(f"{HEAD}    finally: [{step}]\n", "w.yaml", {}), "w.yaml", {}) == []


@pytest.mark.parametrize(
    "step",
    [
        "{run: \"echo ${{ error.type | default('none') }}\"}",
        "{run: \"echo ${{ error.type if error is not none else 'none' }}\"}",
        "{if: error is not none, run: 'echo ${{ error.type }}'}",
        "{if: error is not none and error.type == 'timeout', run: make}",
        "{if: error.type is defined, run: 'echo ${{ error.type }}'}",
        "{if: error is not none, steps: [{run: 'echo ${{ error.type }}'}]}",
        "{run: make, retry: {attempts: 2, when: error.type == 'timeout'}}",
        "{steps: [{run: make}], rescue: [{run: 'echo ${{ error.type }}'}]}",
    ],
)
def test_one_that_is_asked_for_first(step: str) -> None:
    assert check(f"{HEAD}    finally: [{step}]\n", "w.yaml", {}) == []
