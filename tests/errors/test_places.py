"""Mistakes of the table in places of their own: each is found there once, and what only looks like it is not."""

import pytest
from tests.errors.mending import check, mended

HEAD = "steplane: 1\nsteps:\n"
VARS = "steplane: 1\nsecrets: {key: {env: KEY}}\nvars: {a: 'B ${{ secrets.key }}', b: '${{ vars.a }}', n: 3}\nsteps:\n"
CHILD = "steplane: 1\ninputs: {on: {type: boolean}}\nsteps: [{run: 'x ${{ inputs.on }}'}]\n"


def found(text: str) -> list[str]:
    return [f"{one.code} {one.span.line}:{one.span.column}" for one in check(text, "w.yaml", {"child.yaml": CHILD})]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a word that was a boolean, wherever one is wanted
        (f"{HEAD}  - {{run: x, with: {{tty: no}}}}\n", "old-boolean 3:26"),
        (f"{HEAD}  - {{run: x, with: {{tty: 'no'}}}}\n", "bad-parameter 3:26"),
        (f"{HEAD}  - {{id: c, call: child.yaml, with: {{on: yes}}}}\n", "old-boolean 3:42"),
        ("steplane: 1\ninputs: {b: {type: boolean, default: off}}\nsteps: [{run: 'x ${{ inputs.b }}'}]\n",
         "old-boolean 2:38"),
        # an expression where a step is named is no unknown step too
        (f"{HEAD}  - {{goto: '${{{{ run.id }}}}', if: run.id == 'x', max: 3}}\n", "static 3:13"),
        (f"{HEAD}  - {{needs: [], cancel: ['${{{{ run.id }}}}']}}\n", "static 3:27"),
        (f"{HEAD}  - {{needs: [], cancel: {{region: '${{{{ run.id }}}}'}}}}\n", "static 3:35"),
        (f"{HEAD}  - {{undo: ['${{{{ run.id }}}}']}}\n", "static 3:14"),
        # behind what ends the run in every way through it
        (f"{HEAD}  - steps: [{{run: x}}, {{end: failed}}]\n  - run: y\n", "unreachable 4:5"),
        ((f"{HEAD}  - switch: [{{when: run.id == 'x', steps: [{{end: failed}}]}},\n"
          "      {default: true, steps: [{end: failed}]}]\n  - run: y\n"), "unreachable 5:5"),
        ((f"{HEAD}  - switch: [{{when: run.id == 'x', steps: [{{end: failed}}]}},\n"
          "      {default: true, steps: [{run: x}]}]\n  - run: y\n"), ""),
        (f"{HEAD}  - {{steps: [{{run: x}}, {{end: failed}}], rescue: [{{run: z}}]}}\n  - run: y\n", ""),
        (f"{HEAD}  - {{steps: [{{run: x}}, {{end: failed}}], on_error: warn}}\n  - run: y\n", ""),
        (f"{HEAD}  - steps: [{{end: failed, if: run.id == 'x'}}]\n  - run: y\n", ""),
        (f"{HEAD}  - {{end: failed, milestone: {{before: b}}}}\n  - {{id: b, run: y}}\n", ""),
        # what a `finally` calls in every run
        (f"{HEAD}  - {{run: x, finally: [{{id: c, call: w.yaml}}]}}\n", "endless-call 3:38"),
        (f"{HEAD}  - run: x\nfinally: [{{id: c, call: w.yaml}}]\n", "endless-call 4:25"),
        (f"{HEAD}  - {{run: x, finally: [{{id: c, if: run.parent == null, call: w.yaml}}]}}\n", ""),
        # combinations of a matrix that go by one key
        (f"{HEAD}  - {{id: m, matrix: {{a: [1, 1], b: [2]}}, run: 'x ${{{{ matrix.a }}}}'}}\n", "duplicate-item 3:29"),
        (f"{HEAD}  - {{id: m, matrix: {{a: [1, '1']}}, run: 'x ${{{{ matrix.a }}}}'}}\n", "duplicate-item 3:29"),
        (f"{HEAD}- {{id: m, matrix: {{a: [1], include: [{{a: 2}}, {{a: 2}}]}}, run: 'x ${{{{ matrix.a }}}}'}}\n",
         "duplicate-item 3:46"),
        (f"{HEAD}- {{id: m, matrix: {{a: [1], include: [{{a: 1}}, {{a: 2}}]}}, run: 'x ${{{{ matrix.a }}}}'}}\n", ""),
        (f"{HEAD}  - {{id: m, matrix: {{a: [1, 1]}}, key: 'k${{{{ loop.index }}}}', run: x}}\n", ""),
        (f"{HEAD}  - {{id: m, matrix: {{a: [1, 1, 2], exclude: [{{a: 1}}]}}, run: 'x ${{{{ matrix.a }}}}'}}\n", ""),
        # a secret that went through variables
        (f"{VARS}  - {{run: [curl, -H, '${{{{ vars.b }}}}', '${{{{ vars.n }}}}']}}\n", "secret-in-argument 5:27"),
        (f"{VARS}  - {{uses: http.request, with: {{url: 'https://x.example/?t=${{{{ vars.a }}}}'}}}}\n",
         "secret-in-url 5:64"),
        (f"{VARS}  - {{run: x, env: {{A: '${{{{ vars.b }}}}'}}}}\n", ""),
        # what an operation of its own takes
        ("steplane: 1\ninputs: {n: {type: integer}}\nsteps: [{run: 'x ${{ inputs.n[:2] }}'}]\n", "no-field 3:22"),
        ("steplane: 1\ninputs: {n: {type: string}}\nsteps: [{run: 'x ${{ inputs.n[:2] }}'}]\n", ""),
        (f"{HEAD}  - {{id: f, foreach: [1], run: x}}\n  - run: x ${{{{ steps.f.outputs.stdout | present | sum }}}}\n",
         "filter-value 4:16"),
        (f"{HEAD}  - {{id: f, foreach: [1], run: x}}\n  - run: x ${{{{ steps.f.outputs.exit_code | sum }}}}\n", ""),
        # ignores without a code, blanks that are none
        (f"{HEAD}  - {{run: x}}  # steplane: ignore\n", "unused-ignore 3:15"),
        (f"{HEAD}  - {{run: x}}  #steplane:ignore[no-id]\n", "unused-ignore 3:15"),
        (f"{HEAD}  - {{id: w, wait: 3s}}  # ignore what is steplane: ignored\n", ""),
        (f"{HEAD}  - {{id: a,\u00a0run: x}}\n", "hidden-character 3:12"),
        (f"{HEAD}  - {{run: x, env: {{A: '\u00a0'}}}}\n", ""),
        # shares
        (f"{HEAD}  - {{id: f, foreach: [1], max_failures: 100.5%, run: x}}\n", "pattern 3:41"),
        (f"{HEAD}  - {{id: f, foreach: [1], max_failures: 99.5%, run: x}}\n", ""),
    ],
)  # fmt: skip
def test_found_where_it_is(text: str, expected: str) -> None:
    assert found(text) == [expected] * bool(expected)


