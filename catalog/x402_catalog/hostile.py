"""Hostile schemas: what no engine is given, because it would fetch, overflow the stack or never end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

DIALECTS = frozenset(
    {
        "https://json-schema.org/draft/2020-12/schema",
        "https://json-schema.org/draft/2019-09/schema",
        "http://json-schema.org/draft-07/schema",
        "http://json-schema.org/draft-06/schema",
        "http://json-schema.org/draft-04/schema",
    }
)
MAX_DEPTH = 200  # nested objects and arrays, as the reader allows; the engine's own limit lies above
MAX_STEPS = 20_000  # subschemas that a value may have to be held against at one and the same place
_FEW = 24  # references; so few cannot unfold into more than MAX_STEPS

_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLES = ("not", "if", "then", "else")

# Keywords whose values a metaschema cannot judge: what they name or match is found by compiling alone.
_UNUSUAL = frozenset(
    {"$ref", "$dynamicRef", "$recursiveRef", "$id", "id", "$schema", "$anchor", "$dynamicAnchor", "$vocabulary"}
    | {"pattern", "patternProperties", "format"}
)


def refusal(schema: Any) -> tuple[Path, str, str] | None:
    """Where, by which keyword and why ``schema`` is not given to an engine; ``None`` if nothing speaks against it.

    An unknown ``$schema`` would be fetched, deep nesting overflows the stack, and references that double at every
    step take exponential time.
    """
    dialect = schema.get("$schema") if isinstance(schema, dict) else None
    if isinstance(dialect, str) and dialect.rstrip("#") not in DIALECTS:
        return ("$schema",), "$schema", f"{dialect[:100]!r} is no known dialect, and nothing is fetched"
    depth, references, _ = _measure(schema)
    if depth > MAX_DEPTH:
        return (), "depth", f"nested more than {MAX_DEPTH} deep"
    if references > _FEW and _Steps(schema).unfold():
        return (), "$ref", f"its references unfold into more than {MAX_STEPS} subschemas at one place"
    return None


def is_plain(schema: Any, besides: frozenset[str] = frozenset(), deepest: int = MAX_DEPTH) -> bool:
    """Whether ``schema`` has nothing but keywords that the metaschema judges whole: no reference and no pattern, nor
    any of those ``besides``, and is nested no deeper than ``deepest``."""
    depth, _, unusual = _measure(schema, _UNUSUAL | besides if besides else _UNUSUAL)
    return depth <= deepest and not unusual


def is_deep(value: Any) -> bool:
    """Whether a value is nested deeper than a reader lets through: too deep for anything that recurses over it."""
    return _measure(value)[0] > MAX_DEPTH


def _measure(schema: Any, keywords: frozenset[str] = _UNUSUAL) -> tuple[int, int, bool]:
    """How deep ``schema`` is nested, but no deeper than one beyond the limit, how many references it has, and whether
    it has any of ``keywords``."""
    level, depth, references, unusual = [schema], 0, 0, False
    while depth <= MAX_DEPTH and level:
        depth += 1
        below: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                if not keywords.isdisjoint(node):
                    unusual = True
                    references += "$ref" in node
                below += [child for child in node.values() if isinstance(child, (dict, list))]
            elif isinstance(node, list):
                below += [child for child in node if isinstance(child, (dict, list))]
        level = below
    return depth, references, unusual


def nodes(value: Any) -> Iterator[tuple[Path, Any]]:
    """Every node of a value with its path, in document order."""
    stack: list[tuple[Path, Any]] = [((), value)]
    while stack:
        path, node = stack.pop()
        yield path, node
        stack.extend(((*path, step), child) for step, child in reversed(_children(node)))


def _children(node: Any) -> list[tuple[str | int, Any]]:
    if isinstance(node, dict):
        return list(node.items())
    return list(enumerate(node)) if isinstance(node, list) else []


class _Steps:
    """Counts the subschemas that apply at one place of a value, references unfolded."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._known: dict[int, int] = {}

    def unfold(self) -> bool:
        """Whether any place needs more than :data:`MAX_STEPS`."""
        return any(self._at(node, 0) > MAX_STEPS for _, node in nodes(self._root) if isinstance(node, dict))

    def _at(self, schema: Any, depth: int) -> int:
        if not isinstance(schema, dict):
            return 1
        if depth > MAX_DEPTH:
            return MAX_STEPS + 1
        if (known := self._known.get(id(schema))) is not None:
            return known
        self._known[id(schema)] = 1  # met again on the way down: a cycle, which the engine ends by itself
        count = 1 + sum(self._at(child, depth + 1) for child in self._applied(schema))
        self._known[id(schema)] = min(count, MAX_STEPS + 1)
        return self._known[id(schema)]

    def _applied(self, schema: dict[str, Any]) -> Iterator[Any]:
        for key in _LISTS:
            if isinstance(schema.get(key), list):
                yield from schema[key]
        yield from (schema[key] for key in _SINGLES if key in schema)
        dependents = schema.get("dependentSchemas")
        yield from dependents.values() if isinstance(dependents, dict) else ()
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#"):
            yield self._target(reference)

    def _target(self, reference: str) -> Any:
        node = self._root
        for step in reference.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict):
                node = node.get(name)
            elif isinstance(node, list) and name.isdecimal() and name.isascii():
                index = int(name[:9])
                node = node[index] if index < len(node) else None
        return node
