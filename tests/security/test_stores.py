"""S58: state directories that somebody has made who knows how they are written."""

import os
from hashlib import blake2b
from pathlib import Path

import pytest
from tests.security.conftest import Victim

from steplane.app import loading
from steplane.plugins import Index, Registry
from steplane.store import Cache


def test_s58_a_compiled_workflow_of_somebody_else_is_not_run(victim: Victim) -> None:
    """Who makes a state directory can give each file in it a digest that fits, but does not know the user's key."""
    assert victim.run("steps: [{run: echo harmless-thing}]\n").code == 0
    key = loading._key((victim.folder / "trial.yaml").read_bytes(), "trial.yaml", Registry(Index()))
    forged = 0
    for kind in (loading._KIND, loading._RECORDED):
        path = Path(Cache(str(victim.state / "cache"))._path(kind, key))
        if path.exists():
            evil = path.read_bytes()[16:].replace(b"harmless-thing", b"dangerous-word")
            path.write_bytes(blake2b(f"{kind}\0{key}\0".encode() + evil, digest_size=16).digest() + evil)
            forged += b"dangerous" in evil
    assert forged
    answer = victim.attack("run", "trial.yaml", "--id", "again")
    assert (answer.code, "harmless-thing" in answer.said, "dangerous" in answer.said) == (0, True, False)


def test_s58_what_is_larger_than_anything_recorded_is_not_read(victim: Victim) -> None:
    """The victim has 1.5 GB of memory; a file with a hole in it needs no room on the disk."""
    assert victim.run("steps: [{run: 'seq 100000'}]\n").code == 0
    (blob, *_) = [one for one in victim.state.rglob("blobs/*/*") if one.is_file()]
    caches = [one for one in (victim.state / "cache").rglob("*") if one.is_file()]
    assert caches
    for one in caches:
        os.truncate(one, 20 << 30)
    assert victim.attack("run", "trial.yaml", "--id", "other").code == 0
    for size in (20 << 30, 900 << 20):
        os.truncate(blob, size)
        for words in (["show", "one"], ["explain", "one"], ["runs", "check"]):
            answer = victim.attack(*words)
            assert answer.code == 2, (words, answer.said)
            assert f"{blob.name} is damaged: its content is not what was recorded" in answer.said, (words, answer.said)
            assert answer.peak < 200


@pytest.mark.parametrize("name", ["cache/plans", "cache/plugins", "RUN"])
def test_s58_nothing_is_made_behind_a_link(victim: Victim, name: str) -> None:
    assert victim.run("steps: [{id: a, wait: {signal: go}}]\n", "--patience", "0s").code == 3
    elsewhere = victim.folder / "elsewhere"
    elsewhere.mkdir()
    (journal,) = victim.state.rglob("journal.db")
    place = journal.parent if name == "RUN" else victim.state / name
    place.rename(victim.folder / "before")
    place.symlink_to(elsewhere)
    for words in (["resume", "one"], ["run", "trial.yaml", "--id", "two", "--patience", "0s"], ["runs", "check"]):
        assert "Traceback" not in victim.attack(*words).said
    assert list(elsewhere.iterdir()) == []
