"""Why SQLite cannot use a database, in words, with how to go on."""

import sqlite3

from steplane.shortage import lacks_files, of_files, of_memory

_ELSEWHERE = "Make it accessible to you, or name another directory with `--state DIR`."

WHY = {
    sqlite3.SQLITE_FULL: ("the disk is full", "Free some space on that disk; nothing recorded is lost."),
    sqlite3.SQLITE_READONLY: ("it cannot be written", _ELSEWHERE),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", _ELSEWHERE),
    sqlite3.SQLITE_PERM: ("permission denied", _ELSEWHERE),
    sqlite3.SQLITE_BUSY: ("another process holds it busy", "Try again when that process has ended or goes on."),
    sqlite3.SQLITE_IOERR: (
        "the disk refuses to read or write",
        "Look for a full disk, a quota, a limit on file sizes (`ulimit -f`), a broken disk; nothing recorded is lost.",
    ),
}
"""By SQLite's code: the reason and the remedy."""


def reason(code: int, text: str) -> tuple[str, str]:
    """The reason and the remedy; without descriptors SQLite only says that it cannot open. `text`: its own words."""
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR} and lacks_files():
        return of_files()
    if code == sqlite3.SQLITE_NOMEM or text == "out of memory":
        return of_memory()
    return WHY.get(code, (text, ""))
