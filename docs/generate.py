"""Write the generated blocks of the manual: `python docs/generate.py`. With `--check` say what is out of date instead.

A block stands between `<!-- generated: NAME -->` and `<!-- end -->`; everything between them is replaced.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from steplane.plugins import Registry, read_index
from steplane.sdk import StepType

ROOT = Path(__file__).resolve().parent.parent
PAGES = (*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md")
BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
BUILT_IN = "steplane_steps"


def main(arguments: list[str]) -> int:
    """Write the blocks, or check them; the exit code."""
    late = []
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        after = generated(before)
        if before != after:
            late.append(page.relative_to(ROOT))
            if "--check" not in arguments:
                page.write_text(after, encoding="utf-8")
    for page in late:
        print(f"{page}: {'out of date' if '--check' in arguments else 'written'}")
    return 1 if late and "--check" in arguments else 0


def generated(text: str) -> str:
    """A page with all its generated blocks made anew. Raises `KeyError` for a block that nobody makes."""
    return BLOCK.sub(_block, text)


def _block(found: re.Match[str]) -> str:
    made = f"{BLOCKS[found[2]]()}\n"
    return found[0] if steady(made) == steady(found[3]) else f"{found[1]}{made}{found[4]}"


def steady(text: str) -> str:
    """A text without what differs from run to run: ids and times."""
    text = re.sub(r"\b\d{8}-\d{6}-[a-z0-9]+\b", "RUN", text)
    return re.sub(r"\bin \d+(?:\.\d+)?m?s\b", "in TIME", text)


# ---------------------------------------------------------------------------------------------------- step types


def step_types() -> str:
    """A section for each built-in step type."""
    registry = Registry(read_index(None))
    built_in = [one for one in registry.all() if one.claims[0].module.startswith(BUILT_IN)]
    described = sorted((kind for one in built_in for kind in one.types), key=lambda kind: kind.name)
    contents = "\n".join(
        f"- [`{kind.name}`](#{kind.name.replace('.', '')}): {kind.title[0].lower()}{kind.title[1:].rstrip('.')}"
        for kind in described
    )
    return "\n\n".join([contents, *(_section(kind) for kind in described)])


def _section(kind: StepType) -> str:
    parts = [f"## {kind.name}", kind.doc]
    if kind.example:
        parts.append(f"```yaml step\n{kind.example}\n```")
    parts.append("\n".join(_parameters(kind)))
    if kind.outputs:
        parts.append("\n".join(_outputs(kind.outputs)))
    parts.append(_facts(kind))
    return "\n\n".join(parts)


def _parameters(kind: StepType) -> Iterator[str]:
    required = kind.parameters.get("required", ())
    yield "| parameter | kind | default | meaning |"
    yield "|---|---|---|---|"
    for name, schema in kind.parameters["properties"].items():
        default = "required" if name in required else f"`{_json(schema.get('default'))}`"
        yield f"| `{name}` | {_kind(schema, kind.parameters)} | {default} | {_cell(schema.get('description', ''))} |"


def _outputs(schema: Mapping[str, Any]) -> Iterator[str]:
    if "properties" not in schema:
        yield "Its outputs depend on what it is given."
        return
    yield "| output | kind |"
    yield "|---|---|"
    for name, one in schema["properties"].items():
        yield f"| `{name}` | {_kind(one, schema)} |"
    if schema.get("additionalProperties"):
        yield "| the names in the step's `outputs: [...]` | what the step wrote to `$STEPLANE_OUTPUT` |"


def _facts(kind: StepType) -> str:
    errors = ", ".join(f"`{one}`" for one in kind.errors) or "none of its own"
    where = "a thread" if kind.cancellable else "a worker process"
    again = " A second run changes nothing more." if kind.idempotent else ""
    return f"Errors: {errors}. Runs in {where}.{again}"


NAMES = {"string": "text", "integer": "whole number", "boolean": "boolean", "object": "mapping", "array": "list"}


def _kind(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    """A schema in words."""
    if "$ref" in schema:
        return _kind(whole["$defs"][schema["$ref"].rsplit("/", 1)[-1]], whole)
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(one, whole) for one in schema["anyOf"])
    kind = schema.get("type")
    if kind == "string" and schema.get("format") == "duration":
        return "duration"
    if kind == "array" and schema.get("items"):
        return f"list of {_kind(schema['items'], whole)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"mapping to {_kind(schema['additionalProperties'], whole)}"
    return NAMES.get(str(kind), str(kind) if kind else "any value")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


# ------------------------------------------------------------------------------------------------------- commands


def commands() -> str:
    """`--help` of every command."""
    from steplane.cli.application import all_commands

    return "\n\n".join(f"## steplane {name}\n\n```text\n{_help(name)}\n```" for name in all_commands())


def _help(name: str) -> str:
    return _steplane(ROOT, *name.split(), "--help")


def _steplane(folder: Path, *words: str) -> str:
    """What the command prints, in that folder."""
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "100", "NO_COLOR": "1", "PYTHONPATH": ":".join(sys.path)}
    code = "import sys; sys.argv[0] = 'steplane'; from steplane.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.rstrip()


# --------------------------------------------------------------------------------------------------- first screen


def first_workflow() -> str:
    """The workflow `hello`, and what a run of it prints."""
    file = ROOT / "workflows" / "hello.yaml"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "workflows").mkdir()
        shutil.copy(file, Path(folder) / "workflows")
        shown = _steplane(Path(folder), "run", "hello")
    text = file.read_text(encoding="utf-8")
    return f"```yaml workflow\n{text}```\n\n```text\n$ steplane run hello\n{shown}\n```"


# -------------------------------------------------------------------------------------------------------- filters


def filters() -> str:
    """The names of all filters."""
    from steplane.expressions.filters import FILTERS
    from steplane.rendering import filters as further

    return " ".join(f"`{name}`" for name in sorted({*FILTERS, *further()}))


# ------------------------------------------------------------------------------------------------------- patterns


def patterns() -> str:
    """The control-flow patterns, from their tests."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from tests.patterns.page import page

    return page()


# ---------------------------------------------------------------------------------------------------------- codes


def codes() -> str:
    """The codes of the checker, by groups."""
    from steplane.app.codes import GROUPS, explanations

    lines = []
    for group, title in GROUPS.items():
        lines += ["", f"### {title}", "", "| code | what is wrong | severity | mend |", "|---|---|---|---|"]
        for code, one in explanations().items():
            if one.group == group:
                lines.append(f"| `{code}` | {_cell(one.title)} | {' | '.join(_shown(code))} |")
    return "\n".join(lines).strip()


def _shown(code: str) -> tuple[str, str]:
    """The severity of a code, and whether its example is mended, as the tests have them."""
    file = ROOT / "tests" / "errors" / "codes" / f"{code}.out"
    text = file.read_text("utf-8") if file.exists() else "error"
    return re.split(r"\W", text, maxsplit=1)[0], "yes" if "\n" in text and "= fix: " in text else ""


BLOCKS: dict[str, Callable[[], str]] = {
    "step-types": step_types,
    "commands": commands,
    "codes": codes,
    "filters": filters,
    "hello": first_workflow,
    "patterns": patterns,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
