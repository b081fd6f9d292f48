"""A graph as a Mermaid flowchart: for Markdown pages that draw it (GitHub, GitLab, many wikis).

Mermaid's entity codes: https://mermaid.js.org/syntax/flowchart.html#special-characters-that-break-syntax
"""

from collections.abc import Iterator

import msgspec

from steplane.reporters.graph.palette import PLAIN, Tone, heading, lines_of, state_words, tone
from steplane.reporters.graph.shapes import Arrow, Box, Cluster, Graph
from steplane.reporters.paint import visible

MOST_EDGES = 500
"""More edges Mermaid refuses to draw, unless its `maxEdges` is set higher."""

# Room for two lines on a frame, and for a command in a box. https://mermaid.js.org/config/schema-docs/config.html
_CONFIGURATION = (
    "config:", "  flowchart:", "    wrappingWidth: 420", "    subGraphTitleMargin: {top: 4, bottom: 28}",
)  # fmt: skip
# Mermaid cuts the end of lines that look like one with colours: these words are never written plainly in a label.
_WORDS = {"style": "st#121;le", "classDef": "class#68;ef"}
# What could end a label, begin a directive (`%%{`), an entity, a tag, a Markdown text, or a comment.
_UNSAFE = frozenset('"#&<>%`\\;{}[]|')
_ROLES = frozenset({"rescue", "finally", "compensate", "branch", "arm", "peers"})


def mermaid_text(graph: Graph) -> str:
    """The whole flowchart."""
    lines = ["---", f"title: {_title(graph)}", *_CONFIGURATION, "---", "flowchart TB"]
    classes: dict[str, list[str]] = {}
    tones: dict[str, Tone] = {}
    for item in graph.items:
        lines += _item(item, "  ")
    lines += [f"  {_arrow(one)}" for one in graph.arrows]
    drawn: list[Box | Cluster] = [*graph.boxes(), *graph.clusters()]
    for one in drawn:
        name, colours = ("plain", PLAIN) if isinstance(one, Cluster) and one.role in _ROLES else tone(one, graph.lanes)
        name = f"{name}_frame" if isinstance(one, Cluster) else name
        classes.setdefault(name, []).append(one.key)
        tones[name] = colours
    for name, keys in classes.items():
        lines.append(f"  classDef {name} {_style(name, tones[name])}")
        lines.append(f"  class {','.join(keys)} {name}")
    return "\n".join(lines) + "\n"


def _title(graph: Graph) -> str:
    """The title as a YAML text in double quotes, of which JSON is a part; there Mermaid knows no entity codes."""
    run = f", run {graph.run}: {graph.status}" if graph.run else ""
    words = f"{graph.title or graph.name}{f' ({graph.note})' if graph.note else ''}{run}"
    return msgspec.json.encode(visible(words)).decode()


def _item(item: Box | Cluster, indent: str) -> Iterator[str]:
    if isinstance(item, Box):
        yield f"{indent}{item.key}{_shape(item)}"
        return
    name, lines = heading(item)
    state = state_words(item.state)
    first = " · ".join(one for one in [name, *lines] if one and one != state)
    yield f'{indent}subgraph {item.key}["{_label([first, state])}"]'
    yield f"{indent}  direction TB"
    for one in item.items:
        yield from _item(one, f"{indent}  ")
    if item.role == "peers":
        yield from (f"{indent}  {line}" for line in _grid(item))
    yield f"{indent}end"


def _grid(frame: Cluster) -> Iterator[str]:
    """Links that nobody sees put what stands beside each other into rows."""
    wide = row_length(len(frame.items))
    for at, one in enumerate(frame.items[wide:]):
        yield f"{frame.items[at].key} ~~~ {one.key}"


def row_length(number: int) -> int:
    """How many of so many boxes stand in a row: a little more than there are rows."""
    wide = 1
    while wide * wide < number * 3 // 2:
        wide += 1
    return max(wide, 3)


def _shape(box: Box) -> str:
    label = _label([box.id, *(text for _, text in lines_of(box))])
    if box.end:
        return f'(["{label}"])'
    if box.rule and not box.loop:
        return f'{{{{"{label}"}}}}'
    return f'[["{label}"]]' if box.loop else f'["{label}"]'


def _label(lines: list[str]) -> str:
    return "<br/>".join(escaped(line) for line in lines if line) or " "


def _arrow(one: Arrow) -> str:
    line = "-.->" if one.dashed else "-->"
    label = f'|"{escaped(one.label)}"|' if one.label else ""
    return f"{one.before} {line}{label} {one.after}"


def _style(name: str, colours: Tone) -> str:
    """Frames are lines only: what is in them has the colours, and the page's own ground shows through."""
    dashed = ",stroke-dasharray:4 3" if name in {"plain_frame", "pending", "skipped"} else ""
    if name.endswith("_frame"):
        return f"fill:transparent,stroke:{colours.line}{dashed}"
    return f"fill:{colours.fill},stroke:{colours.line},color:#1f2328{dashed}"


def escaped(text: str) -> str:
    """A text of a file as Mermaid shows it and nothing else: on one line, without a character that means something."""
    safe = "".join(f"#{ord(one)};" if one in _UNSAFE else one for one in visible(text))
    for word, instead in _WORDS.items():
        safe = safe.replace(word, instead)
    return safe
