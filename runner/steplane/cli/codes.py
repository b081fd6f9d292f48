"""What a code of the checker means, for a person."""

from steplane.app.codes import Explanation
from steplane.reporters.paint import Paint


def text(one: Explanation, color: bool) -> str:
    """The rule, then what is wrong and what is right."""
    paint = Paint(color)
    parts = [paint.bold(one.code), one.rule]
    for title, example in (("Wrong:", one.bad), ("Right:", one.good)):
        if example:
            parts.append(
                f"{paint.bold(title)}\n\n"
                + "".join(f"    {line}".rstrip() + "\n" for line in example.splitlines()).rstrip("\n")
            )
    for name, content in one.others.items():
        parts.append(
            f"{paint.bold(f'Beside it, {name}:')}\n\n"
            + "".join(f"    {line}\n" for line in content.splitlines()).rstrip("\n")
        )
    return "\n\n".join(parts) + "\n"
