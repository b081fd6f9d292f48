"""S23 to S30: hostile values on their way into programs, and hostile words on their way out."""

import json
import re

import pytest
from tests.security.conftest import Victim
from tests.terminal import Terminal

HOSTILE = {
    "s23": ["'; touch hit #", '"; touch hit #', "''\"'\"",
            "\\'; touch hit", '\\"; touch hit; \\"', "a'b\"c", "$'\\x27'"],
    "s24": ["$(touch hit)", "${x:-$(touch hit)}", "$((1+1))", "$IFS",
            "${!x}", "${x@P}", "~root", "*", "{a,b}", "a[$(touch hit)]"],
    "s25": ["`touch hit`", "\\`touch hit\\`", "a`b"],
    "s26": ["a\ntouch hit\nb", "\r\ntouch hit", "-rf", "--help",
            "-n", "-e \\x41", "a\tb", "", " ", "EOF\ntouch hit", "\x1b[31m"],
}  # fmt: skip

WAYS = """
inputs: {v: {type: string}}
env: {V: "${{ inputs.v }}"}
steps:
  - id: a
    run: |
      printf '%s' "${{ inputs.v }}" > quoted
      printf '%s' ${{ inputs.v }} > bare
      printf '%s' "x${{ inputs.v }}y" > inside
      cat > here <<END
      ${{ inputs.v }}
      END
      printf '%s' "$V" > env
      [[ "${{ inputs.v }}" == "$V" ]]
      case ${{ inputs.v }} in "$V") ;; *) exit 9 ;; esac
      for one in ${{ inputs.v }}; do printf '%s' "$one" > loop; done
  - {id: b, run: [python3, -c, "import sys; open('argv', 'w', newline='').write(sys.argv[1])", "${{ inputs.v }}"]}
  - {id: c, run: "printf %s ${{ inputs.v }} > sh", with: {shell: sh}}
  - {id: d, run: "printf -- %s \\"${{ inputs.v }}\\"", outputs: {o: "${{ result.stdout }}"}}
  - {id: e, run: 'printf %s "${{ steps.d.outputs.o }}" > output'}
"""


def inert(victim: Victim, values: list[str]) -> None:
    """Each of the values goes through every way into a script, a program and another step, and arrives as it is."""
    for value in values:
        (victim.folder / "value").write_text(value, newline="")
        victim.write("trial.yaml", "steplane: 1\nname: trial\n" + WAYS)
        answer = victim.attack("run", "trial.yaml", "-i", "v=@value", "--quiet", cpu=30)
        assert answer.code == 0, (value, answer.said)
        assert not (victim.folder / "hit").exists(), value
        for name in ("quoted", "bare", "env", "argv", "sh"):
            assert (victim.folder / name).read_bytes() == value.encode(), (name, value)
        assert (victim.folder / "inside").read_bytes() == f"x{value}y".encode()
        assert (victim.folder / "here").read_bytes() == f"{value}\n".encode()
        assert (victim.folder / "loop").read_bytes() == value.encode()
        assert (victim.folder / "output").read_bytes() == value.rstrip("\n").encode()


def test_s23_quotes_end_nothing(victim: Victim) -> None:
    inert(victim, HOSTILE["s23"])


def test_s24_dollars_are_not_expanded(victim: Victim) -> None:
    inert(victim, HOSTILE["s24"])


def test_s25_backticks_run_nothing(victim: Victim) -> None:
    inert(victim, HOSTILE["s25"])


def test_s26_new_lines_and_leading_dashes_are_text(victim: Victim) -> None:
    inert(victim, HOSTILE["s26"])


@pytest.mark.parametrize(
    "script",
    ["echo '${{ inputs.v }}'", "eval ${{ inputs.v }}", "echo $(( ${{ inputs.v }} ))", "[[ ${{ inputs.v }} -eq 1 ]]",
     "declare -i n=${{ inputs.v }}", "let n=${{ inputs.v }}", "a[${{ inputs.v }}]=1",
     "cat <<'END'\n${{ inputs.v }}\nEND"],
)  # fmt: skip
def test_s24_where_a_shell_would_evaluate_it_the_file_is_refused(victim: Victim, script: str) -> None:
    text = f"steplane: 1\ninputs: {{v: {{type: string}}}}\nsteps:\n  - run: {json.dumps(script)}\n"
    answer = victim.check(text)
    assert answer.code == 2
    assert answer.out.startswith("trial.yaml:4:")


