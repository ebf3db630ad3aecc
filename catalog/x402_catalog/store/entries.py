"""Entries: what the index keeps of a listing, ready to be written."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from x402_catalog.models import Json, JsonObject, Listing, Offer, text
from x402_catalog.money import to_decimal
from x402_catalog.networks import network
from x402_catalog.search import host, price_key
from x402_catalog.store.words import plain

_CHOICES = frozenset(("anyOf", "oneOf", "allOf"))
TERMS = ("category", "host", "method", "flag", "tier", "networks")
_LONGEST_TERM = 200  # characters of a category, a host or a flag that are kept
_LONGEST_CARD = 1000  # characters of a title or a summary that lists show
_MOST_NODES = 2000  # of the declared request that are looked through for names and descriptions

# Words of schema languages, which name no field.
_KEYWORDS = frozenset(
    (
        "type", "properties", "required", "items", "enum", "format", "default", "minimum", "maximum", "minLength",
        "maxLength", "pattern", "examples", "example", "const", "additionalProperties", "method", "bodyType", "title",
        "$schema", "$ref", "$defs", "definitions", "nullable",
    )
)  # fmt: skip


class OfferEntry(NamedTuple):
    """One offer: ``network`` as it is compared, the rest as written, ``price`` as a
    :func:`~x402_catalog.search.price_key`."""

    network: str
    asset: str
    symbol: str
    scheme: str
    amount: str
    price: str | None
    pay_to: str


class Entry(NamedTuple):
    """One listing: ``card`` is slug, title, URL and summary, ``texts`` the fields of the full text in their order."""

    card: tuple[str, str, str, str]
    texts: tuple[str, ...]
    terms: tuple[str, ...]  # of the facets TERMS
    answers: bool
    price: str | None
    ratio: float | None
    offers: tuple[OfferEntry, ...]


def entry_of(listing: Listing) -> Entry:
    """The entry of ``listing``, which may hold anything that JSON can."""
    offers = tuple(map(_offer, listing.offers))
    where = host(listing)
    names, described = _request_texts(listing.input)
    cases = listing.raw.get("use_cases")
    uses = [case for case in (cases if isinstance(cases, list) else ()) if isinstance(case, str)]
    texts = (listing.title, f"{listing.slug} {where}", listing.summary, " ".join(uses), names, described)
    found = (
        listing.category, where, listing.method, text(listing.pricing.get("flag")) or "",
        text(listing.raw.get("trust_tier")) or "",
    )  # fmt: skip
    return Entry(
        card=(
            storable(listing.slug), storable(listing.title[:_LONGEST_CARD]), storable(listing.url),
            storable(listing.summary[:_LONGEST_CARD]),
        ),
        texts=tuple(map(plain, texts)),
        terms=(*map(term, found), " ".join(sorted({offer.network for offer in offers}))),
        answers=any(offer.hints.get("output") for offer in listing.offers),
        price=min((offer.price for offer in offers if offer.price is not None), default=None),
        ratio=_ratio(listing.pricing.get("ratio")),
        offers=offers,
    )  # fmt: skip


def storable(value: str) -> str:
    """``value`` as a database can keep it: half a surrogate pair, which JSON may hold, becomes a question mark."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def term(value: str) -> str:
    """A category, host and the like as it is kept."""
    return storable(value[:_LONGEST_TERM])


def network_term(name: str | None) -> str:
    """A network as it is compared: its CAIP-2 id where the table knows it, else as written, but without spaces."""
    known = network(name)
    return known.caip2 if known else "_".join(term(name or "").split())


def _offer(offer: Offer) -> OfferEntry:
    return OfferEntry(
        network=network_term(offer.network_name),
        asset=term(offer.asset or ""),
        symbol=term(offer.token.asset.symbol if offer.token else ""),
        scheme=term(offer.scheme or ""),
        amount=term(offer.amount_text or ""),
        price=_key(offer.amount, offer.token.asset.decimals) if offer.amount is not None and offer.token else None,
        pay_to=term(offer.pay_to or ""),
    )


@lru_cache(maxsize=4096)  # a catalogue has few amounts
def _key(amount: int, decimals: int) -> str:
    return price_key(to_decimal(amount, decimals))


def _ratio(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        ratio = float(value)
    except OverflowError:
        return None
    return ratio if math.isfinite(ratio) else None


def _request_texts(source: JsonObject) -> tuple[str, str]:
    """The names of the request's fields and their descriptions, without recursion."""
    names: list[str] = []
    described: list[str] = []
    stack: list[Json] = [part for part in source.values() if isinstance(part, dict)]
    for node in islice(_popped(stack), _MOST_NODES):
        for name, value in node.items():
            if name == "description":
                described.append(value if isinstance(value, str) else "")
            elif name in _CHOICES and isinstance(value, list):
                stack.extend(one for one in value if isinstance(one, dict))
            else:
                if name not in _KEYWORDS:
                    names.append(name)
                if isinstance(value, dict):
                    stack.append(value)
    return " ".join(names), " ".join(described)


def _popped(stack: list[Json]) -> Iterator[JsonObject]:
    while stack:
        yield stack.pop()
