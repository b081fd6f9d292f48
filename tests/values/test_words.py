"""Any value arrives in `run:` as one word, and a list as one word per item: seen by the programs of real runs."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Steplane

VALUES = {
    "plain": "plain",
    "empty": "",
    "blanks": "  two  words\t",
    "single quotes": "it's '' '",
    "double quotes": 'say "hello" "',
    "substitution": "$(touch pwned)",
    "backticks": "`touch pwned`",
    "variables": "$HOME ${PATH} $$ $1 $STEPLANE_V1",
    "arithmetic": "$((1+1)) $[1+1]",
    "operators": "; touch pwned & touch pwned | touch pwned > pwned < /dev/null",
    "backslashes": "\\ \\n \\\\ \\' \\\"",
    "newlines": "\none\n\ntwo\n",
    "carriage returns": "one\r\ntwo\r",
    "globs": "* ? [a-z] {a,b} ~ ~root /*",
    "history": "!! !$ ^a^b",
    "a short option": "-n",
    "a long option": "--help",
    "the end of options": "--",
    "a comment": "# not a comment",
    "an expression": "${{ inputs.values }} ${% if %}",
    "the end of a here-document": "END\ntouch pwned\nEND",
    "other scripts": "Ünïcödé Ελληνικά 中文 עברית 👩‍👧 e\u0301",
    "unusual spaces": "\u00a0\u2028\u2029\ufeff",
    "control characters": "\x01\x07\x08\x0b\x0c\x1b[2J\x7f\x80",
    "a number": 12.5,
    "a truth": True,
}

WORDS = '${{ value }} "<${{ value }}>" a${{ value }}b'

WORKFLOW = f"""\
steplane: 1
name: words
inputs:
  values: {{type: array}}
steps:
  - id: bash
    needs: []
    foreach: ${{{{ inputs.values }}}}
    as: value
    concurrency: 4
    run: |
      : # a comment with 'a quote
      if true; then printf '%s\\0' {WORDS}; fi > bash-${{{{ loop.index }}}}
  - id: sh
    needs: []
    foreach: ${{{{ inputs.values }}}}
    as: value
    concurrency: 4
    with: {{shell: sh}}
    run: |
      if true; then printf '%s\\0' {WORDS}; fi > sh-${{{{ loop.index }}}}
  - id: direct
    needs: []
    foreach: ${{{{ inputs.values }}}}
    as: value
    concurrency: 4
    run: ./record direct-${{{{ loop.index }}}} {WORDS}
  - id: listed
    needs: []
    foreach: ${{{{ inputs.values }}}}
    as: value
    concurrency: 4
    run: [./record, "listed-${{{{ loop.index }}}}", "${{{{ value }}}}", "<${{{{ value }}}}>", "a${{{{ value }}}}b"]
"""

RECORD = """\
#!/bin/sh
name=$1
shift
printf '%s\\0' "$@" > "$name"
"""


def text_of(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def words_in(path: Path) -> list[str]:
    return path.read_bytes().decode().split("\0")[:-1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a program that records its words, from the second on, in the file that the first names."""
    (tmp_path / "record").write_text(RECORD, "utf-8")
    (tmp_path / "record").chmod(0o755)
    return tmp_path


def run(steplane: Steplane, folder: Path, text: str, *words: str, **inputs: Any) -> dict[str, Any]:
    """The last line of a run; its standard error under `said`, and the exit code under `code`."""
    (folder / "flow.yaml").write_text(text, "utf-8")
    (folder / "inputs.json").write_text(json.dumps(inputs), "utf-8")
    done = steplane("run", "--format", "json", "--inputs", "inputs.json", *words, "flow.yaml")
    assert "Traceback" not in done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {**(lines[-1] if lines else {}), "lines": lines, "said": done.stderr, "code": done.returncode}


def test_every_value_is_one_word_in_every_way_to_run_it(steplane: Steplane, folder: Path) -> None:
    ended = run(steplane, folder, WORKFLOW, values=list(VALUES.values()))
    assert ended["code"] == 0, ended
    for way in ("bash", "sh", "direct", "listed"):
        for number, (name, value) in enumerate(VALUES.items(), 1):
            text = text_of(value)
            assert words_in(folder / f"{way}-{number}") == [text, f"<{text}>", f"a{text}b"], (way, name)
    assert not (folder / "pwned").exists()


