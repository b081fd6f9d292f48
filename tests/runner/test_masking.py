import base64
import html
import json
import os
import re
import shlex
import shutil
import string
import subprocess
import sys
import time
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steplane.masking import Mask
from steplane.secret_forms import SHORTEST
from steplane.terminal_escapes import Unescaped

NASTY = "pä'ss \"w/o$r`d\\&<+%\n!"
LONG = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END KEY-----\n"


def masked(text: str, secret: str = NASTY) -> str:
    return Mask({"key": secret}).text(text)


@pytest.mark.parametrize(
    "written",
    [
        NASTY,
        json.dumps(NASTY)[1:-1],
        json.dumps(NASTY, ensure_ascii=False)[1:-1],
        json.dumps(NASTY)[1:-1].replace("/", "\\/"),
        quote(NASTY),
        quote(NASTY, safe=""),
        quote_plus(NASTY),
        quote(NASTY, safe="").lower(),
        base64.b64encode(NASTY.encode()).decode(),
        base64.urlsafe_b64encode(NASTY.encode()).decode(),
        NASTY.encode().hex(),
        NASTY.encode().hex().upper(),
        shlex.quote(NASTY)[1:-1],
        NASTY.replace("'", "'\\''"),
        repr(NASTY)[1:-1],
        html.escape(NASTY),
    ],
)
def test_each_way_of_writing_a_secret_is_masked(written: str) -> None:
    assert masked(f"<{written}>") == "<***>"


ODD = "pä\tss w'x\x01\x1b\"\\z"


@pytest.mark.parametrize(
    "written",
    [
        # bash: printf %q, ${x@Q}; in a locale of UTF-8 and in one without letters beyond ASCII
        r"""$'pä\tss w\'x\001\E"\\z'""",
        r"""$'p\303\244\tss w\'x\001\E"\\z'""",
        # coreutils
        r"""'/no/pä'$'\t''ss w'\''x'$'\001\033''"\z'""",
        r"""'/no/p'$'\303\244\t''ss w'\''x'$'\001\033''"\z'""",
        # git; zsh: ${(qqqq)x}, ${(q)x}, ${(q+)x}; fish: string escape
        r'''"p\303\244\tss w'x\001\033\"\\z"''',
        r"""$'pä\tss w\'x\001\033"\\z'""",
        r"""pä$'\t'ss\ w\'x$'\001'$'\033'\"\\z""",
        r"""p$'\303'$'\244'$'\t'ss\ w\'x$'\001'$'\033'\"\\z""",
        r"""$'pä\tss w\'x\C-A\C-["\\z'""",
        r"""pä\tss\ w\'x\ca\e\"\\z""",
        ascii(ODD),
        ODD.encode("ascii", "xmlcharrefreplace").decode(),
        html.escape(ODD).replace("ä", "&#xe4;"),
        ODD.encode().hex(":"),
        ODD.encode().hex(":").upper(),
    ],
)
def test_each_way_of_quoting_odd_characters_is_masked(written: str) -> None:
    said = masked(f"<{written}>", ODD)
    assert "***" in said
    assert not {"ss", "73:73"} & set(re.split(r"[^a-z0-9:]+", said)), said
    assert len(said) <= len("<'/no/***'>")


@pytest.mark.skipif(sys.platform != "linux", reason="GNU and an older bash quote otherwise")
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_what_programs_here_quote_is_masked(locale: str) -> None:
    script = """printf '%q\n' "$1"; echo "${1@Q}"; stat "/no/such/$1"; exit 0"""
    for secret in (ODD, "ä\tabcdef\x1b", "plain'q\x7fuote\"é"):
        done = subprocess.run(
            ["bash", "-c", script, "bash", secret],
            env={**os.environ, "LC_ALL": locale},
            capture_output=True,
            check=True,
        )
        for line in (done.stdout + done.stderr).decode().splitlines():
            assert "***" in masked(line, secret), line


MARKS = string.punctuation + " "
MARKED = [
    f"{mark}ab{other}c {mark}{other}e:{mark}f={other}gh{mark}" for mark in MARKS for other in ("#", "~", "'", ",")
]
"""Each mark at the beginning, in the middle of a word, where a word begins, behind what assigns, and at the end."""

