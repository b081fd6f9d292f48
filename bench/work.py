"""The workflows that are measured, and what does the same work without Steplane."""

import sys

STEPLANE = [sys.executable, "-c", "import sys; from steplane.cli import main; sys.exit(main())"]
BARE = [sys.executable, "-c", "pass"]

LOOP = """\
import subprocess, sys
for _ in range(int(sys.argv[1])):
    process = subprocess.Popen(
        ["/bin/true"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    process.communicate()
"""
"""Processes one after the other, their output captured."""

_DATABASE = """\
import os, sqlite3, subprocess, sys, threading
for name in ("recorded.db", "recorded.db-wal", "recorded.db-shm"):
    if os.path.exists(name): os.unlink(name)
database = sqlite3.connect("recorded.db", isolation_level=None, check_same_thread=False)
database.execute("PRAGMA journal_mode=WAL")
database.execute("PRAGMA synchronous=%s" % sys.argv[2])
database.execute("CREATE TABLE results (step INTEGER, code INTEGER, output BLOB)")
"""

RECORDING = f"""\
{_DATABASE}
for step in range(int(sys.argv[1])):
    process = subprocess.Popen(
        ["/bin/true"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output, _ = process.communicate()
    database.execute("INSERT INTO results VALUES (?, ?, ?)", (step, process.returncode, output))
"""
"""The same, each result on the disk before the next process starts: the least that a durable runner can do."""

TWO_LOOPS = """\
import subprocess, sys, threading
def loop():
    for _ in range(int(sys.argv[1]) // 2):
        process = subprocess.Popen(
            ["/bin/true"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        process.communicate()
threads = [threading.Thread(target=loop) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
"""The same by two threads."""

TWO_RECORDING = f"""\
{_DATABASE}
one_at_a_time = threading.Lock()
def loop(first):
    for step in range(first, int(sys.argv[1]), 2):
        process = subprocess.Popen(
            ["/bin/true"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        output, _ = process.communicate()
        with one_at_a_time:
            database.execute("INSERT INTO results VALUES (?, ?, ?)", (step, process.returncode, output))
threads = [threading.Thread(target=loop, args=(first,)) for first in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
"""The same by two threads."""

ONLY_RECORDING = f"""\
{_DATABASE}
at_once = int(sys.argv[3])
for first in range(0, int(sys.argv[1]), at_once):
    rows = [(step, 0, b"") for step in range(first, first + at_once)]
    database.execute("BEGIN")
    database.executemany("INSERT INTO results VALUES (?, ?, ?)", rows)
    database.execute("COMMIT")
"""
"""Results of nothing, so many at once on the disk before the next."""

PUMP = """\
import subprocess, sys
with open("pumped", "wb") as file:
    process = subprocess.Popen(["sh", "-c", sys.argv[1]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    while data := process.stdout.read1(1 << 18):
        file.write(data)
    process.wait()
"""
"""What a program writes goes into a file."""


def printing(megabytes: int) -> str:
    """A shell command that prints so many megabytes, in lines of 100 bytes."""
    return f"yes {'x' * 99} | head -n {megabytes * 10_000}"


MADE_OF_SECRETS = """
  - {id: token, run: printf a-secret-token, outputs: {t: {value: "${{ result.stdout }}", secret: true}}}
  - id: hashes
    foreach: ${{ range(250) }}
    uses: log
    with: {message: "${{ (steps.token.outputs.t ~ item) | hash }}"}
"""
"""Steps that make 250 values of a secret."""


def workflow(name: str, steps: str) -> str:
    """A workflow file."""
    return f"steplane: 1\nname: {name}\nsteps:\n{steps}"


def processes(size: int, *, independent: bool = False) -> str:
    """Steps that start a process each."""
    needs = "needs: [], " if independent else ""
    return "".join(f"  - {{id: s{number}, {needs}run: [/bin/true]}}\n" for number in range(size))


def nothings(size: int) -> str:
    """Steps, one after the other, that do next to nothing in a thread of the runner."""
    return "".join(f"  - {{id: s{number}, uses: assert, with: {{that: true}}}}\n" for number in range(size))


def many_nothings(size: int, concurrency: int, name: str = "all") -> str:
    """The same as instances of a loop."""
    return (
        f'  - {{id: {name}, foreach: "${{{{ range({size}) | list }}}}", concurrency: {concurrency}, uses: assert,'
        " with: {that: true}}\n"
    )
