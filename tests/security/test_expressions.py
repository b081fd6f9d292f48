"""S14 to S22: hostile expressions and hostile values in them. Errors with a place; nothing is run, nothing is large."""

import json

import pytest
from tests.runner.checks.support import check_document
from tests.security.conftest import Answer, Victim

from steplane.source import read

S14_REACHING = (
    "''.__class__", "''['__class__']", "''.__class__.__mro__[1].__subclasses__()", "[].__class__.__base__",
    "lipsum.__globals__", "cycler.__init__.__globals__", "joiner.__init__", "self.__init__", "range.__class__",
    "inputs.__class__", "steps.__init__", "run.__getitem__", "x.__class__", "namespace().__class__",
    "(1).__class__", "(1).real", "['a'] | map(attribute='__class__') | list", "['a'] | groupby('__class__')",
    "[{}] | sort(attribute='__class__')", "x | attr('__class__')",
)  # fmt: skip
S15_FORMATTING = (
    "'{0.__class__}'.format('x')", "'{x.__class__}'.format_map({'x': 1})", "'{0.__class__}' | format('x')",
    "'%s' | format('x')", "'%s' % 'x'", "'' | attr('format')", "['{0.__class__}'] | map('format', 'x') | list",
    "[''] | map('attr', 'format') | list", "[''] | map(attribute='format') | list",
    "[''] | selectattr('format') | list | first | attr('x')", "'x' | xmlattr", "x.upper()", "'x'.join(['a'])",
)  # fmt: skip
S16_LARGE = (
    "('ß' * 9999999) | upper | length", "(\"'\" * 9999999) | shell_quote | length",
    "'a' * 10**9", "10**9 * 'a'", "'x' | center(10**9)", "'x' | indent(10**9, true)", "[0] * 10**8",
    "[[[0] * 1000] * 1000] * 1000", "['a' * 10**6] * 100 | join('b' * 10**6)", "range(10**9) | list",
    "range(10**5) | join('a' * 10**5)", "('a' * 10**6) | replace('a', 'b' * 1000)", "lipsum(n=10**6)",
    "'%999999999d' % 1", "1 | round(10**9)", "[1] | batch(10**9, 0)", "('a' * 9999999) | urlencode | urlencode",
    "('a' * 10**6) | regex_replace('a', 'b' * 1000)", "'a' | regex_replace('(a)', '\\\\1' * 1000000)",
    "([['a' * 1000] * 1000] * 1000) | map('join') | list | length",
    "([['ß' * 10000] * 999] * 999) | map('join') | list | length",
    "([range(100000) | list] * 300) | map('batch', 1) | list | length",
    "([[]] * 300) | map('slice', 100000) | list | length",
    "(['[' ~ '[],' * 99999 ~ '1]'] * 300) | map('from_json') | list | length",
    "([range(99999) | batch(1) | list] * 30) | map('groupby', 0) | list | length",
)  # fmt: skip
S17_LONG = (
    "'x' | regex_match('(' * 9000 ~ 'x' ~ ')' * 9000)", "'x' | regex_match('(' * 40000 ~ 'x' ~ ')' * 40000)",
    "('x' * 100000) | regex_match('(' * 900 ~ 'x*' ~ ')' * 900)",
    "9 ** (9 ** 9)", "2 ** (10**9)", "(10**1000) ** (10**1000)", "('9' * 10000) | int", "('9' * 4400) | from_json",
    "('[' * 100000) | from_json", "('[' ~ ('[],' * 3333300) ~ '1]') | from_json",
    "range(99999) | map('json')" + " | map('hash') | map('b64encode')" * 20 + " | join",  # long on a fast machine too
    "('ab' * 4999999) | title ~ ('a ' * 4999999) | title", "('a' * 9999999) | regex_replace('a(.*b)?', 'x')",
    "(" * 3000 + "1" + ")" * 3000, "-" * 20000 + "1", "1" + "+1" * 20000,
    "('a' * 9999998 ~ 'b') in ([('a' * 9999998 ~ 'c')] * 100000)",
)  # fmt: skip


SECOND = 1.0
"""Seconds of CPU time after which an expression is stopped."""

LATE = 0.5
"""Seconds by which that may be late: one operation is never broken off."""


