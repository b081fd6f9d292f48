"""Secrets that become known late are taken out of logs."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steplane.executors import blotting
from steplane.executors.blotting import blot
from steplane.masking import Mask

SECRET = "tell-nobody"


@given(st.lists(st.sampled_from([SECRET, "x", "tell-", "nobody", "\n"]), max_size=30), st.integers(1, 40))
def test_every_secret_is_covered_and_nothing_else_moves(parts: list[str], block: int) -> None:
    text = "".join(parts).encode()
    usual, blotting.BLOCK = blotting.BLOCK, block
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(text)
        try:
            assert blot(file.name, Mask({"s": SECRET})) == (SECRET.encode() in text)
        finally:
            blotting.BLOCK = usual
        assert Path(file.name).read_bytes() == text.replace(SECRET.encode(), b"*" * len(SECRET))


def test_links_and_missing_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text(SECRET)
    (tmp_path / "log").symlink_to(tmp_path / "precious")
    mask = Mask({"s": SECRET})
    assert blot(str(tmp_path / "missing"), mask) is False
    with pytest.raises(OSError, match="symbolic"):
        blot(str(tmp_path / "log"), mask)
    assert (tmp_path / "precious").read_text() == SECRET