def test_s27_a_nul_and_too_much_in_the_environment(victim: Victim) -> None:
    text = """
inputs: {v: {type: string}}
failure: continue
steps:
  - {id: env, needs: [], env: {V: "${{ inputs.v }}"}, run: "echo \\"$V\\" > hit"}
  - {id: argv, needs: [], run: [echo, "${{ inputs.v }}"]}
  - {id: script, needs: [], run: 'printf %s "${{ inputs.v }}" | wc -c'}
"""
    (victim.folder / "value").write_bytes(b"a\0b")
    answer = victim.run(text, "-i", "v=@value")
    assert answer.code == 1
    assert "the value of `env.V` holds a NUL, which no environment can" in answer.said
    assert answer.said.count("NUL") >= 3
    (victim.folder / "value").write_bytes(b"x" * (128 << 10))
    victim.write("trial.yaml", "steplane: 1\nname: trial\n" + text)
    answer = victim.attack("run", "trial.yaml", "-i", "v=@value", "--format", "plain")
    assert answer.code == 1
    assert "131072" in answer.out
    assert answer.said.count("more than the system allows") >= 2, answer.said
    assert not (victim.folder / "hit").exists()


def test_s28_variables_that_run_code_are_the_authors_own(victim: Victim) -> None:
    names = ("LD_PRELOAD", "BASH_ENV", "PATH", "PYTHONPATH", "NODE_OPTIONS", "BASH_FUNC_ls", "GIT_CONFIG_VALUE_0")
    values = ("${{ inputs.v }}", "/x:${{ vars.v }}", "${{ steps.a.outputs.stdout }}", "${{ item }}")
    head = """steplane: 1
inputs: {v: {type: string}, list: {type: array}}
vars: {v: "a${{ inputs.v }}"}
steps:
  - {id: a, run: echo x}
"""
    steps = [
        f'  - {{foreach: "${{{{ inputs.list }}}}", run: echo x, env: {{{name}: "{value}"}}}}\n'
        for name in names
        for value in values
    ]
    answer = victim.check(head + "".join(steps))
    assert answer.code == 2
    said = answer.out.splitlines()
    for number, line in enumerate(steps, 6):
        assert any(one.startswith(f"trial.yaml:{number}:") and "error[env-runs-code]" in one for one in said), line


def test_s28_what_the_author_has_chosen_may_stand_there(victim: Victim) -> None:
    text = """steplane: 1
inputs: {which: {enum: [a, b]}, n: {type: integer}}
vars: {base: /opt, bin: "${{ vars.base }}/bin"}
steps:
  - {run: echo x, env: {PATH: "${{ vars.bin }}:/${{ inputs.which }}/${{ inputs.n }}:${{ env.PATH }}"}}
  - {matrix: {py: ["3.11"]}, run: echo x, env: {PATH: "/${{ matrix.py }}"}}
  - {foreach: [x, y], run: echo x, env: {LD_PRELOAD: "/${{ item }}.so"}}
"""
    assert victim.check(text).code == 0


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("echo other=1 >> $STEPLANE_OUTPUT", "'other'"),
        ("printf 'v=1\\nSTEPLANE_OUTPUT=/etc/x\\n' >> $STEPLANE_OUTPUT", "'STEPLANE_OUTPUT'"),
        ("echo '::set-output name=v::1' >> $STEPLANE_OUTPUT", "neither NAME=VALUE"),
        ("echo 'v<<EOF' >> $STEPLANE_OUTPUT", "neither NAME=VALUE"),
        ("echo '{\"v\": NaN}' >> $STEPLANE_OUTPUT", "no JSON object"),
        ("printf '{\"v\":%s}' $(printf '[%.0s' {1..9999}) > $STEPLANE_OUTPUT", "JSON object"),
        ("printf '\\xff' >> $STEPLANE_OUTPUT", "is not UTF-8"),
        ("rm -f $STEPLANE_OUTPUT; ln -s /etc/passwd $STEPLANE_OUTPUT", "cannot be read"),
        ("rm -f $STEPLANE_OUTPUT; mkfifo $STEPLANE_OUTPUT", "no regular file"),
        ("rm -f $STEPLANE_OUTPUT; mkdir $STEPLANE_OUTPUT", "no regular file"),
        ("rm -f $STEPLANE_OUTPUT; ln -s /dev/zero $STEPLANE_OUTPUT", "cannot be read"),
        ("head -c 20000000 /dev/zero | tr '\\0' x > $STEPLANE_OUTPUT", "more than 16 MiB"),
    ],
)  # fmt: skip
def test_s29_only_declared_outputs_and_only_from_the_file(victim: Victim, written: str, said: str) -> None:
    script = f"{written}\necho '::set-output name=v::forged'\n"
    text = (
        f"steps: [{{id: a, run: {json.dumps(script)}, outputs: [v]}}]\noutputs: {{all: '${{{{ steps.a.outputs }}}}'}}\n"
    )
    answer = victim.run(text)
    assert said in answer.said
    assert answer.code in {0, 1}
    shown = victim.attack("show", "one", "--format", "json")
    assert "forged" not in json.dumps(json.loads(shown.out).get("outputs"))
    assert "root:" not in shown.out


