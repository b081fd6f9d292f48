"""What is said about values where they cannot stand, or where something takes them for code."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.runner.scripts.conftest import Scripts

REFUSED = [
    ("echo '${{ v }}'", "expression-in-single-quotes"),
    ("echo $'${{ v }}'", "expression-in-single-quotes"),
    ("# it's\nx=$(echo $((1 << 3)) '${{ v }}')", "expression-in-single-quotes"),
    ("cat <<< 'a ${{ v }}'", "expression-in-single-quotes"),
    ("echo \"it's $(echo '${{ v }}')\"", "expression-in-single-quotes"),
    ("bash -c 'echo ${{ v }}'", "expression-in-single-quotes"),
    ("cat <<'EOT'\n${{ v }}\nEOT", "expression-in-quoted-heredoc"),
    ('cat > x <<-"EOT"\n\t${{ v }}\n\tEOT\n', "expression-in-quoted-heredoc"),
    ("x=$((1 << 3))\ncat <<\\EOT\nit's ${{ v }}\nEOT", "expression-in-quoted-heredoc"),
    ("echo \\${{ v }}", "expression-after-backslash"),
    ('echo "\\${{ v }}"', "expression-after-backslash"),
    ('echo "US$${{ v }}"', "expression-after-dollar"),
    ("eval ${{ v }}", "shell-evaluates-value"),
    ('eval "echo ${{ v }}" >> x', "shell-evaluates-value"),
    ("eval >x ${{ v }}", "shell-evaluates-value"),
    ("command eval x=${{ v }}", "shell-evaluates-value"),
    ("cat <<EOT && eval ${{ v }}\nx\nEOT", "shell-evaluates-value"),
    ("coproc eval ${{ v }}", "shell-evaluates-value"),
    ("echo `eval ${{ v }}`", "shell-evaluates-value"),
    ("[[ ( $a -gt 3 ) && ! $b -le 2 ]] && eval ${{ v }}", "shell-evaluates-value"),
    ("unset ${{ v }}", "shell-evaluates-value"),
    ("[[ -v ${{ v }} ]]", "shell-evaluates-value"),
    ('test -v "${{ v }}"', "shell-evaluates-value"),
    ("printf -v ${{ v }} x", "shell-evaluates-value"),
    ("read -r ${{ v }}", "shell-evaluates-value"),
    ('declare "${{ v }}=1"', "shell-evaluates-value"),
    ("local -n x=${{ v }}", "shell-evaluates-value"),
    ("echo $((${{ v }} + 1))", "shell-wants-number"),
    ('echo $(( "${{ v }}" ))', "shell-wants-number"),
    ("cat <<EOT\n$((1 + ${{ v }}))\nEOT", "shell-wants-number"),
    ("(( x = ${{ v }} ))", "shell-wants-number"),
    ("for ((i=0; i < ${{ v }}; i++)); do :; done", "shell-wants-number"),
    ("[[ ${{ v }} -eq 1 ]]", "shell-wants-number"),
    ('[[ 1 -gt "${{ v }}" ]]', "shell-wants-number"),
    ("let x=${{ v }}", "shell-wants-number"),
    ("declare -i x=${{ v }}", "shell-wants-number"),
    ("declare -ai x=(${{ v }})", "shell-wants-number"),
    ("typeset -i y x; x=${{ v }}", "shell-wants-number"),
    ("[[ 1 -eq \\\n ${{ v }} ]]", "shell-wants-number"),
    ("cat <<EOT || let ${{ v }}\nx\nEOT", "shell-wants-number"),
    ("a[${{ v }}]=1", "shell-wants-number"),
    ("a=([${{ v }}]=1)", "shell-wants-number"),
    ('echo "${a[${{ v }}]}"', "shell-wants-number"),
    ("echo ${x:${{ v }}:1}", "shell-wants-number"),
    ("cat <<${{ v }}\nx\n", "shell-not-understood"),
    ("echo ${x_${{ v }}}", "shell-not-understood"),
    ("cat <<EOT\n`echo ${{ v }}`\nEOT", "shell-not-understood"),
    ("cat <<EOT; eval ${{ v }}\nx\nEOT\n", "shell-evaluates-value"),
    ("[ \\( -v ${{ v }} \\) ]", "shell-evaluates-value"),
    ("[ a \\< b ] && cat <<EOT; :\n$((${{ v }}))\nEOT\n", "shell-wants-number"),
    ("a[1<<2]=x\nrm ${{ v }}\n2]=x\n", "shell-not-understood"),
    ("if ${{ v }}", "shell-not-understood"),
]
WARNED = [
    ('bash -c "echo ${{ v }}"', "value-in-program"),
    ('sudo bash -euo pipefail -c "echo ${{ v }}"', "value-in-program"),
    ("sh -ec ${{ v }}", "value-in-program"),
    ('"$SHELL" -c "${{ v }}"', "value-in-program"),
    ("alias x=${{ v }}", "value-in-program"),
    ("ssh host ls ${{ v }}", "value-in-program"),
    ('ssh -p 22 host "ls ${{ v }}"', "value-in-program"),
    ('awk "/${{ v }}/ {print}" file', "value-in-program"),
    ("sed -e 's/x/y/' -e \"s/a/${{ v }}/\" file", "value-in-program"),
    ('sed -n "/${{ v }}/p"', "value-in-program"),
    ('perl -ne "print if /${{ v }}/"', "value-in-program"),
    ('python3 -c "print(${{ v }})"', "value-in-program"),
    ('trap "rm ${{ v }}" EXIT', "value-in-program"),
    ('find . -exec sh -c "echo ${{ v }}" \\;', "value-in-program"),
    ("bash <<EOT\necho ${{ v }}\nEOT", "value-in-program"),
    ("ssh host bash -s <<EOT\necho ${{ v }}\nEOT", "value-in-program"),
    ('bash <<< "echo ${{ v }}"', "value-in-program"),
    ('echo "echo ${{ v }}" | sh', "value-in-program"),
    ("cat <<EOT 2>&1 | sh\n${{ v }}\nEOT\n", "value-in-program"),
    ("cat <<EOT |\n${{ v }}\nEOT\nsh", "value-in-program"),
    ("${{ v }} --help", "value-as-command"),
    ('if "${{ v }}"; then :; fi', "value-as-command"),
]
FINE = [
    "[ 1 -lt ${{ v }} ] && test ${{ v }} -ne 2",
    '[ "${{ v }}" -eq 3 -a 4 -ge ${{ v }} ]',
    'sh -c \'echo "$1"\' name "${{ v }}"',
    "find . -name ${{ v }} -exec sh -c 'echo \"$1\"' name {} \\;",
    "find . -exec sh -c 'echo \"$1\"' name ${{ v }} \\;",
    "bash script.sh -c ${{ v }}",
    "awk -v x=${{ v }} '{print x}' ${{ v }}",
    "sed -e 's/x/y/' ${{ v }}",
    "sed -n 's/x/y/p' ${{ v }}",
    "sed -f program ${{ v }}",
    "python3 -c 'import sys' ${{ v }}",
    "python3 tool.py -c ${{ v }}",
    "ssh ${{ v }}",
    "ssh -i ${{ v }} host uptime",
    "cat <<EOT | ssh host cat\n${{ v }}\nEOT",
    "source ${{ v }}",
    ". ${{ v }}",
    "# eval ${{ v }}",
    "grep -e ${{ v }} file",
    "read -p ${{ v }} answer",
    'read -r x <<< "${{ v }}"',
    "${{ v }}/bin/python -m build",
    "export A=${{ v }}",
    "x=$(( $(wc -l < ${{ v }}) + 1 ))",
    '[[ ( $a -gt 3 ) && ! $b -le 2 ]]\necho "${{ v }}" ${{ v }}',
    "cat <<EOT 2>&1 | tee\nx\nEOT\necho ${{ v }}",
    'usage()\n{\n echo ${1+"$@"} ${{ v }}\n}\n',
    "trap 'rm \"$1\"' EXIT; echo ${{ v }}",
    'eval "$(ssh-agent -s)"; echo ${{ v }}',
    "cat > ${{ v }} <<'EOT'\n$x\nEOT",
    'echo "\\$${{ v }} \\\\${{ v }}"',
]


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_what_is_refused(scripts: "Scripts", text: str, code: str) -> None:
    assert {one.rpartition(" ")[0] for one in scripts.said(text)} == {f"error {code}"}


@pytest.mark.parametrize(("text", "code"), WARNED)
def test_what_is_warned_of(scripts: "Scripts", text: str, code: str) -> None:
    assert [one.rpartition(" ")[0] for one in scripts.said(text)] == [f"warning {code}"]


@pytest.mark.parametrize("text", FINE)
def test_what_is_fine(scripts: "Scripts", text: str) -> None:
    assert scripts.said(text) == []


@pytest.mark.parametrize("text", [text for text, code in REFUSED if code == "shell-wants-number"])
def test_a_number_may_stand_where_the_shell_computes(scripts: "Scripts", text: str) -> None:
    assert scripts.said(text, numbers=["v"]) == []


@pytest.mark.parametrize(("text", "code"), WARNED)
def test_a_number_is_harmless_in_a_program(scripts: "Scripts", text: str, code: str) -> None:
    assert scripts.said(text, numbers=["v"]) == []


def test_places(scripts: "Scripts") -> None:
    text = "echo ok\n  echo '${{ a }}' \"${{ b }}\" \\\n '${{ c }}'\n"
    assert scripts.said(text) == ["error expression-in-single-quotes 2:9", "error expression-in-single-quotes 3:3"]


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        (
            "echo '${{ v }}'",
            "`${{ v }}` stands in single quotes, where the shell expands nothing",
            "use double quotes around it, or close the single quotes before it: `'text '\"${{ v }}\"' text'`",
        ),
        (
            "cat <<'EOT'\n${{ v }}\nEOT",
            "`${{ v }}` stands in a here-document with a quoted delimiter, where the shell expands nothing",
            "take the quotes off the delimiter (`<<EOT`) and write `\\$` and `` \\` `` for a literal `$` and `` ` ``",
        ),
        (
            'echo "US$${{ v }}"',
            "the `$` before `${{ v }}` would join with the value to other code of the shell",
            "take it away; for a dollar sign in the text write `\\$`",
        ),
        (
            'echo "\\${{ v }}"',
            "the backslash before `${{ v }}` would make the shell print the name of a variable instead of the value",
            "take it away; for a backslash in the text write `\\\\`",
        ),
        (
            "eval ${{ v }}",
            "`eval` makes the shell evaluate `${{ v }}` as code",
            "run the command itself, with the value as an argument in double quotes",
        ),
        (
            "unset ${{ v }}",
            "`unset` makes the shell evaluate `${{ v }}` as code",
            "write the variable's name out; to choose among several use `case`",
        ),
        (
            "echo $((${{ v }}))",
            (
                "the shell computes with `${{ v }}` in `$(( ))`, and runs code that a text there may hold: "
                "it must be a number"
            ),
            "give it a numeric type (`type: number`, `type: integer`) or write `| int`",
        ),
        (
            'bash -c "x ${{ v }}"',
            "`${{ v }}` becomes part of a program that `bash -c` runs",
            'pass it as an argument: `bash -c \'echo "$1"\' bash "${{ … }}"`',
        ),
        (
            "${{ v }}",
            "`${{ v }}` is run as a program: whoever gives the value decides what runs",
            "write the program's name out; to choose among several use `case`",
        ),
        (
            "cat <<${{ v }}",
            "the shell syntax around `${{ v }}` is not understood, so the value cannot be put there safely",
            'hand it over with `env: {NAME: "${{ v }}"}` and write `"$NAME"` in the script',
        ),
    ],
)
def test_messages(scripts: "Scripts", text: str, message: str, remedy: str) -> None:
    _, found = scripts.compile(text)
    assert [(one.message, one.help) for one in found] == [(message, remedy)]


@pytest.mark.parametrize("text", ["if", "echo 'open", "$(", "cat <<'X'\n", "\0", "\r\n", "((", "eval $x", ""])
def test_a_script_without_values_never_fails(scripts: "Scripts", text: str) -> None:
    assert scripts.said(text) == []
