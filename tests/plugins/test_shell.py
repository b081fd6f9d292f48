"""`shell` and `python.run`: programs as steps."""

import errno
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from steplane.sdk import InvalidParameter, StepError, convert, to_plain
from steplane.testing import RecordingContext
from steplane_steps.python import Run
from steplane_steps.shell import Shell
from steplane_steps.written import content_of


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path, outputs_declared=("total", "note"))


def shell(ctx: RecordingContext, *, prelude: str | None = None, **parameters: Any) -> dict[str, Any]:
    """The outputs of a `shell` step."""
    step = convert(Shell, parameters, {"prelude": prelude})
    plain = to_plain(step.run(ctx), "`shell`")
    assert plain is not None
    return plain


def failure(ctx: RecordingContext, **parameters: Any) -> tuple[str, str, int | None]:
    """Type, message and code of a `shell` step's error."""
    with pytest.raises(StepError) as caught:
        shell(ctx, **parameters)
    return caught.value.type, caught.value.message, caught.value.code


class TestResult:
    def test_is_exit_code_and_output_without_trailing_newlines(self, ctx: RecordingContext) -> None:
        plain = shell(ctx, script="printf ' a\\n b\\n\\n'")
        assert plain == {"exit_code": 0, "stdout": " a\n b", "json": None, "lines": None}
        assert ctx.logged == [" a", " b", ""]

    def test_both_streams_are_logged_and_standard_output_is_kept(self, ctx: RecordingContext) -> None:
        assert shell(ctx, script="echo out; echo err >&2")["stdout"] == "out"
        assert sorted(ctx.logged) == ["err", "out"]

    @pytest.mark.parametrize(
        ("script", "lines"), [("printf 'a\\n\\nb\\n'", ["a", "", "b"]), ("true", []), ("echo; echo", [])]
    )
    def test_lines(self, ctx: RecordingContext, script: str, lines: list[str]) -> None:
        assert shell(ctx, script=script, capture="lines")["lines"] == lines

    def test_json(self, ctx: RecordingContext) -> None:
        assert shell(ctx, script="echo '{\"a\": [1, null]}'", capture="json")["json"] == {"a": [1, None]}

    def test_what_is_no_json(self, ctx: RecordingContext) -> None:
        kind, said, _ = failure(ctx, script="echo NaN", capture="json")
        assert (kind, said) == (
            "shell.capture",
            "standard output is no JSON: JSON is malformed: invalid character (byte 0)",
        )

    def test_nothing_is_kept_unless_wanted(self, ctx: RecordingContext) -> None:
        assert shell(ctx, script="echo much", capture="none")["stdout"] == ""
        assert ctx.logged == ["much"]

    def test_more_than_a_mebibyte_is_cut_with_a_warning(self, ctx: RecordingContext) -> None:
        plain = shell(ctx, script="head -c 1100000 /dev/zero | tr '\\0' x")
        assert len(plain["stdout"]) == 1 << 20
        assert ctx.warned == ["standard output is larger than 1 MiB: the rest is in the log only"]

    def test_captured_json_is_never_half(self, ctx: RecordingContext) -> None:
        kind, said, _ = failure(ctx, script="head -c 9000000 /dev/zero | tr '\\0' 1", capture="json")
        assert (kind, said) == ("shell.capture", "standard output is larger than the 8 MiB that can be captured")

    def test_output_that_is_no_utf_8(self, ctx: RecordingContext) -> None:
        assert shell(ctx, script="printf '\\xff\\n'")["stdout"] == "\N{REPLACEMENT CHARACTER}"


class TestExit:
    def test_a_failing_command_ends_the_script(self, ctx: RecordingContext) -> None:
        assert failure(ctx, script="echo a; (exit 3); echo b") == ("shell.exit", "the script ended with exit code 3", 3)
        assert ctx.logged == ["a"]

    def test_a_failing_part_of_a_pipe_and_an_unset_variable_count_too(self, ctx: RecordingContext) -> None:
        assert failure(ctx, script="false | true")[2] == 1
        assert failure(ctx, script="echo $not_set_anywhere")[2] == 1

    def test_other_codes_may_be_ok(self, ctx: RecordingContext) -> None:
        assert shell(ctx, script="exit 5", ok_codes=[0, 5])["exit_code"] == 5
        assert failure(ctx, script="true", ok_codes=[1])[1] == "the script ended with exit code 0"

    def test_a_signal(self, ctx: RecordingContext) -> None:
        assert failure(ctx, script="kill -KILL $$") == (
            "shell.exit",
            "the script ended with exit code 137 (SIGKILL)",
            137,
        )

    def test_a_command_that_is_not_found(self, ctx: RecordingContext) -> None:
        assert failure(ctx, script="no-such-command-at-all")[1:] == (
            "the script ended with exit code 127 (command not found)", 127,
        )  # fmt: skip


