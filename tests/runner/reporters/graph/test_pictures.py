"""A graph as DOT and SVG: read back by Graphviz, and safe whatever the names in the file are."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from steplane.reporters.graph.building import graph_of
from steplane.reporters.graph.dot import dot_text
from steplane.reporters.graph.shapes import Graph, State
from steplane.reporters.graph.svg import svg_text

from .plans import HOSTILE, NESTED, diamond, plan_of

pygraphviz: Any = pytest.importorskip("pygraphviz")

SVG = "{http://www.w3.org/2000/svg}"
ALL = pytest.mark.parametrize("text", [NESTED, HOSTILE, diamond(28)], ids=["nested", "hostile", "diamond"])


def _graph(text: str, states: dict[str, State] | None = None) -> Graph:
    return graph_of(plan_of(text), states)


def _frames(graph: Any) -> set[str]:
    found = set()
    for one in graph.subgraphs():
        found |= {one.name, *_frames(one)}
    return found


@ALL
def test_graphviz_reads_what_was_meant(text: str) -> None:
    graph = _graph(text)
    read = pygraphviz.AGraph(string=dot_text(graph))
    assert sorted(read.nodes()) == sorted(one.key for one in graph.boxes())
    assert _frames(read) == {f"cluster_{one.key}" for one in graph.clusters()}
    seen = [one for one in read.edges() if one.attr["style"] != "invis"]
    assert len(seen) == len(graph.arrows)


def test_arrows_go_from_frame_to_frame() -> None:
    read = pygraphviz.AGraph(string=dot_text(_graph(NESTED)))
    seen = {(one.attr["ltail"], one.attr["lhead"]) for one in read.edges()}
    price, deploy = (
        next(one.key for one in _graph(NESTED).clusters() if one.id == name) for name in ("price", "deploy")
    )
    assert (f"cluster_{price}", f"cluster_{deploy}") in seen


def test_conditions_loops_lanes_outcomes_and_ends_are_told() -> None:
    text = dot_text(_graph(NESTED))
    for words in (
        "for each order of 3, 2 at a time", "lane warehouse", "if inputs.limit &gt; 5000", "switch: one of",
        "up to 3 attempts", "failed or cancelled", "any of 2", "a failure is a warning", "end: cancelled",
    ):  # fmt: skip
        assert words in text
    assert text.count("peripheries=2") == 0
    assert "peripheries=2" in dot_text(_graph("steplane: 1\nsteps:\n  - {id: a, foreach: [1], run: echo}\n"))


@ALL
def test_the_picture_has_every_box_and_no_script(text: str) -> None:
    graph = _graph(text)
    picture = svg_text(graph)
    tree = ET.fromstring(picture)
    tags = {one.tag.removeprefix(SVG) for one in tree.iter()}
    assert tags <= {"svg", "g", "title", "text", "path", "polygon", "polyline", "ellipse", "style"}
    names = {name for one in tree.iter() for name in one.attrib}
    assert not [name for name in names if name.startswith("on") or "href" in name]
    classes = [one.get("class", "") for one in tree.iter(f"{SVG}g")]
    assert sum(one.startswith("node step") for one in classes) == len(list(graph.boxes()))
    assert sum(one.startswith("cluster frame") for one in classes) == len(list(graph.clusters()))
    assert "\x1b" not in picture
    shown = ["".join(one.itertext()) for one in tree.iter(f"{SVG}text")]
    assert {one.id for one in graph.boxes()} <= set(shown)


def test_states_are_words_and_colours_on_light_and_dark() -> None:
    graph = _graph(NESTED, {"load": State(status="succeeded", seconds=1.2), "lint": State(status="failed", attempts=2)})
    graph.run, graph.status = "r1", "failed"
    picture = svg_text(graph)
    assert "✓ 1.2s" in picture
    assert "✗ failed after 2 attempts" in picture
    tree = ET.fromstring(picture)
    assert tree.get("aria-label") == "order, run r1: failed"
    style = tree.find(f"{SVG}style")
    assert style is not None
    assert style.text is not None
    assert style.text.startswith("@media (prefers-color-scheme:dark){")
    assert ".step.failed>path" in style.text
    titles = [one.text for one in tree.iter(f"{SVG}title")]
    assert "load\nLoad the orders\nlane warehouse\n✓ 1.2s" in titles


def test_a_hostile_title_is_shown_as_it_is() -> None:
    picture = svg_text(_graph(HOSTILE))
    shown = ["".join(one.itertext()) for one in ET.fromstring(picture).iter(f"{SVG}text")]
    assert any('%%{init: {"securityLevel": "loose"}}%% <script>alert(1)</script>' in one for one in shown)
    assert any("<img src=x onerror=alert(1)>" in one for one in shown)


def test_without_the_library_it_is_said_what_to_install(repository: Path) -> None:
    code = (
        "import sys; sys.modules['pygraphviz'] = None\n"
        "from steplane.cli import main; sys.argv[0] = 'steplane'; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "graph", "workflows/hello.yaml", "--format", "svg"],
        cwd=repository, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(r"a graph as SVG needs pygraphviz, which cannot be used here", done.stderr)
    assert (
        "Install it: pip install 'steplane[graph]'; `--format dot` and `--format mermaid` need nothing." in done.stderr
    )