MARKED_ODD = [f"{mark}ab\t{mark}cdé{mark}e\x1bf{mark}" for mark in MARKS]

ALONE = r"(\+.*> : |\++ : |\+.* \[\[ x == )?[$|]?[\\'\"]*\*\*\*[\\'\"]*(\|| \]\])?"
"""Nothing but the stars, quotes, and what a trace says."""

QUOTING = {
    "bash: printf %q": ["bash", "-c", "printf '%q\\n' \"$@\"", "bash"],
    "bash: @Q": ["bash", "-c", "printf '%s\\n' \"${@@Q}\"", "bash"],
    "bash -x": ["bash", "-c", 'for one in "$@"; do (set -x; : "$one") 2>&1; done', "bash"],
    "bash -x, [[": ["bash", "-c", 'for one in "$@"; do (set -x; [[ x == "$one" ]]) 2>&1; done; true', "bash"],
    "zsh -x, [[": ["zsh", "-c", 'for one in "$@"; do (set -x; [[ x == $one ]]) 2>&1; done; true', "zsh"],
    "fish: set --show": ["fish", "-c", "for one in $argv; set --show one | string match -r '\\|.*\\|$'; end"],
    "fish: escape for a pattern": ["fish", "-c", "string escape --style=regex -- $argv"],
    "zsh: q": ["zsh", "-c", "print -rl -- ${(q)@}", "zsh"],
    "zsh: qq": ["zsh", "-c", "print -rl -- ${(qq)@}", "zsh"],
    "zsh: qqqq": ["zsh", "-c", "print -rl -- ${(qqqq)@}", "zsh"],
    "zsh: q+": ["zsh", "-c", "print -rl -- ${(q+)@}", "zsh"],
    "zsh -x": ["zsh", "-c", 'for one in "$@"; do (set -x; : "$one") 2>&1; done', "zsh"],
    "fish: escape": ["fish", "-c", "string escape -- $argv"],
    "fish: escape without quotes": ["fish", "-c", "string escape --no-quoted -- $argv"],
    "Perl: quotemeta": ["perl", "-e", 'print quotemeta($_), "\\n" for @ARGV', "--"],
    "Python: re.escape": [sys.executable, "-c", "import re, sys\nfor one in sys.argv[1:]: print(re.escape(one))"],
    "Python: shlex": [sys.executable, "-c", "import shlex, sys\nfor one in sys.argv[1:]: print(shlex.quote(one))"],
    "JSON": [sys.executable, "-c", "import json, sys\nfor one in sys.argv[1:]: print(json.dumps(one))"],
}


@pytest.mark.parametrize("program", QUOTING)
def test_every_mark_that_programs_here_quote_is_masked(program: str) -> None:
    command = QUOTING[program]
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} here")
    secrets = MARKED if command[0] == "perl" else MARKED + MARKED_ODD  # a program in Perl may take bytes, or letters
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run([*command, *secrets], capture_output=True, check=True, env=environment)
    lines = done.stdout.decode().splitlines()
    assert len(lines) == len(secrets)
    for secret, line in zip(secrets, lines, strict=True):
        said = masked(line, secret)
        assert re.fullmatch(ALONE, said), (secret, line)


@pytest.mark.parametrize("before", [b"", b"x", b"xy", b"user:", b"user:x"])
def test_base64_at_each_offset_leaves_at_most_the_edges(before: bytes) -> None:
    secret = "correct-horse-battery"
    coded = base64.b64encode(before + secret.encode() + b"tail").decode()
    left = masked(coded, secret)
    assert "***" in left
    whole = base64.b64encode(secret.encode()).decode().rstrip("=")
    assert len(left.replace("***", "")) <= len(coded) - len(whole) + 3


TOKEN = "".join(chr(33 + number * 53 % 94) for number in range(98))
"""Letters, digits and marks, so long that every program breaks its code."""


