"""The cases: each a workflow `wcpNN_NAME.yaml`, and beside it `wcpNN_NAME.traces` with what is legal.

A line of that file is a key, a colon and a value, which goes on in indented lines:

    said      how the pattern is stated
    legal     traces in the notation of `notation.py`; with several such lines each holds for the tokens that it names
    some      what must be seen at least once in all the runs of the case: not everything may be just forbidden
    ends      how the run may end, `succeeded` without it
    keys      `hidden`: tokens do not tell the rounds of a loop from each other
    outside   signals that come from outside the run, each once; `cancel!` is the command `cancel`
    broken    OLD => NEW, a change of the file after which its traces are no longer legal: these tests can fail

Tokens are those of all steps that do work, and of others where a line names them. One that no line names is illegal.
"""

import re
from functools import cached_property
from pathlib import Path

from tests.patterns.algebra import Traces, holds, legal_length, tokens
from tests.patterns.notation import parse

FOLDER = Path(__file__).parent
CANCEL = "cancel!"


class Case:
    """One workflow and its legal traces."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.name = file.stem
        lines = re.sub(r"\n\s+", " ", file.with_suffix(".traces").read_text("utf-8")).splitlines()
        self.lines = [tuple(line.split(": ", 1)) for line in lines]
        self.legal = [parse(text) for text in self.all("legal")]
        self.some = [parse(text) for text in self.all("some")]
        self.ends = (self.all("ends") or ["succeeded"])[0].split()
        self.outside = [name for line in self.all("outside") for name in line.split()]
        self.keyless = self.all("keys") == ["hidden"]
        self.said = self.all("said")[0]

    def all(self, key: str) -> list[str]:
        """The values of that key."""
        return [line[1] for line in self.lines if line[0] == key]

    @property
    def broken(self) -> str:
        """The text of the file with the change that breaks it."""
        old, new = (part.strip().replace("\\n", "\n") for part in self.all("broken")[0].split("=>"))
        text = self.file.read_text("utf-8")
        assert text.count(old) == 1, (self.name, old)
        return text.replace(old, new)

    @cached_property
    def named(self) -> frozenset[str]:
        """The tokens that the lines name."""
        return frozenset().union(*(tokens(one) for one in self.legal))

    @cached_property
    def steps(self) -> frozenset[str]:
        """The steps of these tokens."""
        return frozenset(token[:-1] for token in self.named)

    @property
    def number(self) -> int:
        """The number of the pattern."""
        return int(self.name[3:5])

    @property
    def head(self) -> str:
        """What the file says of itself."""
        lines = self.file.read_text("utf-8").splitlines()
        count = next(number for number, line in enumerate(lines) if not line.startswith("#"))
        return " ".join(line[1:].strip() for line in lines[:count])

    # ------------------------------------------------------------ verdicts

    def problem(self, trace: list[str], *, whole: bool = True) -> str:
        """What is illegal in a trace (its last token the run's end) or in a beginning of one; empty if nothing."""
        if whole and trace[-1:] and trace[-1] not in {f"={one}" for one in self.ends}:
            return f"it ends as {trace[-1]}"
        body = [token for token in trace if token[0] != "="]
        if unknown := [token for token in body if token not in self.named]:
            return f"`{unknown[0]}` is in no line"
        found = [self._wrong(line, projected(line, body), whole=whole) for line in self.legal]
        return next((one for one in found if one), "")

    def _wrong(self, line: Traces, trace: list[str], *, whole: bool) -> str:
        good = legal_length(line, trace)
        if good < len(trace):
            return f"`{trace[good]}` may not follow `{' '.join(trace[:good])}`"
        if whole and not holds(line, trace):
            return f"nothing follows `{' '.join(trace)}`"
        return ""

    def unseen(self, traces: list[list[str]]) -> list[str]:
        """The lines `some` of which none of the traces is an example."""
        texts = zip(self.all("some"), self.some, strict=True)
        return [text for text, line in texts if not any(holds(line, projected(line, trace)) for trace in traces)]


def projected(line: Traces, trace: list[str]) -> list[str]:
    """The tokens of the trace that the line names."""
    named = tokens(line)
    return [token for token in trace if token in named]


def cases() -> list[Case]:
    """All of them, by name."""
    return [Case(file.with_suffix(".yaml")) for file in sorted(FOLDER.glob("wcp*.traces"))]
