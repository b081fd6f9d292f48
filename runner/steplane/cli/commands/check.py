"""`steplane check`."""

import gc
import os
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from steplane.cli import completers
from steplane.cli.options import common, examples

if TYPE_CHECKING:
    from steplane.app.checking import Checker, CheckReport
    from steplane.cli.call import Call

_EXAMPLES = examples(
    "steplane check workflows/release.yaml",
    "steplane check workflows                   (all workflows in a folder)",
    "steplane check --fix --diff                (what would be mended)",
    "steplane check --format json < order.yaml -",
    "steplane check --strict --format concise 'workflows/**/*.yaml' ci.yaml",
    "steplane check --format sarif > steplane.sarif",
    "steplane check --explain needs-across",
)


@click.command("check", epilog=_EXAMPLES)
@click.argument("files", nargs=-1, metavar="FILES...", shell_complete=completers.workflow)
@click.option(
    "--format", "form", type=click.Choice(["full", "concise", "json", "sarif", "github", "gitlab", "junit"]),
    help="full: with the lines concerned; concise: a line each; json, sarif: for programs; github: annotations; "
    "gitlab: a code quality report; junit: JUnit XML. [default: full; github in its jobs]",
)  # fmt: skip
@click.option(
    "--strict", is_flag=True, help="Exit 1 for warnings too. [environment: STEPLANE_STRICT] [setting: strict]"
)
@click.option("--hints", is_flag=True, help="Tell of what does no harm and no good too: unused inputs, for example.")
@click.option("--fix", is_flag=True, help="Mend what can be mended without a change of meaning; comments stay.")
@click.option("--unsafe", is_flag=True, help="With --fix: mend by guesses too, such as similar names. Read the result.")
@click.option("--diff", is_flag=True, help="Print what --fix would change, and change nothing.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@click.option("--explain", metavar="CODE", help="Print what a code means, with a bad and a good example.")
@common
def command(files: tuple[str, ...], **options: Any) -> int:
    """Find what is wrong in workflow files: shape, names, types, order, parameters, scripts. Nothing is run.

    FILES are files, names, folders, patterns or `-` for stdin; without any it is the folder workflows/.
    """
    from steplane.cli.call import Call

    call = Call(state=options["state"], color=options["color"], strict=options["strict"] or None)
    if options["explain"] is not None:
        return _explain(call, options["explain"])
    from steplane.app.checking import Checker
    from steplane.cli.formats import ci_system
    from steplane.errors import UsageError

    if "-" in files and (options["fix"] or options["unsafe"] or options["diff"] or options["watch"]):
        raise UsageError("what comes on stdin cannot be mended or watched", "Name files.")

    cache = call.cache_store.cache if call.cache_store is not None else None
    settings = call.settings
    checker = Checker(
        call.registry, hints=options["hints"], cache=cache, ignore=settings.ignore, source=settings.source
    )
    form = options["form"] or ("github" if ci_system(os.environ) == "github" else "full")

    def once() -> "CheckReport":
        report = checker.check(files, call.here)
        if options["fix"] or options["diff"] or options["unsafe"]:
            report = _mended(call, checker, report, files, write=not options["diff"], unsafe=options["unsafe"])
        if not options["diff"]:
            _tell(call, report, form)
            if form == "full" and "-" not in files:
                _tell_of_fixes(call, report, files)
        return report

    if len(files) == 1 and not options["watch"]:
        gc.disable()  # one look: what nothing leads to any more goes with the process
    report = once()
    if options["watch"]:
        _watch(call, once, report, checker)
    return _exit_code(call, report)


def _exit_code(call: "Call", report: "CheckReport") -> int:
    severities = {one.severity for one in report.diagnostics}
    if "error" in severities:
        return 2
    return 1 if call.settings.strict and "warning" in severities else 0


def _tell(call: "Call", report: "CheckReport", form: Any) -> None:
    from steplane.cli.formats import repository_root
    from steplane.reporters.diagnostics import render
    from steplane.reporters.paint import visible

    if report.diagnostics or form in {"json", "gitlab", "junit", "sarif"}:
        root = repository_root(call.here, os.environ)
        rules = _rules() if form == "sarif" else {}
        call.out.write(render(report.diagnostics, report.sources, form, call.color(call.out), root, rules=rules))
    elif form in {"full", "github"}:
        what = report.files[0] if len(report.files) == 1 else f"{len(report.files)} files"
        call.err.line(f"{visible(what)}: nothing wrong")


def _tell_of_fixes(call: "Call", report: "CheckReport", files: tuple[str, ...]) -> None:
    """How many can be mended without a hand, and by which command."""
    from steplane.reporters.paint import visible

    fixes = [one.fix for one in report.diagnostics if one.fix is not None and one.fix.edits]
    safe = sum(one.safe for one in fixes)
    where = visible("".join(f" {shlex.quote(one)}" for one in files))
    if safe:
        call.err.line(f" help: {safe} can be mended: steplane check --fix{where}")
    if guesses := len(fixes) - safe:
        more, command = " more" if safe else "", f"steplane check --fix --unsafe{where}"
        call.err.line(f" help: {guesses}{more} can be mended by a guess: {command} (first look: --diff)")


def _rules() -> dict[str, str]:
    from steplane.app.codes import explanations

    return {code: one.title for code, one in explanations().items()}


def _mended(
    call: "Call", checker: "Checker", report: "CheckReport", files: tuple[str, ...], *, write: bool, unsafe: bool
) -> "CheckReport":
    """What is wrong once it is mended; the difference where nothing is to be written."""
    from steplane.app.new_files import replace_file
    from steplane.cli.differences import difference
    from steplane.reporters.paint import visible

    changed = False
    for one in checker.mend(report, unsafe=unsafe):
        if write:
            replace_file(one.file, one.after)
            changed = True
            call.err.line(f"{visible(one.file)}: {one.count} mended")
        else:
            call.out.write(difference(one.file, one.before, one.after))
    return checker.check(files, call.here) if changed else report


def _explain(call: "Call", code: str) -> int:
    from steplane.app.codes import explanation
    from steplane.cli.codes import text

    call.out.write(text(explanation(code), call.color(call.out)))
    return 0


def _watch(call: "Call", once: "Callable[[], CheckReport]", report: "CheckReport", checker: "Checker") -> None:
    """Check again when a file changes, comes or goes, the configuration too. Ends by Ctrl-C."""
    import time

    from steplane.app.project import read_settings
    from steplane.errors import UsageError

    seen: dict[str, tuple[int, int]] | None = None
    while True:
        now = _stamps(report, call.settings.source)
        if now != seen:
            known, seen = seen, now  # taken before the files are read: what changes meanwhile is seen next time
            try:
                if known is not None or _differs(report):
                    call.err.line(f"\n{time.strftime('%H:%M:%S')} checked again:")
                    settings = read_settings(call.here, os.environ, {})
                    checker.ignore(settings.ignore, settings.source)
                    report = once()
            except UsageError as error:  # a file that is just being written anew
                call.warn(error.message, error.remedy)
        time.sleep(0.2)


def _differs(report: "CheckReport") -> bool:
    """Whether a file was changed after it was read."""
    for name, text in report.sources.items():
        try:
            with open(name, "rb") as file:
                if file.read().decode("utf-8-sig", "replace") != text.removeprefix("\ufeff"):
                    return True
        except OSError:
            return True
    return False


def _stamps(report: "CheckReport", configuration: str) -> dict[str, tuple[int, int]]:
    """When the files and their folders were changed last, and how large they are."""
    names = [configuration, *report.sources, *(os.path.dirname(name) or "." for name in report.sources)]
    found = {}
    for name in names:
        try:
            status = os.stat(name)
            found[name] = (status.st_mtime_ns, status.st_size)
        except OSError:
            found[name] = (0, 0)
    return found
