"""Set operations on canonical schemas, with None where the canonical form has no answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from jsonschema_rs import CanonicalSchema
from jsonschema_rs import canonical as c

from .dialect import Dialect


class Algebra:
    """Canonical schemas of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.anything = dialect.canonical(True)
        self.text = dialect.canonical({"type": "string"})

    def named(self, names: Sequence[str]) -> CanonicalSchema:
        """Strings out of a list."""
        return self.dialect.canonical({"enum": list(names)} if names else False)

    def matching(self, pattern: str) -> CanonicalSchema:
        """Strings that a pattern matches."""
        return self.dialect.canonical({"type": "string", "pattern": pattern})


def meet(*schemas: CanonicalSchema) -> CanonicalSchema | None:
    """What all schemas admit."""
    result = schemas[0]
    try:
        for schema in schemas[1:]:
            result = result.intersect(schema)
    except c.CanonicalizationError:
        return None
    return result


def complement(schema: CanonicalSchema) -> CanonicalSchema | None:
    """What a schema rejects."""
    try:
        return schema.negate()
    except c.CanonicalizationError:
        return None


def empty(schema: CanonicalSchema) -> bool:
    """Whether a schema is proven to admit nothing."""
    return schema.satisfiability() == c.Satisfiability.NO


def plain_schema(schema: CanonicalSchema) -> dict[str, Any] | bool:
    """The canonical form as an ordinary schema document."""
    document = schema.to_json_schema()
    assert isinstance(document, dict | bool)
    return document


def children(schema: CanonicalSchema) -> Iterator[CanonicalSchema]:
    """The schemas directly inside one, references not followed."""
    match schema.view():
        case c.AllOfView(branches) | c.AnyOfView(branches) | c.OneOfView(branches):
            yield from branches
        case c.NotView(inner):
            yield inner
        case c.TypedGroupView(_, body):
            yield body
        case c.ArrayView() as array:
            yield from array.prefix_items
            yield from [array.items] if array.items else []
            yield from (part.schema for part in array.contains)
        case c.ObjectView() as record:
            yield from record.properties.values()
            yield from record.pattern_properties.values()
            yield from [record.additional_properties] if record.additional_properties else []


@lru_cache(maxsize=4096)
def references(schema: CanonicalSchema) -> frozenset[str]:
    """The references anywhere inside a schema, not followed."""
    view = schema.view()
    if isinstance(view, c.ReferenceView):
        return frozenset([view.uri])
    return frozenset().union(*(references(child) for child in children(schema)))


def cyclic(schema: CanonicalSchema) -> frozenset[str]:
    """The references of a document that lead back to themselves."""
    arrows: dict[str, frozenset[str]] = {}
    waiting = sorted(references(schema))
    while waiting:
        uri = waiting.pop()
        target = schema.definition(uri)
        if uri in arrows or target is None:
            continue
        arrows[uri] = references(target)
        waiting.extend(sorted(arrows[uri]))
    return frozenset(uri for uri in arrows if uri in _reachable(arrows, uri))


def _reachable(arrows: dict[str, frozenset[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(arrows.get(start, ()))
    while waiting:
        uri = waiting.pop()
        if uri not in seen:
            seen.add(uri)
            waiting.extend(arrows.get(uri, ()))
    return seen


def raw_parts(root: CanonicalSchema) -> list[c.RawView]:
    """The parts of a document that the canonical form keeps as they were written."""
    found: list[c.RawView] = []
    seen: set[CanonicalSchema] = set()
    waiting = [root]
    while waiting:
        schema = waiting.pop()
        if schema in seen:
            continue
        seen.add(schema)
        view = schema.view()
        if isinstance(view, c.RawView):
            found.append(view)
        elif isinstance(view, c.ReferenceView):
            target = root.definition(view.uri)
            waiting += [target] if target is not None else []
        waiting.extend(children(schema))
    return found
