"""Decision tables: unary tests (DMN S-FEEL), what a table answers, and what can be proved of it. Pure; no file is read.

The decision model follows OMG DMN 1.4: hit policies (8.2.10), simple unary tests (9.2, "S-FEEL").
"""

from steplane.decisions.columns import Column, column_of
from steplane.decisions.deciding import Answer, Undecided, compiled, decide
from steplane.decisions.tables import LISTED, POLICIES, Rule, Table, answer_schema
from steplane.decisions.unary import ANYTHING, Cell, Is, Range

__all__ = [
    "ANYTHING", "LISTED", "POLICIES", "Answer", "Cell", "Column", "Is", "Range", "Rule", "Table", "Undecided",
    "answer_schema", "column_of", "compiled", "decide",
]  # fmt: skip
