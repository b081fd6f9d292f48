"""F20: a plugin is changed between kill -9 and resume: refused with the steps concerned, unless that is accepted."""

import shutil
from pathlib import Path

import pytest
from tests.faults.rig import NOTE, Rig

from steplane.events import Redefined, RunEnded

MODULE = """\
from steplane.sdk import Result, Step, StepContext, hookimpl


class Said(Result):
    text: str


class Say(Step, type="teller.say"):
    \"\"\"Say what this version says.\"\"\"

    def run(self, ctx: StepContext) -> Said:
        return Said(text="VERSION")


@hookimpl
def steplane_steps():
    return [Say]
"""

FLOW = f"""\
steplane: 1
name: flow
steps:
  - {{id: other, run: '{NOTE}'}}
  - {{id: say, uses: teller.say, needs: []}}
  - id: hold
    needs: [other, say]
    run: {NOTE}; until [ -e gate ]; do sleep 0.01; done
outputs: {{said: "${{{{ steps.say.outputs.text }}}}"}}
"""


def installed(rig: Rig, version: str) -> None:
    """A distribution with a step type, in that version and no other."""
    site = rig.folder / "site"
    shutil.rmtree(site, ignore_errors=True)
    about = site / f"teller-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: teller\nVersion: {version}\n")
    (about / "entry_points.txt").write_text("[steplane.steps]\nteller = teller\n")
    (site / "teller.py").write_text(MODULE.replace("VERSION", version))
    if not rig.env["PYTHONPATH"].startswith(str(site)):
        rig.env["PYTHONPATH"] = f"{site}:{rig.env['PYTHONPATH']}"
        rig.env["PYTHONDONTWRITEBYTECODE"] = "1"


@pytest.fixture
def killed(rig: Rig) -> Rig:
    """A run with a step of version 1.0, killed behind it; now version 2.0 is there."""
    installed(rig, "1.0")
    rig.write(FLOW)
    life = rig.run()
    rig.noted("hold")
    life.kill("both")
    installed(rig, "2.0")
    (rig.folder / "gate").touch()
    return rig


def resumed(rig: Rig, *words: str) -> tuple[int, str]:
    life = rig.start("resume", "one", "--state", rig.state, "--color", "never", *words)
    return life.wait(), life.text


def outputs(rig: Rig) -> object:
    return next(one.outputs for one in reversed(rig.events("one")) if isinstance(one, RunEnded))


def test_another_version_is_refused_unless_accepted(killed: Rig) -> None:
    code, said = resumed(killed)
    assert code == 2
    assert "the plugin of `teller` has changed (teller 1.0, now teller 2.0)" in said
    assert "say " in said
    assert "changed: uses" in said
    assert resumed(killed, "--accept-changes")[0] == 0, killed.outputs()
    assert outputs(killed) == {"said": "2.0"}
    assert dict(killed.counts()) == {"one/other/1": 1, "one/hold/1": 1, "one/hold/2": 1}
    (edit,) = (one for one in killed.events("one") if isinstance(one, Redefined))
    assert edit.types == {"teller": "teller 2.0"}


def test_it_may_go_on_with_what_is_recorded(killed: Rig) -> None:
    """The recorded result of the old version stays; whatever is still to run runs as what is installed now."""
    assert resumed(killed, "--recorded")[0] == 0, killed.outputs()
    assert outputs(killed) == {"said": "1.0"}


def test_the_same_version_is_no_change(rig: Rig, tmp_path: Path) -> None:
    installed(rig, "1.0")
    rig.write(FLOW)
    life = rig.run()
    rig.noted("hold")
    life.kill("both")
    installed(rig, "1.0")
    (rig.folder / "gate").touch()
    assert resumed(rig)[0] == 0, rig.outputs()
