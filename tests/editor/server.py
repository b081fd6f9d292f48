"""A client of the real yaml-language-server: the Language Server Protocol over its standard streams."""

import json
import queue
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

PATIENCE = 60.0
"""Seconds that an answer may take on a busy machine."""

MARK = "▮"
"""Where the cursor stands in a text."""

SETTINGS = {
    "yaml": {
        "schemaStore": {"enable": False},  # nothing is fetched
        "validate": True,
        "hover": True,
        "completion": True,
    }
}


class LanguageServer:
    """One server for one folder. Use it with `with`."""

    def __init__(self, program: Path, folder: Path, schemas: dict[str, str] | None = None) -> None:
        self.folder = folder
        self._settings = {"yaml": {**SETTINGS["yaml"], "schemas": schemas or {}}}
        self._number = 0
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._told: queue.Queue[dict[str, Any]] = queue.Queue()
        self._lock = threading.Lock()
        self._shown = 0
        self._process = subprocess.Popen(
            ["node", str(program), "--stdio"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "LanguageServer":
        snippets = {"completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}}}
        self.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": self.folder.as_uri(),
                "workspaceFolders": [{"uri": self.folder.as_uri(), "name": "project"}],
                "capabilities": {
                    "workspace": {"configuration": True, "workspaceFolders": True},
                    "textDocument": {**snippets, "hover": {"contentFormat": ["markdown"]}},
                },
            },
        )
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": self._settings})
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()
        self._reader.join(PATIENCE)

    def open(self, name: str, text: str) -> list[dict[str, Any]]:
        """Show a text to the server as a new file beside that name; what it says is wrong with it."""
        return self._open(name, text)[1]

    def _open(self, name: str, text: str) -> tuple[str, list[dict[str, Any]]]:
        self._shown += 1
        uri = (self.folder / name).with_stem(f"shown{self._shown}").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        while True:
            told = self._told.get(timeout=PATIENCE)
            if told["uri"] == uri:
                return uri, told["diagnostics"]

    def complete(self, name: str, text: str) -> list[dict[str, Any]]:
        """What is offered at the mark in the text."""
        answer = self._at("textDocument/completion", name, text)
        items: list[dict[str, Any]] = answer["items"] if isinstance(answer, dict) else answer or []
        return items

    def hover(self, name: str, text: str) -> str:
        """What is shown when the pointer stands at the mark in the text."""
        answer = self._at("textDocument/hover", name, text)
        return str(answer["contents"]["value"]) if answer else ""

    def _at(self, method: str, name: str, text: str) -> Any:
        before, _, after = text.partition(MARK)
        uri, _ = self._open(name, before + after)
        line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
        return self.ask(method, {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}})

    def ask(self, method: str, parameters: dict[str, Any]) -> Any:
        """Ask for something and wait for the answer."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": parameters})
        while True:
            answer = self._answers.get(timeout=PATIENCE)
            if answer["id"] == self._number:
                assert "error" not in answer, answer
                return answer.get("result")

    def tell(self, method: str, parameters: dict[str, Any]) -> None:
        """Say something that wants no answer."""
        self._send({"method": method, "params": parameters})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = int(header.split(b":")[1])
            while stream.readline().strip():
                pass
            self._take(json.loads(stream.read(length)))

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("method") == "textDocument/publishDiagnostics":
            self._told.put(message["params"])
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": self._reply(message)})
        elif "id" in message:
            self._answers.put(message)

    def _reply(self, message: dict[str, Any]) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        return [self._settings.get(one.get("section", ""), {}) for one in message["params"]["items"]]