@pytest.mark.parametrize(
    ("other", "ours"), [("int", "integer"), ("str", "string"), ("bool", "boolean"), ("list", "array")]
)
def test_a_type_by_the_name_that_it_has_elsewhere(other: str, ours: str) -> None:
    text = f"steplane: 1\ninputs: {{a: {{type: {other}}}}}\nsteps: [{{run: x}}]\n"
    assert found(text) == ["enum 2:20"]
    assert mended(text, "w.yaml", {}) == text.replace(other, ours)


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [("inputs.l.length > 2", "| length"), ("inputs.l.first == 'x'", "| first"), ("inputs.t.size > 2", "| length")],
)
def test_a_field_that_is_a_filter_here(wrong: str, remedy: str) -> None:
    head = "steplane: 1\ninputs: {l: {type: array, items: {type: string}}, t: {type: string}}\n"
    (one,) = check(f"{head}steps: [{{run: x, if: {wrong}}}]\n", "w.yaml", {})
    assert (one.code, one.help) == ("no-field", f"a filter gives it: write `{remedy}`")


def test_nothing_by_the_name_that_it_has_elsewhere() -> None:
    text = "steplane: 1\ninputs: {t: {type: string, optional: true}}\nsteps: [{run: x, if: inputs.t == nil}]\n"
    assert found(text) == ["unknown-name 3:34"]
    assert mended(text, "w.yaml", {}) == text.replace("nil", "null")


def test_a_word_is_made_a_list_only_where_words_are_taken() -> None:
    (one,) = check(f"{HEAD}  - {{id: p, parallel: {{a: hello}}}}\n", "w.yaml", {})
    assert (one.code, one.fix) == ("wrong-kind", None)
    (other,) = check(f"{HEAD}  - {{id: p, run: x}}\n  - {{needs: [], cancel: p}}\n", "w.yaml", {})
    assert other.fix is not None
    assert other.fix.message == "write `[p]`"


@pytest.mark.parametrize(
    ("written", "mended_to"),
    [
        ("undo: a", "undo: [a]"),
        ("run: x, artifacts: dist/*", "run: x, artifacts: [dist/*]"),
        ("run: x, artifacts: my dist", ""),
        ("run: x, rescue: b", ""),
    ],
)
def test_a_word_where_a_list_is_wanted_gets_brackets(written: str, mended_to: str) -> None:
    text = f"{HEAD}  - {{id: a, run: x, compensate: [{{run: x}}]}}\n  - {{id: b, {written}}}\n"
    (one,) = check(text, "w.yaml", {})
    assert (one.code, one.fix is not None) == ("wrong-kind", bool(mended_to))
    assert mended(text, "w.yaml", {}, unsafe=False) == (text.replace(written, mended_to) if mended_to else text)
