"""`template.render`: real files; the same rules as in workflow files; the same text as Jinja makes of it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from jinja2 import Environment
from tests.runner.running import Workbench

from steplane.sdk import StepError, convert, to_plain
from steplane.testing import RecordingContext
from steplane_steps.template import Render


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


def run(ctx: RecordingContext, **parameters: Any) -> dict[str, Any]:
    """The outputs of the step."""
    plain = to_plain(convert(Render, parameters).run(ctx), "template.render")
    assert plain is not None
    return plain


def failure(ctx: RecordingContext, **parameters: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        run(ctx, **parameters)
    assert caught.value.type in {*Render.steplane.errors, "input.invalid"}
    return caught.value


class TestInto:
    def test_an_output(self, ctx: RecordingContext) -> None:
        made = run(ctx, text="Dear ${{ who }},\n${% for one in rows %}- ${{ one }}\n${% endfor %}", values={
            "who": "Åse", "rows": [1, True, "x"],
        })  # fmt: skip
        assert made == {"text": "Dear Åse,\n- 1\n- true\n- x\n", "path": None, "size": 26}

    def test_a_file_as_a_whole(self, ctx: RecordingContext) -> None:
        (ctx.workdir / "page.md").write_text("# ${{ title }}\n")
        made = run(ctx, file="page.md", values={"title": "One"}, path="out/one.md", mkdir=True, mode="0640")
        target = ctx.workdir / "out" / "one.md"
        assert made == {"text": None, "path": str(target), "size": 6}
        assert target.read_text() == "# One\n"
        assert target.stat().st_mode & 0o777 == 0o640
        failure(ctx, file="page.md", path="out/one.md")
        assert target.read_text() == "# One\n"
        assert [one.name for one in target.parent.iterdir()] == ["one.md"]


INCLUDED = (
    "t:1:5: `include` is not a block of Steplane (a template is one text, without parts and macros; "
    "blocks are `if`, `for`, `set`, `with`, `filter` and `raw`)"
)


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "kind", "place", "message"),
        [
            ("a\nb ${{ x ~ nme }}", "template.undefined", (2, 11),
             "t:2:11: `nme` is missing: it is not among the values of the template; did you mean `name`?"),
            ("${% for one in rows %}\n  ${{ one.price }}\n${% endfor %}", "template.undefined", (2, 7),
             "t:2:7: `one.price` is missing: `one` has no `price`"),
            ("${% if x %}\n", "template.syntax", (1, 5), "t:1:5: this `if` is never closed (add `${% endif %}`)"),
            ("x\n ${{ x | shout }}", "template.syntax", (2, 10),
             "t:2:10: there is no filter `shout` (`steplane help expressions` lists the filters)"),
            ("${{ x + 1 }}", "template.value", (1, 5), "t:1:5: `+` cannot add text and a number; `~` joins texts"),
            ("${{ none_ }}", "template.value", (1, 5),
             "t:1:5: null cannot be put into text: use `default(...)` to say what stands for it"),
            ("${{ ''.__class__ }}", "template.value", (1, 5), None),
            ("${{ x.upper() }}", "template.syntax", (1, 7), None),
            ("${{ 'a' * 10 ** 9 }}", "template.value", (1, 5), None),
            ("${% for a in range(99999) %}${% for b in range(99999) %}${% endfor %}${% endfor %}", "template.value",
             None, None),
            ("${% include 'other' %}", "template.syntax", (1, 5),
             INCLUDED),
            ("${% import 'other' as o %}", "template.syntax", (1, 5), None),
        ],
    )  # fmt: skip
    def test_have_a_place(
        self, ctx: RecordingContext, text: str, kind: str, place: tuple[int, int] | None, message: str | None
    ) -> None:
        (ctx.workdir / "t").write_text(text)
        error = failure(ctx, file="t", values={"x": "X", "name": "n", "none_": None, "rows": [{"cost": 1}]})
        assert error.type == kind
        assert error.detail["file"] == "t"
        if place is not None:
            assert (error.detail["line"], error.detail["column"]) == place
        if message is not None:
            assert error.message == message

    def test_a_missing_value_may_be_caught(self, ctx: RecordingContext) -> None:
        text = "${{ x | default('-') }}${% if y is defined %}!${% endif %}"
        assert run(ctx, text=text)["text"] == "-"

    def test_one_source(self, ctx: RecordingContext) -> None:
        for given_ in ({}, {"text": "a", "file": "b"}):
            error = failure(ctx, **given_)
            assert (error.type, error.message) == ("input.invalid", "`template.render` takes either `text` or `file`")
        assert failure(ctx, file="nowhere").type == "file.missing"
        (ctx.workdir / "latin").write_bytes(b"\xff")
        assert failure(ctx, file="latin").type == "file.encoding"


TEMPLATES = [
    "Hello {{ name }}!\n",
    "{# note #}\n{% for one in rows %}\n  * {{ one }}\n{% endfor %}\nend\n",
    "{%- for one in rows -%}\n  {{ one }},\n{%- endfor +%}\n.",
    "a {% if rows %} b\n{% else %} c {% endif %}\n\n d",
    "  {%+ if true %}x{% endif %}\n  {% set y = 2 %}\n{{ y }}",
    "{% raw %}{{ not.code }}\n{% endraw %}\nz",
    "{{ name -}}   \n{{- rows|length }}\t{# c #}\n\t{# d -#} e",
    "{% filter upper %}\n  {{ name }}\n{% endfilter %}",
    "price: ${{ rows[0] }} {'a': 1} {% with a = 'x' %}{{ a ~ name }}{% endwith %}\r\n",
    "{% if name == 'Ada' %}\n   {% if rows %}\n x\n   {% endif %}\n{% endif %}   \ny",
]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(("trim", "lstrip"), [(False, False), (True, False), (False, True), (True, True)])
def test_existing_templates_give_what_jinja_makes_of_them(
    ctx: RecordingContext, template: str, trim: bool, lstrip: bool
) -> None:
    values = {"name": "Ada", "rows": [3, 1]}
    theirs = Environment(
        trim_blocks=trim, lstrip_blocks=lstrip, keep_trailing_newline=True,
        newline_sequence="\r\n" if "\r" in template else "\n",
    )  # fmt: skip
    ours = run(ctx, text=template, values=values, delimiters="jinja", trim_blocks=trim, lstrip_blocks=lstrip)
    assert ours["text"] == theirs.from_string(template).render(values)


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory: pytest.TempPathFactory) -> RecordingContext:
    """A context for steps that write nothing."""
    return RecordingContext(tmp_path_factory.mktemp("anywhere"))


@given(text=some.text())
def test_what_stands_in_a_value_is_never_rendered(anywhere: RecordingContext, text: str) -> None:
    value = f"${{{{ secret }}}} {{{{ secret }}}} {{% include 'x' %}} {text}"
    for delimiters, template in {"steplane": "${{ v }}", "jinja": "{{ v }}"}.items():
        assert run(anywhere, text=template, values={"v": value, "secret": 1}, delimiters=delimiters)["text"] == value


@given(text=some.text(alphabet=some.characters(exclude_characters="${", exclude_categories=["Cs"])))
def test_text_without_marks_stays_as_it_is(anywhere: RecordingContext, text: str) -> None:
    for delimiters in ("steplane", "jinja"):
        assert run(anywhere, text=text, delimiters=delimiters)["text"] == text


WORKFLOW = """\
inputs: {who: {type: string}, alone: {type: boolean}}
timezone: Europe/Berlin
steps:
  - id: page
    uses: template.render
    isolate: ISOLATE
    with:
      text: "${{ who }} ${{ '2026-01-01T00:00' | timestamp | int }} ${{ [1] | yaml | trim }}"
      values: {who: "${{ inputs.who }}"}
outputs: {text: "${{ steps.page.outputs.text }}"}
"""


@pytest.mark.parametrize("isolate", ["true", "false"])
def test_a_thread_and_a_worker_process_render_the_same(bench: Workbench, isolate: str) -> None:
    inputs = {"who": "${{ secrets.x }}", "alone": True}
    done = bench.run(WORKFLOW.replace("ISOLATE", isolate), inputs)
    assert done.outputs == {"text": "${{ secrets.x }} 1767222000 - 1"}  # midnight in Berlin
