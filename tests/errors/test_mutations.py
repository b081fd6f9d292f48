"""Files with bytes changed, lost, doubled or moved: never a traceback, and every finding and every mend has a place."""

import random
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.errors.mending import registry

from steplane.app.checking import Checker
from steplane.app.fixing import apart, apply
from steplane.app.formatting import format_text
from steplane.app.loading import Recorded, Wanted, compile_file
from steplane.app.mending import with_fixes
from steplane.diagnostics import Diagnostic, Span
from steplane.source.text import split_lines

FILES = [
    path
    for folder in ("workflows", "tests/errors", "tests/patterns")
    for path in sorted((ROOT / folder).rglob("*.yaml"))
    if path.stat().st_size < 6000
]
STRANGE = [
    b"\x00", b"\xff", b"\t", b"\n", b"\r", b"{", b"}", b"[", b"]", b"'", b'"', b"&a ", b"*a ", b"!", b"${{", b"}}",
    b"${%",
    b"|", b">", b"- ", b": ", b"#", b" ", b"\xc3", "é😀".encode(), b"<<: ", b"---\n", b"\xe2\x80\x8b",
]  # fmt: skip


def mutated(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            data = data[:at] + rng.choice(STRANGE) + data[at:]
        elif kind == 1:
            data = data[:at] + data[at + rng.randint(1, 12) :]
        elif kind == 2:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif kind == 3:
            end = at + rng.randint(1, 60)
            data = data[:at] + data[at:end] * 2 + data[end:]
        elif kind == 4:
            data = data[:at]
        else:
            lines = data.splitlines(keepends=True) or [b""]
            lines.insert(rng.randrange(len(lines)), lines.pop(rng.randrange(len(lines))))
            data = b"".join(lines)
    return data


def look(data: bytes) -> None:
    """Check, mend and format what may be anything."""
    loaded = compile_file(data, "w.yaml", registry(), Recorded({}), Wanted(plan=False, hints=True))
    lines = split_lines(loaded.sources["w.yaml"] or data.decode("utf-8", "replace"))
    found = with_fixes(loaded.diagnostics, loaded.documents)
    for one in found:
        assert one.message, one
        for span in spans(one):
            assert span.file == "w.yaml", one
            assert 1 <= span.line <= span.end_line <= len(lines) + 1, one
            assert (span.line, span.column) <= (span.end_line, span.end_column), one
            assert 1 <= span.column <= (len(lines[span.line - 1]) if span.line <= len(lines) else 0) + 2, one
    text = loaded.sources["w.yaml"]
    apply(text, [edit for fix in apart(one.fix for one in found if one.fix) for edit in fix.edits])
    format_text(text, "w.yaml")


def spans(one: Diagnostic) -> list[Span]:
    edits = one.fix.edits if one.fix is not None else ()
    return [one.span, *(each.span for each in one.related), *(each.span for each in edits)]


def play(seed: int) -> None:
    rng = random.Random(seed)
    path = rng.choice(FILES)
    data = mutated(path.read_bytes(), rng)
    try:
        look(data)
    except Exception as error:
        raise AssertionError(f"seed {seed}, {path.name}:\n{data!r}") from error


def test_three_hundred() -> None:
    for seed in range(300):
        play(seed)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_ten_thousand() -> None:
    for seed in range(10_000):
        play(seed)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n", b"\xef\xbb\xbf", b"\xff\xfe\x00", b"\x00" * 100, bytes(range(256)),
        b"steplane: 1\nsteps: " + b"[" * 5000,
        b"steplane: 1\nsteps:\n  - run: '" + b"x" * 2_000_000 + b"'\n", b"steplane: 1\nsteps:\n" + b"  - steps:\n" * 50,
        b"steplane: 1\nsteps:\n  - run: ${{ " + b"(" * 3000 + b" }}\n", b"\x7fELF\x02\x01\x01" + bytes(500),
        b"steplane: 1\nsteps:\n  - if: " + b"not " * 5000 + b"x\n    run: make\n",
        b"steplane: 1\nsteps:\n  - run: echo ${{ " + b"a." * 5000 + b"b }}\n",
        b"steplane: 1\n  inner: *loop\nsteps:]x-loop: &loop\n [- run: make\n",
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_meant_to_harm(data: bytes) -> None:
    look(data)


def test_a_text_in_memory_needs_no_file(tmp_path: Path) -> None:
    found = Checker(registry()).text("steplane: 1\nsteps:\n  - runn: make\n", str(tmp_path / "none.yaml"))
    assert [one.code for one in found] == ["unknown-key"]
    assert list(tmp_path.iterdir()) == []
