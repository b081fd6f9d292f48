"""Takes out of a log what is known to be secret only now: a step that makes a secret may have printed it before."""

import os

from steplane.masking import Mask
from steplane.terminal_escapes import ESCAPES

BLOCK = 1 << 20


def blot(path: str, mask: Mask) -> bool:
    """Write stars over every secret in a file, in its place and of its length; whether there was any.

    Nothing is moved: a program that a step has left running writes on behind it, and times are kept by offsets. A file
    that is not there, or a link, is left alone. Raises `OSError`.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return _blotted(descriptor, mask)
    finally:
        os.close(descriptor)


def _blotted(descriptor: int, mask: Mask) -> bool:
    """Block by block, each with the end of the one before: a secret may stand on both sides."""
    room = BLOCK + mask.longest + ESCAPES
    size, at, found = os.fstat(descriptor).st_size, 0, False
    while at < size:
        data = os.pread(descriptor, room, at)
        for start, end in mask.spans(data):
            os.pwrite(descriptor, b"*" * (end - start), at + start)
            found = True
        at += BLOCK
    return found
