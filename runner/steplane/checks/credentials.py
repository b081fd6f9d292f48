"""Credentials that stand in the file itself. They are never printed."""

import re
from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic
from steplane.model import Workflow
from steplane.source.nodes import Mapping, Node, Scalar, Sequence

_FORMS = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,}|glpat-[\w-]{20,}|AKIA[0-9A-Z]{16}|xox[abprs]-[\w-]{10,}"
    r"|sk_live_[A-Za-z0-9]{16,}|AIza[\w-]{35}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,})"
    r"|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----|\b[a-z][a-z0-9+.-]*://[^\s/:@$]+:[^\s/@${}]{3,}@"
)
"""What the makers of services say that their keys look like; private keys; a password in a URL."""
_NAMES = re.compile(r"(?:^|_)(?:password|passwd|secret|token|api_?key|access_?key|private_?key)$", re.IGNORECASE)
_VALUE = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])[^\s/$]\S{7,}")
"""What may be a password: at least eight characters without blanks, letters and digits, no path."""


SHORTEST = 8
"""What is shorter has none of these forms."""


def check_credentials(workflow: Workflow, _: Context) -> Iterator[Diagnostic]:
    """Texts that look like a key, a token or a password."""
    pending: list[tuple[str, Node]] = [("", workflow.node)]
    while pending:
        name, node = pending.pop()
        if isinstance(node, Mapping):
            pending += [(entry.key.text, entry.value) for entry in reversed(node.entries)]
        elif isinstance(node, Sequence):
            pending += [("", item) for item in reversed(node.items)]
        elif len(node.text) >= SHORTEST and isinstance(node.value, str) and _is_credential(name, node.value):
            yield _credential(name, node)


def _credential(name: str, node: Scalar) -> Diagnostic:
    what = f"the value of `{name}`" if name else "this"
    message = f"{what} looks like a credential: whoever reads the file has it"
    help_ = "declare it under `secrets`, for example `{env: NAME}`, and write `${{ secrets.NAME }}`"
    return Diagnostic("credential", message, node.span, "warning", help=help_)


def _is_credential(name: str, text: str) -> bool:
    if _FORMS.search(text):
        return True
    return "${{" not in text and _NAMES.search(name) is not None and _VALUE.fullmatch(text) is not None
