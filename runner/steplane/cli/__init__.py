"""The command line: the only part that prints and exits."""

import gc
import os

_SELDOM = 50_000
"""New objects between two searches for unreachable ones. Hardly any of ours are in cycles: with Python's own 700 a run
of many small steps spends a tenth of its time on searches that find nothing.
"""


def main() -> int:
    """The command `steplane`; its exit code."""
    gc.set_threshold(_SELDOM)
    from steplane.cli.application import start
    from steplane.cli.funnel import wardens

    code = start()
    if wardens:  # that Python takes down what a warden had imported would cost milliseconds
        os._exit(code & 0xFF)
    return code