def refused(victim: Victim, expressions: tuple[str, ...], cpu: int = 0) -> Answer:
    """Each in a step of its own, that must fail (or be refused before); in half a gigabyte of memory."""
    steps = "".join(
        f"  - {{id: s{number}, needs: [], uses: log, with: {{message: {json.dumps('${{ ' + text + ' }}')}}}}}\n"
        for number, text in enumerate(expressions)
    )
    victim.write("trial.yaml", f"steplane: 1\nname: trial\nfailure: continue\nsteps:\n{steps}")
    found = victim.attack("check", "trial.yaml", "--format", "json", cpu=cpu or 30)
    wrong = {one["start"]["line"] for one in json.loads(found.out)["diagnostics"] if one["severity"] == "error"}
    kept = [line for number, line in enumerate(steps.splitlines(), 5) if number not in wrong]
    if not kept:
        return found
    victim.write("trial.yaml", "steplane: 1\nname: trial\nfailure: continue\nsteps:\n" + "\n".join(kept) + "\n")
    answer = victim.attack(
        "run", "trial.yaml", "--format", "json", "-j", "1", cpu=cpu or 10 + 4 * len(kept), memory=1200
    )
    ended = [one for one in map(json.loads, answer.out.splitlines()) if one["type"] == "step.ended"]
    assert len(ended) == len(kept)
    for one in ended:
        assert one["status"] == "failed", (one, kept)
        assert one["error"]["type"] == "expression"
        assert one["error"]["message"].startswith("trial.yaml:"), one
    assert answer.code == 1
    return answer


def test_s14_no_object_is_reached(victim: Victim) -> None:
    refused(victim, S14_REACHING)


def test_s15_nothing_is_formatted_or_called(victim: Victim) -> None:
    refused(victim, S15_FORMATTING)


def test_s16_nothing_large_is_made(victim: Victim) -> None:
    assert refused(victim, S16_LARGE).peak < 300


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> float:
    """The CPU time of a command whose expression takes none (seconds)."""
    victim = Victim(tmp_path_factory.mktemp("usual"))
    return max(victim.run('steps: [{uses: log, with: {message: "${{ 1 + 1 }}"}}]\n').cpu for _ in range(2))


@pytest.mark.parametrize("expression", S17_LONG, ids=range(len(S17_LONG)))
def test_s17_nothing_takes_long(victim: Victim, expression: str, usual: float) -> None:
    """Each alone has a second of its own, beside what a command takes that waits for no expression.

    That is counted twice: on a machine where others work, the same work takes more time.
    """
    answer = refused(victim, (expression,), cpu=10)
    assert answer.cpu < SECOND + LATE + 2 * usual, (answer.cpu, usual)
    assert answer.peak < 500


LENGTHENED = {
    "and": "inputs.x == 'a'{}", "or": "inputs.x == 'a'{}", "|": "'a'{} == 'a'", "+": "1{} == 1", "*": "1{} == 1",
    "not": "{}true", "[": "{}", "(": "{}", "range(": "{}", ".": "inputs.x{}", "if": "{}true",
}  # fmt: skip
LINKS = {
    "and": " and inputs.x == 'a'", "or": " or inputs.x == 'a'", "|": " | upper", "+": " + 1", "*": " * 1",
    "not": "not ", "[": "[]", "(": "()", "range(": "()", ".": ".a", "if": "1 if inputs.x else ",
}  # fmt: skip
"""What makes a level of a tree, for each kind of chain; brackets stand around what there is."""


DEEP = (
    "at most 200 levels, and 50 brackets in each other: work parts of it out in `vars`, or write a chain as a list "
    "(`x in [...]`)"
)


def chain(kind: str, count: int) -> str:
    """An expression of so many links."""
    if LINKS[kind] in {"[]", "()"}:
        return kind * count + "1" + LINKS[kind][1] * count
    return LENGTHENED[kind].format(LINKS[kind] * count)


@pytest.mark.parametrize("count", [40, 190, 1000])
def test_s17_a_chain_of_any_length_is_taken_or_refused(count: int) -> None:
    """At each place: what walks through a tree comes to its end, or never sees it. (1,000 terms broke the checker.)"""
    texts = []
    for kind in LINKS:
        one = chain(kind, count)
        texts += [f"if: {json.dumps(one)}, run: 'true'"]
        for message in ("${{ " + one + " }}", "${% if " + one + " %}${% endif %}"):
            texts += [f"uses: log, with: {{message: {json.dumps(message)}}}"]
    steps = "".join(f"  - {{id: s{number}, {text}}}\n" for number, text in enumerate(texts))
    head = "steplane: 1\nname: trial\ninputs: {x: {type: string, default: a}}\nsteps:\n"
    found = check_document(read((head + steps).encode(), "trial.yaml"))
    told = [one for one in found if one.message == "this expression is nested too deeply"]
    # of brackets fewer may stand in each other; a bare path is read without a tree
    assert len(told) == {40: 0, 190: 9, 1000: len(texts) - 1}[count]
    assert {one.help for one in told} <= {DEEP}


def test_s17_three_loops_in_each_other(victim: Victim) -> None:
    loops = "${% for a in range(10**5) %}" * 3 + "${% endfor %}" * 3
    answer = victim.run(f'steps: [{{uses: log, with: {{message: "{loops}"}}}}]\n', cpu=10)
    assert answer.code == 1
    assert "takes longer than 1 s" in answer.said
    assert "trial.yaml:3:" in answer.said


