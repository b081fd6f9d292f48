"""The sentences about values in scripts: place, reason, remedy."""

from typing import TYPE_CHECKING

from steplane.diagnostics import Diagnostic, Severity, Span
from steplane.expressions.templates import Expression

if TYPE_CHECKING:  # running a compiled script needs none of the judging
    from steplane.scripts.contexts import Fault
    from steplane.scripts.evaluators import Finding

_FAULTS: dict["Fault", tuple[str, str, str]] = {
    "single-quotes": (
        "expression-in-single-quotes",
        "{label} stands in single quotes, where the shell expands nothing",
        "use double quotes around it, or close the single quotes before it: `'text '\"{raw}\"' text'`",
    ),
    "quoted-heredoc": (
        "expression-in-quoted-heredoc",
        "{label} stands in a here-document with a quoted delimiter, where the shell expands nothing",
        "take the quotes off the delimiter (`<<EOT`) and write `\\$` and `` \\` `` for a literal `$` and `` ` ``",
    ),
    "backslash": (
        "expression-after-backslash",
        "the backslash before {label} would make the shell print the name of a variable instead of the value",
        "take it away; for a backslash in the text write `\\\\`",
    ),
    "dollar": (
        "expression-after-dollar",
        "the `$` before {label} would join with the value to other code of the shell",
        "take it away; for a dollar sign in the text write `\\$`",
    ),
    "unknown": (
        "shell-not-understood",
        "the shell syntax around {label} is not understood, so the value cannot be put there safely",
        'hand it over with `env: {{NAME: "{raw}"}}` and write `"$NAME"` in the script',
    ),
}


def as_written(expression: Expression) -> str:
    """An expression with its marks, on one line."""
    return f"${{{{ {' '.join(expression.text.split())} }}}}"


def fault(kind: "Fault", raw: str, span: Span) -> Diagnostic:
    """Why a value cannot stand there at all; `raw` is the expression as written."""
    code, message, remedy = _FAULTS[kind]
    return Diagnostic(code, message.format(label=f"`{raw}`"), span, help=remedy.format(raw=raw))


def wants_number(by: str, raw: str, span: Span) -> Diagnostic:
    """A value that the shell computes with, and that may be text."""
    return Diagnostic(
        "shell-wants-number",
        f"the shell computes with `{raw}` in {by}, and runs code that a text there may hold: it must be a number",
        span,
        help="give it a numeric type (`type: number`, `type: integer`) or write `| int`",
    )


def danger(finding: "Finding", raw: str, span: Span) -> Diagnostic:
    """A value that a command takes for code."""
    if finding.danger == "evaluates":
        remedy = (
            "run the command itself, with the value as an argument in double quotes"
            if finding.by == "eval"
            else "write the variable's name out; to choose among several use `case`"
        )
        message = f"`{finding.by}` makes the shell evaluate `{raw}` as code"
        return Diagnostic("shell-evaluates-value", message, span, help=remedy)
    message = f"`{raw}` becomes part of a program that `{finding.by}` runs"
    return _warning("value-in-program", message, finding.remedy, span)


def value_as_command(raw: str, span: Span) -> Diagnostic:
    """A value that names the program to run."""
    message = f"`{raw}` is run as a program: whoever gives the value decides what runs"
    remedy = "write the program's name out; to choose among several use `case`"
    return _warning("value-as-command", message, remedy, span)


def _warning(code: str, message: str, remedy: str, span: Span) -> Diagnostic:
    severity: Severity = "warning"
    return Diagnostic(code, message, span, severity, help=remedy)
