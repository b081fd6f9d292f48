"""What would change in a file, as a patch."""

import difflib


def difference(file: str, before: str, after: str) -> str:
    """The unified difference of two texts of a file; empty where they are equal."""
    lines = difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), file, file)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