def programs(said: bytes) -> dict[str, bytes]:
    """What programs that encode make of it, with the line breaks of each."""
    coded, url, digits = base64.b64encode(said), base64.urlsafe_b64encode(said), said.hex().encode()
    lines = {
        "base64": (coded, 76, b"\n"), "base64url": (url, 76, b"\n"), "openssl": (coded, 64, b"\n"),
        "MIME": (coded, 76, b"\r\n"), "xxd -p": (digits, 60, b"\n"), "XXD -p": (digits.upper(), 60, b"\n"),
        "narrow": (coded, 1, b"\n"), "indented": (coded, 64, b"\n    "), "in JSON": (coded, 60, b"\\n"),
        "od": (digits, 2, b" "), "coloured": (coded, 70, b"\x1b[m\n\x1b[33m"),
    }  # fmt: skip
    return {name: end.join(re.findall(b".{1,%d}" % width, text)) for name, (text, width, end) in lines.items()}


def joined(data: bytes) -> bytes:
    return Unescaped(data, joined=True).data


@pytest.mark.parametrize("program", programs(b""))
@pytest.mark.parametrize("before", ["", "x", "xy", "user:", "a longer text in front, "])
def test_codes_with_line_breaks_leave_at_most_the_edges(program: str, before: str) -> None:
    around = (before.encode(), b", and behind\n")
    said = b"<" + programs(TOKEN.encode().join(around))[program] + b">"
    mask = Mask({"key": TOKEN})
    masked = mask.encoded(said)
    assert len(joined(masked)) <= len(joined(programs(b"".join(around))[program])) + len("***<>") + 4
    for size in (1, 5, 76, 77, 1000):
        stream = mask.stream()
        streamed = b"".join(stream.feed(said[at : at + size]) for at in range(0, len(said), size)) + stream.flush()
        assert len(joined(streamed)) <= len(joined(masked)) + 3  # up to three characters at the end of a line are said
        assert streamed.count(b"***") == 1


@pytest.mark.parametrize(("code", "width"), [(base64.b64encode, 4), (bytes.hex, 2)])
def test_codes_of_short_lines_that_are_indented(code: Any, width: int) -> None:
    secret = b"hunter2secret!Value-xyz"
    text, stream, said = code(secret), Mask({"a": secret.decode()}).stream(), b""
    text = text.encode() if isinstance(text, str) else text
    for at in range(0, len(text), width):
        said += stream.feed(b" " * 20 + text[at : at + width] + b"\n")
    said += stream.flush()
    assert len(said.replace(b"***", b"").split()) <= 1  # what stands on the first line is shown, where it is that short


def test_the_end_of_a_line_is_shown_though_a_code_may_begin_with_it() -> None:
    coded = base64.b64encode(b"swordfish").decode()
    stream = Mask({"a": "swordfish"}).stream()
    said = f"ready, {coded[:3]}\n".encode()
    assert stream.feed(said) == said
    assert stream.feed(coded[3:].encode() + b"\n.\n") == b"***\n.\n"
    assert stream.feed(f"ready, {coded[:3]}\n".encode()) == said
    assert stream.feed(b"next\n") == b"next\n"
    assert stream.feed(f"{coded[:4]}\n".encode()) == b""
    assert stream.flush() == f"{coded[:4]}\n".encode()


def test_lines_of_a_code_behind_prefixes_are_masked_each() -> None:
    lines = programs(TOKEN.encode())["base64"].decode().splitlines()
    assert masked("".join(f"host | {one}\n" for one in lines), TOKEN) == "host | ***\n" * len(lines)


def test_each_long_line_of_a_secret_of_several() -> None:
    assert masked("a MIIEvQIBADANBgkqhkiG9w0BAQEFAASC b", LONG) == "a *** b"
    assert masked(LONG, LONG) == "***"
    assert masked("a\n{\nb", '{\n"k": "v-long-enough"\n}') == "a\n{\nb"


def test_overlapping_secrets_leave_nothing() -> None:
    mask = Mask({"a": "abcdef", "b": "defghi"})
    assert mask.text("xabcdefghix") == "x***x"


def test_a_short_secret_is_masked_alone_only_and_named() -> None:
    mask = Mask({"pin": "123", "word": "password", "good": "swordfish-99", "none": ""})
    assert mask.text("123") == "***"
    assert mask.text("it is 1234 o'clock") == "it is 1234 o'clock"
    assert mask.data({"pin": 123, "other": 1234}) == {"pin": "***", "other": 1234}
    assert mask.weak == {
        "pin": "has fewer than 4 characters and is not masked inside other text",
        "word": "is so common a word that masking it shows where it stands",
        "none": "is empty",
    }


