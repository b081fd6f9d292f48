"""F18: a state directory on a file system where SQLite's write-ahead log fails, as on a network or a container mount.

What fails there is shared memory between processes: here a small library refuses to map `-shm` files.
"""

import shutil
import subprocess
from random import Random

import pytest
from tests.faults.rig import NOTE, Life, Rig, Victim
from tests.faults.shapes import SHAPES
from tests.faults.story import Crash, crash, executions_of, judge, story

LIBRARY = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int refused(int fd, int flags) {
    char link[64], path[4096];
    if (fd < 0 || !(flags & MAP_SHARED)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length > 4 && !memcmp(path + length - 4, "-shm", 4);
}

#define MAP(name) \
    void *name(void *start, size_t length, int protection, int flags, int fd, off_t offset) { \
        if (refused(fd, flags)) { errno = ENODEV; return MAP_FAILED; } \
        void *(*real)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, #name); \
        return real(start, length, protection, flags, fd, offset); \
    }
MAP(mmap)
MAP(mmap64)
"""
WARNING = "the file system does not support SQLite's write-ahead log; a rollback journal is used"


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The library, to be loaded before all others."""
    folder = tmp_path_factory.mktemp("library")
    source, made = folder / "refuse.c", folder / "refuse.so"
    source.write_text(LIBRARY)
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no compiler (Debian package `gcc`)")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(made), str(source), "-ldl"], check=True)
    return str(made)


def command(rig: Rig, library: str, *words: object) -> Life:
    return rig.start(*words, "--state", rig.state, env={"LD_PRELOAD": library})


def begin(rig: Rig, library: str, run: str = "one", *more: object) -> Life:
    return command(rig, library, "run", rig.folder / "flow.yaml", "--id", run, "-q", *more)


def test_a_rollback_journal_is_used_and_said(rig: Rig, library: str) -> None:
    rig.write(f"steplane: 1\nname: small\nsteps: [{{id: a, lock: {{name: l, scope: store}}, run: '{NOTE}'}}]\n")
    life = begin(rig, library)
    assert life.wait() == 0, rig.outputs()
    assert WARNING in life.text
    assert str(rig.state) in life.text
    assert not list(rig.state.rglob("*-wal"))
    for words in (["show", "one"], ["runs"], ["explain", "one"]):
        assert command(rig, library, *words).wait() == 0, rig.outputs()


def test_it_is_looked_at_and_cancelled_while_it_runs(rig: Rig, library: str) -> None:
    gate = "until [ -e gate ]; do sleep 0.01; done"
    rig.write(f"steplane: 1\nname: gated\nsteps: [{{id: a, run: '{NOTE}; {gate}'}}]\nfinally: [{{run: '{NOTE}'}}]\n")
    life = begin(rig, library)
    rig.noted("a")
    assert command(rig, library, "show", "one").wait() == 0, rig.outputs()
    assert command(rig, library, "cancel", "one").wait() == 0, rig.outputs()
    assert life.wait() == 1, rig.outputs()
    assert rig.counts() == {"one/a/1": 1, "one/finally_1/1": 1}


@pytest.mark.parametrize("shape", ["retry"])
def test_it_is_killed_and_resumed(rig: Rig, library: str, shape: str) -> None:
    struck(rig, library, shape, 4, Random(18))


@pytest.mark.nightly
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_killed_and_resumed_often(rig: Rig, library: str, shape: str) -> None:
    struck(rig, library, shape, 40, Random(18))


def struck(rig: Rig, library: str, shape: str, kills: int, random: Random) -> None:
    """So many kills at random moments, then the common oracle."""
    SHAPES[shape].write(rig.folder)
    begin(rig, library, "earlier").wait()  # of which a step may take a result
    code = begin(rig, library, "calm").wait()
    wanted, executions = story(rig.events("calm")), executions_of(rig, "calm")
    crashes: list[Crash] = []
    victims: list[Victim] = ["runner", "warden", "both"]
    life = begin(rig, library)
    for _ in range(kills):
        life.after(random.uniform(0.2, 1.2))
        if not life.alive:
            break
        victim = random.choice(victims)
        life.kill(victim)
        if victim != "both":  # the one that is left may still record something, until it sees that it is alone
            rig.gone(2.0)
        if rig.exists():
            crashes.append(crash(rig, "one"))
            life = command(rig, library, "resume", "one", "-q")
        else:
            life = begin(rig, library)
    assert life.wait() == code, rig.outputs()
    told = SHAPES[shape]
    judge(rig, "one", wanted, executions, crashes, told.ordered, told.whole, told.once)
