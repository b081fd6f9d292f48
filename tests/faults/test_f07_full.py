"""F07: no room: the disk is full, has no more files to give, a quota or a limit on the size of files is met."""

import json
import os
import re
import resource
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.faults.disk import has_strace
from tests.faults.rig import NOTE, Life, Rig
from tests.faults.story import Crash, crash, executions_of, judge, story

FULL = 6
"""The exit code: the state cannot be written."""

FLOW = f"""\
steplane: 1
name: full
steps:
  - {{id: before, run: '{NOTE}; echo one'}}
  - {{id: fills, run: '{NOTE}; if [ -e fill ]; then bash fill; fi'}}
  - id: each
    foreach: [1, 2, 3, 4, 5, 6, 7, 8]
    concurrency: 2
    run: '{NOTE}; echo "${{{{ steps.before.outputs.stdout }}}} ${{{{ item }}}}"'
  - {{id: after, run: '{NOTE}'}}
outputs: {{all: '${{{{ steps.each.outputs.stdout }}}}'}}
finally: [{{id: tidy, run: '{NOTE}'}}]
"""


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Callable[[str], None]]:
    """A small disk at the folder; gives how it is changed."""
    folder.mkdir(mode=0o700)
    command = ["mount", "-t", "tmpfs", "-o", f"{options},mode=0700", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root can make a small disk, and not everywhere")

    def remount(changed: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{changed}", str(folder)], check=True)

    try:
        yield remount
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


class Undisturbed:
    """The run that the others are held against, on a disk with room."""

    def __init__(self, rig: Rig) -> None:
        rig.write(FLOW)
        state, rig.state = rig.state, rig.folder / "roomy"
        assert rig.run("calm").wait() == 0, rig.outputs()
        self.story, self.executions = story(rig.events("calm")), executions_of(rig, "calm")
        rig.state = state

    def judge(self, rig: Rig, crashes: list[Crash]) -> None:
        judge(rig, "one", self.story, self.executions, crashes, ordered=False)


def stopped(rig: Rig, life: Life) -> list[Crash]:
    """The run has stopped for want of room: it says where and how to go on, and leaves nothing behind."""
    assert life.wait() == FULL, rig.outputs()
    assert str(rig.state) in life.text
    assert "steplane resume one" in life.text
    assert "Traceback" not in life.text
    rig.gone(1.0)
    return [crash(rig, "one")]


def test_a_disk_that_is_filled_while_a_run_runs(rig: Rig) -> None:
    calm = Undisturbed(rig)
    (rig.folder / "fill").write_text('head -c 9M /dev/zero > "$STATE/filler"; true')
    with mounted(rig.state, "size=600k") as remount:
        crashes = stopped(rig, rig.start(*words(rig), env={"STATE": str(rig.state)}))
        for command in ("show", "logs", "runs"):  # to look needs no room
            look = rig.start(command, *([] if command == "runs" else ["one"]), "--state", rig.state)
            assert look.wait() == 0, rig.outputs()
        again = rig.resume()
        if again.wait() == FULL:  # there is no room yet
            assert str(rig.state) in again.text
        (rig.folder / "fill").unlink()
        remount("size=9m")
        assert rig.resume().wait() == 0, rig.outputs()
        calm.judge(rig, crashes)


def test_a_disk_that_has_no_more_files_to_give(rig: Rig) -> None:
    """The logs cannot be made, which is told; what is recorded needs no new file."""
    calm = Undisturbed(rig)
    (rig.folder / "fill").write_text('for i in $(seq 99); do : > "$STATE/filler$i" || exit 0; done 2> /dev/null')
    with mounted(rig.state, "size=9m,nr_inodes=60"):
        life = rig.start(*words(rig, "--format", "plain"), env={"STATE": str(rig.state)})
        assert life.wait() == 0, rig.outputs()
        log = rig.state / "runs" / "one" / "after.log"
        assert not log.exists()
        calm.judge(rig, [])
        refused = rig.run("two")
        assert refused.wait() == FULL, rig.outputs()
        assert str(rig.state) in refused.text
        for filler in rig.state.glob("filler*"):
            filler.unlink()
        assert rig.run("two").wait() == 0, rig.outputs()


def test_room_is_made_on_a_full_disk(rig: Rig) -> None:
    """`runs prune` needs no room of its own, and says what it has deleted."""
    rig.write("steplane: 1\nname: small\nsteps: [{run: echo x}]\n")
    with mounted(rig.state, "size=2m"):
        for run in ("r1", "r2", "r3", "r4"):
            assert rig.run(run).wait() == 0, rig.outputs()
        with suppress(OSError), (rig.state / "filler").open("wb", buffering=0) as filler:
            while filler.write(bytes(1 << 12)):
                pass
        assert rig.run("r5").wait() == FULL, rig.outputs()
        pruned = rig.start("runs", "prune", "--keep", "1", "--state", rig.state)
        assert pruned.wait() == 0, pruned.text
        assert "deleted 3 runs" in pruned.text
        look = rig.start("runs", "--state", rig.state, "--format", "json")
        assert look.wait() == 0, rig.outputs()
        assert [one["id"] for one in json.loads(look.text)["runs"]] == ["r4"]


def test_on_a_full_disk_every_command_says_itself_again(rig: Rig) -> None:
    """Nothing was done, and nothing is lost: with room the same words do it."""
    with mounted(rig.state, "size=2m"):
        rig.write("steplane: 1\nname: done\nsteps: [{run: echo x, id: a, compensate: [{run: echo y}]}]\n")
        assert rig.run("done").wait() == 0, rig.outputs()
        rig.write("steplane: 1\nname: waits\nsteps: [{id: a, wait: {signal: paid}}]\n")
        assert rig.run("one", "--patience", "0").wait() == 3, rig.outputs()
        filler = rig.state / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(bytes(1 << 12)):
                pass
        commands = [
            ["signal", "one", "paid"], ["cancel", "one", "--reason", "wrong day"], ["resume", "one", "--redo", "a"],
            ["compensate", "done", "a"],
        ]  # fmt: skip
        lives = [rig.start(*command, "--state", rig.state) for command in commands]
        for life, command in zip(lives, commands, strict=True):
            assert life.wait() == FULL, rig.outputs()
            said = shlex.join(["steplane", *command[:2], "--state", str(rig.state), *command[2:]])
            if command[0] in {"signal", "compensate"}:  # these are no options
                said = shlex.join(["steplane", *command, "--state", str(rig.state)])
            assert f"Then: {said}\n" in life.text
            assert re.search(f"error: cannot (use|write) {rig.state}/", life.text)
        filler.unlink()
        assert [rig.start(*command, "--state", rig.state).wait() for command in commands[:2]] == [0, 1], rig.outputs()


def words(rig: Rig, *more: str) -> list[object]:
    return ["run", rig.folder / "flow.yaml", "--id", "one", "--state", rig.state, *(more or ["-q"])]


def test_a_disk_that_is_full_before_the_run(rig: Rig) -> None:
    calm = Undisturbed(rig)
    with mounted(rig.state, "size=40k") as remount:
        life = rig.run()
        assert life.wait() == FULL, rig.outputs()
        assert str(rig.state) in life.text
        assert "nothing recorded is lost. Then give the same command again.\n" in life.text
        assert "Traceback" not in life.text
        assert not rig.exists()
        remount("size=9m")
        assert rig.run().wait() == 0, rig.outputs()
        calm.judge(rig, [])


@pytest.mark.parametrize("size", [1 << 13, 1 << 16])
def test_a_limit_on_the_size_of_files(rig: Rig, size: int) -> None:
    """Wherever in the run it is met: of the store that is a stop, and what was recorded stays."""
    calm = Undisturbed(rig)
    life = limited(rig, size)
    assert life.wait() == FULL, rig.outputs()
    assert str(rig.state) in life.text
    assert "Traceback" not in life.text
    crashes = stopped(rig, life) if rig.exists() else []
    last = rig.resume() if rig.exists() else rig.run()
    assert last.wait() == 0, rig.outputs()
    calm.judge(rig, crashes)


@pytest.mark.skipif(not has_strace(), reason="strace is not installed (Debian package `strace`), or not allowed")
@pytest.mark.parametrize("write", [5, 8, 11])
def test_a_quota_that_is_used_up(rig: Rig, write: int) -> None:
    """The system's answer beyond a quota, to a write into the log of the journal and to all that follow it."""
    calm = Undisturbed(rig)
    log = rig.state / "runs" / "one" / "journal.db-wal"
    refusing = ["-P", str(log), "-e", "trace=pwrite64", "-e", f"inject=pwrite64:error=EDQUOT:when={write}+"]
    command = [sys.executable, "-m", "steplane", *map(str, words(rig))]
    life = rig.start_program(["strace", "-f", "-qq", "-o", "/dev/null", *refusing, *command])
    crashes = stopped(rig, life)
    assert "a quota" in life.text
    assert rig.resume().wait() == 0, rig.outputs()
    calm.judge(rig, crashes)


def limited(rig: Rig, size: int, *more: str) -> Life:
    """The run, no file of which may be larger. Python ignores the signal that the system sends then."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return rig.start(*words(rig, *more), preexec_fn=limit)


def test_only_a_log_is_full(rig: Rig) -> None:
    """A step whose log has no room goes on, and so does the run; it is told, with the path."""
    rig.write(f"""\
steplane: 1
name: loud
steps:
  - id: loud
    run: |
      {NOTE}
      for i in $(seq 300); do printf '%08192d' $i; echo; done
      echo last
    with: {{capture: none}}
  - {{id: after, run: '{NOTE}'}}
""")
    line = '(ulimit -f 1024; exec "$0" "$@") 2>&1 | cat; exit ${PIPESTATUS[0]}'  # what is shown is larger
    command = [sys.executable, "-m", "steplane", *map(str, words(rig, "--format", "plain"))]
    life = rig.start_program(["bash", "-c", line, *command])
    assert life.wait() == 0, rig.outputs()
    log = rig.state / "runs" / "one" / "loud.log"
    told = f"[loud] warning: the log {log} cannot be written (File too large): the rest of it is lost"
    assert life.text.count(told) == 1, life.text[-500:]
    assert rig.counts() == {"one/loud/1": 1, "one/after/1": 1}
    assert log.stat().st_size <= 1 << 20


def test_a_step_that_is_killed_for_the_size_of_its_own_file_fails_alone(rig: Rig) -> None:
    rig.write(f"""\
steplane: 1
name: own
steps:
  - {{id: large, on_error: warn, run: '{NOTE}; head -c 9M /dev/zero > large'}}
  - {{id: after, run: '{NOTE}'}}
""")
    life = limited(rig, 1 << 20)
    assert life.wait() == 0, rig.outputs()
    assert rig.status() == "warning"
    assert rig.counts() == {"one/large/1": 1, "one/after/1": 1}
