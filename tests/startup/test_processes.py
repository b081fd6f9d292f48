"""What a run looks at of the machine that it is on: of hundreds of processes each would cost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Steplane

RECORDER = """\
import os, sys

def record(event, arguments):
    if event in ("os.listdir", "os.scandir") and arguments[0] == "/proc":
        descriptor = os.open(os.environ["LOOKS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, b"once\\n")
        os.close(descriptor)

sys.addaudithook(record)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no list of processes to look at")
@pytest.mark.parametrize(("line", "looks"), [("echo hello", False), ("sleep 300 > /dev/null 2>&1 &", True)])
def test_only_a_run_that_leaves_something_behind_looks_through_all_processes(
    steplane: Steplane, tmp_path: Path, line: str, looks: bool
) -> None:
    (tmp_path / "recorder").mkdir()
    (tmp_path / "recorder" / "sitecustomize.py").write_text(RECORDER, "utf-8")
    (tmp_path / "small.yaml").write_text(f"steplane: 1\nname: small\nsteps:\n  - run: {line}\n", "utf-8")
    file = tmp_path / "looks"
    env = {"PYTHONPATH": os.pathsep.join([str(tmp_path / "recorder")]), "LOOKS": str(file)}
    done = steplane("run", "small.yaml", env=env)
    assert done.returncode == 0, done.stderr
    assert file.exists() == looks


REAPING = """\
import os, sys
from steplane.executors import adopted

looks = []
adopted.processes = lambda: looks.append("once") or []
if sys.argv[1] == "dead":
    child = os.fork() or os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
adopted.reap(0)
print(*looks)
"""


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="the system cannot be asked")
@pytest.mark.parametrize(("child", "looks"), [("none", ""), ("dead", "once")])
def test_orphans_are_looked_for_only_where_a_child_is_dead(child: str, looks: str) -> None:
    done = subprocess.run([sys.executable, "-c", REAPING, child], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == looks
