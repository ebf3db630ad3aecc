"""From a schema document to the canonical forms that values are planned from.

Mostly that is one form of the whole schema. What the canonical form can not express is given up for planning only: the
drawn values are still checked against the whole schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jsonschema_rs import CanonicalSchema

from .algebra import empty, raw_parts
from .complexity import CASES, cases, inside
from .declared import marked
from .dialect import Dialect, Schema
from .errors import UnsatisfiableSchema, UnsupportedSchema
from .paths import Paths
from .vocabulary import relaxed, walk

WAYS = 12  # ways through a schema of too many cases
UNMODELLED = ("unevaluatedItems", "unevaluatedProperties")
CONTENT = ("contentMediaType", "contentSchema")
BLAMED = (
    *UNMODELLED, "$dynamicRef", "$recursiveRef", *CONTENT, "not", "oneOf", "anyOf", "allOf", "if",
    "dependentRequired", "dependentSchemas", "dependencies",
)  # fmt: skip


@dataclass(frozen=True)
class Forms:
    """Canonical forms to plan from; ``whole`` where the one form admits just what the schema does."""

    roots: tuple[CanonicalSchema, ...]
    whole: bool


def forms(schema: Schema, dialect: Dialect) -> Forms:
    """The canonical forms of a schema; raises when it is proven empty, or nothing can be made of it."""
    if cases(schema) <= CASES:
        exact = dialect.canonical(schema)
        if empty(exact):
            raise UnsatisfiableSchema("no value satisfies the schema")
        for candidate in (dialect.canonical(marked(schema)), exact):
            if not raw_parts(candidate):
                return Forms((candidate,), whole=True)
    roots = tuple(_reductions(schema, dialect))
    if not roots:
        raise UnsupportedSchema(*blame(schema), "the combination is not understood, or has too many cases")
    return Forms(roots, whole=False)


def _reductions(schema: Schema, dialect: Dialect) -> Iterator[CanonicalSchema]:
    """Forms of schemas that ask for less, or decide what the schema leaves open."""
    lighter = marked(relaxed(schema, UNMODELLED))
    if _encodes(schema):
        lighter = relaxed(lighter, CONTENT)
    if lighter != marked(schema) and cases(lighter) <= CASES:
        root = dialect.canonical(lighter)
        if not raw_parts(root):
            yield root
            return
    if isinstance(lighter, dict) and inside(lighter) <= CASES:
        paths = Paths(lighter, dialect)
        ways = [paths.way(seed) for seed in range(WAYS)]
        yield from (way for way in dict.fromkeys(ways) if way is not None and not raw_parts(way))


def _encodes(schema: Schema) -> bool:
    """Whether base64 is asked for: what is drawn then carries JSON anyway."""
    return any("contentEncoding" in inner for _, inner in walk(schema))


def blame(schema: Schema) -> tuple[str, str]:
    """The keyword most likely at fault, and where it stands."""
    found = [
        (BLAMED.index(keyword), keyword, pointer)
        for pointer, inner in walk(schema)
        for keyword in inner
        if keyword in BLAMED
    ]
    return min(found)[1:] if found else ("$schema", "")
