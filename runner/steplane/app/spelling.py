"""Files in the one form: their keys in order, and one spelling where there are several."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from steplane.app.fixing import fix_all
from steplane.app.formatting import format_text
from steplane.diagnostics import Diagnostic

CODES = frozenset({"wrapped-condition", "key-case"})
"""What is only a matter of spelling, with a mend that changes nothing else."""

Check = Callable[[str, str], list[Diagnostic]]


class Form(Struct, frozen=True):
    """A file's text as it is and in the one form; with `errors` it cannot be read and both are the same."""

    file: str
    before: str
    after: str
    errors: tuple[Diagnostic, ...] = ()


def in_form(text: str, file: str, check: Check) -> Form:
    """The text in the one form. `check` says what is wrong with a text of a file."""
    formatted = format_text(text, file)
    if formatted.errors:
        return Form(file, text, text, formatted.errors)

    def spelling(one: str) -> list[Diagnostic]:
        return [found for found in check(one, file) if found.code in CODES]

    spelt, _ = fix_all(formatted.text, file, spelling)
    return Form(file, text, format_text(spelt, file).text)


def forms(files: Sequence[str], read: Callable[[str], str], check: Check) -> Iterator[Form]:
    """The same of several files. Raises what `read` raises."""
    for file in files:
        yield in_form(read(file), file, check)
