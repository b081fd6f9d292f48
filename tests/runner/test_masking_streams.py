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


@pytest.mark.parametrize("sequence", [*COLOURS, "\x1b]0;broken off\x1b[m", "\x1bPbroken off\x1b]0;title\x07"])
def test_a_sequence_at_any_place_of_a_secret_hides_nothing(sequence: str) -> None:
    """A string that another sequence breaks off is not shown either."""
    secret = "my-swordfish-2000"
    mask = Mask({"key": secret})
    for at in range(1, len(secret)):
        said = f"a {secret[:at]}{sequence}{secret[at:]} b".encode()
        assert in_pieces(mask, (said[place : place + 1] for place in range(len(said)))) == b"a *** b", at
        assert mask.encoded(said) == b"a *** b", at


def test_what_cannot_become_a_secret_is_given_out_at_once_with_its_colours() -> None:
    said = b"\x1b[32mName: \x1b[0m"
    assert Mask({"key": "correct-horse-battery"}).stream().feed(said) == said


@pytest.mark.parametrize("before", [b"\x1b", b"\x1b[", b"\x1b(", b"\x1b[3"])
def test_a_code_whose_first_mark_seems_to_end_a_sequence_is_masked(before: bytes) -> None:
    code = base64.b64encode(b"correct-horse-battery")
    mask, said = Mask({"key": "correct-horse-battery"}), before + code + b"."
    assert mask.encoded(said) == before + b"***."
    assert in_pieces(mask, (said[at : at + 1] for at in range(len(said)))) == before + b"***."


def test_a_long_sequence_is_not_cut() -> None:
    """Its last mark seems to be the first of a code, of which the rest is none."""
    code, mask = base64.b64encode(b"correct-horse-battery"), Mask({"key": "correct-horse-battery"})
    said = b"\x1b[3" + b"." * 900 + code[:9] + b"\x1b[m" + code[9:] + b"\n"
    assert mask.encoded(said) == said
    assert in_pieces(mask, (said[at : at + 1] for at in range(len(said)))) == said


def test_a_line_that_ends_within_a_title_is_not_the_end_of_a_line_of_a_code() -> None:
    code, mask = base64.b64encode(b"hunter2secret!Value-xyz"), Mask({"a": "hunter2secret!Value-xyz"})
    stream = mask.stream()
    assert stream.feed(code[:3] + b"\x1b]0;a\n") == b""
    assert stream.feed(b"b\x07" + code[3:] + b"\n") == b"***\n"
    assert mask.stream().feed(code[:1] + b"\n\x1b") == code[:1] + b"\n"


def test_a_secret_with_endless_sequences_in_it_is_not_waited_for() -> None:
    stream = Mask({"key": "my-swordfish-2000"}).stream()
    given = stream.feed(b"my-sword") + b"".join(stream.feed(b"\x1b[01;31m" * 100) for _ in range(100))
    assert len(given) > 8 * 100 * 100 - 10_000
    assert b"".join(stream.feed(b"\x1b]0;" + b"x" * 996) for _ in range(9)) != b""


@pytest.mark.parametrize("size", [1, 50])
def test_a_code_with_wide_indents_is_waited_for(size: int) -> None:
    mask, code = Mask({"key": "correct-horse-battery"}), b"correct-horse-battery".hex(":").encode()
    said = b"a:" + b"".join(code[at : at + 4] + b"\n" + b" " * 60 for at in range(0, len(code), 4)) + b"."
    whole = mask.encoded(said)
    assert whole.startswith(b"a:***")
    assert in_pieces(mask, (said[at : at + size] for at in range(0, len(said), size))) == whole


def test_secrets_that_are_added_are_masked_as_the_first_are() -> None:
    early = Mask({"key": "kjell-kjell"})
    both = early.with_secrets({"other": "hunter2!"}).with_secrets({"third": "swordfish"})
    said = b"\\" + base64.b64encode(b"\0\0kjell-kjell")[3:17] + b"."
    assert both.encoded(said) == early.encoded(said) != said
    assert both.longest == early.longest


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


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\\n", b"\\r\\n", b"\r"])
def test_a_code_with_each_end_of_a_line_is_masked(end: bytes) -> None:
    mask, code = Mask({"key": "correct-horse-battery"}), base64.b64encode(b"correct-horse-battery")
    said = b"a: " + code[:10] + end + code[10:20] + end + code[20:] + end
    assert mask.encoded(said) == b"a: ***" + end
    for at in range(len(said)):
        assert in_pieces(mask, (said[:at], said[at:])) == b"a: ***" + end


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
       st.integers(1, 9), st.sampled_from([5, 6, 9, 27]))  # fmt: skip
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
