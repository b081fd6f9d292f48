"""A graph as plain data: what `graph --format json` prints."""

from typing import Any

from steplane.reporters.graph.shapes import Box, Cluster, Graph, State


def graph_data(graph: Graph) -> dict[str, Any]:
    """Steps and frames flat, each with the frame that it stands in (`in`), and the arrows between their keys."""
    nodes: list[dict[str, Any]] = []
    for item in graph.items:
        _add(nodes, item, None)
    run = {"id": graph.run, "status": graph.status, "duration": graph.seconds} if graph.run else None
    return {
        "workflow": graph.name,
        "title": graph.title or None,
        "version": graph.version or None,
        "file": graph.file,
        "note": graph.note or None,
        "run": run,
        "lanes": graph.lanes,
        "nodes": nodes,
        "edges": [
            {
                "from": one.before,
                "to": one.after,
                "outcomes": one.label or None,
                "handles": one.dashed and not one.jump,
                "jumps": one.jump,
            }
            for one in graph.arrows
        ],
    }


def _add(nodes: list[dict[str, Any]], item: Box | Cluster, around: str | None) -> None:
    nodes.append({"key": item.key, "in": around, **_data(item)})
    if isinstance(item, Cluster):
        for one in item.items:
            _add(nodes, one, item.key)


def _data(item: Box | Cluster) -> dict[str, Any]:
    frame = isinstance(item, Cluster)
    data = {
        "kind": item.role if isinstance(item, Cluster) else "end" if item.end else "decision" if item.rule else "step",
        "id": item.id or None,
        "label": item.label or None if isinstance(item, Cluster) else None,
        "title": item.title or None,
        "does": None if isinstance(item, Cluster) else item.does or None,
        "if": item.condition or None,
        "loop": item.loop or None,
        "lane": item.lane or None,
        "notes": list(item.notes) or None,
        "line": item.line or None,
        "state": _state(item.state),
    }
    return {name: value for name, value in data.items() if value is not None or (name == "id" and not frame)}


def _state(state: State | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {
        "status": state.status,
        "duration": state.seconds,
        "attempts": state.attempts,
        "recovered": state.recovered,
        "instances": dict(state.counts) or None,
    }