def test_a_mebibyte_is_one_word_of_a_shell(steplane: Steplane, folder: Path) -> None:
    big = "m$(x)'\n\"" * (1 << 17) + "end"
    text = """\
        steplane: 1
        name: big
        inputs: {big: {type: string}}
        steps:
          - id: bash
            run: printf '%s\\0' ${{ inputs.big }} > bash && echo done
          - id: sh
            with: {shell: sh}
            run: printf '%s\\0' ${{ inputs.big }} > sh
          - id: stdin
            run: [sh, -c, cat > stdin]
            with:
              stdin: ${{ inputs.big }}
          - id: document
            run: |
              cat > document <<END
              ${{ inputs.big }}
              END
        """
    (folder / "big").write_text(big, "utf-8")
    ended = run(steplane, folder, text, "-i", "big=@big")
    assert ended["code"] == 0, ended
    assert words_in(folder / "bash") == [big]
    assert words_in(folder / "sh") == [big]
    assert (folder / "stdin").read_text("utf-8") == big
    assert (folder / "document").read_text("utf-8") == big + "\n"


def test_a_megabyte_for_a_program_says_how_to_give_it(steplane: Steplane, folder: Path) -> None:
    text = """\
        steplane: 1
        name: big
        inputs: {big: {type: string}}
        steps:
          - id: direct
            run: ./record direct ${{ inputs.big }}
        """
    (folder / "big").write_text("m" * (1 << 20), "utf-8")
    ended = run(steplane, folder, text, "-i", "big=@big")
    assert (ended["code"], ended["error"]["type"]) == (1, "shell.spawn")
    assert "give large values on `stdin` or in a file" in ended["error"]["message"]


def test_a_list_is_one_word_per_item(steplane: Steplane, folder: Path) -> None:
    values = [text_of(value) for value in VALUES.values()]
    text = """\
        steplane: 1
        name: lists
        inputs:
          values: {type: array}
          none: {type: array}
        steps:
          - id: bash
            run: printf '%s\\0' first ${{ inputs.values }} ${{ inputs.none }} last > bash
          - id: sh
            with: {shell: sh}
            run: printf '%s\\0' first ${{ inputs.values }} ${{ inputs.none }} last > sh
          - id: direct
            run: ./record direct first ${{ inputs.values }} ${{ inputs.none }} last
          - id: loop
            run: |
              for one in ${{ inputs.values }}; do printf '%s\\0' "$one"; done > loop
          - id: json
            run: printf '%s\\0' "${{ inputs.values }}" > json
        """
    ended = run(steplane, folder, text, values=values, none=[])
    assert ended["code"] == 0, ended
    for way in ("bash", "sh", "direct"):
        assert words_in(folder / way) == ["first", *values, "last"], way
    assert words_in(folder / "loop") == values
    assert json.loads(words_in(folder / "json")[0]) == values


@pytest.mark.parametrize(
    ("line", "value", "said"),
    [
        ("echo ${{ inputs.value }}", "a\0b", "holds a NUL character"),
        ("./record x ${{ inputs.value }}", "a\0b", "holds a NUL character"),
        ("echo ${{ inputs.value }} | cat", None, "is null, which has no text"),
        ("echo ${{ inputs.value }} | cat", {"a": 1}, "is a mapping, which is no word"),
        ("echo ${{ inputs.value }} | cat", [[1]], "is a list, which is no word"),
        ("echo a${{ inputs.value }} | cat", ["b"], "is a list where the shell takes one word"),
        ("./record x ${{ inputs.value | int }}", "a[$(touch pwned)]", "int"),
    ],
)
def test_what_cannot_be_a_word_fails_the_step_and_runs_nothing(
    steplane: Steplane, folder: Path, line: str, value: object, said: str
) -> None:
    text = f"steplane: 1\nname: refused\ninputs: {{value: {{}}}}\nsteps:\n  - id: one\n    run: {line}\n"
    ended = run(steplane, folder, text, value=value)
    assert (ended["code"], ended["error"]["type"]) == (1, "expression"), ended
    assert said in ended["error"]["message"]
    assert not (folder / "pwned").exists()
