"""The nightly load, from a real server: patient with it, exact, all or nothing; whoever wants to know is told."""

import hashlib
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.faults.rig import Rig, until
from tests.workflows.conftest import Ended, Example, begin, successes

WORKFLOW = ROOT / "workflows" / "nightly" / "nightly.yaml"
DAY = "2026-11-20"

Night = Callable[..., Ended]


class Shop(ThreadingHTTPServer):
    """A server with the orders of a day in five pages. It counts requests, and can be told to misbehave."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.pages = {
            f"page-{page}": "id,sku,quantity,cents\n"
            + "".join(f"o{page}-{number},BOX,{number + 1},{100 * number}\n" for number in range(20))
            for page in range(5)
        }
        self.rows = 100
        self.asked: Counter[str] = Counter()
        self.told: list[dict[str, Any]] = []
        self.busy: set[str] = set()
        """Paths that are answered with 503 the first time."""
        self.held: str | None = None
        """A path that is not answered before `release` is set."""
        self.release = threading.Event()
        self.broken = False
        """Whether telling it anything fails."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str) -> tuple[int, bytes]:
        self.asked[path] += 1
        if path in self.busy and self.asked[path] == 1:
            return 503, b"come again"
        if path == self.held:
            self.release.wait(60)
        if path == f"/days/{DAY}.json":
            pages = [
                {"name": name, "sha256": hashlib.sha256(text.encode()).hexdigest()} for name, text in self.pages.items()
            ]
            return 200, json.dumps({"rows": self.rows, "pages": pages}).encode()
        name = path.removeprefix(f"/days/{DAY}/").removesuffix(".csv")
        return (200, self.pages[name].encode()) if name in self.pages else (404, b"no such day")


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Shop

    def do_GET(self) -> None:
        status, body = self.server.answer(self.path)
        kind = "application/json" if self.path.endswith(".json") else "text/csv"
        self._send(status, body, kind)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.server.broken:
            self._send(500, b"", "text/plain")
            return
        self.server.told.append(json.loads(body))
        self._send(204, b"", "text/plain")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # who asked was killed

    def log_message(self, *_: object) -> None:
        """Nothing: the tests count for themselves."""


@pytest.fixture
def shop() -> Iterator[Shop]:
    server = Shop()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


def words(shop: Shop) -> list[str]:
    given = {"source": shop.address, "day": DAY, "pause": "10ms"}
    return [word for name, value in given.items() for word in ("-i", f"{name}={value}")]


@pytest.fixture
def night(example: Example, shop: Shop) -> Night:
    """Run the load, with an address that is told of it."""

    def call(*more: str) -> Ended:
        return example("run", WORKFLOW, *words(shop), *more, env={"NIGHTLY_NOTIFY": f"{shop.address}/done?key=17"})

    return call


def published(folder: Path) -> list[tuple[Any, ...]]:
    file = folder / "out" / "nightly" / "orders.db"
    if not file.exists():
        return []
    with closing(sqlite3.connect(file)) as database:
        return database.execute("SELECT day, count(*), sum(cents) FROM orders GROUP BY day").fetchall()


def left(folder: Path) -> set[str]:
    return {one.name for one in (folder / "out" / "nightly").iterdir()}


def test_a_day_is_loaded_through_a_busy_server(night: Night, shop: Shop, tmp_path: Path) -> None:
    shop.busy = {f"/days/{DAY}.json", f"/days/{DAY}/page-1.csv", f"/days/{DAY}/page-4.csv"}
    ended = night()
    assert (ended.code, ended.last["status"]) == (0, "succeeded"), ended.stderr
    assert "key=17" not in json.dumps(ended.events), "the address is a secret"
    assert ended.outputs == {"rows": 100, "cents": 95_000, "days": 1}
    assert published(tmp_path) == [(DAY, 100, 95_000)]
    assert left(tmp_path) == {"orders.db"}
    assert shop.told == [{"run": ended.run, "day": DAY, "status": "succeeded", "rows": 100, "error": None}]
    assert {path: number for path, number in shop.asked.items() if number == 2} == dict.fromkeys(shop.busy, 2)
    assert ended.ended("page[page-4]")["attempts"] == 2


