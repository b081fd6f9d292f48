"""Room in the write-ahead log that is made ahead: it changes nothing of what is recorded."""

import os
from pathlib import Path

from steplane.store.room import LogRoom


def test_the_log_is_lengthened_when_what_was_made_is_used_up(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 100)
    room = LogRoom(str(log))
    room.ahead()
    made = log.stat().st_size
    assert log.read_bytes() == b"x" * 100 + bytes(made - 100)
    room.ahead()
    assert log.stat().st_size == made
    with log.open("ab") as file:
        file.write(b"y")
    room.ahead()
    assert log.stat().st_size > made + 1
    room.close()


def test_it_ends_where_the_log_begins_anew(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * (5 << 20))
    room = LogRoom(str(log))
    room.ahead()
    assert log.stat().st_size == 5 << 20
    room.close()


def test_where_there_is_no_room_or_no_log_nothing_happens(tmp_path: Path) -> None:
    room = LogRoom(str(tmp_path / "no"))
    room.ahead()
    room.close()
    (tmp_path / "link").symlink_to("elsewhere")
    LogRoom(str(tmp_path / "link")).ahead()
    assert os.listdir(tmp_path) == ["link"]
