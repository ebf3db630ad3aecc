"""Dangling references: which of those in a schema that lead nowhere stands first.

The engine stops at any of them, another one in every process; a finding has to stand at the same place every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from x402_catalog.hostile import Path, nodes
from x402_catalog.models import Json

_REFERENCES = ("$ref", "$dynamicRef")
_MOST_COPIED = 50_000  # nodes: every reference that is tried costs a copy of the schema

Failure = Callable[[Json], Exception | None]


def first_dangling(schema: Json, failure: Failure) -> tuple[Path, Exception] | None:
    """The path of the first reference, in document order, that ``failure`` (what an engine has against a schema) finds
    fault with when no other one is there, and that fault; ``None`` if it lies with none of the first few."""
    places = list(nodes(schema))
    if failure(_alone(schema, None)) is not None:
        return None  # and would be blamed on whatever reference is tried first
    for path, holder in islice(_references(places), _MOST_COPIED // len(places)):
        if (error := failure(_alone(schema, holder))) is not None:
            return path, error
    return None


def _references(places: list[tuple[Path, Any]]) -> Iterator[tuple[Path, Any]]:
    """Each reference with its path, once for every text of it, and the object that it stands in."""
    told: set[tuple[str, str]] = set()
    for path, node in places:
        for name in _REFERENCES if isinstance(node, dict) else ():
            # The same text leads to the same place unless an $id stands between; then the engine's word has to do.
            if isinstance(node.get(name), str) and (name, node[name]) not in told:
                told.add((name, node[name]))
                yield (*path, name), node


def _alone(node: Json, holder: Any) -> Json:
    """``node`` without references, but for those directly in ``holder``."""
    if isinstance(node, list):
        return [_alone(child, holder) for child in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _alone(child, holder)
        for key, child in node.items()
        if node is holder or key not in _REFERENCES or not isinstance(child, str)
    }
