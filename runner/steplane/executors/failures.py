"""Why a program could not be started, in the words of whoever wrote the command."""

import errno
import os
from collections.abc import Mapping, Sequence

from steplane.suggest import did_you_mean


class SpawnError(OSError):
    """A program could not be started; the text says why and what to do. `type` is the step's error type."""

    type = "shell.spawn"

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.message = message

    def __str__(self) -> str:
        return self.message


def not_found(name: str, env: Mapping[str, str], cwd: str) -> SpawnError:
    """No program of that name in PATH."""
    if not name:
        return SpawnError(errno.ENOENT, "the name of the program is empty")
    if (path := _present(name, env, cwd)) is not None:
        return SpawnError(errno.EACCES, f"`{path}` is not executable; `chmod +x` makes it so")
    near = did_you_mean(name, _programs(env))
    if os.access(os.path.join(cwd, name), os.X_OK) and not os.path.isdir(os.path.join(cwd, name)):
        hint = f"; to run the file of that name in `{cwd}` write `./{name}`"
    else:
        hint = f"; did you mean `{near}`?" if near else ""
    return SpawnError(errno.ENOENT, f"there is no program `{name}` in PATH{hint}")


def not_started(code: int, argv: Sequence[str], program: str, env: Mapping[str, str], cwd: str) -> SpawnError:
    """The system refused with the error number `code`."""
    full = os.path.join(cwd, program)
    if not os.path.isdir(cwd):
        what = "is no directory" if os.path.exists(cwd) else "does not exist"
        return SpawnError(errno.ENOENT, f"the working directory `{cwd}` {what}")
    if code == errno.E2BIG:
        return SpawnError(code, _too_big(argv, env))
    reasons = {errno.EACCES: _denied, errno.EPERM: _denied, errno.ENOENT: _missing, errno.ENOEXEC: _no_format}
    if code in reasons:
        return SpawnError(code, reasons[code](program, full))
    if code in {errno.EAGAIN, errno.ENOMEM}:
        why = "no more processes are allowed (`ulimit -u`), or the memory is full (`ulimit -v`)"
        return SpawnError(code, f"`{program}` could not be started: {why}; a smaller pool (`-j`) may help")
    return SpawnError(code, f"`{program}` could not be started: {_named(code)}")


def as_spawn_error(error: OSError, argv: Sequence[str]) -> SpawnError:
    """The same failure as a `SpawnError`, where it is none yet (no descriptor was free)."""
    if isinstance(error, SpawnError):
        return error
    return SpawnError(error.errno or 0, f"`{argv[0]}` could not be started: {_named(error.errno or 0)}")


def _named(code: int) -> str:
    """The system's words, with the limit that is met."""
    return f"{os.strerror(code)} (`ulimit -n`)" if code == errno.EMFILE else os.strerror(code)


def _denied(program: str, full: str) -> str:
    if os.path.isdir(full):
        return f"`{program}` is a directory, not a program"
    if os.path.isfile(full) and not os.access(full, os.X_OK):
        return f"`{program}` is not executable; `chmod +x` makes it so"
    return f"`{program}` may not be executed: permission denied"


def _missing(program: str, full: str) -> str:
    if not os.path.exists(full):
        return f"there is no program `{program}`"
    return f"`{program}` cannot run: its interpreter{_interpreter(full)} does not exist"


def _no_format(program: str, full: str) -> str:
    return f"`{program}` is neither a program of this machine nor a script that begins with `#!`"


def _interpreter(path: str) -> str:
    try:
        with open(path, "rb") as file:
            first = file.readline(200)
    except OSError:
        return ""
    return f" `{first[2:].strip().decode(errors='replace')}`" if first.startswith(b"#!") else ""


def _too_big(argv: Sequence[str], env: Mapping[str, str]) -> str:
    size = sum(len(os.fsencode(one)) + 1 for one in argv)
    size += sum(len(os.fsencode(name + value)) + 2 for name, value in env.items())
    return (
        f"the arguments and variables take {size >> 10} KiB, more than the system allows (one of them: 128 KiB); "
        "give large values on `stdin` or in a file"
    )


def _present(name: str, env: Mapping[str, str], cwd: str) -> str | None:
    """The first file of that name in PATH, executable or not."""
    paths = (os.path.join(cwd, folder, name) for folder in env.get("PATH", os.defpath).split(":") if folder)
    return next((path for path in paths if os.path.isfile(path)), None)


def _programs(env: Mapping[str, str]) -> list[str]:
    """The names of the programs in PATH."""
    found: list[str] = []
    for folder in env.get("PATH", os.defpath).split(":"):
        try:
            found += os.listdir(folder or ".")
        except OSError:
            continue
    return found
