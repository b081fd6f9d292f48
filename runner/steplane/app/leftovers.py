"""What a killed owner of a run has left: processes that work on, files that nobody will read."""

import os
from contextlib import suppress

from steplane.errors import RunHeld, StateError
from steplane.store import Lease, RunFolder


def end_leftovers(folder: RunFolder) -> None:
    """End the processes, and remove the files, that an owner who was killed has left."""
    from steplane.driver.control import NAME
    from steplane.driver.warden import end_leftovers
    from steplane.executors.own_folder import sweep

    end_leftovers(folder.run, os.path.realpath(folder.artifacts))
    sweep(folder.artifacts)
    for name in os.listdir(folder.path):
        if name == NAME or name.endswith((".log.output", ".log.output.result")):
            with suppress(OSError):
                os.unlink(os.path.join(folder.path, name))


def bury(folder: RunFolder) -> bool:
    """End what a dead run has left, so that its locks are free; False where it is being taken up again."""
    if os.path.islink(folder.path) or not os.path.isdir(folder.path):
        return True
    if os.path.lexists(folder.lock) and not os.path.isfile(folder.lock):
        return True  # nobody can hold what is no plain file
    try:
        lease = Lease.take(folder)
    except (RunHeld, StateError):
        return False
    try:
        end_leftovers(folder)
    finally:
        lease.release()
    return True
