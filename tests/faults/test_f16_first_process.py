"""F16: a thousand short steps of a run that is process 1, each of which leaves an orphan: no zombie stays."""

import shutil
import subprocess
import sys

import pytest
from tests.faults.rig import NOTE, Rig
from tests.faults.story import executions_of

from steplane.events import StepEnded

SHORT = 1000
"""Short steps."""


def space() -> list[str]:
    """The words that make a program process 1 of a space of its own; the test is left out where that is not allowed."""
    words = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if shutil.which("unshare") is None or subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no space of its own for process ids can be made here (`unshare --pid`)")
    return words


def orphans(number: int) -> str:
    """So many short steps, each of which leaves an orphan that dies soon; then a count of the zombies."""
    look = "{ grep -ls ^State:.Z /proc/[0-9]*/status || true; } | wc -l"
    return f"""\
steplane: 1
name: orphans
steps:
  - id: short
    foreach: ${{{{ range({number}) }}}}
    concurrency: 4
    run: '{NOTE}; (sleep 0.01 &)'
  - {{id: settle, run: sleep 2.2}}
  - {{id: again, run: 'true'}}
  - {{id: once_more, run: sleep 2.2}}
  - {{id: zombies, run: '{look}'}}
  - {{id: all, run: 'ls -d /proc/[0-9]* | wc -l'}}
outputs: {{zombies: '${{{{ steps.zombies.outputs.stdout | int }}}}', all: '${{{{ steps.all.outputs.stdout | int }}}}'}}
"""


def as_first_process(rig: Rig, number: int) -> None:
    words = space()
    rig.write(orphans(number))
    command = [*words, sys.executable, "-m", "steplane", "run", "flow.yaml", "--id", "one", "--state", str(rig.state)]
    life = rig.start_program([*command, "--format", "json", "-q"])
    assert life.wait(600) == 0, rig.outputs()
    assert '"zombies":0,"all":' in life.text, life.text
    assert int(life.text.partition('"all":')[2].partition("}")[0]) < 12, life.text
    # there is no undisturbed run to hold it against: outside of such a space its outputs tell of the whole machine
    assert executions_of(rig, "one") == {f"short[{index}]/1": 1 for index in range(number)}
    ended = [one for one in rig.events() if isinstance(one, StepEnded)]
    assert {one.status for one in ended} == {"succeeded"}


def test_a_thousand_short_steps_as_process_1_leave_no_zombies(rig: Rig) -> None:
    as_first_process(rig, SHORT)
