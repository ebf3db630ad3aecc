"""Comparison: what sets listings apart, a row for each thing that can be told in a cell."""

from __future__ import annotations

from typing import NamedTuple

from x402_catalog.hints import request_shape, response_shape
from x402_catalog.models import Listing
from x402_catalog.store import Catalogue, Row
from x402_catalog.validation import validate
from x402_harness.reporting.rows import dollars, main_offer, network_name, times

MOST = 8  # listings side by side


class Compared(NamedTuple):
    """One listing: ``cells`` by name, ``None`` where it says nothing."""

    slug: str
    cells: dict[str, str | None]
    errors: int
    warnings: int


class Side(NamedTuple):
    """One row: the cells of all listings, and whether they are the same."""

    name: str
    cells: tuple[str | None, ...]
    same: bool


def compared(catalogue: Catalogue, key: int) -> Compared:
    """What can be compared of the listing with that id."""
    (row,), listing = catalogue.rows([key]), catalogue.get(key)
    findings = validate(listing, keep_held=False).findings
    errors, warnings = (sum(found.level == level for found in findings) for level in ("error", "warning"))
    cells = {**_terms(catalogue, row), **_request(listing), "findings": f"{errors} errors, {warnings} warnings"}
    return Compared(row.slug, cells, errors, warnings)


def sides(told: list[Compared]) -> list[Side]:
    """The comparison row by row."""
    rows = [(name, tuple(one.cells[name] for one in told)) for name in told[0].cells] if told else []
    return [Side(name, cells, len(set(cells)) == 1) for name, cells in rows]


def _terms(catalogue: Catalogue, row: Row) -> dict[str, str | None]:
    offer, standing = main_offer(row), catalogue.standing(row.id)
    ratio = standing.ratio if standing else None
    return {
        "title": row.title,
        "host": row.host,
        "category": row.category or None,
        "method": row.method,
        "price": None if row.price is None else dollars(row.price),
        "atomic units": f"{offer.amount} {offer.symbol}".strip() if offer else None,
        "network": ", ".join(dict.fromkeys(network_name(one.network) for one in row.offers)) or None,
        "× category median": None if ratio is None else times(ratio),
        "rank in category": f"{standing.rank} of {standing.peers}" if standing else None,
        "declared flag": row.flag or None,
        "pay to": offer.pay_to if offer else None,
        "trust tier": row.tier or None,
    }


def _request(listing: Listing) -> dict[str, str | None]:
    if not listing.offers:
        return dict.fromkeys(("timeout", "required fields", "optional fields", "declared output"))
    offer = listing.offers[0]
    request, response = request_shape(listing, offer), response_shape(listing, offer)
    parts = [part for part in request.parts.values() if isinstance(part, dict)]
    names = {name for part in parts for name in part.get("properties", {})}
    required = {name for part in parts for name in part.get("required", [])}
    return {
        "timeout": None if offer.timeout is None else f"{offer.timeout} s",
        "required fields": ", ".join(sorted(required)) or None,
        "optional fields": str(len(names - required)),
        "declared output": f"{response.declared} {response.media_type or ''}".strip(),
    }
