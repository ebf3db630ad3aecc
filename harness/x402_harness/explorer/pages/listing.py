"""The page of a listing: terms, request, answer, requests made of them, price among its peers, findings, runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from x402_catalog.findings import shown
from x402_catalog.hints import Declared, RequestShape, request_shape, response_shape
from x402_catalog.models import Json, Listing, Offer
from x402_catalog.store import Catalogue, Standing
from x402_catalog.validation import validate
from x402_harness.explorer.answers import Answer
from x402_harness.explorer.asked import Asked, BadQuery
from x402_harness.explorer.commands import line
from x402_harness.explorer.pages.compare import named, numbered
from x402_harness.explorer.pages.home import rows
from x402_harness.explorer.pages.host import failing
from x402_harness.explorer.shelf import Shelf
from x402_harness.reporting.looking import show_document
from x402_harness.reporting.plan import plan_details
from x402_harness.reporting.pricecharts import Mark, histogram
from x402_harness.reporting.requests import curl_line
from x402_harness.reporting.rows import dollars, times
from x402_harness.reporting.tree import kind, schema_tree
from x402_harness.runs.history import runs_of

NAMES = ("slug", "id", "rows", "seed", "snapshot")
_MOST_FIELDS = 100
_RAW = 64 * 1024  # characters of the listing's JSON that the page shows
_REQUESTS = 4
_NEAR = 5


class Told(NamedTuple):
    """One field of the request, in words."""

    part: str
    name: str
    type: str
    required: bool
    about: str


def page(asked: Asked, shelf: Shelf) -> Answer:
    """One listing; where several have the slug, the first, with links to the others."""
    count, seed = asked.number("rows", _REQUESTS, 1, 50), asked.number("seed", 402, 0, 2**53)
    with shelf.opened(asked.snapshot) as catalogue:
        keys = _keys(catalogue, asked)
        listing, standing = catalogue.get(keys[0]), catalogue.standing(keys[0])
        peers = catalogue.peers(keys[0]) if standing else {}
        (row,) = rows(asked, catalogue.rows(keys[:1]))
        near = rows(asked, catalogue.similar(keys[0], _NEAR))
    findings = validate(listing, keep_held=False).findings
    runs, made, failed = runs_of(listing.slug, shelf.reports), None, None
    try:
        made = _requests(listing, count, seed)
    except ValueError as error:  # Unrequestable, BadSchema, or a URL that cannot be taken apart
        failed = str(error)
    context = {
        **row,
        "listing": listing,
        "others": [asked.only("snapshot").setting("id", key).href() for key in keys[1:]],
        "standing": standing and _standing(standing),
        "chart": histogram(peers, "Prices of its category", _marks(standing)) if standing else None,
        "offers": [_offer(offer) for offer in listing.offers],
        "findings": sorted(findings, key=lambda one: one.level.rank),
        "counts": {level: sum(one.level == level for one in findings) for level in ("error", "warning", "info")},
        "runs": runs,
        "failing": failing(runs),
        **(_shapes(listing, listing.offers[0]) if listing.offers else {"fields": [], "request": None}),
        "example": None if listing.example is None else _pretty(listing.example),
        "made": made and [_request(one) for one in made.rows],
        "unmade": failed,
        "seed": seed,
        "near": near,
        "like": Asked("/compare", (("like", listing.slug), *asked.only("snapshot").pairs)).href(),
        "raw": _pretty(listing.raw),
        "raw_limit": _RAW,
        "buy": line("buy", f"--catalogue={shelf.name}", words=(listing.slug,)),
        "generate": line("generate", f"--catalogue={shelf.name}", f"--seed={seed}", words=(listing.slug,)),
    }
    at = [f"--snapshot={asked.snapshot}"] if asked.snapshot else []
    return Answer(
        title=listing.title[:200],
        template="listing.html.j2",
        context=context,
        document=lambda: show_document(
            [(listing, standing, runs)], findings,
            requests=plan_details(listing, listing.offers[0], made)["requests"] if made else [], unrequestable=failed,
        ),
        command=line("show", f"--catalogue={shelf.name}", *at, words=(listing.slug,)),
    )  # fmt: skip


def _keys(catalogue: Catalogue, asked: Asked) -> list[int]:
    if slug := asked.one("slug"):
        return named(catalogue, slug)
    if number := asked.one("id"):
        return [numbered(catalogue, number)]
    raise BadQuery("name a listing: /listing?slug=…")


def _marks(standing: Standing | None) -> list[Mark]:
    if standing is None:
        return []
    return [Mark("this listing", standing.price, "own"), Mark("median", standing.median, "median")]


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "rank": standing.rank, "peers": standing.peers, "p5": dollars(standing.low),
        "median": dollars(standing.median), "p95": dollars(standing.high),
        "times": None if standing.ratio is None else times(standing.ratio),
    }  # fmt: skip


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        "price": None if offer.price is None else dollars(offer.price.decimal),
        "symbol": offer.token.asset.symbol if offer.token else "",
        "offer": offer,
    }


def _shapes(listing: Listing, offer: Offer) -> dict[str, Any]:
    request, response = request_shape(listing, offer), response_shape(listing, offer)
    fields = list(_fields(request))
    return {
        "request": request,
        "fields": fields[:_MOST_FIELDS],
        "more_fields": max(len(fields) - _MOST_FIELDS, 0),
        "notes": [*request.notes, *response.notes],
        "response": response,
        "tree": "\n".join(schema_tree(response.schema)),
        "declares": response.declared is not Declared.NOTHING,
        "answer_example": None if response.example is None else _pretty(response.example),
    }


def _fields(request: RequestShape) -> Iterator[Told]:
    for part, schema in request.parts.items():
        if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
            yield Told(part, "", "anything" if isinstance(schema, bool) else kind(schema), False, "")
            continue
        needed = schema.get("required")
        for name, field in schema["properties"].items():
            required = isinstance(needed, list) and name in needed
            yield Told(part, name, kind(field), required, _about(field))


def _about(schema: Json) -> str:
    """What else a field's schema says: its description, values, bounds and default."""
    if not isinstance(schema, dict):
        return ""
    parts = [schema["description"]] if isinstance(schema.get("description"), str) else []
    for name in ("enum", "const", "default", "minimum", "maximum", "minLength", "maxLength", "pattern", "format"):
        if name in schema:
            parts.append(f"{name} {_short(schema[name])}")
    return " · ".join(parts)


def _short(value: Json) -> str:
    told = shown(value, 200)
    return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False, default=str)


def _requests(listing: Listing, count: int, seed: int) -> Any:
    from x402_harness.planning.rows import rows_for

    if not listing.offers:
        raise ValueError("no offer declares a request")
    return rows_for(listing, request_shape(listing, listing.offers[0]), count, seed)


def _request(row: Any) -> dict[str, Any]:
    request = row.candidate.request
    body = request.body.decode("utf-8", "backslashreplace")
    with suppress(ValueError):
        body = _pretty(json.loads(body)) if body else ""
    added = ", ".join(map(str, row.new))
    return {"request": request, "source": str(row.candidate.source), "body": body, "new": added,
            "curl": curl_line(request)}  # fmt: skip


def _pretty(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
