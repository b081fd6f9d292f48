"""GitLab CI: sections of its log, and the code quality report.

Sections: https://docs.gitlab.com/ci/jobs/job_logs/
Code quality: https://docs.gitlab.com/ci/testing/code_quality/
"""

import hashlib
import re
import time
from collections.abc import Sequence

from steplane.diagnostics import Diagnostic
from steplane.reporters.annotations import Annotation, of_diagnostic

_SEVERITIES = {"error": "major", "warning": "minor", "hint": "info"}
_CLEAR = "\x1b[0K"  # erases the marker on a plain terminal; part of the marker for GitLab


class GitLabLog:
    """The log of a job. A marker holds an escape sequence and a carriage return, which no line from outside does."""

    def __init__(self) -> None:
        self._count = 0
        self._name = ""

    def begin(self, title: str) -> str:
        """Open a section, folded."""
        self._count += 1
        words = re.sub(r"[^A-Za-z0-9_.-]+", "_", title).strip("_")[:60]
        self._name = f"steplane_{self._count}_{words}"
        return f"{_CLEAR}section_start:{int(time.time())}:{self._name}[collapsed=true]\r{_CLEAR}{title}\n"

    def body(self, text: str) -> str:
        """Lines that a step wrote, within a section."""
        return text

    def bare(self, line: str) -> bool:
        """None: escape sequences are taken out of every line."""
        return False

    def end(self) -> str:
        """Close the section."""
        return f"{_CLEAR}section_end:{int(time.time())}:{self._name}\r{_CLEAR}\n"

    def outside(self, text: str) -> str:
        """Lines of ours."""
        return text

    def annotations(self, found: Sequence[Annotation], rest: str) -> str:
        """Nothing: GitLab takes them from reports only."""
        return ""


def code_quality(diagnostics: Sequence[Diagnostic], root: str) -> str:
    """The code quality report. A fingerprint does not change when lines move; the same mistake again has its own."""
    import msgspec

    found: list[dict[str, object]] = []
    seen: dict[tuple[str, str, str], int] = {}
    for diagnostic in diagnostics:
        one = of_diagnostic(diagnostic, root)
        key = (one.file, diagnostic.code, diagnostic.message)
        seen[key] = seen.get(key, 0) + 1
        print_of = "\0".join((*key, str(seen[key])))
        found.append(
            {
                "description": diagnostic.message,
                "check_name": diagnostic.code,
                "fingerprint": hashlib.sha256(print_of.encode("utf-8", "surrogatepass")).hexdigest(),
                "severity": _SEVERITIES[diagnostic.severity],
                "location": {"path": one.file, "lines": {"begin": one.line, "end": one.end_line}},
            }
        )
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"
