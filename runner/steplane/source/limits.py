"""What a file may ask of the reader. A hostile file is refused at its place before it costs time or memory."""

FILE_BYTES = 10_000_000
"""Size of a file in bytes."""

NODES = 300_000
"""Keys, values, lists and mappings of a file, with every alias and merge counted as if it were written out."""

SCARCE = 50
"""Of a file whose aliases ask for more than there may be, they stand for this part of it at most; the rest is read."""

DEPTH = 100
"""Lists and mappings inside each other, with those that an alias stands for."""

DEEPEST = 500
"""Lists and mappings inside each other that the reader passes over, below those that are too deep already; the
parser has a limit of its own (1,000 from PyYAML 6.0.4 on), which says less."""

LINES = 500_000
"""Lines of a file."""

MISTAKES = 200
"""Mistakes of which a file is told; the reader stops there."""

SHAPE_MISTAKES = 10_000
"""Mistakes of its shape (keys, kinds, what is missing) of which a file is told; the checks stop there."""

SUGGESTIONS = 20
"""Mistakes of a file that are compared with all names to find the one that was meant."""

COMPARISONS = 100_000
"""Names of a file that the checks compare with wrong ones to find those that were meant."""

SCALAR_CHARACTERS = 1_000_000
"""Characters of one text."""

TEXT_CHARACTERS = 10_000_000
"""Characters of all texts, with every alias counted as if it were written out."""

EXPRESSIONS = 100_000
"""Expressions of a file, with every alias counted as if it were written out."""

NUMBER_CHARACTERS = 300
"""Characters of one number."""

SYNTAX_ERRORS = 100
"""Syntax errors that are looked for in one file."""

RECOVERY_CHARACTERS = 4_000_000
"""Characters read in all while looking for further syntax errors."""
