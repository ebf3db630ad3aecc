"""Search and selection over listings held in memory: the one filter vocabulary."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from x402_catalog.models import Listing, Offer, text
from x402_catalog.networks import network

_BOUND = re.compile(r"\s*(<=|>=|<|>|=)?\s*\$?([0-9]+(?:\.[0-9]+)?)\s*")
_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "=": lambda left, right: left == right,
}
SORTS = ("price", "-price", "relevance", "ratio", "host")


class BadFilter(ValueError):
    """A filter that cannot be understood; the message says what would be."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What to select. Offer filters (network, asset, price) must match one and the same offer."""

    category: tuple[str, ...] = ()
    network: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    price: str | None = None
    asset: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    flag: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    sample: int | None = None
    seed: int = 0
    limit: int | None = None
    sort: str = "relevance"


def select(listings: Iterable[Listing], query: str = "", filters: Filters | None = None) -> list[Listing]:
    """The listings that match every word of ``query`` and every filter, sorted, sampled and cut.

    Raises :class:`BadFilter` for a price that is no comparison or an unknown order.
    """
    filters = filters or Filters()
    words = re.findall(r"\w+", query.lower())
    bound = _bound(filters.price)
    scored = [
        (score, listing)
        for listing in listings
        if _matches(listing, filters, bound) and (score := relevance(listing, words)) > 0
    ]
    if filters.sample is not None:
        picked = sorted(random.Random(filters.seed).sample(range(len(scored)), min(filters.sample, len(scored))))
        scored = [scored[index] for index in picked]
    ordered = sorted(scored, key=_order(filters.sort))
    return [listing for _, listing in ordered][: filters.limit]


def relevance(listing: Listing, words: list[str]) -> float:
    """How well a listing matches: 0 unless every word begins a word of some field; the title counts most."""
    if not words:
        return 1.0
    fields = ((10, listing.title), (6, listing.slug), (4, listing.summary), (2, host(listing)), (1, _fields(listing)))
    split = [(weight, re.findall(r"\w+", content.lower())) for weight, content in fields]
    scores = [
        max((weight for weight, found in split if any(w.startswith(word) for w in found)), default=0) for word in words
    ]
    return float(sum(scores)) if all(scores) else 0.0


def host(listing: Listing) -> str:
    """The host of a listing's URL; empty if it has none."""
    try:
        return urlsplit(listing.url).hostname or ""
    except ValueError:
        return ""


def dollars(offer: Offer) -> Decimal | None:
    """The price in whole units of the asset, taken as dollars: every asset of the table is a dollar stablecoin."""
    return Decimal(offer.price.decimal) if offer.price else None


def cheapest(listing: Listing) -> Decimal | None:
    """The lowest price among the offers; ``None`` if none is known."""
    return min((price for offer in listing.offers if (price := dollars(offer)) is not None), default=None)


def _fields(listing: Listing) -> str:
    names = [name for part in listing.input.values() if isinstance(part, dict) for name in part]
    cases = listing.raw.get("use_cases")
    return " ".join(
        [*map(str, names), *(case for case in (cases if isinstance(cases, list) else []) if isinstance(case, str))]
    )


def _matches(listing: Listing, filters: Filters, bound: tuple[str, Decimal] | None) -> bool:
    return (
        _any_glob(filters.category, listing.category)
        and _any_glob(filters.host, host(listing))
        and _any_glob(filters.method, listing.method)
        and _any_glob(filters.flag, text(listing.pricing.get("flag")) or "")
        and _any_glob(filters.tier, text(listing.raw.get("trust_tier")) or "")
        and (not (filters.network or filters.asset or bound) or any(_fits(o, filters, bound) for o in listing.offers))
    )


def _any_glob(patterns: tuple[str, ...], value: str) -> bool:
    return not patterns or any(fnmatchcase(value.lower(), pattern.lower()) for pattern in patterns)


def _fits(offer: Offer, filters: Filters, bound: tuple[str, Decimal] | None) -> bool:
    if filters.network and not any(_same_network(offer, name) for name in filters.network):
        return False
    if filters.asset and not any(_is_asset(offer, name) for name in filters.asset):
        return False
    price = dollars(offer)
    return bound is None or (price is not None and _COMPARE[bound[0]](price, bound[1]))


def _same_network(offer: Offer, name: str) -> bool:
    wanted = network(name)
    return offer.network_name == name if wanted is None else offer.network == wanted


def _is_asset(offer: Offer, name: str) -> bool:
    symbol = offer.token.asset.symbol if offer.token else ""
    return name.lower() in {symbol.lower(), (offer.asset or "").lower()}


def _bound(expression: str | None) -> tuple[str, Decimal] | None:
    if expression is None:
        return None
    match = _BOUND.fullmatch(expression)
    if match is None:
        raise BadFilter(f'price {expression!r} is no comparison: write it like "<=0.05"')
    try:
        return match[1] or "=", Decimal(match[2])
    except InvalidOperation as error:  # pragma: no cover  # the pattern admits only what Decimal reads
        raise BadFilter(f"price {expression!r} is no number") from error


def _order(sort: str) -> Callable[[tuple[float, Listing]], tuple[object, ...]]:
    if sort not in SORTS:
        raise BadFilter(f"sort {sort!r} is unknown: one of {', '.join(SORTS)}")
    last = Decimal("Infinity")

    def key(entry: tuple[float, Listing]) -> tuple[object, ...]:
        score, listing = entry
        price = cheapest(listing)
        if sort in {"price", "-price"}:
            sign = 1 if sort == "price" else -1
            return (price is None, sign * (last if price is None else price), listing.slug)
        if sort == "ratio":
            ratio = listing.pricing.get("ratio")
            return (not isinstance(ratio, (int, float)), -ratio if isinstance(ratio, (int, float)) else 0, listing.slug)
        return (host(listing), listing.slug) if sort == "host" else (-score, listing.slug)

    return key
