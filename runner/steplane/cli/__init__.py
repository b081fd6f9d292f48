"""The command line: the only part that prints and exits."""

import gc
import os

SELDOM = 50_000
"""New objects between two searches for unreachable ones. Hardly any of ours are in cycles: with Python's own 700 a run
of many small steps spends a tenth of its time on searches that find nothing.
"""


def main() -> int:
    """The command `steplane`; its exit code."""
    gc.set_threshold(SELDOM)
    try:
        from steplane.cli.application import start
        from steplane.cli.funnel import wardens

        code = start()
    except (OSError, MemoryError, ImportError) as error:  # too little even to load, or to tell of it as usual
        os.write(2, _lacking(error).encode())
        return 6
    if wardens:  # that Python takes down what a warden had imported would cost milliseconds
        os._exit(code & 0xFF)
    return code


def _lacking(error: Exception) -> str:
    """What the system gives too little of. Raises the error itself where that is not it."""
    try:
        from steplane.shortage import behind

        words = behind(error)
    except (OSError, MemoryError, ImportError):
        words = (
            "there is not enough memory, or too few files may be open",
            "Raise the limits (`ulimit -v`, `ulimit -n`).",
        )
    if words is None:
        raise error
    return "error: {}\n help: {}\n".format(*words)
