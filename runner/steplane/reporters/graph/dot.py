"""A graph in DOT, the language of Graphviz.

Attributes: https://graphviz.org/doc/info/attrs.html, labels with lines of their own look:
https://graphviz.org/doc/info/shapes.html#html
"""

from collections.abc import Iterator
from html import escape

from steplane.reporters.graph.mermaid import row_length
from steplane.reporters.graph.palette import PLAIN, heading, lines_of, tone
from steplane.reporters.graph.shapes import Arrow, Box, Cluster, Graph
from steplane.reporters.paint import visible
from steplane.reporters.words import clock

FONT = "Helvetica,Arial,sans-serif"
_MONO = "Menlo,Consolas,monospace"
_FAINT = "#57606a"
_ROLES = frozenset({"rescue", "finally", "compensate", "branch", "arm", "peers"})


def dot_text(graph: Graph) -> str:
    """The whole graph. Classes (`step`, `frame`, `succeeded`, `lane1`, ...) are for style sheets of the SVG."""
    return "\n".join(_Writer(graph).lines()) + "\n"


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._clusters = {one.key: one for one in graph.clusters()}
        self._lanes = graph.lanes
        self._entered = {arrow.after for arrow in graph.arrows}
        self._left = {arrow.before for arrow in graph.arrows}

    def lines(self) -> Iterator[str]:
        yield "digraph workflow {"
        yield (
            f'  graph [compound=true, rankdir=TB, nodesep=0.3, ranksep=0.34, pad=0.25, fontname="{FONT}", fontsize=11, '
            f"labelloc=t, bgcolor=transparent, label=<{self._title()}>];"
        )
        yield (
            f'  node [shape=box, style="rounded,filled", fontname="{FONT}", fontsize=12, margin="0.14,0.05", '
            "height=0.4, penwidth=1.2];"
        )
        yield f'  edge [fontname="{FONT}", fontsize=10, arrowsize=0.65, color="{_FAINT}", fontcolor="{_FAINT}"];'
        for item in self.graph.items:
            yield from self._item(item, "  ")
        for arrow in self.graph.arrows:
            yield from (f"  {line}" for line in self._arrow(arrow))
        yield "}"

    def _title(self) -> str:
        graph = self.graph
        version = f" {graph.version}" if graph.version else ""
        lines = [f'<font point-size="16"><b>{_safe(graph.name + version)}</b></font>']
        lines += [_safe(one) for one in (graph.title, graph.note) if one]
        if graph.run:
            took = f", {clock(graph.seconds)}" if graph.seconds is not None else ""
            lines.append(_safe(f"run {graph.run}: {graph.status}{took}"))
        return _stacked([*lines, " "])

    def _item(self, item: Box | Cluster, indent: str) -> Iterator[str]:
        if isinstance(item, Box):
            yield f"{indent}{item.key} [{self._box(item)}];"
            return
        yield f"{indent}subgraph cluster_{item.key} {{"
        yield f"{indent}  graph [{self._frame(item)}];"
        for one in item.items:
            yield from self._item(one, f"{indent}  ")
        if item.role == "peers":
            yield from (f"{indent}  {line}" for line in self._grid(item))
        yield f"{indent}}}"

    def _box(self, box: Box) -> str:
        name, colours = tone(box, self._lanes)
        line = _FAINT if name in {"pending", "plain"} else colours.line
        rows = [f"<b>{_safe(box.id)}</b>"]
        for kind, text in lines_of(box):
            face = f' face="{_MONO}"' if kind == "does" and not box.title and text.startswith("$") else ""
            size = "11" if kind == "state" else "10"
            color = line if kind in {"state", "lane"} else _FAINT
            rows.append(f'<font point-size="{size}" color="{color}"{face}>{_safe(text)}</font>')
        look = [f'class="step {name}"', f'fillcolor="{colours.fill}"', f'color="{colours.line}"']
        look += ['fontcolor="#1f2328"', f"label=<{_stacked(rows)}>"]
        look += ["peripheries=2"] if box.loop else []
        look += ["shape=hexagon"] if box.rule else []
        look += ["penwidth=3"] if box.end else []
        look += ['style="rounded,filled,dashed"'] if name in {"pending", "skipped"} else []
        return ", ".join(look)

    def _frame(self, frame: Cluster) -> str:
        bare = frame.role in _ROLES
        name, colours = ("plain", PLAIN) if bare else tone(frame, self._lanes)
        title, lines = heading(frame)
        rows = [_safe(title) if bare else f"<b>{_safe(title)}</b>"] if title else []
        rows += [f'<font color="{_FAINT}" point-size="10">{_safe(one)}</font>' for one in lines]
        line = "#afb8c1" if name == "plain" else colours.line
        style = "rounded,dashed" if bare or name in {"pending", "skipped"} else "rounded"
        font = _FAINT if bare else "#1f2328"
        return (
            f'class="frame {name}", style="{style}", color="{line}", fontcolor="{font}", labeljust=l, margin=12, '
            f"penwidth={1 if bare else 1.3}, label=<{_stacked(rows, 'left')}>"
        )

    def _grid(self, frame: Cluster) -> Iterator[str]:
        wide = row_length(len(frame.items))
        for at, one in enumerate(frame.items[wide:]):
            above, below = self._anchors(frame.items[at].key, last=True), self._anchors(one.key, last=False)
            yield f"{above[0]} -> {below[0]} [style=invis];"

    def _arrow(self, arrow: Arrow) -> Iterator[str]:
        """One arrow that is seen, from frame to frame where there are frames; others that are not seen keep all of a
        frame below what it follows.
        """
        tails, heads = self._anchors(arrow.before, last=True), self._anchors(arrow.after, last=False)
        look = [f"ltail=cluster_{arrow.before}"] if arrow.before in self._clusters else []
        look += [f"lhead=cluster_{arrow.after}"] if arrow.after in self._clusters else []
        look += [f"label=<{_safe(' ' + arrow.label)}>"] if arrow.label else []
        look += ["style=dashed"] if arrow.dashed else []
        framed = {arrow.before, arrow.after} & self._clusters.keys()
        look += ["minlen=2"] if framed and not arrow.label else []
        attributes = f" [{', '.join(look)}]" if look else ""
        yield f"{tails[0]} -> {heads[0]}{attributes};"
        for tail in tails[1:]:
            yield f"{tail} -> {heads[0]} [style=invis];"
        for head in heads[1:]:
            yield f"{tails[0]} -> {head} [style=invis];"

    def _anchors(self, key: str, *, last: bool) -> list[str]:
        """The boxes that stand for a box or frame at its lower (`last`) or upper end, the middle one first."""
        frame = self._clusters.get(key)
        if frame is None:
            return [key]
        items = frame.items
        if frame.role == "peers":
            wide = row_length(len(items))
            items = items[-wide:] if last else items[:wide]
        else:
            taken = self._left if last else self._entered
            items = [one for one in items if one.key not in taken] or items
        found = [anchor for one in items for anchor in self._anchors(one.key, last=last)]
        middle = (len(found) - 1) // 2
        return [found[middle], *found[:middle], *found[middle + 1 :]]


def _stacked(rows: list[str], align: str = "center") -> str:
    """Lines under each other with a little air between them."""
    cells = "".join(f'<tr><td align="{align}">{row}</td></tr>' for row in rows or [" "])
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{cells}</table>'


def _safe(text: str) -> str:
    """A text of a file inside a label: on one line, nothing in it a tag or an entity."""
    return escape(visible(text), quote=True)