def test_s18_a_value_is_never_rendered_again(victim: Victim) -> None:
    text = """
inputs: {v: {type: string}}
secrets: {x: {env: X}}
vars: {v: "${{ inputs.v }}"}
env: {V: "${{ inputs.v }}"}
steps:
  - {id: a, run: 'printf "%s|%s\\n" "${{ vars.v }}" "$V"'}
  - {uses: log, with: {message: "${{ steps.a.outputs.stdout }} ${{ vars.v ~ '' }}"}}
  - {uses: template.render, with: {text: "<${{ v }}>", path: one.txt, values: {v: "${{ inputs.v }}"}}}
  - {uses: template.render, with: {text: "<{{ v }}>", delimiters: jinja, path: two.txt, values: {v: "${{ inputs.v }}"}}}
"""
    hostile = "${{ secrets.x }} ${% for a in secrets %}${{ a }}${% endfor %} {{ 7 * 191 }}"
    answer = victim.run(text, "-i", f"v={hostile}", env={"X": "secret-value"})
    assert answer.code == 0
    assert f"{hostile}|{hostile}" in answer.out
    assert "1337" not in answer.out
    assert "secret-value" not in answer.said
    for name in ("one.txt", "two.txt"):
        assert (victim.folder / name).read_text() == f"<{hostile}>"


@pytest.mark.parametrize(
    "block",
    [
        "${% include '/etc/passwd' %}", "${% import 'os' as os %}", "${% from 'os' import system %}",
        "${% extends 'x' %}", "${% macro m() %}${% endmacro %}", "${% call m() %}${% endcall %}", "${% do x %}",
    ],
)  # fmt: skip
def test_s19_nothing_is_included(victim: Victim, block: str) -> None:
    answer = victim.check(f'steplane: 1\nsteps: [{{uses: log, with: {{message: "{block}"}}}}]\n')
    assert answer.code == 2
    assert answer.out.startswith("trial.yaml:2:")


def test_s20_a_misspelt_name_is_an_error_also_under_default(victim: Victim) -> None:
    text = """steplane: 1
inputs: {region: {type: string, default: eu}}
steps:
  - {uses: log, with: {message: "${{ inputs.regoin | default('x') }}"}}
"""
    answer = victim.check(text)
    assert answer.code == 2
    assert answer.out.startswith("trial.yaml:4:45: error[undeclared]")
    assert "`region`" in answer.out


def test_s21_keys_win_and_methods_are_not_there(victim: Victim) -> None:
    text = """
inputs: {m: {type: object}}
failure: continue
steps:
  - {needs: [], uses: log, with: {message: "items ${{ inputs.m.items }} pop ${{ inputs.m.pop | default('none') }}"}}
  - {id: b, needs: [], uses: log, with: {message: "${{ inputs.m.keys }}"}}
"""
    answer = victim.run(text, "-i", 'm={"items": 7}')
    assert "items 7 pop none" in answer.out
    assert "`inputs.m` has no `keys`" in answer.said


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("NaN", "wants object as JSON"), ("Infinity", "wants object as JSON"), ("{'a': 1}", "wants object as JSON"),
        ('{"a": NaN}', "wants object as JSON"), ("[" * 100_000, "wants object as JSON"), ("\udcff", "wants object"),
        ('{"a": ' * 500 + "1" + "}" * 500, "nested"), ('{"a": ' + "9" * 5000 + "}", "wants object as JSON"),
    ],
    ids=["NaN", "Infinity", "Python", "NaN inside", "depth", "no UTF-8", "nested", "large number"],
)  # fmt: skip
def test_s22_only_json_of_a_sensible_size(victim: Victim, value: str, words: str) -> None:
    (victim.folder / "value").write_bytes(value.encode("utf-8", "surrogateescape"))
    answer = victim.run("inputs: {o: {type: object}}\nsteps: [{uses: log, with: {message: x}}]\n", "-i", "o=@value")
    assert answer.code == 2
    assert words in answer.err or "is not UTF-8 text" in answer.err
    assert "help: " in answer.err
    assert not list((victim.state / "runs").glob("*"))


def test_s22_ten_megabytes_are_kept_and_given_on_whole(victim: Victim) -> None:
    (victim.folder / "value").write_text("x" * 10_000_000)
    text = """
inputs: {v: {type: string}}
steps:
  - {run: 'printf %s "${{ inputs.v }}" | wc -c'}
  - {uses: log, with: {message: "${{ inputs.v ~ inputs.v }}"}}
"""
    answer = victim.run(text, "-i", "v=@value")
    assert "10000000" in answer.out
    assert "this would make a text of more than 10,000,000 characters; no more are allowed" in answer.said
    assert answer.code == 1
