"""OpenAPI 3 operations with ``x-payment-info``: one listing for each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from x402_catalog.hints.references import Unfolder
from x402_catalog.models import Json, JsonObject, mapping, member, pointer, text
from x402_catalog.money import from_decimal
from x402_catalog.networks import network, tokens
from x402_catalog.sources.draft import Draft, slug_of
from x402_catalog.sources.items import SPELLINGS
from x402_catalog.sources.operations import Hints

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_MAX_NODES = 200_000  # of all operations of one document, references written out
_VARIABLE = re.compile(r"\{(\w+)\}")


def operations(document: JsonObject, at: str = "") -> Iterator[Draft]:
    """A listing for every operation that declares ``x-payment-info``."""
    unfolder = Unfolder(document, _MAX_NODES)
    for path, entry in mapping(document.get("paths")).items():
        item, place = Hints(document, unfolder).followed(entry, f"{at}/paths{pointer(path)}")
        for method in METHODS:
            operation = item.get(method)
            if isinstance(operation, dict) and isinstance(operation.get("x-payment-info"), dict):
                url = _server(operation, item, document) + path
                yield _draft(Hints(document, unfolder), url, method, item, place)


def _server(*holders: JsonObject) -> str:
    """The first server's URL, of the operation or else of its path or of the document, variables at their defaults."""
    for holder in holders:
        servers = holder.get("servers")
        first = mapping(servers[0] if isinstance(servers, list) and servers else None)
        if url := text(first.get("url")):
            for variable in _VARIABLE.findall(url):
                default = text(member(first, "variables", variable, "default"))
                url = url.replace(f"{{{variable}}}", default) if default else url
            return url.rstrip("/")
    return ""


def _draft(hints: Hints, url: str, method: str, item: JsonObject, place: str) -> Draft:
    operation, at = item[method], place + pointer(method)
    shared = item.get("parameters")
    listed = [(raw, f"{place}/parameters/{i}") for i, raw in enumerate(shared if isinstance(shared, list) else [])]
    hints.read(method, operation, at, listed)
    draft = Draft()
    draft.infer("url", url, "the first server's URL and the path", at)
    draft.infer("slug", f"{slug_of(url)}-{method}", "made from host, path and method", at)
    draft.take("title", operation, "summary", at)
    draft.take("summary", operation, "description", at)
    draft.infer("title", url, "the URL", at)
    draft.infer("category", text(member(operation.get("tags"), 0)) or "", "the first tag", at)
    _offers(draft, hints, operation["x-payment-info"], f"{at}/x-payment-info")
    return draft


def _offers(draft: Draft, hints: Hints, payment: JsonObject, at: str) -> None:
    offers: list[JsonObject] = []
    draft.put("accepts", offers, at)
    for entry, place in _stated(payment, at):
        to = f"/accepts/{len(offers)}"
        draft.moved[to] = place
        draft.moved |= {f"{to}/hints{below}": where for below, where in hints.places.items()}
        draft.inferred[to] = "the format states a price; the terms are in the endpoint's 402"
        offers.append(_offer(draft, entry, to, place, hints))


def _stated(payment: JsonObject, at: str) -> Iterator[tuple[JsonObject, str]]:
    """The offers of x402, each with its place: a list of them, or one price for all protocols."""
    listed = payment.get("offers")
    if isinstance(listed, list):
        for index, entry in enumerate(listed):
            if isinstance(entry, dict) and entry.get("method", "x402") == "x402":
                yield entry, f"{at}/offers/{index}"
        return
    protocols = payment.get("protocols")
    names = [name for row in protocols for name in _names(row)] if isinstance(protocols, list) else []
    if not names or "x402" in names:
        yield {key: value for key, value in payment.items() if key != "protocols"}, at


def _names(protocol: Json) -> list[Json]:
    return list(protocol) if isinstance(protocol, dict) else [protocol]


def _offer(draft: Draft, entry: JsonObject, to: str, at: str, hints: Hints) -> JsonObject:
    offer: JsonObject = {}
    for name, value in entry.items():
        ours = SPELLINGS.get(name, name)
        offer[ours] = value
        draft.moved[to + pointer(ours)] = at + pointer(name)
    if hints.media_type is not None:
        offer["mime_type"], draft.moved[f"{to}/mime_type"] = hints.media_type
    offer["hints"] = hints.value
    _price(draft, offer, to)
    return offer


def _price(draft: Draft, offer: JsonObject, to: str) -> None:
    # A price in dollars becomes atomic units of a dollar stablecoin: inferred, not stated.
    dollars = member(offer, "price", "amount") or offer.get("advisoryPriceUsd")
    where = network(text(offer.get("network")))
    known = [row for row in tokens(where.caip2) if row.asset.symbol == offer.get("asset")] if where else []
    if not known or dollars is None:
        return
    offer["asset"] = known[0].asset.address
    draft.inferred[f"{to}/asset"] = "the asset of that symbol on that network"
    stated = f"{Decimal(repr(dollars)):f}" if isinstance(dollars, float) else str(dollars)
    if (atomic := from_decimal(stated, known[0].asset.decimals)) is not None:
        offer.setdefault("max_amount_required_atomic", str(atomic))
        draft.inferred[f"{to}/max_amount_required_atomic"] = "the dollar price in atomic units"
