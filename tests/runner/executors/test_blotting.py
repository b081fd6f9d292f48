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


@pytest.mark.parametrize("before", [0, 60, 63, 70])
def test_a_secret_with_colours_in_it_is_covered_on_both_sides_of_a_block(
    before: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = b"tell-" + b"\x1b[01;31m" * 100 + b"nobody"
    monkeypatch.setattr(blotting, "BLOCK", 64)
    (tmp_path / "log").write_bytes(b"." * before + said + b".")
    assert blot(str(tmp_path / "log"), Mask({"s": SECRET}))
    assert (tmp_path / "log").read_bytes() == b"." * before + b"*" * len(said) + b"."


def test_links_and_missing_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text(SECRET)
    (tmp_path / "log").symlink_to(tmp_path / "precious")
    mask = Mask({"s": SECRET})
    assert blot(str(tmp_path / "missing"), mask) is False
    with pytest.raises(OSError, match="symbolic"):
        blot(str(tmp_path / "log"), mask)
    assert (tmp_path / "precious").read_text() == SECRET
