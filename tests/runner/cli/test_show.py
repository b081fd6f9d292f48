"""`show`: runs over time, cut off, gone on with, live, long; one instance whole."""

import json
import os
import re
import signal
from pathlib import Path

import pytest

from .conftest import Shell, wait_for

CUT = """\
steplane: 1
name: cut
steps:
  - id: first
    run: echo first
  - id: second
    run: test -e go && exit; echo up; sleep 60
  - id: third
    run: echo third
"""


@pytest.fixture
def cut(shell: Shell) -> Shell:
    """A run whose process was killed in its second step."""
    shell.write("cut.yaml", CUT)
    run = shell.start("run", "cut.yaml", "--id", "one")
    wait_for(run, "[second] up")
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert run.stdout is not None
    run.stdout.read()  # until the runner below it has ended too
    return shell


def _lines(text: str) -> list[str]:
    """Without what depends on the times."""
    text = re.sub(r"\b\d+(\.\d+)?m?s\b", "TIME", text)
    return [re.sub(r"  +", "  ", line) for line in text.splitlines()]


def test_a_run_that_was_killed(cut: Shell) -> None:
    text = cut("show").stdout
    assert text.startswith("cut interrupted\n")
    assert re.search(r"^  ran      \d+ms$", text, re.MULTILINE)
    steps = [line for line in text.splitlines() if line.startswith(("  ✓", "  ■", "  ○"))]
    assert [line.split()[:2] for line in steps] == [["✓", "first"], ["■", "second"]]
    assert "      interrupted\n" in text
    assert text.endswith("Go on with: steplane resume one\n")


def test_the_time_in_which_nobody_ran_it_is_not_counted(cut: Shell) -> None:
    journal = cut.folder / ".steplane" / "runs" / f"one{cut.ending}" / "journal.db"
    _age(journal, hours=5)
    cut.write("go", "")
    assert cut("resume", "one").returncode == 0
    text = cut("show", "one").stdout
    took = re.search(r"^  took     (\S+), in 2 parts; between them nobody ran it for (\S+)$", text, re.MULTILINE)
    assert took is not None, text
    assert took[1].endswith("ms") or took[1].endswith("s")
    assert took[2] in {"5h00m", "5h01m"}
    assert "┊ nobody ran it" in text
    data = json.loads(cut("show", "one", "--format", "json").stdout)
    assert data["duration"] < 60
    assert len(data["sessions"]) == 2
    second = next(one for one in data["steps"] if one["path"] == "second")
    assert second["duration"] < 60
    whole = json.loads(cut("show", "one", "second", "--format", "json").stdout)
    attempts = whole["activations"][0]["attempts"]
    assert [(one["number"], one["outcome"]) for one in attempts] == [(1, "interrupted"), (1, "succeeded")]
    shown = cut("show", "one", "second").stdout
    assert "interrupted  its process died; that is the last known of it\n" in shown


def _age(journal: Path, hours: int) -> None:
    """Let everything in a journal have happened so many hours earlier."""
    import sqlite3
    from contextlib import closing

    import msgspec

    from steplane.store.records import checksum, digest, root

    back = hours * 3_600_000_000
    journal.with_name("owner.lock").unlink()  # it names the checksum of the newest event
    with closing(sqlite3.connect(journal)) as database:
        (text,) = database.execute("SELECT header FROM run").fetchone()
        header = msgspec.json.decode(text)
        header["started_at"] -= back
        text = msgspec.json.encode(header).decode()
        database.execute("UPDATE run SET header = ?, checksum = ?", (text, digest(text)))
        link = root(digest(text))
        for row in database.execute("SELECT * FROM events").fetchall():
            data = msgspec.json.decode(row[9])
            data["at"] -= back
            fields = (
                row[0],
                row[1] - back,
                row[2] - back * 1000,
                *row[3:9],
                msgspec.json.encode(data).decode(),
                row[10],
            )
            link = checksum(fields, link)
            database.execute(
                "UPDATE events SET at = ?, mono = ?, data = ?, checksum = ? WHERE seq = ?",
                (fields[1], fields[2], fields[9], link, row[0]),
            )
        database.commit()


def test_a_live_run_is_shown_up_to_now(shell: Shell) -> None:
    shell.write("cut.yaml", CUT)
    run = shell.start("run", "cut.yaml", "--id", "one")
    wait_for(run, "[second] up")
    text = shell("show", "one").stdout
    assert text.startswith("cut running\n")
    assert re.search(r"^  running  \S+$", text, re.MULTILINE)
    assert re.search(r"^  ▸ second +\S+…   +━+$", text, re.MULTILINE)
    assert text.endswith("Follow it: steplane logs -f one\n")
    assert "  so far   " in shell("show", "one", "second").stdout


