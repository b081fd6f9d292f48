"""How GitHub and GitLab read the log of a job, as far as their documentation and sources say."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from msgspec import Struct

KNOWN = {
    "error", "warning", "notice", "debug", "group", "endgroup", "add-mask", "set-env", "set-output", "save-state",
    "add-path", "add-matcher", "remove-matcher", "echo", "stop-commands",
}  # fmt: skip


class Executed(Struct, frozen=True):
    """A command that the runner has executed."""

    name: str
    properties: dict[str, str]
    data: str


class Group(Struct):
    """Lines that are folded under a title; a title of "" is what stands outside."""

    title: str
    lines: list[str]


def _unescaped(text: str, *, is_property: bool) -> str:
    for sign, escaped in (("\r", "%0D"), ("\n", "%0A"), *(((":", "%3A"), (",", "%2C")) if is_property else ())):
        text = text.replace(escaped, sign)
    return text.replace("%25", "%")


class GitHubReader:
    """The runner (it executes commands) and the page of the log (it folds groups).

    A line is a command if it begins with `::` after white space, up to the next `::`; or, as older ones were written,
    if `##[name]` stands anywhere in it. Source: `ActionCommand`, `ActionCommandManager` of github.com/actions/runner.
    """

    def __init__(self, text: str) -> None:
        self.executed: list[Executed] = []
        self.groups: list[Group] = []
        self._outside = Group("", [])
        self.groups.append(self._outside)
        self._open: Group | None = None
        self._stopped = ""
        for line in re.split(r"\r\n|\r|\n", text):
            self._line(line)
        assert self._open is None, "a group was left open"
        assert not self._stopped, "commands were left stopped"

    @property
    def outside(self) -> list[str]:
        """The lines that are not folded away."""
        return self._outside.lines

    @property
    def folded(self) -> list[Group]:
        """The groups in their order."""
        return self.groups[1:]

    def annotations(self, name: str = "error") -> list[Executed]:
        """The commands of that name."""
        return [one for one in self.executed if one.name == name]

    def _line(self, line: str) -> None:
        command = self._new(line) or self._old(line)
        if self._stopped:
            if command is not None and command.name == self._stopped:
                self._stopped = ""
                return
        elif command is not None:
            self._execute(command)
            return
        self._show(line)

    def _names(self) -> set[str]:
        return KNOWN | ({self._stopped} if self._stopped else set())

    def _new(self, line: str) -> Executed | None:
        text = line.lstrip()
        end = text.find("::", 2)
        if not text.startswith("::") or end < 0:
            return None
        name, _, listed = text[2:end].partition(" ")
        if name.lower() not in self._names():
            return None
        pairs = [one.split("=", 1) for one in listed.strip().split(",") if one]
        found = {pair[0]: _unescaped(pair[1], is_property=True) for pair in pairs if len(pair) == 2}
        return Executed(name.lower(), found, _unescaped(text[end + 2 :], is_property=False))

    def _old(self, line: str) -> Executed | None:
        begin = line.find("##[")
        end = line.find("]", begin)
        if begin < 0 or end < 0:
            return None
        name = line[begin + 3 : end].partition(" ")[0]
        return Executed(name.lower(), {}, line[end + 1 :]) if name.lower() in self._names() else None

    def _execute(self, command: Executed) -> None:
        if command.name == "stop-commands":
            assert len(command.data) >= 32, "a token that cannot be guessed"
            self._stopped = command.data
        elif command.name == "group":
            self._show(f"##[group]{command.data}")
        elif command.name == "endgroup":
            self._show("##[endgroup]")
        else:
            self.executed.append(command)

    def _show(self, line: str) -> None:
        if line.startswith("##[group]"):
            self._open = Group(line.removeprefix("##[group]"), [])
            self.groups.append(self._open)
        elif line.startswith("##[endgroup]"):
            self._open = None
        else:
            (self._open or self._outside).lines.append(line)


_MARKER = re.compile(r"section_(start|end):(\d+):([A-Za-z0-9_.-]+)(\[collapsed=true\])?\r\x1b\[0K")


class GitLabReader:
    """The page of a job's log. Source: https://docs.gitlab.com/ci/jobs/job_logs/"""

    def __init__(self, text: str) -> None:
        self.outside: list[str] = []
        self.folded: list[Group] = []
        self.names: list[str] = []
        stack: list[str] = []
        for line in text.split("\n"):
            rest = line.removeprefix("\x1b[0K")
            marker = _MARKER.search(rest)
            if marker is None:
                (self.folded[-1].lines if stack else self.outside).append(line)
            elif marker[1] == "start":
                assert marker[4], "folded from the beginning"
                assert marker[3] not in self.names, "a name of its own"
                stack.append(marker[3])
                self.names.append(marker[3])
                self.folded.append(Group(rest[marker.end() :], []))
                assert len(stack) == 1, "sections are not nested"
            else:
                assert stack.pop() == marker[3]
                assert rest[marker.end() :] == ""
        assert stack == [], "a section was left open"


def schema(*, places: bool = False) -> Any:
    """The schema of JUnit XML; with `places` test cases may have `file` and `line`."""
    import xmlschema

    text = (Path(__file__).parent / "junit.xsd").read_text("utf-8")
    return xmlschema.XMLSchema(text if places else text.replace('<s:attributeGroup ref="place"/>', ""))


def valid(text: str, *, places: bool = False) -> ET.Element:
    """The root of a document, which the schema must accept, and whose counts must be right."""
    schema(places=places).validate(text)
    root = ET.fromstring(text.encode())
    for suite in root:
        cases = suite.findall("testcase")
        found = {"tests": len(cases)}
        found |= {f"{kind}s": len(suite.findall(f"testcase/{kind}")) for kind in ("failure", "error")}
        found |= {"skipped": len(suite.findall("testcase/skipped"))}
        assert {name: int(suite.attrib[name]) for name in found} == found
        keys = [(case.get("classname"), case.get("name")) for case in cases]
        assert len(set(keys)) == len(keys), "readers take one of each name only"
    return root
