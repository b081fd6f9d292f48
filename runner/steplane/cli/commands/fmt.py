"""`steplane fmt`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from steplane.cli import completers
from steplane.cli.options import common, examples

if TYPE_CHECKING:
    from steplane.app.spelling import Form
    from steplane.cli.call import Call

_EXAMPLES = examples(
    "steplane fmt workflows",
    "steplane fmt --check --diff workflows    (in CI)",
    "steplane fmt < order.yaml -",
)


@click.command("fmt", epilog=_EXAMPLES)
@click.argument("files", nargs=-1, metavar="FILES...", shell_complete=completers.workflow)
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where something would change.")
@click.option("--diff", is_flag=True, help="Print what would change, and change nothing.")
@common
def command(files: tuple[str, ...], **options: Any) -> int:
    """Put workflow files into the one form: keys in their order, one spelling, no stray blanks. Comments stay.

    The result says the same as before. FILES are as of `check`; of `-` the result goes to stdout. A file that is no
    YAML is left as it is.
    """
    from steplane.app.checking import Checker, expand, read_text
    from steplane.app.spelling import forms, in_form
    from steplane.cli.call import Call

    call = Call(state=options["state"], color=options["color"])
    checker = Checker(call.registry)
    if files == ("-",):
        form = in_form(sys.stdin.read() if sys.stdin is not None else "", "<stdin>", checker.text)
        if not form.errors and not options["check"] and not options["diff"]:
            call.out.write(form.after)
        return _told(call, [form], options)
    return _told(call, list(forms(expand(files, call.here), read_text, checker.text)), options)


def _told(call: "Call", found: "list[Form]", options: dict[str, Any]) -> int:
    from steplane.app.new_files import replace_file
    from steplane.cli.differences import difference
    from steplane.reporters.diagnostics import render
    from steplane.reporters.paint import visible

    changed = [form for form in found if form.after != form.before]
    for form in found:
        if form.errors:
            call.err.write(render(form.errors, {form.file: form.before}, "full", call.color(call.err)))
    for form in changed:
        if options["diff"]:
            call.out.write(difference(form.file, form.before, form.after))
        elif options["check"]:
            call.err.line(f"{visible(form.file)}: not in form")
        elif form.file != "<stdin>":
            replace_file(form.file, form.after)
            call.err.line(f"{visible(form.file)}: put into form")
    if any(form.errors for form in found):
        return 2
    return 1 if changed and options["check"] else 0
