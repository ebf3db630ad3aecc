"""Where schemas stand inside schemas: the applicator keywords of all drafts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .dialect import Schema

SINGLE = (
    "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
LISTS = ("allOf", "anyOf", "items", "oneOf", "prefixItems")
MAPS = ("$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties")
ANNOTATIONS = frozenset(
    ["$comment", "default", "deprecated", "description", "example", "examples", "readOnly", "title", "writeOnly"]
)


def is_schema(value: object) -> bool:
    return isinstance(value, dict | bool)


def rewritten(schema: Schema, change: Callable[[dict[str, Any]], Schema]) -> Schema:
    """A copy in which every schema object went through ``change``, the inner ones first."""
    if not isinstance(schema, dict):
        return schema
    copy = dict(schema)
    for keyword, value in schema.items():
        if keyword in SINGLE and isinstance(value, dict):
            copy[keyword] = rewritten(value, change)
        elif keyword in LISTS and isinstance(value, list):
            copy[keyword] = [rewritten(item, change) if is_schema(item) else item for item in value]
        elif keyword in MAPS and isinstance(value, dict):
            copy[keyword] = {name: rewritten(item, change) if is_schema(item) else item for name, item in value.items()}
    return change(copy)


def relaxed(schema: Schema, keywords: Iterable[str]) -> Schema:
    """The schema without some keywords."""
    dropped = frozenset(keywords)
    return rewritten(schema, lambda inner: {key: value for key, value in inner.items() if key not in dropped})


def walk(schema: object, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema object of a document with its JSON Pointer (RFC 6901), the outer ones first."""
    if not isinstance(schema, dict):
        return
    yield pointer, schema
    for keyword, value in schema.items():
        if keyword in SINGLE and isinstance(value, dict):
            yield from walk(value, f"{pointer}/{keyword}")
        elif keyword in LISTS and isinstance(value, list):
            for index, item in enumerate(value):
                yield from walk(item, f"{pointer}/{keyword}/{index}")
        elif keyword in MAPS and isinstance(value, dict):
            for name, item in value.items():
                yield from walk(item, f"{pointer}/{keyword}/{escaped(name)}")


def escaped(token: str) -> str:
    """A reference token of a JSON Pointer."""
    return token.replace("~", "~0").replace("/", "~1")
