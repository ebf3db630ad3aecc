"""Comparison: what sets listings apart, a row for each thing that can be told in a cell."""

from __future__ import annotations

from typing import NamedTuple

from x402_catalog.hints import request_shape, response_shape
from x402_catalog.models import Listing
from x402_catalog.store import Catalogue, Cluster, Row
from x402_catalog.validation import validate
from x402_harness.reporting.rows import dollars, main_offer, network_name, times

MOST = 8  # listings side by side
_COPIES = {
    "DUP001": "same endpoint",
    "DUP002": "same content",
    "DUP003": "nearly the same text",
    "DUP004": "same family",
    "DUP005": "same payee, other host",
}


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


class Like(NamedTuple):
    """A listing (the first of ``keys``), its copies, and listings that are like it: as many as were asked for."""

    keys: list[int]
    cluster: Cluster


def like(catalogue: Catalogue, key: int, count: int) -> Like:
    """At most ``count`` listings that are like the one with that id: copies of it first, the cheapest of them first,
    then others of its category, the nearest first."""
    cluster = catalogue.cluster(key)
    near = (row.id for row in catalogue.similar(key, count + len(cluster.copies)))
    return Like([key, *list(dict.fromkeys([*cluster.copies, *near]))[:count]], cluster)


def marked(told: list[Compared], keys: list[int], found: Like) -> list[Compared]:
    """``told`` of ``keys``, each with what kind of copy it is of the first of ``found``, and whether it is the cheapest
    of them; as it was where there are no copies."""
    if not found.cluster.copies:
        return told
    pairs = zip(told, keys, strict=True)
    return [one._replace(cells={"copy": _copy(key, found), **one.cells}) for one, key in pairs]


def _copy(key: int, found: Like) -> str | None:
    rule = found.cluster.copies.get(key)
    if rule is None and key != found.keys[0]:
        return None
    kind = _COPIES[rule.code] if rule else f"{len(found.cluster.copies)} copies"
    return f"{kind}, the cheapest" if key == found.cluster.cheapest else kind


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
