"""A run on a terminal while it runs: what has ended as lines, what runs as a tree below them that is drawn anew."""
