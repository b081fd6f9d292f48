"""An unquoted expression in brackets: said once, at its place, mended, and nothing else is lost."""

import random

import pytest
from tests.errors.mending import check, mended

from steplane.app.fixing import apply
from steplane.source import plain, read

HEAD = "steplane: 1\ninputs: {who: {type: string}, n: {type: integer}}\nsteps:\n"
TAIL = "  - {id: z, needs: [a], run: make}\n"
"""Names step `a`, which the step before must still be."""

ONE = {
    "double quotes": (
        '{id: a, run: echo "hi ${{ inputs.who }}"}', [27],
        """{id: a, run: 'echo "hi ${{ inputs.who }}"'}""",
    ),
    "none": ("{id: a, run: echo ${{ inputs.who }}}", [23], '{id: a, run: "echo ${{ inputs.who }}"}'),
    "first": (
        '{run: echo "${{ inputs.who }}", id: a}', [17],
        """{run: 'echo "${{ inputs.who }}"', id: a}""",
    ),
    "two in a text": (
        '{id: a, run: echo "${{ inputs.who }}: x, ${{ inputs.n }}"}', [24],
        """{id: a, run: 'echo "${{ inputs.who }}: x, ${{ inputs.n }}"'}""",
    ),
    "single quotes inside": (
        """{id: a, run: echo "it's ${{ inputs.who }}"}""", [29],
        """{id: a, run: 'echo "it''s ${{ inputs.who }}"'}""",
    ),
    "in a list": (
        "{id: a, run: [echo, ${{ inputs.who }}, x${{ inputs.n }}]}", [25, 45],
        '{id: a, run: [echo, "${{ inputs.who }}", "x${{ inputs.n }}"]}',
    ),
    "in a mapping": (
        "{id: a, run: make, env: {A: ${{ inputs.who }}}}", [33],
        '{id: a, run: make, env: {A: "${{ inputs.who }}"}}',
    ),
    "braces inside": (
        "{id: a, run: make, env: {A: ${{ {'a': {'b': inputs.n}}.a.b }}}}", [33],
        """{id: a, run: make, env: {A: "${{ {'a': {'b': inputs.n}}.a.b }}"}}""",
    ),
    "braces in a text": (
        "{id: a, run: make, env: {A: ${{ '}}' ~ inputs.who }}}}", [33],
        """{id: a, run: make, env: {A: "${{ '}}' ~ inputs.who }}"}}""",
    ),
    "a block": (
        "{id: a, run: make, env: {A: ${% if inputs.n > 1 %}a${% endif %}, B: b}}", [33],
        '{id: a, run: make, env: {A: "${% if inputs.n > 1 %}a${% endif %}", B: b}}',
    ),
    "behind a quoted text": (
        '{id: a, run: "echo" ${{ inputs.n }}}', [25],
        """{id: a, run: '"echo" ${{ inputs.n }}'}""",
    ),
    "over lines": (
        '{id: a, # it\'s "\n     run: echo "${{ inputs.who }}", # more\n     env: {A: \'1\'}}', [17],
        '{id: a, # it\'s "\n     run: \'echo "${{ inputs.who }}"\', # more\n     env: {A: \'1\'}}',
    ),
    "an expression over lines": (
        "{id: a, run: make, env: {A: ${{ inputs.n\n      + 1 }}}}", [33],
        '{id: a, run: make, env: {A: "${{ inputs.n\n      + 1 }}"}}',
    ),
    "braces on their own lines": (
        '{\n    id: a,\n    run: echo "${{ inputs.who }}"\n    }', [16],
        "{\n    id: a,\n    run: 'echo \"${{ inputs.who }}\"'\n    }",
    ),
    "behind a colon": (
        "{run: echo a: ${{ inputs.n }}, id: a}", [19], '{run: "echo a: ${{ inputs.n }}", id: a}',
    ),
    "behind a colon of an entry": (
        "{id: a, run: x, env: {A: a: b ${{ inputs.n }}, B: c}}", [35],
        '{id: a, run: x, env: {A: "a: b ${{ inputs.n }}", B: c}}',
    ),
    "a long line": (
        '{id: a, run: echo "' + "x" * 1100 + ' ${{ inputs.who }}"}', [1125],
        """{id: a, run: 'echo \"""" + "x" * 1100 + """ ${{ inputs.who }}"'}""",
    ),
}  # fmt: skip


def said(text: str) -> list[str]:
    return [f"{one.code} {one.span.line}:{one.span.column}" for one in check(text, "w.yaml", {})]


