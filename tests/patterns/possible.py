"""Which cases this release runs, and their plans."""

from functools import cache

from tests.patterns.cases import Case, cases

from steplane.app.loading import Loaded, load, make_registry
from steplane.plan.nodes import Plan
from steplane.plugins import Registry


@cache
def registry() -> Registry:
    """The built-in step types."""
    return make_registry(None, None)


@cache
def loaded(case: Case) -> Loaded:
    """The file, read and checked."""
    return load(str(case.file), registry(), None)


def plan_of(case: Case) -> Plan:
    """The plan of a case that this release runs."""
    plan = loaded(case).plan
    assert plan is not None, [one.message for one in loaded(case).diagnostics]
    return plan


def awaited(case: Case) -> list[str]:
    """What of the case this release does not run, in words."""
    return [one.message for one in loaded(case).diagnostics if one.code == "not-in-this-release"]


ALL = cases()
RUN = [case for case in ALL if not awaited(case)]
LATER = [case for case in ALL if awaited(case)]
