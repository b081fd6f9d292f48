"""F13: nobody reads, nobody can be asked: the run goes on to its end, and the exit code is honest.

`tests/runner/cli/test_streams.py` looks at what is written; here the whole run is held against an undisturbed one.
"""

import sys

import pytest
from tests.faults.rig import NOTE, Rig
from tests.faults.story import executions_of, judge, story

FLOW = f"""\
steplane: 1
name: streams
steps:
  - {{id: talk, run: '{NOTE}; seq 3000; seq 3000 >&2'}}
  - {{id: ask, run: '{NOTE}; read -r x || echo nothing'}}
  - {{id: bad, on_error: warn, run: '{NOTE}; exit 7'}}
  - {{id: last, run: '{NOTE}; test -z "${{FAIL:-}}"'}}
finally: [{{id: tidy, run: '{NOTE}'}}]
outputs: {{said: '${{{{ steps.ask.outputs.stdout }}}}'}}
"""
WAYS = {
    "stdin": "exec 0<&-; $RUN",
    "stdout": "exec 1>&-; $RUN",
    "all": "exec 0<&- 1>&- 2>&-; $RUN",
    "head": "$RUN | head -1; exit ${PIPESTATUS[0]}",
    "json": "$RUN --format json 2>&1 | head -1; exit ${PIPESTATUS[0]}",
    "full": "$RUN > /dev/full 2>&1",
    "no_terminal": "unset TERM; $RUN | cat; exit ${PIPESTATUS[0]}",
    "bad_terminal": "TERM=nonsense LINES=0 COLUMNS=0 $RUN",
    "hung_up": "trap '' HUP; $RUN",
}


def test_every_way(rig: Rig) -> None:
    rig.write(FLOW)
    assert rig.run("calm").wait() == 0, rig.outputs()
    wanted, executions = story(rig.events("calm")), executions_of(rig, "calm")
    for name, line in WAYS.items():
        run = f"run-{name.replace('_', '-')}"
        words = f"{sys.executable} -m steplane run flow.yaml --id {run} --state {rig.state}"
        life = rig.start_program(["bash", "-c", line], {"RUN": words})
        assert life.wait() == 0, f"{name}: {rig.outputs()}"
        assert "Traceback" not in life.text, name
        judge(rig, run, wanted, executions, [], ordered=True)


@pytest.mark.parametrize("way", ["all", "head", "full"])
def test_a_failure_is_not_hidden(rig: Rig, way: str) -> None:
    rig.write(FLOW)
    words = f"{sys.executable} -m steplane run flow.yaml --id one --state {rig.state}"
    assert rig.start_program(["bash", "-c", WAYS[way]], {"RUN": words, "FAIL": "1"}).wait() == 1, rig.outputs()
    assert rig.status() == "failed"