def test_s29_what_is_not_declared_is_no_output(victim: Victim) -> None:
    script = "echo v=2 >> $STEPLANE_OUTPUT; echo other=1 >> $STEPLANE_OUTPUT; echo '{\"more\": 3}' >> $STEPLANE_OUTPUT"
    victim.run(
        f"steps: [{{id: a, run: {json.dumps(script)}, outputs: [v]}}]\noutputs: {{all: '${{{{ steps.a.outputs }}}}'}}\n"
    )
    shown = json.loads(victim.attack("show", "one", "--format", "json").out)
    assert shown["steps"][0]["outputs"] == {"v": "2"}
    assert shown["outputs"] == {"all": {"v": "2"}}


def heard_by_github(commands: list[str]) -> list[str]:
    """The commands that GitHub obeys: none between `::stop-commands::TOKEN` and `::TOKEN::`."""
    heard, token = [], ""
    for line in commands:
        if token:
            token = "" if line == f"::{token}::" else token
        elif line.startswith("::stop-commands::"):
            token = line.removeprefix("::stop-commands::")
            assert len(token) > 16
        else:
            heard.append(line)
    return heard


ESCAPES = "\x1b[2J\x1b]0;title\x07\x1b[31mred\x1b]8;;http://x\x1b\\\x9b1m\x08\r\x00\u202e"


ODD_NAME = "odd\x1b[2J\x1b]0;title\x07\u202e"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["check", f"{ODD_NAME}.yaml"], "steps: [{run: 'true'}]"),
        (["check", f"{ODD_NAME}.yaml"], "steps: [{rum: 'true', id: A_b}]"),
        (["check", "--fix", "--unsafe", f"{ODD_NAME}.yaml"], "steps: [{rum: 'true'}]"),
        (["fmt", f"{ODD_NAME}.yaml"], "steps:\n  - run: make   \n    id: a"),
        (["fmt", "--check", f"{ODD_NAME}.yaml"], "steps:\n  - run: make   \n    id: a"),
        (["migrate", f"{ODD_NAME}.yaml"], "steps: [{run: 'true'}]"),
        (["plan", f"{ODD_NAME}.yaml"], "steps: [{run: 'true'}]"),
        (["graph", f"{ODD_NAME}.yaml"], "steps: [{run: 'true'}]"),
        (["run", f"{ODD_NAME}.yaml", "--state", ODD_NAME], "steps: [{run: 'false'}]"),
        (["runs", "--state", ODD_NAME], ""),
        (["show", "x", "--state", ODD_NAME], ""),
    ],
)
def test_s30_names_of_files_are_inert_on_a_terminal(victim: Victim, words: list[str], text: str) -> None:
    (victim.folder / f"{ODD_NAME}.yaml").write_text(f"steplane: 1\n{text}\n")
    with Terminal(victim.words(words), victim.folder, victim.env) as terminal:
        terminal.end()
        said = terminal.written.decode("utf-8", "surrogateescape")
    assert said
    assert "\x1b[2J" not in said
    assert not [one for one in ("\x1b]", "\x07", "\u202e") if one in said], said


@pytest.mark.parametrize("form", ["plain", "json", "github", "live"])
def test_s30_control_commands_and_escapes_are_inert(victim: Victim, form: str) -> None:
    lines = "::error::forged\n##[error]forged\n\x1b[32m::warning::forged\n::add-mask::a\n::stop-commands::x\n"
    lines += "section_start:1:a\r\x1b[0K\n"
    (victim.folder / "words").write_text(ESCAPES + "\n" + lines, newline="")
    text = """
inputs: {v: {type: string}}
failure: continue
steps:
  - {id: a, needs: [], run: cat words}
  - {id: b, needs: [], uses: log, with: {message: "${{ inputs.v }}"}}
  - {id: c, needs: [], uses: fail, with: {message: "${{ inputs.v }}"}}
  - {id: d, needs: [], foreach: ["${{ inputs.v }}"], key: "${{ item }}", run: "true"}
"""
    answer = victim.run(text, "-i", "v=@words", "--format", form)
    with Terminal(victim.words(["logs", "one"]), victim.folder, victim.env) as terminal:
        terminal.end()
        logs = terminal.written.decode("utf-8", "surrogateescape")
    shown = victim.attack("show", "one", "--all")
    obeyed = "\x1b\x07\x08\x00" + ("" if form == "json" else "\x9b\u202e")  # JSON is not for eyes
    for said in (answer.said, logs, shown.said):
        text = re.sub(r"\x1b\[[0-9;]*m", "", said)
        for one in obeyed:
            assert one not in text, repr(text[max(0, text.index(one) - 300) : text.index(one) + 60])
    commands = [line for line in answer.out.splitlines() if line.startswith(("::", "##["))]
    if form == "github":
        heard = heard_by_github(commands)
        assert not [line for line in heard if "forged" in line and not line.startswith("::error file=trial.yaml")]
        assert not [line for line in heard if line.startswith(("::add-mask", "::stop-commands"))]
    else:
        assert commands == []
