"""The second opinion on quoting, and the law that stands on both: a script that is let through never runs a value."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steplane.scripts import Direct, expressions_of
from steplane.scripts.quoting import quoting_of

if TYPE_CHECKING:
    from tests.runner.scripts.conftest import Scripts

MARK = "${V}"

KNOWN = [
    ("echo ${V}", "bare"),
    ('echo "${V}"', "double"),
    ("echo '${V}'", "literal"),
    ("echo $'it\\'s ${V}'", "literal"),
    ("# it's\necho ${V}", "bare"),
    ("echo a#b ${V} # '", "bare"),
    ("echo # ${V}", "comment"),
    ('echo "it\'s ${V}"', "double"),
    ("echo \\' ${V}", "bare"),
    ('echo "\\"${V}"', "double"),
    ('echo "$(echo ${V})"', "bare"),
    ('echo "$(echo "${V}")"', "double"),
    ('echo "`echo ${V}`"', "bare"),
    ("x=\"    <---- ` gettext 'easiest'` ${V}\"", "double"),
    ("echo $(case x in x) echo ${V};; esac)", "bare"),
    ('echo "$(case x in (x) :;; esac) ${V}"', "double"),
    ("echo $((1 << ${V}))", "arithmetic"),
    ("(( 1 << ${V} ))", "arithmetic"),
    ("for ((i=0; i<${V}; i++)); do :; done", "arithmetic"),
    ("echo $[ ${V} ]", "arithmetic"),
    ("echo $((1 << 3)) ${V}\n3", "bare"),
    ("cat <<EOT\nit's ${V}\nEOT", "heredoc"),
    ("cat <<EOT\n$(echo ${V})\nEOT", "bare"),
    ("cat <<EOT\nEOT\n${V}", "bare"),
    ("cat <<'EOT'\n${V}\nEOT", "literal"),
    ("cat <<E'O'T\n${V}\nEOT", "literal"),
    ("cat <<\\EOT; x\n'\nEOT\n${V}", "bare"),
    ("cat <<-EOT\n\tEOT\n${V}", "bare"),
    ("cat <<EOT\n\tEOT\n${V}", "heredoc"),
    ("cat <<A <<'B'\nit's\nA\n'${V}\nB", "literal"),
    ("cat <<A <<'B'\nit's\nA\n'\nB\n${V}", "bare"),
    ("cat <<< ${V}\n'", "bare"),
    ("x=$(cat <<EOT\n')\nEOT\n) ${V}", "bare"),
    ('echo "${x:-it\'s ${V}}"', "double"),
    ("echo ${x:-'${V}'}", "literal"),
    ("echo ${#x} ${x#y} ${V}", "bare"),
    ('echo "$$" $# ${V}', "bare"),
]


@pytest.mark.parametrize(("script", "quoting"), KNOWN)
def test_quoting(script: str, quoting: str) -> None:
    at = script.index(MARK)
    assert quoting_of(script, {at: at + len(MARK)}) == {at: quoting}


def test_endless_nesting_is_not_known() -> None:
    script = "$(" * 5000 + MARK
    assert quoting_of(script, {10000: 10004}) == {}


FRAGMENTS = [
    *"\"'`\\$ \n;#|{}!~",
    "$(",
    ")",
    "${x:-",
    "${x#",
    "${x/y/",
    "$((",
    "))",
    "((",
    "(",
    "$'",
    "echo ",
    "printf %s ",
    "x=",
    "a=(",
    "cat <<EOT\n",
    "\nEOT\n",
    "cat <<'EOT'\n",
    "cat <<-EOT |",
    "<<< ",
    "[[ ",
    " ]]",
    "[ 1 -eq ",
    " -eq ",
    " ]",
    "case x in ",
    "x) ",
    ";; esac",
    "let ",
    "declare -i x=",
    "&& ",
    "if ",
    "; then ",
    "; fi",
    "x[",
    "]=1",
    "# ",
    "EOT",
    "it's",
    "<(",
]
VALUE = 'a[$(touch canary)]`touch canary`$(touch canary)\n"; touch canary; \'; touch canary; "\nEOT\ntouch canary\n'


@settings(max_examples=250, deadline=None)
@given(st.lists(st.sampled_from([*FRAGMENTS, *["${{ v }}"] * 8]), min_size=2, max_size=14).map("".join))
def test_what_is_let_through_never_runs_a_value(scripts: "Scripts", text: str) -> None:
    what, found = scripts.compile(text)
    if found or isinstance(what, Direct) or not expressions_of(what):
        return
    for shell in ("bash", "sh"):
        scripts.run(text, {"v": VALUE}, shell)
        assert not (scripts.directory / "canary").exists()
