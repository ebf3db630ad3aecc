"""Entries: what the index keeps of a listing, ready to be written."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from x402_catalog.models import Json, JsonObject, Listing, method_of, text
from x402_catalog.money import parse_atomic, to_decimal
from x402_catalog.networks import network, token
from x402_catalog.search import host, price_key
from x402_catalog.store.words import plain

_CHOICES = frozenset(("anyOf", "oneOf", "allOf"))
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


_WORDS = _KEYWORDS | _CHOICES | {"description"}


class Way(NamedTuple):
    """What an offer asks but its payee: ``network`` as it is compared, the rest as written, ``price`` as a
    :func:`~x402_catalog.search.price_key`."""

    network: str
    asset: str
    symbol: str
    scheme: str
    amount: str
    price: str | None


class Shape(NamedTuple):
    """What many listings have in common: the facets of the same names, and whether an answer is declared."""

    category: str
    method: str
    flag: str
    tier: str
    answers: bool


class Entry(NamedTuple):
    """One listing: ``card`` is slug, title, URL and summary, ``texts`` the fields of the full text in their order,
    ``payees`` one for each of the ``ways``."""

    card: tuple[str, str, str, str]
    texts: tuple[str, ...]
    host: str
    shape: Shape
    ways: tuple[Way, ...]
    payees: tuple[str, ...]
    price: str | None
    ratio: float | None


def entry_of(listing: Listing) -> Entry:
    """The entry of ``listing``, which may hold anything that JSON can."""
    raw, pricing, offers, summary = listing.raw, listing.pricing, listing.offers, listing.summary
    source, where = listing.input, host(listing)
    names, described = _request_texts(source)
    cases = raw.get("use_cases")
    uses = [case for case in cases if isinstance(case, str)] if isinstance(cases, list) else ()
    texts = (listing.title, f"{listing.slug} {where}", summary, " ".join(uses), names, described)
    ways = tuple([_way(*map(_cut, (one.network_name, one.asset, one.scheme, one.amount_text))) for one in offers])
    said = (listing.category, method_of(source), text(pricing.get("flag")), text(raw.get("trust_tier")))
    shape = _shape(*map(_cut, said), any(one.hints.get("output") for one in offers))
    card = (listing.slug, listing.title[:_LONGEST_CARD], listing.url, summary[:_LONGEST_CARD])
    return Entry(
        card if "".join(card).isascii() else tuple(map(storable, card)),  # type: ignore[arg-type]  # of four
        tuple([plain(one) for one in texts]),
        term(where),
        shape,
        ways,
        tuple([term(one.pay_to or "") for one in offers]),
        min([way.price for way in ways if way.price is not None], default=None),
        _ratio(pricing.get("ratio")),
    )


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


def _cut(value: str | None) -> str:
    """``value`` no longer than is kept, so that what is remembered of it is no longer either."""
    return value[:_LONGEST_TERM] if value else ""


@lru_cache(maxsize=4096)  # a catalogue has few of these
def _shape(category: str, method: str, flag: str, tier: str, answers: bool) -> Shape:
    return Shape(term(category), term(method), term(flag), term(tier), answers)


@lru_cache(maxsize=4096)
def _way(name: str, asset: str, scheme: str, amount: str) -> Way:
    known, atomic = network(name), parse_atomic(amount)
    unit = token(known.caip2, asset) if known else None
    return Way(
        network=network_term(name),
        asset=term(asset),
        symbol=term(unit.asset.symbol if unit else ""),
        scheme=term(scheme),
        amount=term(amount),
        price=price_key(to_decimal(atomic, unit.asset.decimals)) if atomic is not None and unit else None,
    )


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
    stack: list[Json] = [part for part in source.values() if type(part) is dict]
    for _ in range(_MOST_NODES):
        if not stack:
            break
        for name, value in stack.pop().items():
            kind = type(value)  # what is read of JSON is of these types and of none below them
            if name not in _WORDS or (kind is not list and name in _CHOICES):
                names.append(name)
                if kind is dict:
                    stack.append(value)
            elif kind is str:
                if name == "description":
                    described.append(value)
            elif kind is dict:
                if name != "description":
                    stack.append(value)
            elif kind is list and name in _CHOICES:
                stack.extend([one for one in value if type(one) is dict])
    return " ".join(names), " ".join(described)