@pytest.mark.parametrize("name", ONE)
def test_one_finding_each_and_its_mend_is_what_was_meant(name: str) -> None:
    step, columns, wanted = ONE[name]
    text = f"{HEAD}  - {step}\n{TAIL}"
    line = text[: text.index("${")].count("\n") + 1
    assert said(text) == [f"unquoted-expression {line}:{column}" for column in columns]
    assert mended(text, "w.yaml", {}) == f"{HEAD}  - {wanted}\n{TAIL}"
    assert said(f"{HEAD}  - {wanted}\n{TAIL}") == []


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ('  - id: a\n    run: echo "hi ${{ inputs.who }}"\n', []),
        ('  - id: a\n    run: echo "hi, ${{ inputs.who }}" {x} [y]\n', []),
        ('  - {id: a, run: echo "${{ inputs.wo }}"}\n', ["unquoted-expression 4:24", "undeclared 4:35"]),
        (
            '  - id: q\n    needs: [a\n    run: make\n  - {id: a, run: echo "${{ inputs.who }}"}\n',
            ["unclosed-bracket 5:12", "cycle 5:13", "unquoted-expression 7:24"],
        ),
        (
            '  - {id: a, run: echo "${{ inputs.who }}"}\n  - id: q\n    needs: [a\n    run: make\n',
            ["unquoted-expression 4:24", "unclosed-bracket 6:12"],
        ),
        (
            '  - {id: a, run: echo "${{ inputs.who }}"\n  - id: q\n    needs: [a]\n    run: make\n',
            ["unclosed-bracket 4:5", "unquoted-expression 4:24"],
        ),
        ('  - {id: a, run: echo "${{ inputs.who }"}\n', ["unclosed-expression 4:24", "unquoted-expression 4:24"]),
        ("  - {id: a, run: 'echo}\n", ["unclosed-quote 4:18"]),
        ("  - {id: a, run: x ${{ inputs.n }}}}\n", ["unquoted-expression 4:20", "bracket 4:36"]),
        ("  - {id: a, run: x ${{ inputs.n }}},\n", ["unquoted-expression 4:20", "bracket 4:36"]),
        ("  - {id: a, run: '${{ inputs.n }}', env: {A: b}}}\n", ["bracket 4:49"]),
        ("  - {\n    run: 'a' b,\n    id: a,\n    }\n", ["text-after-quote 5:14"]),
        (
            "  - id: a\n    steps: [{id: i, run: x ${{ inputs.n }}}, {needs: [i], run: y ${{ inputs.n }}}]\n",
            ["unquoted-expression 5:28", "unquoted-expression 5:66"],
        ),
    ],
)
def test_what_stands_beside_it(steps: str, expected: list[str]) -> None:
    assert said(f"{HEAD}{steps}{TAIL}") == expected


@pytest.mark.parametrize(
    ("run", "finding"),
    [
        ("[ -f x ] && make", "reserved-start 5:10"),
        ("[[ -f x ]] && make", "reserved-start 5:10"),
        ("{ echo a; echo b; } > x", "reserved-start 5:10"),
        ('[ "$x" = y ] || make', "text-after-quote 5:17"),
        ('"$HOME/a b" && make', "text-after-quote 5:22"),
        ('"a" | tee x', "text-after-quote 5:14"),
        ("[ -f ${{ inputs.who }} ] && make", "unquoted-expression 5:15"),
        ("{ echo ${{ inputs.n }}; } > x", "unquoted-expression 5:17"),
    ],
)
def test_a_command_that_begins_with_a_bracket_or_quote_is_quoted_as_a_whole(run: str, finding: str) -> None:
    text = f"{HEAD}  - id: a\n    run: {run}\n{TAIL}"
    assert said(text) == [finding]
    quoted = f"'{run}'" if '"' in run else f'"{run}"'
    assert mended(text, "w.yaml", {}) == f"{HEAD}  - id: a\n    run: {quoted}\n{TAIL}"
    assert said(mended(text, "w.yaml", {})) == []


def test_a_mend_that_mends_nothing_is_left_out() -> None:
    text = f'{HEAD}  - {{id: a, run: echo "{{{{ inputs.who }}}}"}}\n'
    assert len(mended(text, "w.yaml", {})) < len(text) + 5


EXPRESSIONS = (
    "${{ inputs.who }}", "${{ inputs.n + 1 }}", "${{ inputs.who | default('a, b') }}", "${{ {'a': inputs.n}.a }}",
    "${{ [inputs.n, 2][0] }}", '${{ inputs.who ~ "}" }}', "${{inputs.who}}",
)  # fmt: skip
WORDS = (
    "x", "a/b", "--f=1", "y.z", "&&", "|", "'q r'", '"s t"', '"u, v: w"', "$HOME", "(1)", "it's", '"don\'t"', "*",
    "\\n", "%d", "@me", "a:b", "h#i", "${V}", "[k]",
)  # fmt: skip
SHAPES = (
    "  - {{id: a,{0}run: {1}}}\n",
    "  - {{run: {1},{0}id: a}}\n",
    "  - {{id: a, run: make,{0}env: {{A: {1},{0}B: {2}}}}}\n",
    "  - id: a\n    run: [make,{0}{1},{0}{2}]\n",
    "  - id: a\n    steps: [{{id: i, run: {1}}},{0}{{needs: [i], run: make, env: {{A: {2}}}}}]\n",
)


def values_in(node: object) -> list[str]:
    """The texts with expressions in a plain tree, in order."""
    if isinstance(node, dict):
        return [text for one in node.values() for text in values_in(one)]
    if isinstance(node, list):
        return [text for one in node for text in values_in(one)]
    return [node] if isinstance(node, str) and "${" in node else []


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_whatever_stands_around_it_the_value_is_read_and_quoted_as_a_whole(end: str) -> None:
    for seed in range(60):
        rng = random.Random(seed)
        values = []
        for _ in range(2):
            words = [*rng.choices(WORDS, k=rng.randint(0, 3)), rng.choice(EXPRESSIONS), *rng.choices(WORDS, k=2)]
            values.append(" ".join(["echo", *words, f'"{rng.choice(EXPRESSIONS)}, x"'][rng.random() < 0.3 :]))
        values = [one if one[0].isalpha() else f"echo {one}" for one in values]
        shape = rng.choice(SHAPES)
        values = values[: 1 + ("{2}" in shape)]
        step = shape.format(rng.choice([" ", "\n      "]), *values)
        text = f"{HEAD}{step}{TAIL}".replace("\n", end)
        document = read(text, "w.yaml")
        assert document.root is not None, seed
        assert [one.code for one in document.diagnostics] == ["unquoted-expression"] * len(values), seed
        assert values_in(plain(document.root)) == values, seed
        again = read(apply(text, [edit for one in document.diagnostics if one.fix for edit in one.fix.edits]), "w.yaml")
        assert again.root is not None, seed
        assert (again.diagnostics, values_in(plain(again.root))) == ((), values), seed
