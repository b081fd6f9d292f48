"""`{{ x }}` without the `$`: told where it can only be meant as an expression, and silent where it need not be."""

import pytest
from tests.errors.mending import check, mended

from steplane.app.fixing import apply

HEAD = """steplane: 1
inputs: {x: {type: string, default: a}, xs: {type: array, default: [1]}}
vars: {v: b}
steps:
  - {id: s, run: "true"}
"""
JINJA = "- {uses: template.render, with: {text: 'Hi {{ inputs.x }}', delimiters: jinja, values: {inputs: {x: 1}}}}"


@pytest.mark.parametrize(
    ("step", "column"),
    [
        ("- run: ./deploy {{ inputs.x }}", 19),
        ("- run: echo '{{vars.v | upper}}'", 16),
        ("- {run: make, env: {A: '{{ steps.s.status }}'}}", 27),
        ("- {run: [echo, '{{ inputs.x }}']}", 19),
        ("- {id: g, steps: [{run: 'go {{ inputs.x }}'}]}", 31),
        ("- {uses: log, with: {message: 'x {{ inputs.x }}'}}", 36),
    ],
)
def test_a_dollar_is_missing(step: str, column: int) -> None:
    (found,) = check(f"{HEAD}  {step}\n", "w.yaml", {})
    assert (found.code, found.severity, found.span.line, found.span.column) == ("missing-dollar", "warning", 6, column)
    assert found.fix is not None
    wanted = f"{HEAD}  {step}\n".replace("{{", "${{")
    assert apply(f"{HEAD}  {step}\n", found.fix.edits) == wanted


@pytest.mark.parametrize(
    "step",
    [
        "- run: docker ps --format '{{.Names}}'",
        "- run: docker ps --format '{{json .Inputs.x}}' --filter '{{ inputs.x.y'",
        "- run: helm template '{{ .Values.x }}' '{{ inputs.x }}'",
        "- run: gh run list --template '{{range .inputs}}{{ inputs.x }}{{end}}'",
        "- run: ansible all -a 'echo {{ inventory_hostname }} {{ item }} {{ env.HOME }}'",
        "- run: echo {{a,b},{inputs.x,c}}",
        """- run: 'echo ''{"a":{"inputs.x":{}}}'' '""",
        "- run: 'echo {{ inputs.other }} {{ steps.none.outputs.x }}'",
        "- run: |\n      cat > t.j2 <<'END'\n      {{ inputs.x }}\n      END",
        "- run: 'echo \"{% for x in y %}{{ inputs.x }}{% endfor %}\"'",
        "- {run: make, description: 'as {{ inputs.x }}', name: 'as {{ inputs.x }}'}",
        JINJA,
    ],
)
def test_what_may_be_meant_for_a_program_is_left_alone(step: str) -> None:
    assert check(f"{HEAD}  {step}\n", "w.yaml", {}) == []


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("{foreach: '{{ inputs.xs }}', id: f, run: make}", "wrong-kind"),
        ("{timeout: '{{ inputs.x }}', run: make}", "pattern"),
        ("{if: '{{ inputs.x }} == 1', run: make}", "nested-braces"),
    ],
)
def test_where_it_is_wrong_anyhow_it_is_told_once(step: str, code: str) -> None:
    (found,) = check(f"{HEAD}  - {step}\n", "w.yaml", {})
    assert found.code == code
    assert found.fix is not None
    if code != "nested-braces":
        assert '"${{ inputs.x' in mended(f"{HEAD}  - {step}\n", "w.yaml", {})
