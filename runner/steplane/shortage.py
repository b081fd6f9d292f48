"""What the system may give too little of: open files, threads, memory; with the limit that is met, and the remedy."""

import errno
import os

Words = tuple[str, str]
"""What is lacking, and how to go on."""

_SAFE = "nothing recorded is lost."


def of_files() -> Words:
    """No more descriptors."""
    return (
        f"no more files may be open at once (the limit is {os.sysconf('SC_OPEN_MAX')})",
        f"Raise the limit on open files (`ulimit -n`); {_SAFE}",
    )


def of_threads() -> Words:
    """No more threads: their number is limited, or the memory for their stacks."""
    memory = _memory()
    if memory:
        return (
            f"the system gives this process no more threads (its memory is limited to {memory} MiB)",
            f"Raise the limit on memory (`ulimit -v`), or that on processes (`ulimit -u`); {_SAFE}",
        )
    return (
        "the system gives this process no more threads",
        f"Raise the limit (`ulimit -u`, or that of the container); {_SAFE}",
    )


def of_memory() -> Words:
    """No more memory."""
    limit = _memory()
    if limit:
        return f"there is not enough memory (the limit is {limit} MiB)", f"Raise the limit on it (`ulimit -v`); {_SAFE}"
    return "there is not enough memory", f"Free some, or use fewer slots (`-j`); {_SAFE}"


def behind(error: BaseException) -> Words | None:
    """The words for an error that comes of a shortage; None for any other."""
    number = error.errno if isinstance(error, OSError) else None
    if number in {errno.EMFILE, errno.ENFILE}:
        return of_files()
    if isinstance(error, MemoryError) or number == errno.ENOMEM:
        return of_memory()
    if isinstance(error, ImportError) and "cannot allocate memory" in str(error).casefold():
        return of_memory()
    if isinstance(error, ImportError) and "map segment" in str(error):
        return of_memory()
    return of_threads() if isinstance(error, RuntimeError) and "start new thread" in str(error) else None


def lacks_files(wanted: int = 4) -> bool:
    """Whether so many files cannot be opened just now."""
    opened: list[int] = []
    try:
        opened += (os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC) for _ in range(wanted))
    except OSError as error:
        return error.errno in {errno.EMFILE, errno.ENFILE}
    finally:
        for one in opened:
            os.close(one)
    return False


def _memory() -> str:
    """The limit on the addresses of this process, in MiB; empty where there is none."""
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    except (ImportError, OSError, ValueError, MemoryError):
        return ""
    return "" if limit == resource.RLIM_INFINITY else str(limit >> 20)
