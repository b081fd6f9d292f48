"""Killed where a secret output is needed that no process has any more: the step that gives it runs again, and the run
ends as it would have. The faults of F01 and F03, for what is recorded nowhere.
"""

import pytest
from tests.faults.rig import NOTE, Rig

SECRET = "sess-1c5e9b07"
LOGIN = f"""{{id: login, run: '{NOTE}; until [ -e may-login ]; do sleep 0.01; done; echo sess-"1c5e9b07"',
    outputs: {{s: {{value: "${{{{ result.stdout }}}}", secret: true}}}}}}"""
USES = f'{NOTE}; until [ -e may-go ]; do sleep 0.01; done; test "${{{{ steps.login.outputs.s }}}}" = sess-"1c5e9b07"'

SHAPES = {
    "a step": ("u", f"steps: [{LOGIN}, {{id: u, run: '{USES}'}}, {{id: z, run: '{NOTE}'}}]", "succeeded"),
    "the workflow's finally": (
        "f", f"steps: [{LOGIN}, {{id: z, run: '{NOTE}'}}]\nfinally: [{{id: f, run: '{USES}'}}]", "succeeded",
    ),
    "a finally of a group in a loop": (
        "l[0]/f",
        ("steps:\n  - id: l\n    foreach: [b]\n    steps:\n"
        f"    - {LOGIN}\n    - {{id: z, run: '{NOTE}'}}\n    finally: [{{id: f, run: '{USES}'}}]"),
        "succeeded",
    ),
    "a compensation": (
        "g/a/f",
        ("steps:\n  - id: g\n    on_error: warn\n    steps:\n"
        f"    - {LOGIN}\n    - {{id: a, run: '{NOTE}', compensate: [{{id: f, run: '{USES}'}}]}}\n"
        f"    - {{id: u, run: '{NOTE}; exit 3'}}\n  - {{id: z, run: '{NOTE}'}}"),
        "warning",
    ),
    "a rescue": (
        "g/f",
        (f"steps:\n  - id: g\n    steps:\n    - {LOGIN}\n    - {{id: u, run: '{NOTE}; exit 3'}}\n"
        f"    rescue: [{{id: f, run: '{USES}'}}]\n  - {{id: z, run: '{NOTE}'}}"),
        "succeeded",
    ),
}  # fmt: skip
"""What needs the output, where it stands, and how the run ends."""


@pytest.mark.parametrize("shape", SHAPES)
def test_killed_where_it_is_needed_and_while_it_is_had_again(rig: Rig, shape: str) -> None:
    user, text, wanted = SHAPES[shape]
    login = f"{user.rpartition('/')[0].removesuffix('/a')}/login".lstrip("/")
    rig.write(f"steplane: 1\nname: flow\n{text}\n")
    may_login = rig.folder / "may-login"
    may_login.touch()
    life = rig.run()
    rig.noted(user)
    may_login.unlink()
    life.kill("both")
    life = rig.resume()
    rig.noted(login, activation=2)
    life.kill("both")  # what needs it waits for it still
    may_login.touch()
    (rig.folder / "may-go").touch()
    life = rig.resume()
    assert life.wait() == 0, rig.outputs()
    assert rig.status() == wanted
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in rig.state.rglob("*") if path.is_file())


@pytest.mark.parametrize("slots", [1, 8])
def test_a_step_waits_for_what_somebody_wants_again(rig: Rig, slots: int) -> None:
    """It was cut off, and needs the secret output of a step that is named under `--redo`."""
    user, text, _ = SHAPES["a step"]
    rig.write(f"steplane: 1\nname: flow\n{text}\n")
    (rig.folder / "may-login").touch()
    life = rig.run("one", "--jobs", slots)
    rig.noted(user)
    life.kill("both")
    (rig.folder / "may-go").touch()
    life = rig.resume("one", "--redo", "login", "--jobs", slots)
    assert life.wait() == 0, rig.outputs()
    assert (rig.status(), rig.executions("login", activation=2), rig.executions(user)) == ("succeeded", 1, 2)