class TestProgram:
    def test_gets_its_arguments_as_they_are(self, ctx: RecordingContext) -> None:
        odd = ["", "a b", "$(touch pwned)", "`x`", "-n", "*", "'\"", "\n"]
        assert shell(ctx, argv=["printf", "<%s>", *odd])["stdout"] == "".join(f"<{one}>" for one in odd)
        assert not (ctx.workdir / "pwned").exists()

    def test_that_is_missing(self, ctx: RecordingContext) -> None:
        assert failure(ctx, argv=["no-such-program"]) == (
            "shell.spawn", "`no-such-program` does not exist, or is not on the PATH", 127,
        )  # fmt: skip

    def test_that_may_not_be_executed(self, ctx: RecordingContext) -> None:
        (ctx.workdir / "plain").write_text("echo no")
        assert failure(ctx, argv=["./plain"]) == ("shell.spawn", "`./plain` cannot be started: Permission denied", 126)

    def test_with_a_nul_in_an_argument(self, ctx: RecordingContext) -> None:
        kind, said, _ = failure(ctx, argv=["echo", "a\0b"])
        assert kind == "input.invalid"
        assert said.startswith("an argument or variable of the program is wrong: ")

    def test_with_too_many_arguments(self, ctx: RecordingContext) -> None:
        said = failure(ctx, argv=["true", "x" * 300_000])[1]
        assert (
            said == "`true` cannot be started: its arguments and environment are too large; give large values on stdin"
        )

    def test_is_either_script_or_argv(self, ctx: RecordingContext) -> None:
        for parameters in ({}, {"script": "true", "argv": ["true"]}):
            assert failure(ctx, **parameters)[:2] == ("input.invalid", "`shell` takes either `script` or `argv`")
        assert failure(ctx, argv=[""])[1] == "the program's name (the first item of `argv`) is empty"


class TestScript:
    def test_standard_input_is_empty_unless_given(self, ctx: RecordingContext) -> None:
        assert shell(ctx, script="cat | wc -c")["stdout"].strip() == "0"
        assert shell(ctx, script="cat", stdin="a\nb")["stdout"] == "a\nb"

    def test_values_come_from_the_prelude_and_are_not_inherited(self, ctx: RecordingContext) -> None:
        value = "it's $(touch pwned) `x` \\ \n*" + "y" * 1_000_000
        quoted = "'" + value.replace("'", "'\\''") + "'"
        plain = shell(
            ctx,
            script='. /dev/fd/8; exec 8<&-; printf %s "$STEPLANE_V1" | cksum; env | grep -c STEPLANE_V1 || true',
            prelude=f"STEPLANE_V1={quoted}\n",
        )
        expected = shell(ctx, script="cksum", stdin=value)["stdout"]
        assert plain["stdout"] == f"{expected}\n0"
        assert not (ctx.workdir / "pwned").exists()

    @pytest.mark.parametrize("name", ["bash", "sh"])
    def test_its_children_do_not_get_the_descriptors(self, ctx: RecordingContext, name: str) -> None:
        script = 'for n in 8 9; do sh -c "test -e /dev/fd/$n" && echo open; done; true'
        assert shell(ctx, script=script, shell=name)["stdout"] == ""

    def test_lines_are_counted_as_the_author_does(self, ctx: RecordingContext) -> None:
        failure(ctx, script="true\nno-such-command-at-all\n")
        assert ctx.logged == ["/dev/fd/9: line 2: no-such-command-at-all: command not found"]

    def test_another_shell_gets_the_script_as_a_file(self, ctx: RecordingContext) -> None:
        assert shell(ctx, script="import os\nprint(6 * 7)", shell=["python3", "-I"])["stdout"] == "42"

    def test_a_terminal(self, ctx: RecordingContext) -> None:
        assert shell(ctx, script="test -t 1 && echo yes", tty=True)["stdout"].strip() == "yes"

    def test_no_author_names_the_prelude(self) -> None:
        with pytest.raises(InvalidParameter, match="`prelude` is no parameter of `shell`"):
            convert(Shell, {"script": "true", "prelude": "rm -r x"})


