"""Which steps `--only`, `--from` and `--until` select, and what they refuse."""

from collections.abc import Callable

import pytest
from tests.runner.running import Workbench

from steplane.errors import UsageError
from steplane.plan.nodes import Plan
from steplane.plan.selection import Selection, select

WORKFLOW = """
steps:
  - {id: load, run: 'true'}
  - {id: lint, needs: [], run: 'true'}
  - id: price
    needs: [load]
    foreach: [a, b]
    key: ${{ item }}
    steps:
      - {id: quote, run: 'true'}
      - {id: post, run: 'true'}
      - {id: audit, needs: [quote], run: 'true'}
    rescue: [{id: sorry, run: 'true'}]
  - id: both
    needs: [load]
    parallel:
      one: [{id: x, run: 'true'}, {id: y, run: 'true'}]
      two: [{id: z, run: 'true'}]
  - {id: ship, needs: {price: succeeded, both: done}, run: 'true'}
  - {id: tidy, run: 'true'}
  - {id: report, needs: [lint], run: 'true'}
finally: [{id: bye, run: 'true'}]
"""


@pytest.fixture
def plan(bench: Workbench) -> Plan:
    return bench.plan(WORKFLOW)


def words(plan: Plan, selection: Selection) -> dict[str, str]:
    return {node.id: selection.verdict(node.number) for node in plan.nodes[1:]}


def running(plan: Plan, selection: Selection) -> set[str]:
    return {name for name, verdict in words(plan, selection).items() if verdict == "run"} - {"bye"}


def entered(plan: Plan, selection: Selection) -> set[str]:
    return {name for name, verdict in words(plan, selection).items() if verdict == "around"}


ALL_PRICE = {"price", "quote", "post", "audit", "sorry"}
ALL_BOTH = {"both", "x", "y", "z"}


def test_without_words_everything_is_selected(plan: Plan) -> None:
    selection = select(plan)
    assert selection.recorded is None
    assert set(words(plan, selection).values()) == {"run"}


@pytest.mark.parametrize(
    ("chosen", "runs", "around"),
    [
        (lambda p: select(p, only=["ship"]), {"ship"}, set()),
        (lambda p: select(p, only=["price"]), ALL_PRICE, set()),
        (lambda p: select(p, only=["quote"]), {"quote", "sorry"}, {"price"}),
        (lambda p: select(p, only=["both/x", "lint"]), {"x", "lint"}, {"both"}),
        (lambda p: select(p, from_=["report"]), {"report"}, set()),
        (lambda p: select(p, from_=["ship"]), {"ship", "tidy"}, set()),
        (lambda p: select(p, from_=["lint"]), {"lint", "tidy", "report"}, set()),
        (lambda p: select(p, from_=["load"]), {"load", *ALL_PRICE, *ALL_BOTH, "ship", "tidy"}, set()),
        (lambda p: select(p, from_=["price/post"]), {"post", "sorry", "ship", "tidy"}, {"price"}),
        (lambda p: select(p, from_=["quote"]), ALL_PRICE - {"price"} | {"ship", "tidy"}, {"price"}),
        (lambda p: select(p, from_=["y"]), {"y", "ship", "tidy"}, {"both"}),
        (lambda p: select(p, until=["load"]), {"load"}, set()),
        (lambda p: select(p, until=["report"]), {"lint", "report"}, set()),
        (lambda p: select(p, until=["both/y"]), {"load", "x", "y"}, {"both"}),
        (lambda p: select(p, until=["audit"]), {"load", "quote", "audit", "sorry"}, {"price"}),
        (lambda p: select(p, until=["ship"]), {"load", *ALL_PRICE, *ALL_BOTH, "ship"}, set()),
        (lambda p: select(p, until=["tidy"]), {"load", "lint", *ALL_PRICE, *ALL_BOTH, "ship", "tidy"}, set()),
        (lambda p: select(p, from_=["post"], until=["ship"]), {"post", "sorry", "ship"}, {"price"}),
        (lambda p: select(p, from_=["lint"], until=["tidy", "report"]), {"lint", "tidy", "report"}, set()),
        (lambda p: select(p, from_=["x"], until=["y"]), {"x", "y"}, {"both"}),
    ],
)  # fmt: skip
def test_what_is_selected(plan: Plan, chosen: Callable[[Plan], Selection], runs: set[str], around: set[str]) -> None:
    selection = chosen(plan)
    assert running(plan, selection) == runs
    assert entered(plan, selection) == around
    assert words(plan, selection)["bye"] == "run"  # the workflow's own `finally` runs in every run


def test_items_of_a_loop(plan: Plan) -> None:
    selection = select(plan, only=["price[a]/quote", "price[b]/post"])
    assert entered(plan, selection) == {"price"}
    assert running(plan, selection) == {"quote", "post", "sorry"}
    price = next(node.number for node in plan.nodes if node.id == "price")
    assert selection.keys == {price: ("a", "b")}
    both = select(plan, only=["price[a]", "price"])
    assert both.keys == {}
    one = select(plan, from_=["price[a]"], until=["price[a]/post"])
    assert one.keys == {price: ("a",)}
    assert running(plan, one) == {"quote", "post", "sorry"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"only": ["shp"]}, "there is no step `shp`. Did you mean `ship`?"),
        ({"only": ["price/quot"]}, "there is no step `quot` (in `price/quot`). Did you mean `quote`?"),
        ({"only": ["both/quote"]}, "step `quote` is not directly inside `both`"),
        ({"only": ["ship[a]"]}, "step `ship` is no loop: it has no item `a`"),
        ({"only": ["price[a"]}, "`price[a` has a `[` without its `]`"),
        ({"only": ["price[a]x"]}, "`price[a]x` is not the path of a step"),
        ({"only": [""]}, "there is no step ``."),
        ({"until": ["sorry"]}, "`sorry` stands in the `rescue` of step `price`"),
        ({"from_": ["bye"]}, "`bye` stands in the `finally` of the workflow"),
        ({"only": ["ship"], "until": ["load"]}, "`--only` contradicts `--until`"),
        ({"from_": ["ship"], "until": ["load"]}, "nothing lies between `--from ship` and `--until load`"),
        ({"from_": ["price[a]"], "until": ["price[b]"]}, "nothing lies between"),
    ],
)
def test_what_is_refused(plan: Plan, options: dict[str, list[str]], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        select(plan, **options)
    assert refused.value.message.startswith(message)
    assert refused.value.remedy
