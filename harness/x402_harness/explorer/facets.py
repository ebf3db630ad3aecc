"""Facets as links: each value adds itself to the filters, or takes itself away."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from x402_catalog.store import Page
from x402_catalog.store.facets import MOST_VALUES
from x402_harness.explorer.asked import Asked, literal
from x402_harness.reporting.rows import network_name

SHOWN = 8  # values of a facet before the rest is folded away
_HEADS = {"flag": "price flag", "tier": "trust tier", "output": "declares output"}


@dataclass(frozen=True, slots=True)
class Value:
    """A value: ``href`` turns it on or off; ``None`` where it cannot be filtered by."""

    name: str
    count: int
    href: Markup | None
    selected: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its values, the largest first; ``first`` are shown at once. ``cut`` if there may be more."""

    name: str
    head: str
    first: tuple[Value, ...]
    rest: tuple[Value, ...]
    cut: bool


def facets(asked: Asked, page: Page) -> list[Facet]:
    """The facets of a page, those without a value left out."""
    made = [_facet(asked, name, counts) for name, counts in page.facets.items()]
    return [facet for facet in made if facet.first]


def _facet(asked: Asked, name: str, counts: dict[str, int]) -> Facet:
    values = [_value(asked, name, value, count) for value, count in counts.items()]
    values.sort(key=lambda value: not value.selected)
    chosen = max(SHOWN, sum(value.selected for value in values))
    head = _HEADS.get(name, name)
    return Facet(name, head, tuple(values[:chosen]), tuple(values[chosen:]), len(values) >= MOST_VALUES)


def _value(asked: Asked, name: str, value: str, count: int) -> Value:
    shown = network_name(value) if name == "network" else value
    wanted = literal(name, value)
    chosen = [one for one in asked.many(name) if one.lower() == wanted.lower() or one == shown]
    if chosen:
        return Value(shown or "none", count, asked.without(name, chosen[0]).href(), True)
    can_be = bool(value) and name != "output"
    return Value(shown or "none", count, asked.adding(name, wanted).href() if can_be else None, False)
