"""Cost: how many steps a judgement can take at most, told from the schema and the size of the value alone.

A step is one keyword held against one node of a value, about a tenth of a microsecond for jsonschema-rs and some
microseconds for jsonschema. Where no bound is found, the cost is infinite.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf, prod
from typing import Any

from x402_catalog.models import Json

_CHARACTERS = 64  # of a string, that an engine gets through in one step
_MOST_CALLS = 20_000  # of the estimate itself
_MOST_NODES = 500_000  # counted of a value; a larger one has no bound

_CONTAINERS = frozenset({dict, list})
_MEASURED = _CONTAINERS | {str}

_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLES = ("not", "if", "then", "else")
_BY_NAME = ("dependentSchemas", "dependencies")
_COUNTED = ("enum", "required", "properties", "patternProperties", "dependentRequired")
_COUNT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
# Repeating what the branches beside them have seen takes the branches again: three times, as measured.
_REPEATING, _AGAIN = ("unevaluatedProperties", "unevaluatedItems"), 3
_UNFOLLOWED = ("$dynamicRef", "$recursiveRef")
_NOT_ONCE = frozenset({"$ref", "pattern", "patternProperties", *_REPEATING, *_UNFOLLOWED})


@dataclass(frozen=True, slots=True)
class Size:
    """How large a value is: its nodes and names, with long strings as several; its depth; its longest string."""

    nodes: float
    depth: int
    longest: int


def size(value: Json) -> Size:
    """Measure ``value``; no more of it than matters."""
    nodes, depth, longest, level = 1, 0, 0, [value]
    while level and nodes <= _MOST_NODES:
        depth += 1
        below: list[Any] = []
        for node in level:
            if isinstance(node, str):
                nodes += len(node) // _CHARACTERS
                longest = max(longest, len(node))
            elif isinstance(node, dict):
                below += node.values()
                nodes += len(node) + sum(map(len, node)) // _CHARACTERS
                longest = max(longest, max(map(len, node), default=0))
            elif isinstance(node, list):
                below += node
        nodes += len(below)
        level = [child for child in below if child.__class__ in _MEASURED]
    return Size(inf if level else nodes, depth, longest)


class Costs:
    """What it costs to judge values by one schema."""

    def __init__(self, schema: Any) -> None:
        self._root = schema
        self._at_most = _each_once(schema)
        self._known: dict[tuple[int, int], float] = {}

    def of(self, extent: Size, enough: float = 0) -> float:
        """The most steps that a value of that size can take; not reckoned any closer once at most ``enough``."""
        if extent.nodes * self._at_most <= enough or extent.nodes == inf:
            return extent.nodes * self._at_most
        # Depths and lengths are rounded up, so that values of about one size share one estimate.
        key = (extent.depth, extent.longest.bit_length())
        if key not in self._known:
            self._known[key] = _Estimate(self._root, 1 << key[1]).of(key[0])
        return extent.nodes * self._known[key]


def _each_once(schema: Any) -> float:
    """How much there is in a schema of which no part is ever applied twice to one place of a value."""
    steps, level = 1, [schema] if isinstance(schema, dict) else []
    while level:
        below: list[Any] = []
        for node in level:
            steps += len(node)
            if node.__class__ is dict:
                if not _NOT_ONCE.isdisjoint(node) or node.get("format") == "regex":
                    return inf
                below += node.values()
            else:
                below += node
        level = [child for child in below if child.__class__ in _CONTAINERS]
    return steps


def weight(pattern: str) -> float:
    """About how many states the automaton of a pattern has."""
    counts = (max(int(high or low), 1) if len(high or low) < 9 else inf for low, high in _COUNT.findall(pattern))
    return (1 + len(pattern)) * prod(counts)


# Counted here, since the interpreter's own limit may have been raised by others to where the process ends first.
_DEEPEST = 120


class _Estimate:
    """The steps at any one node of a value and at all those above it, references followed."""

    def __init__(self, root: Any, longest: int) -> None:
        self._root = root
        self._longest = longest
        self._known: dict[tuple[int, int], float] = {}
        self._nesting = 0

    def of(self, depth: int) -> float:
        return self._at(self._root, depth)

    def _at(self, schema: Any, depth: int) -> float:
        if depth < 0:
            return 0
        if not isinstance(schema, dict):
            return 1
        key = (id(schema), depth)
        if key not in self._known:
            # Met again on its own way down, or too much to count: no bound.
            self._known[key] = inf
            if len(self._known) <= _MOST_CALLS and self._nesting < _DEEPEST:
                self._nesting += 1
                self._known[key] = self._own(schema) + self._here(schema, depth) + self._below(schema, depth)
                self._nesting -= 1
        return self._known[key]

    def _own(self, schema: dict[str, Any]) -> float:
        counted = (schema[key] for key in _COUNTED if key in schema)
        steps = len(schema) + sum(len(listed) for listed in counted if isinstance(listed, (list, dict)))
        patterns = [schema.get("pattern"), *_mapping(schema, "patternProperties")]
        steps += self._longest if schema.get("format") == "regex" else 0  # a text is a pattern here, and gets compiled
        return steps + sum(self._matching(pattern) for pattern in patterns if isinstance(pattern, str))

    def _matching(self, pattern: str) -> float:
        return weight(pattern) * self._longest / _CHARACTERS

    def _here(self, schema: dict[str, Any], depth: int) -> float:
        if any(key in schema for key in _UNFOLLOWED) or ("$id" in schema and schema is not self._root):
            return inf
        steps = sum(self._at(child, depth) for child in self._in_place(schema))
        return steps * _AGAIN if any(key in schema for key in _REPEATING) else steps

    def _in_place(self, schema: dict[str, Any]) -> Iterator[Any]:
        for key in _LISTS:
            yield from _listed(schema, key)
        yield from (schema[key] for key in _SINGLES if key in schema)
        for key in _BY_NAME:
            yield from _mapping(schema, key).values()
        if "$ref" in schema:
            yield self._target(schema["$ref"])

    def _below(self, schema: dict[str, Any], depth: int) -> float:
        # A member falls under one of the properties or under the rest, an item under one of the first or the rest.
        members = [*_mapping(schema, "properties").values(), schema.get("additionalProperties")]
        items = schema.get("items")
        first = [*_listed(schema, "prefixItems"), *(items if isinstance(items, list) else [items])]
        steps = self._largest(members, depth) + self._largest([*first, schema.get("additionalItems")], depth)
        every = [*_mapping(schema, "patternProperties").values(), schema.get("contains"), schema.get("propertyNames")]
        every += [schema.get(key) for key in _REPEATING]
        return steps + sum(self._at(child, depth - 1) for child in every if child is not None)

    def _largest(self, children: Iterable[Any], depth: int) -> float:
        return max((self._at(child, depth - 1) for child in children if child is not None), default=0)

    def _target(self, reference: Any) -> Any:
        if reference == "#":
            return self._root
        node = self._root
        for step in str(reference).split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            node = node.get(name) if isinstance(node, dict) else None
        # What is not found by its plain path is named in a way that is not followed here.
        found = isinstance(node, (dict, bool)) and str(reference).startswith("#/")
        return node if found else {_UNFOLLOWED[0]: reference}


def _mapping(schema: dict[str, Any], key: str) -> dict[str, Any]:
    found = schema.get(key)
    return found if isinstance(found, dict) else {}


def _listed(schema: dict[str, Any], key: str) -> list[Any]:
    found = schema.get(key)
    return found if isinstance(found, list) else []