def test_a_run_that_waits(shell: Shell) -> None:
    shell.write(
        "wait.yaml", "steplane: 1\nname: wait\nsteps:\n  - {id: a, retry: {attempts: 2, delay: 1h}, run: exit 1}\n"
    )
    shell("run", "wait.yaml", "--id", "one", "--patience", "0")
    text = shell("show").stdout
    assert re.search(r"^  waits    `a` is tried again at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$", text, re.MULTILINE)
    assert re.search(r"\n      waiting, next attempt at \d\d:\d\d:\d\d UTC: the script ended with", text)
    assert "again after 1h00m\n" in shell("show", "a").stdout


LONG = """\
steplane: 1
name: long
failure: continue
steps:
  - id: loop
    foreach: ${{ range(200) | list }}
    key: item-${{ item }}
    concurrency: 8
    max_failures: 3
    steps:
      - {id: quote, run: 'test ${{ item }} != 77'}
      - {id: book, uses: log, with: {message: "${{ item }}"}}
"""


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("long"))
    more = "".join(f"  - {{id: s{number}, needs: [], uses: log, with: {{message: x}}}}\n" for number in range(300))
    shell.write("long.yaml", LONG + more)
    shell("run", "long.yaml", "--id", "one", "--durability", "normal", "-q")
    return shell


def test_a_long_run_is_folded(long: Shell) -> None:
    text = long("show", "one").stdout
    lines = text.splitlines()
    assert len(lines) < 80
    assert max(map(len, lines)) <= 80
    assert "steps  (folded; --all shows every instance)" in lines
    assert any(line.startswith("  ! loop ×200 ") for line in lines)
    assert "      warning: 199 succeeded, 1 failed" in lines
    assert any(line.startswith("  ✗   [item-77] ") for line in lines)
    assert any(line.startswith("  ✗     quote ") for line in lines)
    assert "+N folded inside" in text
    shown = sum(line.startswith(("  ✓", "  ✗", "  !")) for line in lines)
    folded = sum(int(one) for one in re.findall(r"… (\d+) succeeded", text)) + sum(
        int(one) for one in re.findall(r"\] \+(\d+) ", text)
    )
    inner = 2 * sum(int(one) for one in re.findall(r"      … (\d+) succeeded", text))
    assert shown + folded + inner == 300 + 1 + 200 + 2 * 200 - 1  # `book` of the failed item never began


def test_all_of_a_long_run(long: Shell) -> None:
    text = long("show", "one", "--all").stdout
    assert sum(line.startswith(("  ✓", "  ✗", "  !", "  ⊘")) for line in text.splitlines()) == 901


def test_some_instances_of_a_run(long: Shell) -> None:
    text = long("show", "one", "loop[item-7*]/quote").stdout
    names = re.findall(r"^  [✓✗] +(\S+)", text, re.MULTILINE)
    assert names == [f"loop[item-{number}]/quote" for number in (7, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79)]


@pytest.mark.parametrize("columns", ["40", "60", "132"])
def test_a_narrow_and_a_wide_window(long: Shell, columns: str) -> None:
    text = long("show", "one", env={"COLUMNS": columns}).stdout
    drawn = [line for line in text.splitlines() if re.match(r"  [✓✗!⊘] ", line)]
    assert max(map(len, drawn)) <= int(columns)


