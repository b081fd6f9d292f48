"""Good scripts that the parser does not know: the values go in all the same, and no danger is overlooked."""

from typing import TYPE_CHECKING

import pytest
from tests.runner.scripts.test_diagnostics import FINE, REFUSED, WARNED

from steplane.scripts import Script
from steplane.scripts.shapes import slots_of

if TYPE_CHECKING:
    from tests.runner.scripts.conftest import Scripts

UNKNOWN = "echo !(a|'b c')\n"
"""What the parser does not know, neither as it is nor said again."""
SAY = "printf '%s\\0'"
HOSTILE = "$(touch hit) `touch hit`; touch hit\n\"'*"


@pytest.mark.parametrize(
    "text",
    [
        f'[ \\( -e . \\) -o -f b ] && {SAY} "${{{{ v }}}}"\n{SAY} ${{{{ v }}}}',
        f'[ x \\< y ] && [ y \\> x ] && {SAY} "${{{{ v }}}}" "${{{{ v }}}}"',
        f'x="a b c"\n[[ $x =~ "a b"\\ c ]] && {SAY} ${{{{ v }}}} "${{{{ v }}}}"',
        f"shopt -s extglob\n: !(a|b).txt ${{{{ v }}}}\n{SAY} ${{{{ v }}}} ${{{{ v }}}}",
        f"shopt -s extglob\n: !(a|'b c').txt\nif [[ -n ${{{{ v }}}} ]]; then\n  {SAY} ${{{{ v }}}}{{,}}\nfi",
        f'exec 3<>/dev/null\nread -r -d "" x <<EOF || [ a \\< b ]\n${{{{ v }}}}\nEOF\n{SAY} "$x" ${{{{ v }}}}',
    ],
)  # fmt: skip
def test_values_arrive_as_they_are(scripts: "Scripts", text: str) -> None:
    assert scripts.words(text, {"v": HOSTILE}) == [HOSTILE, HOSTILE]


@pytest.mark.parametrize(
    "text",
    ['exec 3<>"${{ v }}"', "cat <<EOT |\n${{ v }}\nEOT\ngrep x", "[ a \\< b ] && cat <<-EOT; :\n\t${{ v }}\n\tEOT\n"],
)
def test_what_is_understood_when_it_is_said_again(scripts: "Scripts", text: str) -> None:
    assert scripts.said(text) == []


@pytest.mark.parametrize("text", [*FINE, *(text for text, _ in REFUSED + WARNED)])
def test_beside_what_is_not_understood_nothing_is_taken_for_another_thing(scripts: "Scripts", text: str) -> None:
    alone, told = scripts.compile(text)
    beside, found = scripts.compile(UNKNOWN + text)
    assert isinstance(beside, Script)
    codes = {one.code for one in found}
    assert codes in ({one.code for one in told}, {"shell-not-understood"})
    if codes != {"shell-not-understood"} and isinstance(alone, Script):
        assert [one.place for one in slots_of(beside)] == [one.place for one in slots_of(alone)]


@pytest.mark.parametrize("before", [UNKNOWN, "exec 3<>x\n"])
def test_a_test_over_several_lines_stays_one(scripts: "Scripts", before: str) -> None:
    assert scripts.said(f"{before}[[ -n a &&\n ${{{{ v }}}} -eq 1 ]]") == ["error shell-wants-number 3:2"]


def test_only_the_line_that_is_not_understood_is_refused_and_once(scripts: "Scripts") -> None:
    text = "echo ${{ a }}\n: !(a|'b c') ${{ b }} ${{ c }}\nif true; then\n  echo ${{ d }}\nfi\n"
    compiled, found = scripts.compile(text)
    assert [(one.code, one.span.line, one.span.column) for one in found] == [("shell-not-understood", 2, 14)]
    assert [one.expression.text for one in slots_of(compiled)] == ["a", "d"]
