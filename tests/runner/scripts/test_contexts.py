"""Every place of a script where a value may stand, with real shells: what arrives is what was given."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.runner.scripts.conftest import Scripts

HOSTILE = [
    "plain",
    "",
    "two words",
    "  blanks \t around  ",
    "it's \"quoted\" 'twice'",
    "$(touch canary) `touch canary` ${HOME} $HOME $$",
    "'; touch canary; '",
    '"; touch canary; "',
    "$(touch canary)\n`touch canary`",
    "a\nb\n\nc\n",
    "* ? [a-z]* ~ {a,b}",
    "-rf",
    "--",
    "!history #comment",
    "back\\slash \\n \\",
    "}} ${{ x }} ${{ '",
    "EOT",
    "x\nEOT\ntouch canary\nEOT\n",
    "a[$(touch canary)]",
    "& && | ; < > ( )",
    "&",
    "/a/b/",
    "ünïcödé 日本 \U0001f600 \u200b",
    "\x01\x02\x7f\x1b[31m",
    "\r\n",
    "%s %d \\0",
]

# The value `v` must arrive as one word that ends in NUL.
BOTH = [
    "printf '%s\\0' ${{ v }}",
    "printf '%s\\0' ${{ v }}\n",
    "printf '%s\\0' \"${{ v }}\"",
    "x=${{ v }}; printf '%s\\0' \"$x\"",
    'x="${{ v }}"; printf \'%s\\0\' "$x"',
    "x='it is '\"${{ v }}\"; printf '%s\\0' \"${x#it is }\"",
    "x=$(printf '%s.' \"${{ v }}\"); printf '%s\\0' \"${x%.}\"",
    'x="$(printf \'%s.\' "${{ v }}")"; printf \'%s\\0\' "${x%.}"',
    'x="`printf \'%s.\' "${{ v }}"`"; printf \'%s\\0\' "${x%.}"',
    "x=`printf '%s.' ${{ v }}`; printf '%s\\0' \"${x%.}\"",
    "# don't ${{ unused }} mind: '\nprintf '%s\\0' ${{ v }} # nor 'this",
    'x=${NONE:-"${{ v }}"}; printf \'%s\\0\' "$x"',
    "x=${NONE:-${{ v }}}; printf '%s\\0' \"$x\"",
    "printf '%s\\0' \"${NONE:-${{ v }}}\"",
    "for x in ${{ v }}; do printf '%s\\0' \"$x\"; done",
    "show() { printf '%s\\0' \"$@\"; }\nshow ${{ v }}",
    "show() { printf '%s\\0' ${{ v }}; }; show",
    "( printf '%s\\0' ${{ v }} )",
    "if true; then printf '%s\\0' ${{ v }}; fi",
    'x=y\ncase ${{ v }} in "${{ v }}") printf \'%s\\0\' "${{ v }}" ;; esac',
    "case \"${{ v }}\" in ${{ v }}) printf '%s\\0' ${{ v }};; esac",
    "cat <<EOT | tr -d '\\n' >/dev/null\n${{ v }}\nEOT\nprintf '%s\\0' ${{ v }}",
    "x=$(cat <<EOT\nit's <${{ v }}>\nEOT\n); x=${x#\"it's <\"}; printf '%s\\0' \"${x%>}\"",
    "x=$((1 << 3)); printf '%s\\0' ${{ v }}",
    "set -- ${{ v }} b; printf '%s\\0' \"$1\"",
    "printf '%s\\0' \\\n  ${{ v }} \\\n",
    'x="<${{ v }}>"; x=${x#"<"}; printf \'%s\\0\' "${x%">"}"',
    "x=pre${{ v }}; printf '%s\\0' \"${x#pre}\"",
    "x=${{ v }}suf; printf '%s\\0' \"${x%suf}\"",
    'y=${{ v }}.tail; printf \'%s\\0\' "${y%".tail"}"',
    'y="head ${{ v }}"; [ "${y#"head ${{ v }}"}" = \'\' ] && printf \'%s\\0\' "${{ v }}"',
    "y=ab; [ \"a${y#${{ v }}}\" != '' ] && printf '%s\\0' ${{ v }}",
    'x=${{ v }} sh -c \'printf "%s\\0" "$x"\'',
    'sh -c \'printf "%s\\0" "$1"\' name ${{ v }}',
    "env printf '%s\\0' ${{ v }}",
    "printf '%s\\0' ${{\n  v\n}}",
]
BASH = [
    'x=$(cat <<< "${{ v }}."); printf \'%s\\0\' "${x%.}"',
    "x=$(cat <<< ${{ v }}.); printf '%s\\0' \"${x%.}\"",
    "a=(${{ v }}); printf '%s\\0' \"${a[@]}\"",
    'a=(first "${{ v }}"); printf \'%s\\0\' "${a[1]}"',
    "a=(); a+=(${{ v }}); printf '%s\\0' \"${a[@]}\"",
    "a=([3]=${{ v }}); printf '%s\\0' \"${a[3]}\"",
    "declare x=${{ v }}; printf '%s\\0' \"$x\"",
    "f() { local x=${{ v }}; printf '%s\\0' \"$x\"; }; f",
    'export x="${{ v }}"; printf \'%s\\0\' "$x"',
    "[[ ${{ v }} == ${{ v }} ]] && printf '%s\\0' ${{ v }}",
    "[[ x${{ v }}y =~ ^x${{ v }}y$ ]] && printf '%s\\0' ${{ v }}",
    "cat <(printf '%s\\0' ${{ v }})",
    "y=-; printf '%s\\0' \"${y/-/${{ v }}}\"",
    'y=-; printf \'%s\\0\' "${y/"-"/"${{ v }}"}"',
    "y=-; x=${y//-/${{ v }}}; printf '%s\\0' \"$x\"",
    "printf '%s\\0' $\"${{ v }}\"",
    "printf -v x '%s' ${{ v }}; printf '%s\\0' \"$x\"",
    "IFS= read -r -d '' x < <(printf '%s\\0' ${{ v }}); printf '%s\\0' \"$x\"",
]
PLACES = [(text, shell) for text in BOTH for shell in ("bash", "sh")] + [(text, "bash") for text in BASH]


@pytest.mark.parametrize(("text", "shell"), PLACES)
def test_hostile_values_arrive_as_they_are(scripts: "Scripts", text: str, shell: str) -> None:
    everything = "\x1f".join(HOSTILE)
    assert scripts.words(text, {"v": everything}, shell) == [everything]


@pytest.mark.parametrize("value", HOSTILE)
def test_each_hostile_value_in_the_common_places(scripts: "Scripts", value: str) -> None:
    text = (
        "printf '%s\\0' ${{ v }} \"${{ v }}\" x${{ v }}y\nx=${{ v }}; printf '%s\\0' \"$x\"\n"
        "cat <<EOT\n${{ v }}\nEOT\nprintf '\\0'"
    )
    for shell in ("bash", "sh"):
        assert scripts.words(text, {"v": value}, shell) == [value, value, f"x{value}y", value, f"{value}\n"]


@settings(max_examples=60, deadline=None)
@given(
    place=st.sampled_from(PLACES),
    value=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
    | st.lists(st.sampled_from([*HOSTILE, "$", "`", "'", '"', "\\", "\n", "touch canary"]), max_size=6).map("".join),
)
def test_any_text_arrives_in_any_place(scripts: "Scripts", place: tuple[str, str], value: str) -> None:
    text, shell = place
    assert scripts.words(text, {"v": value}, shell) == [value]


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_a_megabyte_arrives(scripts: "Scripts", shell: str) -> None:
    value = "'$(x)\n" * 180_000
    assert scripts.words("printf '%s\\0' ${{ v }} \"${{ v }}\"", {"v": value}, shell) == [value, value]


@pytest.mark.parametrize("shell", ["bash", "sh"])
@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], []),
        (["one"], ["one"]),
        (["a b", "", "*", "-x", "$(touch canary)", "x\ny"], ["a b", "", "*", "-x", "$(touch canary)", "x\ny"]),
        ([1, 2.5, True], ["1", "2.5", "true"]),
    ],
)
def test_a_list_is_one_word_per_item(scripts: "Scripts", shell: str, items: list[object], words: list[str]) -> None:
    text = "printf '%s\\0' begin ${{ v }} end\nfor x in ${{ v }}; do printf '%s\\0' \"$x\"; done"
    assert scripts.words(text, {"v": items}, shell) == ["begin", *words, "end", *words]


def test_a_list_fills_an_array(scripts: "Scripts") -> None:
    assert scripts.words("a=(${{ v }}); printf '%s\\0' ${#a[@]} \"${a[@]}\"", {"v": ["x y", "*"]}) == ["2", "x y", "*"]


def test_a_list_or_mapping_in_double_quotes_is_json(scripts: "Scripts") -> None:
    text = "printf '%s\\0' \"${{ v }}\" \"<${{ w }}>\"\ncat <<EOT\n${{ v }}\nEOT\nprintf '\\0'"
    words = scripts.words(text, {"v": [1, "a b", None, {"k": "é"}], "w": {"a": [True]}})
    assert words == ['[1,"a b",null,{"k":"é"}]', '<{"a":[true]}>', '[1,"a b",null,{"k":"é"}]\n']


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_numbers_where_the_shell_computes(scripts: "Scripts", shell: str) -> None:
    text = 'x=3; echo $((x - ${{ n }})) $(( 1 << ${{ n }} )); [ "${{ n }}" -lt 3 ]; [ ${{ n }} -eq 2 ]'
    done = scripts.run(text, {"n": 2}, shell, numbers=["n"])
    assert (done.returncode, done.stdout) == (0, b"1 4\n")
    assert scripts.run("x=3; echo $((x - ${{ n }}))", {"n": -2.0}, shell, numbers=["n"]).stdout == b"5\n"


def test_numbers_in_bash(scripts: "Scripts") -> None:
    text = (
        "a=(x y z); let i=${{ n }}+1; declare -i k=${{ n }}; a[${{ n }}]=w; (( i > ${{ n }} )) && "
        'echo $i $k ${a[${{ n }}]} "${a[${{ n }}]}"; y=abcdef; echo ${y:${{ n }}:1}; [[ ${{ n }} -eq 1 ]]'
    )
    done = scripts.run(text, {"n": 1}, numbers=["n"])
    assert (done.returncode, done.stdout, done.stderr) == (0, b"2 1 w w\nb\n", b"")
