"""What a pipeline gets: the log of its system, JUnit XML, a summary; whatever becomes of the run."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from tests.runner.reporters.readers import GitHubReader, GitLabReader, valid

from .conftest import Shell, wait_for

MIXED = """\
steplane: 1
name: mixed
steps:
  - id: build
    run: echo "built"; echo "::error::not ours"
  - id: test
    foreach: [unit, e2e]
    key: ${{ item }}
    concurrency: 2
    run: echo "testing ${{ item }}" && exit ${{ item == 'e2e' and 1 or 0 }}
  - id: ship
    run: echo never
outputs: {done: true}
"""
FLAKY = """\
steplane: 1
name: flaky
steps:
  - id: first
    run: echo one
  - id: second
    run: echo two && test -e ready
  - id: third
    run: echo three
"""
GITHUB = {"GITHUB_ACTIONS": "true"}


def _cases(shell: Shell, name: str = "report.xml", *, places: bool = False) -> dict[str, str]:
    """What became of each case of a report: the name of the element that says it, or `passed`."""
    root = valid((shell.folder / name).read_text("utf-8"), places=places)
    kinds = ("failure", "error", "skipped")
    return {
        case.get("name", ""): next((one.tag for one in case if one.tag in kinds), "passed")
        for case in root.iter("testcase")
    }


# ---------------------------------------------------------------- which log


@pytest.mark.parametrize(
    ("env", "words", "form"),
    [
        ({}, [], "plain"),
        (GITHUB, [], "github"),
        ({"GITHUB_ACTIONS": "1"}, [], "plain"),
        ({"GITLAB_CI": "true"}, [], "gitlab"),
        (GITHUB, ["--format", "plain"], "plain"),
        ({**GITHUB, "STEPLANE_FORMAT": "plain"}, [], "plain"),
        ({"STEPLANE_FORMAT": "github"}, [], "github"),
        ({}, ["--format", "gitlab"], "gitlab"),
        ({**GITHUB, "STEPLANE_RUN_ID": "outer"}, [], "plain"),
    ],
)
def test_the_system_is_detected(shell: Shell, env: dict[str, str], words: list[str], form: str) -> None:
    done = shell("run", "hello.yaml", *words, env=env)
    assert done.returncode == 0
    assert ("::group::output of greet" in done.stdout) == (form == "github")
    assert ("section_start:" in done.stdout) == (form == "gitlab")
    assert ("[greet] Hello, world" in done.stdout) == (form == "plain")


def test_a_run_in_githubs_log(shell: Shell) -> None:
    shell.write("flows/mixed.yaml", MIXED)
    shell.folder.joinpath("flows", "sub").mkdir()
    env = {**GITHUB, "GITHUB_WORKSPACE": str(shell.folder), "NO_COLOR": "1"}
    done = subprocess.run(
        shell.words(["run", "../mixed.yaml"]), cwd=shell.folder / "flows" / "sub", env={**shell.env, **env},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    log = GitHubReader(done.stdout)
    assert {one.title: one.lines for one in log.folded} == {
        "output of build": ["built", "::error::not ours"],
        "output of test[unit]": ["testing unit"],
        "output of test[e2e]": ["testing e2e"],
    }
    (one,) = log.executed
    assert (one.name, one.properties) == (
        "error", {"file": "flows/mixed.yaml", "line": "6", "col": "9", "title": "mixed: test[e2e]"},
    )  # fmt: skip
    assert "| testing e2e" in log.outside
    assert any(line.startswith("Go on with: steplane resume ") for line in log.outside)


def test_colours_in_logs_that_show_them(shell: Shell) -> None:
    for env, painted in (
        (GITHUB, True),
        ({"GITLAB_CI": "true"}, True),
        ({**GITHUB, "NO_COLOR": "1"}, False),
        ({}, False),
    ):
        done = shell("run", "hello.yaml", env=env)
        assert ("\x1b[1;32m✓\x1b[0m" in done.stdout) == painted
    assert "\x1b" not in shell("runs", env=GITHUB).stdout


def test_mistakes_in_the_file_are_annotations(shell: Shell) -> None:
    shell.write("bad.yaml", "steplane: 1\nsteps:\n  - {id: a, run: echo}\n  - {id: b, needs: [c], run: echo}\n")
    done = shell("run", "bad.yaml", env=GITHUB)
    assert done.returncode == 2
    (one,) = GitHubReader(done.stdout).annotations()
    assert (one.properties["file"], one.properties["line"]) == ("bad.yaml", "4")
    assert "error[" in done.stderr


def test_a_warning_about_the_file_is_said_once(shell: Shell) -> None:
    shell.write(
        "mind.yaml",
        """\