def test_data_in_keys_lists_and_numbers() -> None:
    mask = Mask({"a": "swordfish", "n": "48213377"})
    data = {"swordfish": ["xswordfishx", 48213377, 1.5, True, None, {"k": "v"}]}
    assert mask.data(data) == {"***": ["x***x", "***", 1.5, True, None, {"k": "v"}]}


def test_without_secrets_everything_is_the_same_object() -> None:
    mask = Mask({})
    data, text, chunk = {"a": [1]}, "text", b"bytes"
    assert not mask
    assert mask.data(data) is data
    assert mask.text(text) is text
    assert mask.stream().feed(chunk) is chunk


def test_bytes_that_are_no_text_pass_and_lone_surrogates_too() -> None:
    mask = Mask({"a": "swordfish"})
    assert mask.stream().feed(b"\xff\0\xc3") == b"\xff\0\xc3"
    assert mask.text("\udc80swordfish") == "\udc80***"


def test_a_line_that_cannot_begin_a_secret_is_not_held_back() -> None:
    stream = Mask({"a": "swordfish"}).stream()
    assert stream.feed(b"line\n") == b"line\n"
    assert stream.feed(b"a swor") == b"a "
    assert stream.feed(b"d\n") == b"sword\n"
    assert stream.feed(b"sword") == b""
    assert stream.flush() == b"sword"


LETTERS = st.text(alphabet="ab\n", min_size=SHORTEST, max_size=7)


@example(secrets=["aaaa"], pieces=["aaaa", "a"])
@example(secrets=["abab"], pieces=["abab", "ab"])
@example(secrets=["abba"], pieces=["abba", "abba"])
@example(secrets=["bbaaaaaa", "abbbb"], pieces=["cabbbba\n", "cY2FiY"])
@example(secrets=["aaaaaaaa", "aaaaaa"], pieces=["\naaaaaaa", "aaaaa", "aaac"])
@given(
    secrets=st.lists(LETTERS, min_size=1, max_size=3),
    pieces=st.lists(st.text(alphabet="ab\nc", max_size=9), max_size=8),
)
def test_a_stream_masks_as_if_it_came_at_once(secrets: list[str], pieces: list[str]) -> None:
    mask = Mask({str(number): value for number, value in enumerate(secrets)})
    stream = mask.stream()
    streamed = b"".join(stream.feed(piece.encode()) for piece in pieces) + stream.flush()
    assert streamed == mask.encoded("".join(pieces).encode())


@given(secret=st.text(min_size=SHORTEST, max_size=12), before=st.text(max_size=5), after=st.text(max_size=5))
def test_a_secret_never_survives(secret: str, before: str, after: str) -> None:
    left = Mask({"key": secret}).text(before + secret + after)
    assert secret not in left or set(secret) <= {"*"}


def test_a_hundred_megabytes_take_seconds_not_minutes() -> None:
    stream = Mask({str(number): f"secret-number-{number}-of-five" for number in range(5)}).stream()
    chunk = b"2026-11-23 INFO nothing to see in this line of the log at all\n" * 4096
    begun = time.process_time()
    size = 0
    while size < 20_000_000:
        size += len(stream.feed(chunk))
    assert time.process_time() - begun < 4


def test_a_stream_of_nothing_but_beginnings_stays_small() -> None:
    stream = Mask({"a": "aaaaaaab"}).stream()
    assert sum(len(stream.feed(b"a" * 1000)) for _ in range(50)) >= 49_000


def test_a_key_that_somebody_has_named_is_no_secret() -> None:
    mask = Mask({"a": "url", "b": "exit_code", "c": "hunter22"}, frozenset({"url"}))
    data = {"url": "url", "exit_code": 1, "hunter22": [{"url": 2}, {"exit_code": "x exit_code"}]}
    assert mask.data(data) == {"url": "***", "***": [{"url": 2}, {"***": "x ***"}]}
    assert mask.data({"exit_code": 1, "in": {"exit_code": 2}}, ("exit_code",)) == {"exit_code": 1, "in": {"***": 2}}
    assert mask.extended("derived").data({"url": "derived"}) == {"url": "***"}
