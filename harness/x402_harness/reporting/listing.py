"""One listing for people and programs: terms, request, answer, findings."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from x402_catalog.findings import Finding
from x402_catalog.hints import Declared, RequestShape, ResponseShape, request_shape, response_shape
from x402_catalog.models import Listing, Offer
from x402_catalog.pricing import position
from x402_catalog.store import Standing
from x402_harness.reporting.escape import printable
from x402_harness.reporting.rows import decimal, dollars, times
from x402_harness.reporting.terminal import finding_lines
from x402_harness.reporting.tree import kind, schema_tree
from x402_harness.runs.history import Runs


def listing_details(listing: Listing) -> dict[str, Any]:
    """The listing's terms with its shapes as JSON Schemas, and its JSON as it was read."""
    return {
        "slug": listing.slug,
        "title": listing.title,
        "url": listing.url,
        "method": listing.method,
        "offers": [_offer_details(listing, offer) for offer in listing.offers],
        "raw": listing.raw,
    }


def _offer_details(listing: Listing, offer: Offer) -> dict[str, Any]:
    request, response = request_shape(listing, offer), response_shape(listing, offer)
    return {
        "network": offer.network_name,
        "price": str(offer.price) if offer.price else None,
        "amount": offer.amount_text,
        "request": {"method": request.method, "url": request.url, "media_type": request.media_type, **request.parts},
        "response": {"declared": str(response.declared), "media_type": response.media_type, "schema": response.schema},
        "notes": [
            {"kind": note.kind, "pointer": note.pointer, "message": note.message}
            for note in (*request.notes, *response.notes)
        ],
    }


def standing_details(standing: Standing | None) -> dict[str, Any] | None:
    """Where the price stands among those of its category, as JSON; amounts are dollars."""
    if standing is None:
        return None
    return {
        "price": decimal(standing.price), "rank": standing.rank, "peers": standing.peers, "p5": decimal(standing.low),
        "median": decimal(standing.median), "p95": decimal(standing.high),
        "times_median": None if standing.ratio is None else float(f"{standing.ratio:.6g}"),
    }  # fmt: skip


def print_listing(
    listing: Listing,
    findings: list[Finding],
    out: Console,
    standing: Standing | None = None,
    runs: Runs | None = None,
) -> None:
    """Print the listing, where its price stands in its catalogue, and what recorded runs bought of it."""
    out.print(Text(printable(listing.title), style="bold"))
    out.print(f"{printable(listing.method)} {printable(listing.url)}")
    if listing.summary:
        out.print(printable(listing.summary))
    rows: list[tuple[str, str]] = [("Slug", listing.slug), ("Category", listing.category)]
    where = position(listing)
    if where is not None and where.ratio is not None:
        rows.append(("Price", f"{where.ratio.normalize():f} times the median of its category"))
    if standing is not None:
        rows.append(("Peers", _standing(standing)))
    for offer in listing.offers:
        rows.extend(_offer_rows(offer))
    if listing.offers:
        rows.extend(_shape_rows(request_shape(listing, listing.offers[0]), response_shape(listing, listing.offers[0])))
    if runs is not None and runs.runs:
        ends = ", ".join(f"{count} {end}" for end, count in runs.ends.most_common()) or "nothing bought"
        rows.append(("Runs", f"{runs.runs} ({runs.mode}), {ends}, last {runs.last}"))
    for name, value in rows:
        out.print(f"  {name:<9} {printable(value)}")
    for finding in findings:
        for line in finding_lines(finding):
            out.print(line)


def _standing(standing: Standing) -> str:
    if standing.peers == 1:
        return "the only one of its category here that has a price"
    ratio = f", {times(standing.ratio)} their median {dollars(standing.median)}" if standing.ratio is not None else ""
    spread = f"p5 {dollars(standing.low)}, p95 {dollars(standing.high)}"
    return f"{dollars(standing.price)} is number {standing.rank} of {standing.peers} in its category{ratio}; {spread}"


def _offer_rows(offer: Offer) -> list[tuple[str, str]]:
    price = str(offer.price) if offer.price else f"{offer.amount_text} atomic units of {offer.asset}"
    return [
        ("Offer", f"{price} ({offer.amount_text} atomic) on {offer.network_name}, scheme {offer.scheme}"),
        ("Pay to", f"{offer.pay_to}, within {offer.timeout} s"),
    ]


def _shape_rows(request: RequestShape, response: ResponseShape) -> list[tuple[str, str]]:
    rows = []
    for name, schema in request.parts.items():
        rows.append((name.capitalize(), _fields(schema) if isinstance(schema, dict) else "anything"))
    if not request.parts:
        rows.append(("Request", "no fields declared"))
    told = _fields(response.schema) if isinstance(response.schema, dict) else str(response.declared)
    media = f"{response.media_type}: " if response.media_type else ""
    rows.append(
        ("Answer", media + (told if response.declared is Declared.SCHEMA else f"declared by {response.declared}"))
    )
    return [*rows, *(("", line) for line in schema_tree(response.schema))]


def _fields(schema: dict[str, Any]) -> str:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return kind(schema)
    required = schema.get("required", [])
    shown = [f"{name}{'*' if name in required else ''} {kind(child)}" for name, child in properties.items()]
    return f"{len(shown)} fields: " + " · ".join(shown[:12]) + (" …" if len(shown) > 12 else "")
