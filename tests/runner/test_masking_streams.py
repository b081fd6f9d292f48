"""Secrets among the escape sequences of a terminal, in one piece and in many; and secrets that are long."""

import base64
import time
from collections.abc import Iterable
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steplane import masking
from steplane.masking import Mask


@pytest.mark.parametrize(
    "around", [b"\x1b]52;c;%s\x07\n", b"\x1b]8;;http://x/?t=%s\x07l\x1b]8;;\x07\n", b"a\x1bX b\n%s end\n"]
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_code_within_a_sequence_is_masked(around: bytes, size: int) -> None:
    for code in (base64.b64encode(b"correct-horse-battery"), b"correct-horse-battery".hex().encode()):
        mask = Mask({"key": "correct-horse-battery"})
        said, stream = around % code, mask.stream()
        assert mask.encoded(said) == around % b"***"
        streamed = b"".join(stream.feed(said[at : at + size]) for at in range(0, len(said), size)) + stream.flush()
        assert streamed == around % b"***"


def test_a_sequence_that_ends_in_a_backslash_stands_in_a_code() -> None:
    coded, stream = base64.b64encode(b"hunter2secret!Value-xyz"), Mask({"a": "hunter2secret!Value-xyz"}).stream()
    assert stream.feed(coded[:6] + b"\x1b]8;;x\x1b\\") == b""
    assert stream.feed(coded[6:] + b"\n") == b"***\n"


COLOURS = ["\x1b[01;31m\x1b[K", "\x1b[m\x1b[K", "\x1b]8;;http://x\x1b\\", "\x1b]0;title\x07", "\x1b7", "\x1b(B"]


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_escape_sequences_in_a_secret_hide_nothing(colour: str, size: int) -> None:
    """`grep --color` splits a secret in this way; what is shown elsewhere is without the sequences."""
    mask = Mask({"key": "my-swordfish-2000"})
    said = f"a {colour}my-{colour}sword{colour}fish-2{colour}000{colour} b my-{colour}sword".encode()
    stream = mask.stream()
    whole = b"".join(stream.feed(said[at : at + size]) for at in range(0, len(said), size)) + stream.flush()
    assert whole == f"a {colour}***{colour} b my-{colour}sword".encode()
    assert mask.encoded(said) == whole


def in_pieces(mask: Mask, pieces: Iterable[bytes]) -> bytes:
    stream = mask.stream()
    return b"".join(map(stream.feed, pieces)) + stream.flush()


OPENING = ["\x1b]0;", "\x1b]8;;http://x/?t=", "\x1bP", "\x1bX", "\x1b^", "\x1b_"]


@pytest.mark.parametrize("opening", OPENING)
@pytest.mark.parametrize("ending", ["\x07", "\x1b\\", "\n", ""])
def test_escape_sequences_in_a_secret_within_a_string_hide_nothing(opening: str, ending: str) -> None:
    """A title is shown without the colours in it; a link is followed."""
    mask = Mask({"key": "correct-horse-battery"})
    for sequence in COLOURS:
        said = f"a {opening}correct-{sequence}horse-battery{ending} z".encode()
        wanted = f"a {opening}***{ending} z".encode()
        assert mask.encoded(said) == wanted, sequence
        for at in range(len(said)):
            assert in_pieces(mask, (said[:at], said[at:])) == wanted, (sequence, at)
        assert in_pieces(mask, (said[at : at + 1] for at in range(len(said)))) == wanted, sequence


@pytest.mark.parametrize("pair", [one[:2] for one in OPENING[1:]])
def test_two_bytes_of_a_binary_do_not_hinder_what_comes_later(pair: str) -> None:
    secret = "top/secret value+1"
    coded = base64.b64encode(secret.encode())
    forms = [secret.encode(), coded, coded[:10] + b"\n  " + coded[10:], secret.encode().hex().encode()]
    lines = [b"\xff" + pair.encode() + b"\x01\xfe\n"]
    lines += [b"line " + form + b".\n" for form in (*forms, quote(secret, safe="").encode()) for _ in range(150)]
    mask, wanted = Mask({"key": secret}), lines[0] + b"line ***.\n" * (len(lines) - 1)
    assert mask.encoded(b"".join(lines)) == wanted
    assert in_pieces(mask, (line + b"\n" for one in lines for line in one.splitlines())) == wanted
    few = b"".join([lines[0], *lines[1::50]])
    assert in_pieces(mask, (few[at : at + 1] for at in range(len(few)))) == mask.encoded(few)


@pytest.mark.parametrize("size", [3990, 4000, 4001, 5000])
@pytest.mark.parametrize("ending", [b"\x07", b"\x1b\\", b"\x1b[m", b""])
def test_a_string_without_an_end_is_text(size: int, ending: bytes) -> None:
    mask = Mask({"key": "my-swordfish-2000"})
    for before, after in ((b"my-sword", b"fish-2000"), (b"my-\x1b]8;;x\x07sword", b"fish-2000")):
        for held in (after + b"." * (size - len(after)), b"." * (size - len(after)) + after):
            said = before + b"\x1bX" + held + ending + after + b"\n"
            for step in (100, 4096):
                pieces = (said[at : at + step] for at in range(0, len(said), step))
                assert in_pieces(mask, pieces) == mask.encoded(said)


PARTS = [
    *(
        "my-sword",
        "fish-2000",
        "my-swordfish-2000",
        "bXktc3dvcm",
        "RmaXNoLTIwMDA",
        "6d792d7377",
        "6f7264666973682d32303030",
    ),
    *("\x1b", "\x1b[", "\x1b]", "\x1bX", "\x1b\\", "\x07", "\\", "n", "0;", "x"),
]


@given(st.lists(st.sampled_from([*COLOURS, *OPENING, *PARTS]), max_size=9), st.integers(1, 9))
@example(["\x1b[01;31m\x1b[K", "\x1b", "my-swordfish-2000"], 1)
@example(["my-sword", "\x1b]0;title\x07", "\x1bX", "fish-2000", "\x07"], 1)
def test_a_stream_with_escape_sequences_is_masked_as_a_whole_text_is(parts: list[str], size: int) -> None:
    mask = Mask({"key": "my-swordfish-2000"})
    said = "".join(parts).encode()
    assert in_pieces(mask, (said[at : at + size] for at in range(0, len(said), size))) == mask.encoded(said)


def test_a_code_behind_a_backslash_is_masked_wherever_it_is_split() -> None:
    r"""The `r` that it begins with is no part of `\r`."""
    mask = Mask({"key": "kjell-kjell"})
    code = base64.b64encode(b"\0\0kjell-kjell")[3:17]
    assert code.startswith(b"r")
    for said in (b"\\" + code + b".", b"\\" + code[:5] + b"\\n" + code[5:] + b"."):
        whole = mask.encoded(said)
        for at in range(len(said)):
            assert in_pieces(mask, (said[:at], said[at:])) == whole
    assert mask.encoded(b"\\" + code + b".").startswith(b"\\***")


@given(st.lists(st.sampled_from(["ab" * 9, "ab" * 9 + "c" * 9, "cab", "b", "\x1b[m", "ababab", "cccc"]), max_size=9),
       st.integers(1, 9), st.sampled_from([5, 6, 9]))  # fmt: skip
def test_a_long_secret_is_looked_for_in_pieces(parts: list[str], size: int, piece: int) -> None:
    secret, said = "ab" * 9 + "c" * 9, "".join(parts).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(masking, "PIECE", piece)
        mask = Mask({"key": secret})
    whole = mask.encoded(said)
    assert in_pieces(mask, (said[at : at + size] for at in range(0, len(said), size))) == whole
    assert secret[:piece].encode() not in whole
    assert mask.text(f"<{secret}>") == "<***>"
    assert mask.longest >= len(secret)


@pytest.mark.parametrize("width", range(13, 20))
def test_where_the_pieces_of_a_long_code_meet_at_the_end_of_a_line_nothing_is_shown(width: int) -> None:
    secret = "correct-horse-battery-staple"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(masking, "PIECE", 16)
        mask = Mask({"key": secret})
    code = secret.encode().hex().encode()
    lines = b"".join(code[at : at + width] + b"\n" for at in range(0, len(code), width))
    assert in_pieces(mask, (lines[at : at + 1] for at in range(len(lines)))) == b"***\n"


def test_a_long_row_of_one_mark_is_masked_in_linear_time() -> None:
    secret, begun = "'" * 40_000, time.process_time()
    mask = Mask({"key": secret})
    said = f"a {secret}{secret} z\n".encode()
    assert mask.encoded(said) == b"a *** z\n"
    assert in_pieces(mask, (said[at : at + 4096] for at in range(0, len(said), 4096))) == b"a *** z\n"
    assert time.process_time() - begun < 6
