"""What the file alone proves, no play breaks; what it breaks, every play without a failure breaks."""

from random import Random

import pytest
from tests.runner.rules.playing import Play, is_smooth, kept, plan_of, play, random_file, verdicts

from steplane.model import Rule

FILES, PLAYS, SMOOTH = 60, 12, 4
"""The sweep by hand had 1,000 files, a hundred of them with 300 plays each."""


def judged(seed: int) -> tuple[list[Rule], list[Rule], list[Play], list[Play]]:
    """Of a random file: the rules proved, those broken, plays with everything in them, plays without a failure."""
    workflow = random_file(Random(seed))
    found = verdicts(workflow)
    proved = [one.rule for one in found if one.answer == "proved"]
    broken = [one.rule for one in found if one.answer == "broken"]
    plan = plan_of(workflow)
    rough = [play(workflow, plan, Random(seed * 1000 + n), smooth=False) for n in range(PLAYS if proved else 0)]
    smooth = [play(workflow, plan, Random(seed * 1000 + n), smooth=True) for n in range(SMOOTH if broken else 0)]
    return proved, broken, rough, [one for one in smooth if is_smooth(one)]


def hold(seeds: range) -> tuple[int, int]:
    """Hold all verdicts against the plays; how many of each kind met one."""
    met_proved = met_broken = 0
    for seed in seeds:
        proved, broken, rough, smooth = judged(seed)
        for rule in proved:
            assert all(kept(rule, one) for one in rough), (seed, rule.kind.text, [str(one) for one in rule.steps])
        for rule in broken:
            assert not any(kept(rule, one) for one in smooth), (seed, rule.kind.text, [str(one) for one in rule.steps])
        met_proved += len(proved) if rough else 0
        met_broken += len(broken) if smooth else 0
    return met_proved, met_broken


@pytest.mark.timeout(600)
def test_no_play_contradicts_what_the_file_alone_says() -> None:
    proved, broken = hold(range(FILES))
    assert proved > 100
    assert broken > 100


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_no_play_contradicts_it_in_many_files() -> None:
    hold(range(10_000, 12_000))