steplane: 1
inputs: {who: {type: string, default: Ada}}
steps:
  - {id: a, run: 'python3 -c "print(1)  # ${{ inputs.who }}"'}
""",
    )
    for env in (GITHUB, {"GITLAB_CI": "true"}, {}):
        done = shell("run", "mind.yaml", env=env)
        assert done.returncode == 0
        assert (done.stdout + done.stderr).count("value-in-program") == 1


def test_commands_get_through_when_that_is_wanted(shell: Shell) -> None:
    shell.write("says.yaml", "steplane: 1\nsteps:\n  - {id: a, run: 'echo ::warning::mind'}\n")
    assert GitHubReader(shell("run", "says.yaml", env=GITHUB).stdout).executed == []
    log = GitHubReader(shell("run", "says.yaml", "--pass-commands", env=GITHUB).stdout)
    assert [(one.name, one.data) for one in log.executed] == [("warning", "mind")]
    assert shell("run", "says.yaml", "--pass-commands").returncode == 0
    refused = shell("run", "says.yaml", "--pass-commands", "--format", "json")
    assert refused.returncode == 2
    assert refused.stderr == (
        "error: `--pass-commands` contradicts `--format json`: only GitHub has such commands\n"
        " help: Leave one of them out.\n"
    )


def test_secrets_are_masked_everywhere(shell: Shell) -> None:
    shell.write("token.yaml", (
        "steplane: 1\nname: token\nsecrets: {key: {env: KEY}}\nsteps:\n  - id: a\n    env: {K: '${{ secrets.key }}'}\n"
        "    run: echo \"key $K\"; echo \"::add-mask::$K\"; cat \"$K\"\n"
    ))  # fmt: skip
    env = {**GITHUB, "KEY": "s3cr3t-value", "GITHUB_STEP_SUMMARY": str(shell.folder / "page.md")}
    done = shell("run", "token.yaml", "--junit", "report.xml", "--summary", "s.md", "--format", "github", env=env)
    assert done.returncode == 1
    written = [(shell.folder / name).read_text("utf-8") for name in ("report.xml", "s.md", "page.md")]
    for text in (done.stdout, done.stderr, *written):
        assert "s3cr3t" not in text
    assert all("***" in text for text in (done.stdout, *written))


# ---------------------------------------------------------------- reports


def test_reports_of_a_failed_run(shell: Shell) -> None:
    shell.write("mixed.yaml", MIXED)
    done = shell("run", "mixed.yaml", "--junit", "out/deep/report.xml", "--summary", "out/summary.md")
    assert done.returncode == 1
    assert _cases(shell, "out/deep/report.xml") == {
        "build": "passed", "test[unit]": "passed", "test[e2e]": "failure", "ship": "skipped",
    }  # fmt: skip
    text = (shell.folder / "out/summary.md").read_text("utf-8")
    assert text.startswith("## ❌ mixed failed in ")
    assert "```text\ntesting e2e\n```" in text
    assert sorted(os.listdir(shell.folder / "out")) == ["deep", "summary.md"]
    assert (shell.folder / "out/summary.md").stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_the_report_of_a_resume_holds_all_instances(shell: Shell) -> None:
    shell.write("flaky.yaml", FLAKY)
    assert shell("run", "flaky.yaml", "--id", "one", "--junit", "report.xml").returncode == 1
    assert _cases(shell) == {"first": "passed", "second": "failure", "third": "skipped"}
    (shell.folder / "ready").touch()
    assert shell("resume", "one", "--junit", "report.xml").returncode == 0
    assert _cases(shell) == {"first": "passed", "second": "passed", "third": "passed"}
    again = shell("resume", "one", "--junit", "again.xml", "--summary", "again.md")
    assert (again.returncode, again.stdout) == (0, "run one has already succeeded: nothing to do\n")
    assert _cases(shell, "again.xml") == {"first": "passed", "second": "passed", "third": "passed"}
    assert (shell.folder / "again.md").read_text("utf-8").startswith("## ✅ flaky succeeded")


def test_reports_of_a_run_that_waits(shell: Shell) -> None:
    shell.write(
        "slow.yaml", "steplane: 1\nname: slow\nsteps:\n  - {id: a, retry: {attempts: 2, delay: 1h}, run: exit 1}\n"
    )
    done = shell("run", "slow.yaml", "--patience", "1s", "--junit", "report.xml", "--summary", "s.md")
    assert done.returncode == 3
    assert _cases(shell) == {"a": "skipped"}
    text = (shell.folder / "s.md").read_text("utf-8")
    assert text.startswith("## ⏳ slow waits after ")
    assert "### Go on with" in text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_reports_of_an_interrupted_run(shell: Shell, number: signal.Signals) -> None:
    shell.write(
        "long.yaml", "steplane: 1\nname: long\nsteps:\n  - {id: a, run: echo up; sleep 60}\n  - {id: b, run: echo}\n"
    )
    run = shell.start("run", "long.yaml", "--junit", "report.xml", "--summary", "s.md")
    wait_for(run, "[a] up")
    run.send_signal(number)
    run.communicate()
    assert run.returncode == 128 + number
    assert _cases(shell) == {"a": "error"}
    assert (shell.folder / "s.md").read_text("utf-8").startswith("## 🛑 long was interrupted after ")


def test_reports_of_a_cancelled_run(shell: Shell) -> None:
    shell.write(
        "long.yaml", "steplane: 1\nname: long\nsteps:\n  - {id: a, run: echo up; sleep 60}\n  - {id: b, run: echo}\n"
    )
    run = shell.start("run", "long.yaml", "--id", "one", "--junit", "report.xml")
    wait_for(run, "[a] up")
    told = shell("cancel", "one", "--junit", "other.xml")
    assert (told.returncode, told.stderr) == (
        0, "warning: no report was written: only the process that ends the run knows how it ended\n",
    )  # fmt: skip
    run.communicate()
    assert run.returncode == 1
    assert set(_cases(shell).values()) == {"skipped"}


def test_json_and_reports_at_once(shell: Shell) -> None:
    done = shell("run", "hello.yaml", "--format", "json", "--quiet", "--junit", "report.xml")
    assert json.loads(done.stdout)["status"] == "succeeded"
    assert _cases(shell) == {"greet": "passed"}


def test_githubs_job_summary_is_added_to(shell: Shell) -> None:
    page = shell.folder / "page.md"
    page.write_text("before\n")
    env = {**GITHUB, "GITHUB_STEP_SUMMARY": str(page)}
    for _ in range(2):
        assert shell("run", "hello.yaml", "--junit", "report.xml", env=env).returncode == 0
    text = page.read_text("utf-8")
    assert text.startswith("before\n## ✅ hello succeeded")
    assert text.count("## ✅ hello") == 2
    root = valid((shell.folder / "report.xml").read_text("utf-8"), places=True)
    assert [case.get("file") for case in root.iter("testcase")] == ["hello.yaml"]
    shell("run", "hello.yaml", "--summary", str(page), env=env)
    assert page.read_text("utf-8").count("## ✅ hello") == 3
    shell("run", "hello.yaml", "--format", "plain", env=env)
    assert page.read_text("utf-8").count("## ✅ hello") == 3


def test_a_job_summary_that_cannot_be_written_is_only_told(shell: Shell) -> None:
    done = shell("run", "hello.yaml", env={**GITHUB, "GITHUB_STEP_SUMMARY": str(shell.folder)})
    assert done.returncode == 0
    assert done.stderr.startswith("warning: `GITHUB_STEP_SUMMARY ")


def test_the_job_summary_keeps_within_githubs_limit(shell: Shell) -> None:
    page = shell.folder / "page.md"
    page.write_text("x" * ((1 << 20) - 500))
    shell("run", "hello.yaml", env={**GITHUB, "GITHUB_STEP_SUMMARY": str(page)})
    assert (1 << 20) - 500 < page.stat().st_size <= 1 << 20


# ---------------------------------------------------------------- what goes wrong


OWN, MAY = "Name a file of its own.", "Name a file that you may write."


@pytest.mark.parametrize(
    ("words", "what", "remedy"),
    [
        (["--junit", "sub"], "`--junit sub` is a folder", "Name a file in it: sub/steplane.xml"),
        (["--summary", "sub"], "`--summary sub` is a folder", "Name a file in it: sub/summary.md"),
        (["--junit", ""], "`--junit` names no file", "Write the path of a file."),
        (["--junit", "hello.yaml/x"], "`--junit hello.yaml/x` cannot be written: Not a directory", MAY),
        (["--junit", "x", "--summary", "./x"], "`--summary ./x` is also the file of `--junit`", OWN),
        (["--junit", "link", "--summary", "x"], "`--summary x` is also the file of `--junit`", OWN),
        (["--junit", "hello.yaml"], "`--junit hello.yaml` is also the workflow", OWN),
    ],
)
def test_refused_before_the_run(shell: Shell, words: list[str], what: str, remedy: str) -> None:
    (shell.folder / "sub").mkdir()
    (shell.folder / "link").symlink_to("x")
    before = sorted(os.listdir(shell.folder))
    done = shell("run", "hello.yaml", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.replace("File exists", "Not a directory") == f"error: {what}\n help: {remedy}\n"
    assert [name for name in sorted(os.listdir(shell.folder)) if name != ".steplane"] == before
    assert shell("runs").stdout.count("hello") == 0


def test_one_that_reads_the_first_line_only(shell: Shell) -> None:
    shell.write("mixed.yaml", MIXED)
    words = " ".join(shell.words(["run", "mixed.yaml", "--format", "github", "--junit", "report.xml"]))
    done = subprocess.run(
        ["bash", "-c", f"{words} | head -1; exit ${{PIPESTATUS[0]}}"], cwd=shell.folder, env=shell.env,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (1, 1, "")
    assert len(_cases(shell, places=True)) == 4


@pytest.mark.parametrize(
    "words", [["run", "hello.yaml"], ["resume"], ["cancel"], ["check", "hello.yaml"], ["runs"], ["init"]]
)
def test_nothing_waits_for_an_answer_where_there_is_no_terminal(shell: Shell, words: list[str]) -> None:
    reader, writer = os.pipe()
    try:  # a pipe that nobody writes to, and that does not end: who reads it waits for ever
        done = subprocess.run(
            shell.words(words),
            cwd=shell.folder,
            env=shell.env,
            stdin=reader,
            capture_output=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(reader)
        os.close(writer)
    assert done.returncode in {0, 2}


@pytest.mark.parametrize("form", ["plain", "github", "gitlab", "json"])
def test_a_reader_of_the_pipe_sees_each_line_at_once(shell: Shell, form: str) -> None:
    shell.write("talk.yaml", (
        "steplane: 1\nname: talk\nsteps:\n  - id: a\n    run: |\n"
        "      for i in 1 2 3; do echo \"line $i\"; while ! test -e \"go$i\"; do sleep 0.01; done; done\n"
    ))  # fmt: skip
    run = shell.start("run", "talk.yaml", "--format", form)
    for number in (1, 2, 3):  # the step goes on only when its line was seen
        wait_for(run, f"line {number}")
        (shell.folder / f"go{number}").touch()
    run.communicate()
    assert run.returncode == 0


# ---------------------------------------------------------------- times, check


@pytest.mark.parametrize("form", ["plain", "github", "gitlab"])
def test_times_before_lines(shell: Shell, form: str) -> None:
    done = shell("run", "hello.yaml", "--timestamps", "--format", form, env={"NO_COLOR": "1"})
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
    marks = ("::group::", "::endgroup::", "\x1b[0K")
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith(marks)]
    assert [line for line in lines if not re.match(time, line)] in ([], ["output of greet"])
    assert any(re.fullmatch(rf"{time}(\[greet\] )?Hello, world", line) for line in lines)


def test_times_of_a_log(shell: Shell) -> None:
    shell.write("talk.yaml", "steplane: 1\nname: talk\nsteps: [{id: a, run: echo one; sleep 0.3; echo two}]\n")
    shell("run", "talk.yaml")
    lines = shell("logs", "--timestamps").stdout.splitlines()
    assert [re.sub(r"^\S+Z ", "", line) for line in lines] == ["[a] one", "[a] two"]
    first, second = (line.split(" ")[0] for line in lines)
    assert first < second


@pytest.mark.parametrize("form", ["github", "gitlab", "junit"])
def test_formats_of_check(shell: Shell, form: str) -> None:
    shell.write("flows/bad.yaml", "steplane: 1\nsteps:\n  - {id: b, needs: [c], run: echo}\n")
    (shell.folder / "deep").mkdir()
    env = {**shell.env, "CI_PROJECT_DIR": str(shell.folder)}
    done = subprocess.run(
        shell.words(["check", "--format", form, "../flows/bad.yaml", "../hello.yaml"]),
        cwd=shell.folder / "deep", env=env, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "")
    if form == "github":
        assert GitHubReader(done.stdout).annotations()[0].properties["file"] == "flows/bad.yaml"
    elif form == "gitlab":
        assert json.loads(done.stdout)[0]["location"] == {"path": "flows/bad.yaml", "lines": {"begin": 3, "end": 3}}
    else:
        suites = valid(done.stdout)
        assert {one.get("name"): one.get("failures") for one in suites} == {"flows/bad.yaml": "1", "hello.yaml": "0"}


def test_check_in_githubs_jobs(shell: Shell) -> None:
    shell.write("bad.yaml", "steplane: 1\nsteps:\n  - {id: b, needs: [c], run: echo}\n")
    assert shell("check", "bad.yaml", env=GITHUB).stdout.startswith("::error file=bad.yaml,line=3,")
    assert shell("check", "bad.yaml", env={"GITLAB_CI": "true"}).stdout.startswith("error[")
    clean = shell("check", "hello.yaml", env=GITHUB)
    assert (clean.stdout, clean.stderr) == ("", "hello.yaml: nothing wrong\n")
    assert shell("check", "hello.yaml", "--format", "gitlab").stdout == "[]\n"


def test_gitlabs_log_of_a_real_run(shell: Shell) -> None:
    shell.write("mixed.yaml", MIXED)
    done = subprocess.run(
        shell.words(["run", "mixed.yaml", "--format", "gitlab"]), cwd=shell.folder, env={**shell.env, "NO_COLOR": "1"},
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    log = GitLabReader(done.stdout.decode())
    assert {one.title: one.lines for one in log.folded} == {
        "output of build": ["built", "::error::not ours"],
        "output of test[unit]": ["testing unit"],
        "output of test[e2e]": ["testing e2e"],
    }
    assert " --> mixed.yaml:6:9" in log.outside


def test_the_root_of_the_repository_is_found_without_a_system(shell: Shell) -> None:
    (shell.folder / ".git").mkdir()
    shell.write("a/bad.yaml", "steplane: 1\nsteps:\n  - {id: b, needs: [c], run: echo}\n")
    done = subprocess.run(
        shell.words(["check", "--format", "github", "bad.yaml"]), cwd=Path(shell.folder, "a"), env=shell.env,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.stdout.startswith("::error file=a/bad.yaml,")
