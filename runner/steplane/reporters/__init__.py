"""How results look: each reporter is a function or class that turns data into text."""
