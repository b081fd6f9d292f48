"""The table of the patterns for the manual, made from the cases."""

from collections.abc import Iterator

from tests.patterns.cases import Case
from tests.patterns.possible import ALL, RUN

PATTERNS = 43
FILES = "../tests/patterns"


def page() -> str:
    """The table, then each pattern with its first case."""
    return "\n".join([*_table(), "", *_sections()])


def of(number: int) -> list[Case]:
    """The cases of a pattern; the one that is named after it first."""
    found = [case for case in ALL if case.number == number]
    assert found, f"pattern {number} has no case"
    return sorted(found, key=lambda case: ("_in_a_" in case.name, case.said != found[0].said))


def title(case: Case) -> str:
    """The name of the case's pattern."""
    return case.head.partition(", ")[2].partition(":")[0]


def possible(number: int) -> bool:
    """Whether this release runs all its cases."""
    return all(case in RUN for case in of(number))


def _table() -> Iterator[str]:
    yield f"{sum(possible(number) for number in range(1, PATTERNS + 1))} of {PATTERNS} run in this release."
    yield ""
    yield "| # | pattern | in Steplane | tested by |"
    yield "|---|---|---|---|"
    for number in range(1, PATTERNS + 1):
        found = of(number)
        anchor = f"{number}-{title(found[0])}".lower().replace(" ", "-")
        said = "; ".join(dict.fromkeys(case.said for case in found))
        files = ", ".join(f"[{_short(case)}]({FILES}/{case.file.name})" for case in found)
        tested = files if possible(number) else "not in this release"
        yield f"| {number} | [{title(found[0])}](#{anchor}) | {said} | {tested} |"


def _short(case: Case) -> str:
    return case.name.partition("_")[2].replace("_", " ")


def _sections() -> Iterator[str]:
    for number in range(1, PATTERNS + 1):
        case = of(number)[0]
        meaning = case.head.partition(": ")[2]
        yield f"## {number} {title(case)}\n"
        yield f"{meaning[0].upper()}{meaning[1:]}\n"
        if case not in RUN:
            yield "Not in this release.\n"
            continue
        text = case.file.read_text("utf-8").partition("\nsteps:\n")
        inputs = text[0].partition("\ninputs:\n")[2]
        kind = "yaml other" if "call: " in text[2] else "yaml workflow"
        head = f"inputs:\n{inputs}\n" if inputs else ""
        yield f"```{kind}\nsteplane: 1\n{head}steps:\n{text[2]}```\n"
        yield "Legal:\n"
        yield "```text\n" + "\n".join(case.all("legal")) + "\n```\n"
