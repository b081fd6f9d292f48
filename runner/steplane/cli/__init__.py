"""The command line: the only part that prints and exits."""


def main() -> int:
    """The command `steplane`; its exit code."""
    from steplane.cli.application import start

    return start()
