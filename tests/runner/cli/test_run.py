"""`run`: what it prints, in which form, with which exit code."""

import json

import pytest

from .conftest import Shell, steady

WARNS = "steplane: 1\nname: warns\nsteps:\n  - {id: lint, on_error: warn, run: exit 1}\n"
FAILS = """\
steplane: 1
name: fails
steps:
  - id: build
    retry: {attempts: 2, delay: 1ms}
    run: |
      for i in $(seq 30); do echo "line $i"; done
      exit 3
  - id: ship
    run: echo never
"""


def test_plain(shell: Shell) -> None:
    done = shell("run", "hello.yaml", "-i", "who=Ada")
    assert done.stderr == ""
    assert done.returncode == 0
    assert steady(done.stdout) == (
        "hello (hello.yaml), run RUN\n"
        "\n"
        '▸ greet  $ echo "Hello, ${{ inputs.who }}"\n'
        "[greet] Hello, Ada\n"
        "✓ greet succeeded in TIME\n"
        "\n"
        "✓ hello succeeded in TIME (1 succeeded)\n"
        "  text  Hello, Ada\n"
    )


def test_json(shell: Shell) -> None:
    done = shell("run", "--format", "json", "--id", "one", "hello.yaml")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["type"] for one in lines] == [
        "run.begun", "step.ready", "step.started", "log", "step.ended", "run.ended",
    ]  # fmt: skip
    assert lines[-1] == {
        "type": "run.ended", "run": "one", "status": "succeeded", "outputs": {"text": "Hello, world"}, "error": None,
    }  # fmt: skip
    assert lines[-2]["outputs"]["stdout"] == "Hello, world"
    assert all(one["at"].endswith("Z") for one in lines[:-1])


def test_a_failure_shows_its_place_its_log_and_how_to_go_on(shell: Shell) -> None:
    shell.write("fails.yaml", FAILS)
    done = shell("run", "fails.yaml", "--id", "bad run"[:3], "--state", "my state")
    tail = "".join(f"| line {number}\n" for number in range(11, 31))
    assert done.returncode == 1
    assert done.stderr == (
        "\n"
        "error[shell.exit]: `build` failed: the script ended with exit code 3\n"
        " --> fails.yaml:4:9\n"
        "  |\n"
        "4 |   - id: build\n"
        "  |         ^^^^^ failed after 2 attempts\n"
        "\n"
        "The end of its log (my state/runs/bad/build.log):\n"
        f"{tail}"
        "Go on with: steplane resume bad --state 'my state'\n"
    )
    shown = steady(done.stdout)
    assert "↻ build attempt 1 of 2 failed: the script ended with exit code 3 (shell.exit); again in TIME\n" in shown
    assert "▸ build  attempt 2\n" in shown
    assert "✗ build failed after 2 attempts in TIME: the script ended with exit code 3 (shell.exit)\n" in shown
    assert "⊘ ship blocked: by `build`\n" in shown
    assert shown.endswith("\n✗ fails failed in TIME (1 failed, 1 blocked)\n")


def test_warnings_are_failures_with_strict_only(shell: Shell) -> None:
    shell.write("warns.yaml", WARNS)
    done = shell("run", "warns.yaml")
    assert done.returncode == 0
    assert "! warns ended with warnings" in done.stdout
    assert shell("run", "--strict", "warns.yaml").returncode == 1
    assert shell("run", "warns.yaml", env={"STEPLANE_STRICT": "1"}).returncode == 1


def test_a_file_with_errors_runs_nothing(shell: Shell) -> None:
    shell.write("bad.yaml", "steplane: 1\nsteps:\n  - id: a\n    run: touch made\n  - id: a\n    run: echo\n")
    done = shell("run", "bad.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error[duplicate-id]: ")
    assert " --> bad.yaml:5:9\n" in done.stderr
    assert not (shell.folder / "made").exists()
    assert shell("runs").stdout == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "nope"), ("error: there is no workflow `nope`: no such file, and no workflows/nope.yaml\n"
                          " help: There is no folder `workflows` here or above; "
                          "name a file, or begin with `steplane init`.\n")),
        (("run", "hello.yaml", "-i", "wo=x"), ("error: the workflow has no input `wo`\n"
                                               " help: Did you mean `who`? It has: who.\n")),
        (("run", "hello.yaml", "-i", "who"), "error: `-i who` has no `=`\n help: Write `-i NAME=VALUE`.\n"),
        (("run", "hello.yaml", "--patience", "5"), ("error: `--patience 5`: `5` has no unit: write `5s` for seconds "
         "(units: ms, s, m, h, d)\n help: Write a duration such as `30s` or `10m`.\n")),
        (("run", "hello.yaml", "--id", "../x"), ("error: '../x' cannot be the id of a run\n help: Use 1 to 100 "
         "letters, digits, dots, dashes and underscores; the first is a letter or a digit.\n")),
    ],
)  # fmt: skip
def test_a_wrong_call_is_refused_before_anything_is_recorded(shell: Shell, words: tuple[str, ...], told: str) -> None:
    done = shell(*words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)
    assert shell("runs").stdout == ""