def test_a_day_that_is_loaded_again_replaces_itself(night: Night, shop: Shop, tmp_path: Path) -> None:
    assert night().code == 0
    shop.pages = {"page-0": shop.pages["page-0"]}
    shop.rows = 20
    assert night().code == 0
    assert published(tmp_path) == [(DAY, 20, 19_000)]


@pytest.mark.parametrize(
    ("page", "step", "kind"),
    [
        ("id,sku,quantity,cents\no1-1,BOX,1,100\n", "check", "assert"),  # too few rows
        ("id,sku,quantity,cents\n" + "o0-0,BOX,1,100\n" * 20, "load", "python.exit"),  # one order twice
        ("id,sku,quantity,cents\n" + "".join(f"o1-{n},BOX,many,1\n" for n in range(20)), "load", "python.exit"),
    ],
)
def test_a_day_that_is_not_right_is_not_published(
    page: str, step: str, kind: str, night: Night, shop: Shop, tmp_path: Path
) -> None:
    assert night().code == 0
    before = published(tmp_path)
    shop.pages["page-1"] = page
    ended = night()
    assert ended.code == 1
    assert ended.ended(step)["error"]["type"] == kind
    assert published(tmp_path) == before
    assert shop.told[-1]["status"] == "failed"
    assert shop.told[-1]["error"] == ended.last["error"]["message"]


def test_what_was_announced_otherwise_is_fetched_again_and_then_refused(night: Night, shop: Shop) -> None:
    shop.pages["page-2"] += "o9,BOX,1,1\n"
    original = shop.answer

    def cut_short(path: str) -> tuple[int, bytes]:
        status, body = original(path)
        return status, body[:-5] if path.endswith("page-2.csv") else body

    shop.answer = cut_short  # type: ignore[method-assign]
    ended = night()
    assert ended.code == 1
    assert ended.ended("page[page-2]")["error"]["type"] == "http.checksum"
    assert shop.asked[f"/days/{DAY}/page-2.csv"] == 5


def test_a_day_that_is_not_there_is_not_asked_for_again(night: Night, shop: Shop) -> None:
    ended = night("-i", "day=2026-11-21")
    assert ended.code == 1
    assert (ended.last["error"]["type"], ended.last["error"]["code"]) == ("http.status", 404)
    assert shop.asked["/days/2026-11-21.json"] == 1


def test_who_cannot_be_told_is_a_warning(night: Night, shop: Shop, tmp_path: Path) -> None:
    shop.broken = True
    ended = night()
    assert (ended.code, ended.last["status"]) == (0, "warning")
    assert published(tmp_path) == [(DAY, 100, 95_000)]


@pytest.mark.parametrize("victim", ["runner", "both"])
def test_killed_while_a_page_is_fetched(victim: Any, rig: Rig, shop: Shop) -> None:
    """What had come is not fetched again."""
    shop.held = f"/days/{DAY}/page-4.csv"
    rig.env["NIGHTLY_NOTIFY"] = f"{shop.address}/done?key=17"
    life = begin(rig, "nightly/nightly", *words(shop))
    until(lambda: shop.asked[f"/days/{DAY}/page-4.csv"], what=rig.outputs)
    until(lambda: rig.exists() and len([one for one in successes(rig) if one.startswith("page[")]) == 4)
    life.kill(victim)
    shop.release.set()
    assert rig.resume().wait() == 0, rig.outputs()
    assert published(rig.folder) == [(DAY, 100, 95_000)]
    assert shop.asked == {
        f"/days/{DAY}.json": 1, f"/days/{DAY}/page-4.csv": 2,
        **{f"/days/{DAY}/page-{number}.csv": 1 for number in range(4)},
    }  # fmt: skip
    assert set(successes(rig).values()) == {1}
    assert [one["status"] for one in shop.told] == ["succeeded"]
