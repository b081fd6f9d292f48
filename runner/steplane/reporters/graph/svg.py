"""A graph as a picture: Graphviz lays it out (through pygraphviz), a style sheet makes it readable on light and dark.

https://pygraphviz.github.io/documentation/stable/reference/agraph.html
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from xml.etree import ElementTree as ET

from steplane.errors import UsageError
from steplane.reporters.graph.dot import dot_text
from steplane.reporters.graph.palette import LANES, PLAIN, STATES, Tone, heading, lines_of
from steplane.reporters.graph.shapes import Graph
from steplane.reporters.paint import visible

_SVG = "http://www.w3.org/2000/svg"
_TEXT = "#1f2328"
_FAINT = "#57606a"


def svg_text(graph: Graph) -> str:
    """The picture, a document of its own. Raises `UsageError` where the library is not installed or cannot draw it."""
    tree = ET.fromstring(_drawn(dot_text(graph)))  # noqa: S314 - our own text, drawn in this process
    ET.register_namespace("", _SVG)
    for name in [name for name in tree.attrib if name.startswith("{")]:
        del tree.attrib[name]
    tree.set("role", "img")
    words = f"{graph.name}, run {graph.run}: {graph.status}" if graph.run else graph.name
    tree.set("aria-label", visible(words))
    _tell(tree, graph)
    style = ET.Element(f"{{{_SVG}}}style")
    style.text = _sheet()
    tree.insert(0, style)
    ET.indent(tree, "")
    return ET.tostring(tree, encoding="unicode", short_empty_elements=True) + "\n"


def _drawn(dot: str) -> str:
    try:
        import pygraphviz
    except ImportError as error:
        raise UsageError(
            f"a graph as SVG needs pygraphviz, which cannot be used here: {error}",
            "Install it: pip install 'steplane[graph]'; `--format dot` and `--format mermaid` need nothing.",
        ) from error
    with _quiet() as said:
        try:
            drawn: bytes = pygraphviz.AGraph(string=dot).draw(format="svg", prog="dot")
        except (OSError, ValueError, RuntimeError) as error:
            raise UsageError(
                f"Graphviz cannot draw this graph: {error or said()}", "Take `--format dot` or `--format mermaid`."
            ) from error
    return drawn.decode("utf-8")


@contextmanager
def _quiet() -> Iterator[Any]:
    """What Graphviz and its libraries say on stderr (of fonts, mostly) is kept from the user; it is yielded as text."""
    with suppress(OSError, ValueError):
        sys.stderr.flush()
    with tempfile.TemporaryFile() as file:
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)

        def said() -> str:
            file.seek(0)
            return file.read().decode("utf-8", "replace").strip()

        try:
            yield said
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _tell(tree: ET.Element, graph: Graph) -> None:
    """Give each box and frame a title that says all of it, shown when one points at it."""
    told = {one.key: "\n".join([one.id, *(text for _, text in lines_of(one))]) for one in graph.boxes()}
    for frame in graph.clusters():
        name, lines = heading(frame)
        told[f"cluster_{frame.key}"] = "\n".join([name, *lines])
    for group in tree.iter(f"{{{_SVG}}}g"):
        title = group.find(f"{{{_SVG}}}title")
        if title is None:
            continue
        if title.text in told:
            title.text = "\n".join(visible(line) for line in told[title.text].split("\n"))
        else:
            group.remove(title)


def _sheet() -> str:
    """Colours for a dark ground; on a light one they stand at the shapes themselves."""
    rules = [f"text{{fill:{PLAIN.dark_line}}}", f'text[fill="{_TEXT}"],.graph>text{{fill:#e6edf3}}']
    rules += [f'text[fill="{_FAINT}"]{{fill:#9aa7b4}}', ".edge path{stroke:#909dab}"]
    rules += [".edge polygon{fill:#909dab;stroke:#909dab}", ".frame>path,.frame>polygon{stroke:#57606a}"]
    named = {**STATES, **{f"lane{number}": one for number, one in enumerate(LANES, 1)}, "plain": PLAIN}
    for name, one in named.items():
        rules += _rules(name, one)
    dark = "".join(rules)
    return f"@media (prefers-color-scheme:dark){{{dark}}}"


def _rules(name: str, one: Tone) -> list[str]:
    shapes = ",".join(f".step.{name}>{shape}" for shape in ("path", "polygon", "ellipse"))
    frames = "" if name == "plain" else f".frame.{name}>path,.frame.{name}>polygon{{stroke:{one.dark_line}}}"
    texts = f'.step.{name}>text[fill="{one.line}"]{{fill:{one.dark_line}}}'
    return [f"{shapes}{{fill:{one.dark_fill};stroke:{one.dark_line}}}", frames, texts]


__all__ = ["svg_text"]