class TestCancel:
    def test_ends_the_whole_group_after_the_grace(self, ctx: RecordingContext) -> None:
        script = "trap '' TERM; sleep 60 & echo $! > pid; touch ready; wait; wait"
        stopper = threading.Thread(target=self._cancel_when_ready, args=(ctx,))
        stopper.start()
        assert failure(ctx, script=script, grace="100ms")[0] == "cancelled"
        stopper.join()
        pid = int((ctx.workdir / "pid").read_text())
        assert _ends(pid)

    def _cancel_when_ready(self, ctx: RecordingContext) -> None:
        deadline = time.monotonic() + 20
        while not (ctx.workdir / "ready").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        ctx.cancel()


def _ends(pid: int) -> bool:
    """Whether the process, which was sent SIGKILL, is gone within a while."""
    deadline = time.monotonic() + 20
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.005)
    return not _runs(pid)


def _runs(pid: int) -> bool:
    """Whether the process lives; one that is dead and not yet collected does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


class TestWrittenOutputs:
    def test_texts_and_json(self, ctx: RecordingContext) -> None:
        script = """
            echo 'note=a=b c' >> "$STEPLANE_OUTPUT"
            echo '{"total": {"eur": 1.5}, "note": null}' >> "$STEPLANE_OUTPUT"
            printf 'note= last' >> "$STEPLANE_OUTPUT"
        """
        plain = shell(ctx, script=script)
        assert plain["note"] == " last"
        assert plain["total"] == {"eur": 1.5}

    def test_what_was_not_written_is_missing(self, ctx: RecordingContext) -> None:
        assert "total" not in shell(ctx, script="true")

    def test_what_is_not_declared_is_ignored_with_a_warning(self, ctx: RecordingContext) -> None:
        plain = shell(ctx, script='echo "forged=1" >> "$STEPLANE_OUTPUT"')
        assert "forged" not in plain
        assert ctx.warned == ["the step wrote an output 'forged', which its `outputs` does not list: it is ignored"]

    def test_a_declared_name_of_the_result_is_what_the_script_wrote(self, tmp_path: Path) -> None:
        ctx = RecordingContext(tmp_path, outputs_declared=("lines",))
        assert shell(ctx, script='echo lines=12 >> "$STEPLANE_OUTPUT"')["lines"] == "12"

    def test_those_of_an_earlier_attempt_do_not_count(self, ctx: RecordingContext) -> None:
        shell(ctx, script='echo "total=1" >> "$STEPLANE_OUTPUT"')
        assert "total" not in shell(ctx, script="true")

    def test_there_is_a_file_even_where_the_runner_names_none(self, tmp_path: Path) -> None:
        env = {name: value for name, value in os.environ.items() if name != "STEPLANE_OUTPUT"}
        ctx = RecordingContext(tmp_path, env=env, outputs_declared=("total", "place"))
        plain = shell(ctx, script='printf "total=1\\nplace=$STEPLANE_OUTPUT\\n" >> "$STEPLANE_OUTPUT"')
        assert plain["total"] == "1"
        assert not Path(plain["place"]).parent.exists()

    @pytest.mark.parametrize(
        ("script", "said"),
        [
            ("echo total >> $STEPLANE_OUTPUT", "line 1 of $STEPLANE_OUTPUT is neither NAME=VALUE nor a JSON object"),
            ("echo; echo 'a b=1'", "line 2 of $STEPLANE_OUTPUT is neither NAME=VALUE nor a JSON object"),
            ("echo '{\"total\": NaN}'", "line 1 of $STEPLANE_OUTPUT begins with `{` but is no JSON object: "),
            ("printf '\\xff=1'", "$STEPLANE_OUTPUT is not UTF-8 (byte 0)"),
            ("rm $STEPLANE_OUTPUT; mkfifo $STEPLANE_OUTPUT", "$STEPLANE_OUTPUT is no regular file any more"),
            ("rm $STEPLANE_OUTPUT; mkdir $STEPLANE_OUTPUT", "$STEPLANE_OUTPUT is no regular file any more"),
            (
                "ln -sf /etc/passwd $STEPLANE_OUTPUT",
                "$STEPLANE_OUTPUT cannot be read: Too many levels of symbolic links",
            ),
        ],
    )
    def test_anything_else_is_an_error(self, ctx: RecordingContext, script: str, said: str) -> None:
        whole = script if "$STEPLANE_OUTPUT" in script else f'{{ {script}; }} >> "$STEPLANE_OUTPUT"'
        kind, message, _ = failure(ctx, script=whole)
        assert kind == "shell.output"
        assert message.startswith(said)

    def test_a_directory_of_an_earlier_attempt_is_an_error(self, ctx: RecordingContext) -> None:
        failure(ctx, script="rm $STEPLANE_OUTPUT; mkdir $STEPLANE_OUTPUT")
        kind, message, _ = failure(ctx, script="true")
        assert kind == "shell.output"
        assert message.startswith("$STEPLANE_OUTPUT cannot be made: ")

    @pytest.mark.parametrize("script", ["true", "echo total=1 >> $STEPLANE_OUTPUT"])
    def test_too_many_open_files_are_waited_for(
        self, ctx: RecordingContext, monkeypatch: pytest.MonkeyPatch, script: str
    ) -> None:
        open_, refused = os.open, 0

        def busy(path: Any, *words: Any, **options: Any) -> int:
            nonlocal refused
            if str(path).endswith("steplane-output") and refused < 3:
                refused += 1
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return open_(path, *words, **options)

        monkeypatch.setattr(os, "open", busy)
        assert shell(ctx, script=script).get("total") == ("1" if "total" in script else None)
        assert refused == 3

    def test_that_nothing_was_written_is_seen_without_a_descriptor(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def none_free(*_: object) -> int:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

        monkeypatch.setattr(os, "open", none_free)
        assert content_of(str(tmp_path / "output"), "STEPLANE_OUTPUT", "shell.output") is None


class TestPythonRun:
    def run(self, ctx: RecordingContext, **parameters: Any) -> dict[str, Any]:
        plain = to_plain(convert(Run, parameters).run(ctx), "`python.run`")
        assert plain is not None
        return plain

    def test_values_go_in_and_a_result_comes_out(self, ctx: RecordingContext) -> None:
        script = """if True:
            import json, os, sys
            values = json.load(sys.stdin)
            print(sys.argv[1:])
            with open(os.environ["STEPLANE_RESULT"], "w") as file:
                json.dump({"sum": sum(values["numbers"])}, file)
            with open(os.environ["STEPLANE_OUTPUT"], "a") as file:
                print("total=9", file=file)
        """
        plain = self.run(ctx, script=script, values={"numbers": [1, 2]}, args=["x y", 5])
        assert plain == {"exit_code": 0, "stdout": "['x y', '5']", "result": {"sum": 3}, "total": "9"}

    def test_a_file(self, ctx: RecordingContext) -> None:
        (ctx.workdir / "tool.py").write_text("print('from the file')")
        assert self.run(ctx, file="tool.py")["stdout"] == "from the file"

    def test_a_module_in_the_working_directory_is_not_taken_for_a_library(self, ctx: RecordingContext) -> None:
        (ctx.workdir / "json.py").write_text("raise SystemExit('the wrong one')")
        assert self.run(ctx, script="import json")["exit_code"] == 0

    @pytest.mark.parametrize(
        ("parameters", "kind", "said"),
        [
            ({"script": "raise SystemExit(4)"}, "python.exit", "the Python program ended with exit code 4"),
            ({}, "input.invalid", "`python.run` takes either `script` or `file`"),
            (
                {"script": "import os; open(os.environ['STEPLANE_RESULT'], 'w').write('{')"},
                "python.result",
                "the file $STEPLANE_RESULT holds no JSON: Input data was truncated",
            ),
            (
                {"script": "1", "python": "no-python"},
                "shell.spawn",
                "`no-python` does not exist, or is not on the PATH",
            ),
        ],
    )
    def test_failures(self, ctx: RecordingContext, parameters: dict[str, Any], kind: str, said: str) -> None:
        with pytest.raises(StepError) as caught:
            self.run(ctx, **parameters)
        assert (caught.value.type, caught.value.message) == (kind, said)
