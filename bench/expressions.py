"""What the limits on expressions cost: `python bench/expressions.py [--quick] [--json]`.

Ordinary expressions are evaluated as they are and by the same sources with every limit taken out (the counting of work
and sizes, the deadline, the look-out for what is made of secrets), in turn. Printed is the CPU time of one evaluation
(the least of many rounds, which is what other programs disturb least) and the ratio of the two.
"""

import argparse
import ast
import importlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import steplane.expressions

EXPRESSIONS = {
    "path": "steps.build.outputs.version",
    "comparison": "inputs.amount > inputs.limit and inputs.region == 'eu'",
    "membership": "inputs.region in ['eu', 'us', 'uk'] or inputs.amount is none",
    "arithmetic": "(inputs.amount * 1.19 + 3) // 2 - 1",
    "join of texts": "'order ' ~ inputs.id ~ ' of ' ~ inputs.region",
    "default": "inputs.note | default('none') | upper",
    "filters": "inputs.name | trim | lower | replace(' ', '-')",
    "pattern": "inputs.id | regex_match('^[A-Z]{2}-[0-9]+$')",
    "slice and index": "inputs.day[:4] ~ inputs.rows[0].sku",
    "hash": "(inputs.id ~ inputs.day) | hash",
    "list of 100 rows": "inputs.rows | selectattr('open') | map(attribute='total') | sum",
    "sorted 100 rows": "inputs.rows | sort(attribute='total', reverse=true) | first",
    "JSON of 100 rows": "inputs.rows | json",
    "unique of 100 rows": "inputs.rows | map(attribute='sku') | unique | join(',')",
    "join of 100 texts": "inputs.skus | join(',')",
    "join of 100 numbers": "inputs.totals | join(' ')",
    "greatest of 100 numbers": "inputs.totals | max",
    "100 texts in capitals": "inputs.skus | map('upper')",
    "first of a list": "inputs.skus | first",
    "groups of 100 rows": "inputs.rows | groupby('sku')",
    "equal lists": "inputs.skus == inputs.skus",
    "two long texts": "inputs.text ~ inputs.text",
    "a long text without blanks": "inputs.text | trim",
    "a long text in words": "inputs.text | split(' ')",
    "replaced in a long text": "inputs.text | replace('here', 'there')",
    "a pattern in a long text": "inputs.text | regex_replace('l(i)ne', 'row')",
    "a long text moved": "inputs.text | indent(2)",
    "words of a long text": "inputs.text | wordcount",
}

CONTEXT: dict[str, Any] = {
    "inputs": {
        "amount": 250, "limit": 100, "region": "eu", "id": "AB-1234567", "day": "2026-11-26", "note": None,
        "name": "  A Name Of Some Length ",
        "rows": [{"sku": f"sku-{n % 17}", "total": n * 1.5, "open": n % 3 == 0} for n in range(100)],
        "skus": [f"sku-{n % 17}" for n in range(100)], "totals": [n * 1.5 for n in range(100)],
        "text": "a line of text here\n" * 50,
    },
    "steps": {"build": {"outputs": {"version": "1.4.2"}}},
}  # fmt: skip


class Figure(NamedTuple):
    """Microseconds of CPU time for one evaluation, with the limits and without."""

    name: str
    limited: float
    unlimited: float

    @property
    def ratio(self) -> float:
        """What the evaluation takes with the limits, by what it takes without."""
        return self.limited / self.unlimited


class WithoutLimits(ast.NodeTransformer):
    """Takes the limits out of a module."""

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        """Counting down what is left."""
        return ast.copy_location(ast.Pass(), node) if _named(node.target) in {"left", "size"} else node

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        call = node.value
        if isinstance(call, ast.Call) and (_of_budget(call) or _named(call.func) == "check_depth"):
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if _of_budget(node):  # `budget.integer(value)` gives the value
            return node.args[0]
        return ast.copy_location(ast.Constant(None), node) if _named(node.func) == "Budget" else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        return node.body if _asks_watch(node.test) == "Is" else node

    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        if ast.unparse(node.test).endswith((".left < 0", "> SMALL")):
            return ast.copy_location(ast.Pass(), node)
        asked = _asks_watch(node.test)
        if asked == "Is":
            return node.body
        return (node.orelse or ast.copy_location(ast.Pass(), node)) if asked == "IsNot" else node


def _named(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _of_budget(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and _named(call.func.value) in {"budget", "_budget"}


def _asks_watch(test: ast.expr) -> str:
    test = test.values[0] if isinstance(test, ast.BoolOp) else test
    if isinstance(test, ast.Compare) and _named(test.left) == "watch":
        return type(test.ops[0]).__name__
    return ""


def without_limits(folder: Path) -> Any:
    """The package of expressions once more, under another name, without limits."""
    source = Path(steplane.expressions.__file__).parent
    for path in source.rglob("*.py"):
        target = folder / "unlimited" / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        tree = ast.parse(path.read_text("utf-8").replace("steplane.expressions", "unlimited"))
        target.write_text(ast.unparse(ast.fix_missing_locations(WithoutLimits().visit(tree))), "utf-8")
    sys.path.insert(0, str(folder))
    return importlib.import_module("unlimited")


def evaluation(package: Any, text: str) -> Callable[[], Any]:
    """Evaluates the expression once."""
    engine, expression = package.Engine(), package.Expression(text)
    return lambda: engine.evaluate(expression, CONTEXT)


def measured(name: str, text: str, unlimited: Any, rounds: int) -> Figure:
    """The figure of one expression: a quarter of a millisecond or so of each in turn, many times."""
    ways = [evaluation(steplane.expressions, text), evaluation(unlimited, text)]
    assert ways[0]() == ways[1]()
    count = max(1, int(0.00025 / min(seconds(ways[0], 3) for _ in range(20))))
    times: list[list[float]] = [[], []]
    for turn in range(rounds):
        for way in (0, 1) if turn % 2 else (1, 0):
            times[way].append(seconds(ways[way], count))
    return Figure(name, min(times[0]) * 1e6, min(times[1]) * 1e6)


def seconds(action: Callable[[], Any], count: int) -> float:
    """CPU seconds of one of `count` actions."""
    begun = time.process_time_ns()
    for _ in range(count):
        action()
    return (time.process_time_ns() - begun) / count / 1e9


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        unlimited = without_limits(Path(folder))
        rounds = 400 if given.quick else 4000
        figures = [measured(name, text, unlimited, rounds) for name, text in EXPRESSIONS.items()]
    if given.json:
        print(json.dumps([{**one._asdict(), "ratio": one.ratio} for one in figures], indent=2))
        return
    print("| expression | with the limits | without | ratio |\n|---|---|---|---|")
    for one in figures:
        print(f"| {one.name} | {one.limited:.2f} µs | {one.unlimited:.2f} µs | {one.ratio:.3f} |")
    print(f"| all (geometric mean) | | | {statistics.geometric_mean(one.ratio for one in figures):.3f} |")


if __name__ == "__main__":
    main()
