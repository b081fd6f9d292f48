"""Credentials that stand in the file itself. They are never printed."""

import re
from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic, Span
from steplane.model import Workflow
from steplane.source.nodes import Mapping, Node, Sequence

_FORMS = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,}|glpat-[\w-]{20,}|AKIA[0-9A-Z]{16}|xox[abprs]-[\w-]{10,}"
    r"|sk_live_[A-Za-z0-9]{16,}|AIza[\w-]{35}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,}"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}|(?:Bearer|Basic) (?=[^\s\d]*\d)[\w.~+/-]{16,}=*"
    r"|https://hooks\.slack\.com/(?:services|workflows)/[\w/]{20,})"
    r"|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----|\b[a-z][a-z0-9+.-]*://[^\s/:@$]+:[^\s/@${}]{3,}@"
)
"""What services say that their keys look like; what HTTP takes for one; private keys; a password in a URL."""
_NAMES = re.compile(r"(?:^|_)(?:password|passwd|secret|token|bearer|api_?key|access_?key|private_?key)$", re.IGNORECASE)
_VALUE = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])[^\s/$]\S{7,}")
"""What may be a password: at least eight characters without blanks, letters and digits, no path."""


SHORTEST = 8
"""What is shorter has none of these forms."""


def check_credentials(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Texts that look like a key, a token or a password."""
    pending: list[tuple[str, Node]] = [("", workflow.node)]
    while pending:
        name, node = pending.pop()
        if isinstance(node, Mapping):
            pending += [(entry.key.text, entry.value) for entry in reversed(node.entries)]
        elif isinstance(node, Sequence):
            pending += [("", item) for item in reversed(node.items)]
        elif len(node.text) >= SHORTEST and isinstance(node.value, str):
            yield from (_credential(name, context.place(node, *found)) for found in _credentials(name, node.value))


def _credential(name: str, span: Span) -> Diagnostic:
    what = f"the value of `{name}`" if name else "this"
    message = f"{what} looks like a credential: whoever reads the file has it"
    help_ = "declare it under `secrets`, for example `{env: NAME}`, and write `${{ secrets.NAME }}`"
    return Diagnostic("credential", message, span, "warning", help=help_, hidden=True)


def _credentials(name: str, text: str) -> list[tuple[int, int]]:
    """Where they are in a text: offsets and lengths."""
    found = [(one.start(), len(one[0])) for one in _FORMS.finditer(text)]
    named = "${{" not in text and _NAMES.search(name) is not None and _VALUE.fullmatch(text) is not None
    return found or [(0, len(text))] * named