def test_a_name_means_a_file_in_workflows(shell: Shell) -> None:
    shell.write("workflows/greet.yaml", (shell.folder / "hello.yaml").read_text())
    assert "Hello, world" in shell("run", "greet").stdout


def test_quiet_prints_failures_only(shell: Shell) -> None:
    assert shell("run", "-q", "hello.yaml").stdout == ""
    done = shell("run", "-q", "--format", "json", "hello.yaml")
    assert [json.loads(line)["type"] for line in done.stdout.splitlines()] == ["run.ended"]
    shell.write("fails.yaml", FAILS)
    failed = shell("run", "-q", "fails.yaml")
    assert failed.stdout == ""
    assert "Go on with: steplane resume " in failed.stderr


def test_inputs_and_environment_from_files(shell: Shell) -> None:
    shell.write("day.yaml", "who: file\n")
    assert "[greet] Hello, file" in shell("run", "hello.yaml", "--inputs", "day.yaml").stdout
    assert "[greet] Hello, word" in shell("run", "hello.yaml", "--inputs", "day.yaml", "-i", "who=word").stdout
    shell.write("envs.yaml", "steplane: 1\nsteps:\n  - {id: a, run: 'echo \"$COLOUR\"'}\n")
    shell.write(".env", "# mine\nexport COLOUR='dark blue'\n")
    assert "[a] dark blue\n" in shell("run", "envs.yaml", "--env-file", ".env", env={"COLOUR": "red"}).stdout


