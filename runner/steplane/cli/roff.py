"""The help of all commands as manual pages for man(1): https://man7.org/linux/man-pages/man7/groff_man.7.html"""

import re
from collections.abc import Iterable, Sequence

import click

from steplane import __version__
from steplane.cli.application import Application, all_commands
from steplane.cli.pages import described

_CODE = re.compile(r"`([^`]*)`")


class RoffPage(click.HelpFormatter):
    """Writes one page in roff."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.write(f'.TH "{name.upper()}" 1 "" "Steplane {__version__}" "Steplane"\n')
        self.write(f".SH NAME\n{escaped(name)} \\- {escaped(title)}\n")
        self._described = False

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """How it is called."""
        self.write(f".SH SYNOPSIS\n.B {escaped(prog)}\n{escaped(args)}\n")

    def write_paragraph(self) -> None:
        """Nothing: sections and paragraphs are set apart by themselves."""

    def write_heading(self, heading: str) -> None:
        """The title of a section."""
        self.write(f".SH {escaped(heading.rstrip(':').upper())}\n")

    def write_text(self, text: str) -> None:
        """The description, or the sections that stand as they are."""
        for paragraph in text.split("\n\n"):
            lines = paragraph.strip("\n").split("\n")
            if lines[0].strip() == "\b":
                self.write_heading(lines[1])
                self._as_it_stands(lines[2:])
            else:
                self.write(".PP\n" if self._described else ".SH DESCRIPTION\n")
                self._described = True
                self.write(f"{marked(' '.join(lines))}\n")

    def _as_it_stands(self, lines: Iterable[str]) -> None:
        self.write(".nf\n")
        for line in lines:
            self.write(f"{escaped(line.removeprefix('  '))}\n")
        self.write(".fi\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Options."""
        for term, text in rows:
            said, facts = described(text)
            parts = [part for part in (said, *(f"[{fact}]" for fact in facts)) if part]
            body = "\n.br\n".join(map(marked, parts))
            self.write(f".TP\n.B {escaped(term)}\n{body}\n")

    def write_table(self, rows: Sequence[tuple[str, str]]) -> None:
        """Terms and short texts."""
        self.write_dl(rows)


def escaped(text: str) -> str:
    """A text that roff takes for nothing else."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain[:1] in {".", "'"} else plain


def marked(text: str) -> str:
    """The same, what stands in backticks in bold."""
    return _CODE.sub(r"\\fB\1\\fR", escaped(text))


def manual_pages(application: Application, root: click.Context) -> dict[str, str]:
    """The pages by the names of their files."""
    pages = {"steplane.1": _page(application, root, "steplane", "run workflows written in YAML")}
    for name, title in all_commands().items():
        command = application.find(root, name)
        assert command is not None
        file = f"steplane-{name.replace(' ', '-')}"
        with command.make_context(name, [], parent=root, resilient_parsing=True) as context:
            pages[f"{file}.1"] = _page(command, context, file, title.rstrip("."))
    return pages


def _page(command: click.Command, context: click.Context, name: str, title: str) -> str:
    formatter = RoffPage(name, title)
    command.format_help(context, formatter)
    return formatter.getvalue()