def test_ascii_and_colours(cut: Shell) -> None:
    plain = cut("show", env={"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}).stdout
    assert plain.isascii()
    assert re.search(r"^  \+ first ", plain, re.MULTILINE)
    assert "\x1b[" in cut("show", "--color", "always").stdout
    assert "\x1b[" not in cut("show", env={"NO_COLOR": "1"}).stdout


def test_artifacts(shell: Shell) -> None:
    shell.write(
        "files.yaml",
        """\
steplane: 1
steps:
  - run: |
      cd "$STEPLANE_ARTIFACTS"; mkdir sub; printf 12345 > sub/a.txt; ln -s /etc x
""",
    )
    shell("run", "files.yaml", "--id", "one")
    text = shell("show").stdout
    fetch = "steplane artifacts one --copy DIR"
    assert f"artifacts  (fetch them: {fetch})\n  step_1  sub/a.txt  5 B\n" in shell.plain(text)
    digest = "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5"
    (step,) = json.loads(shell("show", "--format", "json").stdout)["steps"]
    assert step["artifacts"] == [{"name": "sub/a.txt", "size": 5, "sha256": digest}]
    assert "artifacts\n  sub/a.txt  5 B\n" in shell("show", "one", "step_1").stdout


# ---------------------------------------------------------------- one instance whole

WHOLE = """\
steplane: 1
name: whole
inputs:
  region: {type: string, default: eu}
  token: {type: string, secret: true}
steps:
  - id: load
    run: echo '{"rows":[{"id":"a","n":1},{"id":"b","n":2}]}'
    with: {capture: json}
  - id: price
    foreach: ${{ steps.load.outputs.json.rows }}
    as: order
    key: ${{ order.id }}
    max_failures: 1
    steps:
      - id: quote
        retry: {attempts: 2, delay: 1ms}
        env: {TOKEN: "${{ inputs.token }}"}
        run: |
          echo "${{ order.n }} in ${{ inputs.region }} with ${{ inputs.token }}"
          test ${{ order.n }} != 2
      - id: note
        uses: log
        with: {message: "done ${{ order.id }} ${{ env.HOME }}", level: info}
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("whole"))
    shell.write("whole.yaml", WHOLE)
    done = shell("run", "whole.yaml", "--id", "one", "-i", "token=hunter2")
    assert done.returncode in {0, 1}, done.stderr
    return shell


def test_a_failed_instance(whole: Shell) -> None:
    text = whole("show", "one", "price[b]/quote").stdout
    assert text.startswith("price[b]/quote failed\n  run      one (warning)\n  step     quote, whole.yaml:16\n")
    assert re.search(r'^  order +\{ *"id": "b", +"n": 2 *\}$', text, re.MULTILINE)
    assert re.search(r"^  \$\{\{ order\.n \}\} +2$", text, re.MULTILINE)
    assert re.search(r"^  \$\{\{ inputs\.region \}\} +eu$", text, re.MULTILINE)
    assert re.search(r"^  \$\{\{ inputs\.token \}\} +not known: .*secret", text, re.MULTILINE)
    attempts = re.findall(r"^  (\d)  \S+ \S+ UTC  \S+ +(\w+)  (.*)$", text, re.MULTILINE)
    assert attempts == [
        ("1", "failed", "the script ended with exit code 1 (shell.exit); again after 1ms"),
        ("2", "failed", "the script ended with exit code 1 (shell.exit)"),
    ]
    assert "error\n  type  shell.exit\n  code  1\n  the script ended with exit code 1\n" in text
    assert "log  (also: steplane logs one 'price[b]/quote')\n  | 2 in eu with ***\n  | 2 in eu with ***\n" in text
    assert "hunter2" not in text


def test_a_succeeded_instance(whole: Shell) -> None:
    text = whole("show", "price[a]/note").stdout
    assert "  does     log\n" in text
    assert re.search(r"^  message +not known: .*the environment of that time is not recorded", text, re.MULTILINE)
    assert re.search(r"^  level +info$", text, re.MULTILINE)
    assert "attempts\n  1  " in text


def test_a_loop_and_a_step_that_is_alone(whole: Shell) -> None:
    loop = whole("show", "one", "price").stdout
    assert re.search(r"^inside\n +0s.*\n  ✓ price\[a\] ", loop, re.MULTILINE)
    assert re.search(r"^  ✗   quote .*\n +failed, 2 attempts: ", loop, re.MULTILINE)
    text = whole("show", "load").stdout
    assert "outputs\n  {\n" in text
    assert '"id": "b"' in text


def test_json_of_an_instance(whole: Shell) -> None:
    data = json.loads(whole("show", "one", "price[b]/quote", "--format", "json").stdout)
    assert (data["run"], data["path"], data["status"]) == ("one", "price[b]/quote", "failed")
    assert data["given"]["order"] == {"id": "b", "n": 2}
    assert list(data["unknown"]) == ["${{ inputs.token }}"]
    assert [one["outcome"] for one in data["activations"][0]["attempts"]] == ["failed", "failed"]
    assert os.path.exists(data["log"].replace("/one/", f"/one{whole.ending}/"))


def test_activations_of_a_resumed_run(shell: Shell) -> None:
    shell.write("again.yaml", "steplane: 1\nsteps:\n  - {id: a, run: echo x; test -e go}\n")
    shell("run", "again.yaml", "--id", "one")
    shell.write("go", "")
    shell("resume", "one")
    text = shell("show", "a").stdout
    assert text.startswith("a succeeded\n")
    assert "  activation 1: failed\n    1  " in text
    assert "  activation 2: succeeded\n    1  " in text
    assert "  | x\n  | x\n" in text
    data = json.loads(shell("show", "a", "--format", "json").stdout)
    assert [(one["number"], one["status"]) for one in data["activations"]] == [(1, "failed"), (2, "succeeded")]


def test_a_secret_that_a_child_was_given_is_not_worked_out_again(shell: Shell) -> None:
    inputs = "inputs: {n: {type: integer}, pin: {type: string, secret: true, default: abcdef12}}"
    shell.write(
        "kid.yaml", f"steplane: 1\n{inputs}\nsteps: [{{id: a, run: 'true ${{{{ inputs.n }}}} ${{{{ inputs.pin }}}}'}}]"
    )
    shell.write("main.yaml", "steplane: 1\nsteps: [{id: sub, call: kid.yaml, with: {n: 3}}]")
    assert shell("run", "main.yaml", "--id", "one", "-q").returncode == 0
    done = shell("show", "one", "sub/kid/a")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"inputs\.n \}\} +3$", done.stdout, re.MULTILINE)
    assert re.search(r"inputs\.pin \}\} +not known: .*secret", done.stdout)
    assert "abcdef12" not in done.stdout
