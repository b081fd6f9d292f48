"""A workflow, or a run of it, as a graph: what follows what, drawn for a terminal, as Mermaid, DOT, SVG, or data."""
