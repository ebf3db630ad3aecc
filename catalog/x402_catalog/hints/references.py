"""References: a part of a document with its ``$ref`` to other parts written out."""

from __future__ import annotations

from functools import reduce
from urllib.parse import unquote

from x402_catalog.hints.forms import MAX_DEPTH
from x402_catalog.models import Json, JsonObject, below, pointer, steps

MAX_NODES = 20_000  # of one document, written out; references that double at every step would go on for ever


class Unfolder:
    """Writes out references inside one document, as far as that ends.

    Where a definition refers to itself the inner one becomes an open schema, and so does what lies beyond
    ``limit`` nodes or too deep: then ``is_cut`` is set. A reference that leads nowhere stays as it is.
    """

    def __init__(self, document: JsonObject, limit: int = MAX_NODES) -> None:
        self._document = document
        self._left = limit
        self.is_cut = False

    def unfold(self, value: Json, at: str) -> tuple[Json, dict[str, str]]:
        """``value``, which stands at ``at``, written out; and for pointers in the result where in the document their
        value stands: what lies below such a pointer stands below that place."""
        places = {"": at}
        return self._unfolded(value, "", places, ()), places

    def _unfolded(self, value: Json, to: str, places: dict[str, str], within: tuple[str, ...], depth: int = 0) -> Json:
        if not isinstance(value, (dict, list)):
            return value
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            self.is_cut = True
            return {}
        if isinstance(value, list):
            return [self._unfolded(child, f"{to}/{i}", places, within, depth + 1) for i, child in enumerate(value)]
        place = _place(value)
        if place in within:
            return {}
        target = reduce(below, steps(place), self._document) if place is not None else None
        if place is None or target is None:
            return {
                key: self._unfolded(child, to + pointer(key), places, within, depth + 1) for key, child in value.items()
            }
        places[to] = place
        found = self._unfolded(target, to, places, (*within, place), depth + 1)
        beside = {key: child for key, child in value.items() if key != "$ref"}
        return {**found, **beside} if isinstance(found, dict) else found


def _place(value: JsonObject) -> str | None:
    reference = value.get("$ref")
    return unquote(reference[1:]) if isinstance(reference, str) and reference.startswith("#/") else None
