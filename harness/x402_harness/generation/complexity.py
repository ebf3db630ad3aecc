"""How many cases a schema falls into when its alternatives are multiplied out.

The canonical form writes a schema as a list of cases. ``allOf`` multiplies the cases of its parts, and a ``not`` swaps
them with the cases that are ruled out, so a short text can stand for millions. They are counted before any are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from .dialect import Schema

CASES = 600  # the canonical form of so many cases still takes well under a second
_MANY = 10**9
ALTERNATIVES = frozenset(
    ["allOf", "anyOf", "oneOf", "if", "then", "else", "dependencies", "dependentRequired", "dependentSchemas"]
)


def cases(schema: Schema) -> int:
    """The most cases that any schema of a document falls into, roughly."""
    counter = _Counter()
    counter.count(schema)
    return counter.most


def inside(schema: Schema) -> int:
    """The most cases of any part, the alternatives at the top left aside."""
    if not isinstance(schema, dict):
        return 1
    whole = list(_conjuncts(schema))
    fixed = [{key: value for key, value in part.items() if key not in ALTERNATIVES} for part in whole]
    options = [part[keyword] for part in whole for keyword in ("if", "then", "else") if keyword in part]
    options += [option for part in whole for keyword in ("anyOf", "oneOf") for option in part.get(keyword, [])]
    return max([cases({"allOf": fixed}), *map(cases, options)])


def _conjuncts(schema: Schema) -> Iterator[dict[str, Any]]:
    """A schema and everything in its ``allOf``, however deep."""
    if isinstance(schema, dict):
        yield schema
        for part in schema.get("allOf", []):
            yield from _conjuncts(part)


class _Counter:
    def __init__(self) -> None:
        self.most = 1

    def count(self, schema: object) -> tuple[int, int]:
        """The cases of a schema and of its opposite."""
        if not isinstance(schema, dict):
            return 1, 1
        parts = [part for keyword, value in schema.items() for part in self.keyword(keyword, value)]
        parts += self.condition(schema)
        held, broken = prod(part[0] for part in parts), max(sum(part[1] for part in parts), 1)
        self.most = min(max(self.most, held), _MANY)
        return min(held, _MANY), min(broken, _MANY)

    def keyword(self, keyword: str, value: Any) -> list[tuple[int, int]]:
        if keyword == "allOf":
            self.most = max(self.most, min(prod(map(self.members, value)), _MANY))
            return self.each(value)
        if keyword == "anyOf":
            counts = self.each(value)
            return [(sum(held for held, _ in counts), prod(broken for _, broken in counts))]
        if keyword == "oneOf":
            total = sum(held + broken for held, broken in self.each(value))
            return [(len(value), total)]
        if keyword == "not":
            held, broken = self.count(value)
            self.most = max(self.most, broken)
            return [(broken, held)]
        if keyword in {"dependencies", "dependentRequired", "dependentSchemas"}:
            return [(held + 1, broken) for held, broken in self.each(value.values())]
        if keyword in {"$defs", "definitions", "patternProperties", "properties"}:
            return [(1, sum(broken for _, broken in self.each(value.values())) or 1)]
        if keyword in {"additionalProperties", "contains", "items", "prefixItems", "propertyNames"}:
            inner = value if isinstance(value, list) else [value]
            return [(1, sum(broken for _, broken in self.each(inner)) or 1)]
        return []

    def condition(self, schema: dict[str, Any]) -> list[tuple[int, int]]:
        if "if" not in schema:
            return []
        held, broken = self.count(schema["if"])
        then, other = self.count(schema.get("then", True)), self.count(schema.get("else", True))
        return [(held * then[0] + broken * other[0], held * then[1] + broken * other[1])]

    def members(self, schema: Any) -> int:
        """The cases of the member that has most of them."""
        properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
        return max((self.count(member)[0] for member in properties.values()), default=1)

    def each(self, schemas: Any) -> list[tuple[int, int]]:
        return [self.count(schema) for schema in schemas]