def test_colour_is_asked_for_or_left_out(shell: Shell) -> None:
    assert "\x1b[" not in shell("run", "hello.yaml").stdout
    assert "\x1b[1;32m✓\x1b[0m \x1b[1mgreet\x1b[0m" in shell("run", "hello.yaml", "--color", "always").stdout
    assert "\x1b[" in shell("run", "hello.yaml", env={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[" not in shell("run", "hello.yaml", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout


def test_a_stream_without_utf8_gets_plain_signs(shell: Shell) -> None:
    done = shell("run", "hello.yaml", "-i", "who=é", env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "> greet  $ echo" in done.stdout
    assert "[greet] Hello, \\xe9\n" in done.stdout
    assert done.stdout.isascii()


def test_settings_of_the_file_give_way_to_the_environment_and_to_options(shell: Shell) -> None:
    shell.write("steplane.toml", 'format = "json"\n')
    assert shell("run", "hello.yaml").stdout.startswith('{"type":"run.begun"')
    assert shell("run", "hello.yaml", env={"STEPLANE_FORMAT": "plain"}).stdout.startswith("hello (")
    assert shell("run", "--format", "plain", "hello.yaml").stdout.startswith("hello (")
    done = shell("run", "hello.yaml", env={"STEPLANE_FORMAT": "xml"})
    assert (done.returncode, done.stderr) == (
        2, "error: the setting `format` is 'xml'\n help: It is one of: auto, live, plain, json, github, gitlab.\n",
    )  # fmt: skip


def test_nothing_of_the_working_directory_is_imported(shell: Shell) -> None:
    for name in ("yaml", "click", "msgspec", "steplane_steps", "sitecustomize"):
        shell.write(f"{name}.py", "raise SystemExit('taken from the working directory')\n")
    done = shell("run", "hello.yaml")
    assert (done.returncode, done.stderr) == (0, "")


_MODULES = """
import sys
from steplane.driver import warden
warden.guard = lambda main: main()
from steplane.cli.application import start
code = start(["run", "-q", "hello.yaml"])
absent = {"yaml", "jsonschema", "jinja2", "tree_sitter", "tree_sitter_bash", "rich", "asyncio", "logging"}
print(code, sorted(absent & set(sys.modules)))
"""


def test_an_unchanged_file_is_run_without_the_libraries_that_read_it(shell: Shell) -> None:
    import subprocess
    import sys

    words = [sys.executable, "-c", _MODULES]
    for _ in range(2):
        done = subprocess.run(
            words, cwd=shell.folder, env=shell.env, capture_output=True, text=True, timeout=60, check=False
        )
    assert (done.stdout, done.stderr) == ("0 []\n", "")


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("wf/helo.yaml", "error: there is no file wf/helo.yaml\n help: Did you mean `wf/hello.yaml`?\n"),
        ("wf/zzz.yaml", "error: there is no file wf/zzz.yaml\n help: There: hello.yaml, other.yml\n"),
        ("gone/a.yaml", "error: there is no file gone/a.yaml, nor its folder\n help: Look at the path.\n"),
        ("wf", "error: wf is a folder\n help: Name a workflow file in it.\n"),
        ("/dev/null", "error: /dev/null is not a regular file\n help: Name a workflow file.\n"),
    ],
)
def test_a_file_that_is_not_there(shell: Shell, file: str, told: str) -> None:
    shell.write("wf/hello.yaml", "")
    shell.write("wf/other.yml", "")
    done = shell("run", file)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


@pytest.mark.parametrize(
    ("file", "help_"), [("helo.yaml", "Did you mean `hello`?"), ("zzz.yaml", "Known here: hello.")]
)
def test_a_file_that_is_not_there_may_be_meant_as_a_name(shell: Shell, file: str, help_: str) -> None:
    (shell.folder / "hello.yaml").unlink()  # nothing lies beside it then
    shell.write("workflows/hello.yaml", "steps: [{run: make}]\n")
    assert shell("run", file).stderr == f"error: there is no file {file}\n help: {help_}\n"


def test_a_run_that_stops_waiting_says_how_to_go_on(shell: Shell) -> None:
    shell.write("wait.yaml", "steplane: 1\nsteps:\n  - {id: a, retry: {attempts: 2, delay: 1h}, run: exit 1}\n")
    done = shell("run", "wait.yaml", "--patience", "0", "--id", "one")
    assert done.returncode == 3
    assert done.stderr == "Go on with: steplane resume one\n"
    assert steady(done.stdout).endswith("\n… wait waits after TIME\n")
    last = shell("run", "wait.yaml", "--patience", "0", "--id", "two", "--format", "json").stdout.splitlines()[-1]
    assert json.loads(last) == {"type": "run.ended", "run": "two", "status": "waiting", "outputs": None, "error": None}


@pytest.mark.parametrize(
    ("state", "code", "told"),
    [
        (".", 2, "is not a state directory: it holds other files\n"),
        ("hello.yaml", 6, "hello.yaml is not a directory\n"),
        ("/proc/nope", 6, "error: cannot make /proc/nope: No such file or directory\n"),
    ],
)
def test_a_state_directory_that_cannot_be_one(shell: Shell, state: str, code: int, told: str) -> None:
    done = shell("run", "hello.yaml", "--state", state)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr


def test_a_script_that_the_shell_cannot_read_stops_all_before_the_first_step(shell: Shell) -> None:
    whole = "steplane: 1\nname: a\nsteps:\n  - run: echo first >> ledger\n  - run: test -e there || exit 4\n"
    broken = whole + "  - run: |\n      if true; then\n        echo second >> ledger\n"
    for word in ("run", "plan"):
        shell.write("a.yaml", broken)
        done = shell(word, "a.yaml")
        assert done.returncode == 2
        assert "a.yaml:8:9" in done.stderr
        assert "bash cannot read this script: unexpected end of file" in done.stderr
    assert not (shell.folder / "ledger").exists()
    shell.write("a.yaml", whole)
    assert shell("run", "a.yaml", "--id", "one").returncode == 1
    shell.write("a.yaml", broken)
    shell.write("there", "")
    done = shell("resume", "one")
    assert done.returncode == 2
    assert "it has errors now" in done.stderr
    assert (shell.folder / "ledger").read_text() == "first\n"
