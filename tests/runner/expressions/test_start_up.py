"""What is imported when, and how fast a compiled expression is."""

import subprocess
import sys
import time

from steplane.expressions import Engine, Expression

PROGRAM = """
import sys
import steplane.expressions as e
assert not {"jinja2", "msgspec", "re2", "yaml"} & set(sys.modules), "too much at import"
from steplane.expressions import Engine, Expression, Literal, Text, uses, parse_value
from steplane.diagnostics import Span
engine = Engine()
context = {"a": {"b": {"c d": [1, 2]}}}
assert engine.evaluate(Expression("a.b['c d'][1]"), context) == 2
assert engine.evaluate(Expression("'x'"), context) == "x"
assert engine.evaluate(Expression("1.5"), context) == 1.5
assert engine.evaluate(Expression("null"), context) is None
assert engine.condition(Expression("true"), context)
assert engine.render(Text(("x", Expression("a.b['c d'][0]"))), context) == "x1"
template, diagnostics = parse_value("x ${{ a.b }}", lambda o, n: Span("f", 1, 1, 1, 1))
assert not diagnostics
assert uses(template)
heavy = {"jinja2", "re2", "yaml", "hashlib", "difflib", "asyncio", "logging", "jsonschema"} & set(sys.modules)
assert not heavy, heavy
assert engine.evaluate(Expression("1 + 1"), context) == 2
assert "jinja2" in sys.modules
"""


def test_a_plain_path_needs_no_jinja() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_all_names_can_be_imported() -> None:
    import steplane.expressions as package

    for name in package.__all__:
        assert getattr(package, name) is not None
    assert callable(package.uses)
    assert callable(package.uses)


def test_a_compiled_expression_is_fast() -> None:
    engine, context = Engine(), {"inputs": {"n": 3, "s": "x"}}
    expression = Expression("inputs.n > 2 and inputs.s == 'x'")
    engine.condition(expression, context)
    start = time.process_time()
    for _ in range(1000):
        engine.condition(expression, context)
    assert time.process_time() - start < 0.1  # 0.01 ms is usual; ten times that is a fault


def test_words_of_the_parser_carry_offsets() -> None:
    """Pins what the private method of Jinja2 that we replace must do."""
    from jinja2 import nodes

    from steplane.expressions.grammar import parse, parse_blocks

    tree = parse("a +\n  bb.c | upper")
    assert isinstance(tree, nodes.Add)
    assert tree.right.lineno == 13
    assert isinstance(tree.right, nodes.Filter)
    assert isinstance(tree.right.node, nodes.Getattr)
    assert (tree.right.node.lineno, tree.right.node.node.lineno) == (8, 6)
    blocks = parse_blocks("x\n${% if a %}${{ b }}${% endif %}")
    assert [name.lineno for name in blocks.find_all(nodes.Name)] == [9, 17]
