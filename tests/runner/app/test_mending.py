"""Single mends: what is written, and that it is left where nothing sure can be said."""

import pytest
from tests.errors.mending import check, mended

STEPS = "steplane: 1\nsteps:\n"


def after(text: str, *, unsafe: bool = True) -> str:
    whole = text if text.startswith("steplane") else f"{STEPS}{text}"
    return mended(whole, "w.yaml", {}, unsafe=unsafe).removeprefix(STEPS)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("  - run: make\n    env: {A: x, B: ${{ run.id }}}\n", '  - run: make\n    env: {A: x, B: "${{ run.id }}"}\n'),
        ("  - id: a\n    run: make\n    run: x\n    name: b\n", "  - id: a\n    run: make\n    name: b\n"),
        ("  - run: make\n    needs: [zzz, zzz]\n    id: a\n", "  - run: make\n    needs: [zzz]\n    id: a\n"),
        ("  - run: make\n    if: run.id\n", "  - run: make\n    if: run.id != ''\n"),
        (
            "  - run: make\n    if: \"run.id == 'x' ? run.id != 'y' : run.id == 'z'\"\n",
            "  - run: make\n    if: \"run.id != 'y' if run.id == 'x' else run.id == 'z'\"\n",
        ),
        (
            "  - id: a\n    run: make\n  - id: b\n    needs: []\n    run: echo ${{ steps.a.outputs.stdout }}\n",
            "  - id: a\n    run: make\n  - id: b\n    needs: [a]\n    run: echo ${{ steps.a.outputs.stdout }}\n",
        ),
        (
            "  - id: a\n    run: make\n  - goto: a\n    if: run.id == 'x'\n",
            "  - id: a\n    run: make\n  - goto: a\n    if: run.id == 'x'\n    max: 10\n",
        ),
        (
            "  - run: make\n    on_error: warn\n    zzz:\n      deep: 1\n",
            "  - run: make\n    on_error: warn\n    zzz:\n      deep: 1\n",  # nothing is near
        ),
        ("  - run: make\n    timeout: 0s # never\n    id: a\n", "  - run: make\n    id: a\n"),
        ("  - timeout: 0s\n    run: make\n", "  - run: make\n"),
        (
            "  - run: make\n    retry: {attempts: 0, delay: 1s}\n",
            "  - run: make\n    retry: {attempts: 1, delay: 1s}\n",
        ),
        (
            "  - {id: a, run: x}\n  - {id: a, run: x}\n  - {id: a_2, run: x}\n  - {id: a, run: x}\n",
            "  - {id: a, run: x}\n  - {id: a_3, run: x}\n  - {id: a_2, run: x}\n  - {id: a_4, run: x}\n",
        ),
        ("  - run: make\n    env: {STEPLANE_A: x}\n", "  - run: make\n    env: {A: x}\n"),
        ("  - run: echo 'it ${{ run.id }} \"x\"'\n", "  - run: echo 'it ${{ run.id }} \"x\"'\n"),  # quotes inside
        ("  - run: echo '$x ${{ run.id }}'\n", "  - run: echo '$x ${{ run.id }}'\n"),  # `$x` would be expanded
    ],
)
def test_what_is_written(text: str, wanted: str) -> None:
    assert after(text) == wanted


def test_a_default_that_was_a_boolean_once() -> None:
    text = "steplane: 1\ninputs:\n  go: {type: boolean, default: %s}\nsteps:\n  - run: echo ${{ inputs.go }}\n"
    assert after(text % "no", unsafe=False) == text % "false"
    assert after(text % "On", unsafe=False) == text % "true"


def test_without_guesses_a_name_stays() -> None:
    text = "  - id: build\n    run: make\n  - run: make test\n    needs: [biuld]\n"
    assert after(text, unsafe=False) == text
    assert after(text) == text.replace("biuld", "build")


def test_mends_of_several_mistakes_do_not_meet() -> None:
    text = "  - run: make\n    needs: [a, a, a]\n    if: ${{ run.id == 'x' }}\n    version: 1\n"
    found = check(f"{STEPS}{text}", "w.yaml", {})
    assert len([one for one in found if one.code == "needs-twice"]) == 2
    assert "needs: [a]" in after(text)
    assert "if: run.id == 'x'\n" in after(text)
