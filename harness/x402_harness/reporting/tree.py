"""Trees: a JSON Schema as indented lines, a field each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 6
MAX_LINES = 60
_CHOICES = ("anyOf", "oneOf", "allOf")


def schema_tree(schema: Any) -> list[str]:
    """The fields of ``schema``, required ones with an asterisk, to a depth of six and sixty lines at most."""
    lines: list[str] = []
    for line in _fields(schema, 0):
        if len(lines) == MAX_LINES:
            return [*lines, "…"]
        lines.append(line)
    return lines


def kind(schema: Any) -> str:
    """The type of a schema in a word or two."""
    if not isinstance(schema, dict):
        return "anything"
    if isinstance(schema.get("enum"), list):
        return f"enum({len(schema['enum'])})"
    declared = schema.get("type")
    if declared is None:
        choice = next((name for name in _CHOICES if isinstance(schema.get(name), list)), None)
        return f"{choice}({len(schema[choice])})" if choice else "anything"
    return " or ".join(map(str, declared)) if isinstance(declared, list) else str(declared)


def _fields(schema: Any, depth: int) -> Iterator[str]:
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return
    indent = "  " * depth
    properties, required = schema.get("properties"), schema.get("required")
    needed = required if isinstance(required, list) else []
    for name, child in properties.items() if isinstance(properties, dict) else ():
        yield f"{indent}{name}{'*' if name in needed else ''} {kind(child)}"
        yield from _fields(child, depth + 1)
    if isinstance(schema.get("items"), dict):
        yield f"{indent}[] {kind(schema['items'])}"
        yield from _fields(schema["items"], depth + 1)
    for choice in _CHOICES:
        branches = schema.get(choice)
        for number, branch in enumerate(branches if isinstance(branches, list) else (), 1):
            yield f"{indent}{choice} {number}: {kind(branch)}"
            yield from _fields(branch, depth + 1)
