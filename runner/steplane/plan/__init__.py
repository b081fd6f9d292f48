"""The compiled form of a workflow, and its compiler."""
