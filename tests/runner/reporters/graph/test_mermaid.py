"""A graph as Mermaid: a text that Mermaid reads, whatever the names in the file are."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from steplane.reporters.graph.building import graph_of
from steplane.reporters.graph.mermaid import escaped, mermaid_text
from steplane.reporters.graph.shapes import Graph, State

from .plans import HOSTILE, NESTED, diamond, plan_of

SMALL = """\
steplane: 1
name: small
title: A "small" one
steps:
  - {id: a, run: echo "<1>"}
  - {id: b, needs: [], lane: desk, foreach: [1, 2], run: ./b}
  - {id: c, needs: {a: [failed], b: done}, join: any, if: 1 < 2, steps: [{id: d, run: ./d}]}
  - {id: e, end: failed}
"""

DRAWN = """\
---
title: "A \\"small\\" one"
config:
  flowchart:
    wrappingWidth: 420
    subGraphTitleMargin: {top: 4, bottom: 28}
---
flowchart TB
  n1["a<br/>$ echo #34;#60;1#62;#34;"]
  n2[["b<br/>$ ./b<br/>for each item of 2<br/>lane desk"]]
  subgraph n3["c · if 1 #60; 2 · any of 2"]
    direction TB
    n4["d<br/>$ ./d"]
  end
  n5(["e<br/>end: failed"])
  n1 -.->|"failed"| n3
  n2 -->|"done"| n3
  n3 --> n5
  classDef plain fill:#ffffff,stroke:#57606a,color:#1f2328
  class n1,n4,n5 plain
  classDef lane1 fill:#e7f0fb,stroke:#3b6ea8,color:#1f2328
  class n2 lane1
  classDef plain_frame fill:transparent,stroke:#57606a,stroke-dasharray:4 3
  class n3 plain_frame
"""


def _graph(text: str) -> Graph:
    return graph_of(plan_of(text))


def test_the_text() -> None:
    assert mermaid_text(_graph(SMALL)) == DRAWN


def test_states_of_a_run() -> None:
    states = {
        "a": State(status="failed", seconds=2.0, attempts=3),
        "b": State(status="running", counts=(("running", 1), ("succeeded", 1))),
    }
    graph = graph_of(plan_of(SMALL), states)
    graph.run, graph.status = "r1", "running"
    text = mermaid_text(graph)
    assert 'title: "A \\"small\\" one, run r1: running"' in text
    assert "<br/>✗ failed after 3 attempts, 2.0s" in text
    assert "<br/>▸ 1 running, 1 succeeded" in text
    assert "class n1 failed" in text
    assert "class n4,n5 pending" in text


def test_many_steps_beside_each_other_have_one_arrow() -> None:
    text = mermaid_text(_graph(diamond(28)))
    arrows = [line.strip() for line in text.splitlines() if "-->" in line]
    assert arrows == ["n1 --> p0_1", "p0_1 --> n30"]
    assert 'subgraph p0_1["28 steps beside each other"]' in text
    assert text.count("~~~") == 21  # four rows of seven


def test_a_text_of_a_file_stays_a_text() -> None:
    text = mermaid_text(_graph(HOSTILE))
    body = text.split("---\n", 2)[2]
    for label in re.findall(r'"([^"\n]*)"', body):
        assert not set(re.sub(r"#\d+;|<br/>", "", label)) & set('"#&<>%`\\;{}[]|')
    assert "%%{" not in body
    assert "style n1" not in body
    assert escaped('a"b#c;') == "a#34;b#35;c#59;"
    assert escaped("\x1b[0m\u202e") == "#92;u#123;1b#125;#91;0m#92;u#123;202e#125;"


def _node_modules() -> str:
    """A folder in which node finds Mermaid and jsdom: in `NODE_PATH`, or `node_modules` here."""
    here = Path(__file__).resolve().parents[4] / "node_modules"
    for folder in [*os.environ.get("NODE_PATH", "").split(os.pathsep), str(here)]:
        if folder and all(os.path.isdir(os.path.join(folder, name)) for name in ("mermaid", "jsdom")):
            return folder
    return ""


@pytest.mark.skipif(
    shutil.which("node") is None or not _node_modules(),
    reason="node with the packages mermaid and jsdom is not here (NODE_PATH=FOLDER/node_modules names them)",
)
@pytest.mark.parametrize("text", [SMALL, NESTED, HOSTILE, diamond(28)], ids=["small", "nested", "hostile", "diamond"])
def test_mermaid_itself_reads_it(text: str, tmp_path: Path) -> None:
    graph = _graph(text)
    file = tmp_path / "graph.mmd"
    file.write_text(mermaid_text(graph), encoding="utf-8")
    script = Path(__file__).with_name("parse.mjs")
    done = subprocess.run(
        ["node", str(script), _node_modules(), str(file)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    assert read["diagramType"] == "flowchart-v2"
    frames = [one.key for one in graph.clusters()]
    assert sorted(read["frames"]) == sorted(frames)
    assert sorted(set(read["vertices"]) - set(frames)) == sorted(one.key for one in graph.boxes())
    assert read["links"] == len(graph.arrows)
