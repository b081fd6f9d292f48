"""Files that name each other."""

import os


def file_key(file: str, path: str) -> str:
    """What a file is called that another one names by a path relative to itself: equal for equal files."""
    return os.path.normpath(os.path.join(os.path.dirname(file), path))
