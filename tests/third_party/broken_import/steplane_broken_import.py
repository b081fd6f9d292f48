"""A plugin that cannot be imported: a library of its own is not there."""

import os
import sys

if "STEPLANE_TRIAL_IMPORTED" in os.environ:
    open(os.environ["STEPLANE_TRIAL_IMPORTED"], "w").close()
sys.stdout.write("noise on standard output while importing\n")
raise ImportError("libcarrier.so.3: cannot open shared object file")
