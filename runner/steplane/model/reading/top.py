"""The top of a file: name, inputs, secrets, and the workflow as a group."""

import os
import re
from collections.abc import Iterator
from typing import Any

from steplane.diagnostics import Diagnostic, Span
from steplane.model.modifiers import Environment
from steplane.model.reading.identity import Identities
from steplane.model.reading.modifiers import read_outputs
from steplane.model.reading.reader import Reader, key_name
from steplane.model.reading.steps import POLICIES, Defaults, StepReader
from steplane.model.values import Name
from steplane.model.workflow import (
    BusinessObject,
    Concurrency,
    Input,
    SecretSource,
    Workflow,
)
from steplane.schema.texts import plain_as_wanted
from steplane.source import Document
from steplane.source.nodes import Mapping, Node, Scalar, Sequence, plain

OWN = frozenset({"default", "env", "secret", "optional"})
"""Keys of an input that are not JSON Schema."""


def read_workflow(document: Document, filters: tuple[str, ...] = ()) -> tuple[Workflow | None, list[Diagnostic]]:
    """The workflow in a document, and what is wrong with its values.

    None where the document holds no mapping. What has the wrong shape is left out without a word: `check_structure`
    has reported it. `filters` are those that plugins add.
    """
    root = document.root
    if not isinstance(root, Mapping):
        return None, []
    reader = Reader(document, filters)
    steps = StepReader(reader, Identities(root), Defaults(reader, root.get("defaults")))
    workflow = Workflow(
        file=document.file,
        node=root,
        name=_name(reader, root),
        **_texts(reader, root),
        **_values(reader, root),
        inputs=tuple(_inputs(reader, root.get("inputs"))),
        secrets=tuple(_secrets(reader, root.get("secrets"))),
        steps=steps.steps(root.get("steps"), "step"),
        rescue=steps.steps(root.get("rescue"), "rescue"),
        finally_=steps.steps(root.get("finally"), "finally"),
        failure=reader.choice(root.get("failure"), POLICIES, "stop"),
        **_observed(reader, root),
        on_violation=reader.choice(root.get("on_violation"), ("warn", "fail"), "warn"),
        concurrency=_concurrency(reader, root.get("concurrency")),
    )
    return workflow, reader.diagnostics


def _name(reader: Reader, root: Mapping) -> Name:
    """The name as given, else from the file's stem."""
    given = reader.name(root.get("name"))
    if given is not None:
        return given
    stem = os.path.basename(reader.document.file).split(".")[0].lower()
    text = re.sub(r"[^a-z0-9._-]", "-", stem).lstrip("._-")
    return Name(text or "workflow", Span(reader.document.file, 1, 1, 1, 1))


def _texts(reader: Reader, root: Mapping) -> dict[str, Any]:
    texts: dict[str, Any] = {
        key: reader.text(root.get(key)) or "" for key in ("version", "title", "owner", "description")
    }
    texts["timezone"] = reader.text(root.get("timezone")) or "UTC"
    labels = root.get("labels")
    entries = labels.entries if isinstance(labels, Mapping) else ()
    texts["labels"] = {
        one.name: one.value.value for one in entries if isinstance(one.value, Scalar) and one.value.value is not None
    }
    return texts


def _values(reader: Reader, root: Mapping) -> dict[str, Any]:
    env: Environment = reader.named(root.get("env"), texts=True)
    return {
        "variables": reader.named(root.get("vars")),
        "env": env,
        "cwd": reader.text_value(root.get("cwd")),
        "case": reader.text_value(root.get("case")),
        "objects": tuple(_objects(reader, root.get("objects"))),
        "timeout": reader.duration(root.get("timeout"), zero=False),
        "outputs": read_outputs(reader, root.get("outputs")),
    }


def _objects(reader: Reader, node: Node | None) -> Iterator[BusinessObject]:
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Mapping):
            kind, identity = reader.text_value(item.get("type")), reader.text_value(item.get("id"))
            if kind is not None and identity is not None:
                yield BusinessObject(kind, identity)


def _inputs(reader: Reader, node: Node | None) -> Iterator[Input]:
    for entry in node.entries if isinstance(node, Mapping) else ():
        body = entry.value if isinstance(entry.value, Mapping) else None
        schema = {one.name: plain(one.value) for one in body.entries if one.name not in OWN} if body else {}
        default = body.get("default") if body else None
        yield Input(
            name=key_name(entry),
            schema=schema,
            node=entry.value,
            default=None if default is None else plain_as_wanted(schema, default),
            has_default=default is not None,
            env=reader.name(body.get("env")) if body else None,
            secret=reader.flag(body.get("secret") if body else None),
            optional=reader.flag(body.get("optional") if body else None),
            description=reader.text(body.get("description")) or "" if body else "",
        )


def _secrets(reader: Reader, node: Node | None) -> Iterator[SecretSource]:
    for entry in node.entries if isinstance(node, Mapping) else ():
        body = entry.value if isinstance(entry.value, Mapping) else None
        for kind in ("env", "file", "provider") if body else ():
            source = reader.name(body.get(kind)) if body else None
            if source is not None and body is not None:
                yield SecretSource(key_name(entry), kind, source, reader.name(body.get("key")))
                break


def _observed(reader: Reader, root: Mapping) -> dict[str, Any]:
    if root.entry("measures") is None and root.entry("rules") is None:
        return {}
    from steplane.model.reading.observing import read_measures, read_rules

    return {"measures": read_measures(reader, root.get("measures")), "rules": read_rules(reader, root.get("rules"))}


def _concurrency(reader: Reader, node: Node | None) -> Concurrency | None:
    group = reader.text_value(node.get("group")) if isinstance(node, Mapping) else None
    if group is None or not isinstance(node, Mapping):
        return None
    limit = reader.number(node.get("limit")) or 1
    return Concurrency(group, node.span, limit, reader.choice(node.get("when_full"), ("wait", "fail", "skip"), "wait"))
