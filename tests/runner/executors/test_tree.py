"""Which processes are found, whoever begins and ends meanwhile."""

import os
import signal
import subprocess
import sys

import pytest

from steplane.executors import tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")


@pytest.mark.parametrize("fetched", [False, True])
def test_a_child_that_is_left_while_all_are_looked_at_is_found(monkeypatch: pytest.MonkeyPatch, fetched: bool) -> None:
    """Its parent was alive when the list was made, and is a zombie, or gone, when its own turn comes."""
    script = "read line; sleep 60 > /dev/null & exit 0"
    with subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, start_new_session=True) as parent:
        read = tree._stat

        def look(pid: int) -> tree.Process | None:
            if pid == parent.pid and parent.stdin is not None and not parent.stdin.closed:
                parent.stdin.write(b"\n")
                parent.stdin.close()
                os.waitid(os.P_PID, pid, os.WEXITED | (0 if fetched else os.WNOWAIT))
            return read(pid)

        monkeypatch.setattr(tree, "_stat", look)
        try:
            assert [one for one in tree.processes() if one.group == parent.pid and one.state != "Z"]
        finally:
            os.killpg(parent.pid, signal.SIGKILL)
