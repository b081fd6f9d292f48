"""Why SQLite cannot use a database, in words, with how to go on."""

from steplane.shortage import lacks_files, of_files, of_memory

_ELSEWHERE = "Make it accessible to you, or name another directory with `--state DIR`."

# The codes are those of https://sqlite.org/rescode.html.
PERM, BUSY, NOMEM, READONLY, IOERR, FULL, CANTOPEN = 3, 5, 7, 8, 10, 13, 14

WHY = {
    FULL: ("the disk is full", "Free some space on that disk; nothing recorded is lost."),
    READONLY: ("it cannot be written", _ELSEWHERE),
    CANTOPEN: ("it cannot be opened", _ELSEWHERE),
    PERM: ("permission denied", _ELSEWHERE),
    BUSY: ("another process holds it busy", "Try again when that process has ended or goes on."),
    IOERR: (
        "the disk refuses to read or write",
        "Look for a full disk, a quota, a limit on file sizes (`ulimit -f`), a broken disk; nothing recorded is lost.",
    ),
}
"""By SQLite's code: the reason and the remedy."""


def reason(code: int, text: str) -> tuple[str, str]:
    """The reason and the remedy; without descriptors SQLite only says that it cannot open. `text`: its own words."""
    if code in {CANTOPEN, IOERR} and lacks_files():
        return of_files()
    if code == NOMEM or text == "out of memory":
        return of_memory()
    return WHY.get(code, (text, ""))
