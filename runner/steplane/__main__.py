"""`python -m steplane`: the same as the command `steplane`."""

import os
import sys

if not sys.flags.safe_path and sys.path and os.path.realpath(sys.path[0] or ".") == os.path.realpath(os.curdir):
    # `-m` puts the current directory first: a `yaml.py` that lies about there must not be imported.
    _ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if os.path.realpath(sys.path[0] or ".") != os.path.realpath(_ours):
        del sys.path[0]

from steplane.cli import main

if __name__ == "__main__":
    sys.exit(main())
