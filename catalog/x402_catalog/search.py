"""The one vocabulary of selecting: words, filters, orders, and what they look at in a listing.

Listings are selected by :mod:`x402_catalog.store`, in memory or in a catalogue file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from x402_catalog.models import Listing, Offer

_BOUND = re.compile(r"\s*(<=|>=|<|>|=)?\s*\$?([0-9]+(?:\.[0-9]+)?)\s*")
# URLs as most are, whose host is read off: to take one apart takes five times as long.
_PLAIN_URL = re.compile(r"https?://([a-z0-9.-]+)(?::[0-9]+)?(?:[/?#]|\Z)")
SORTS = ("price", "-price", "relevance", "ratio", "host")
_MOST_DIGITS = 99


class BadFilter(ValueError):
    """A filter or a query that cannot be understood; the message says what would be."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What to select. Offer filters (network, asset, price) must match one and the same offer.

    ``category``, ``host``, ``method``, ``flag`` and ``tier`` are globs, compared without case; several are
    alternatives. ``sample`` draws at random by ``seed``, ``limit`` cuts after sorting.
    """

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

    def check(self) -> None:
        """Raise :class:`BadFilter` for a price that is no comparison or an unknown order."""
        if self.price is not None:
            bound(self.price)
        if self.sort not in SORTS:
            raise BadFilter(f"sort {self.sort!r} is unknown: one of {', '.join(SORTS)}")


def bound(expression: str) -> tuple[str, str]:
    """A comparison such as ``"<=0.05"`` as its operator and its :func:`price_key`. Raises :class:`BadFilter`."""
    match = _BOUND.fullmatch(expression)
    if match is None or not expression.isascii():
        raise BadFilter(f'price {expression!r} is no comparison: write it like "<=0.05"')
    if len(match[2]) > _MOST_DIGITS:
        raise BadFilter(f"price {expression[:40]!r}… has more digits than any price")
    return match[1] or "=", price_key(match[2])


def price_key(decimal: str) -> str:
    """A decimal such as ``"12.50"`` as text that sorts as the number does: ``"0212.5"``.

    Two digits tell how many stand before the point, zeros at the end are left out: equal numbers have equal keys, and
    prices of any size and fineness are compared exactly by a database that knows only text.
    """
    whole, _, fraction = decimal.partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    return f"{len(whole):02d}{whole}" + (f".{fraction}" if fraction else "")


def price_of_key(key: str) -> Decimal:
    """The number that a :func:`price_key` stands for."""
    return Decimal(key[2:])


def host(listing: Listing) -> str:
    """The host of a listing's URL; empty if it has none."""
    if plain := _PLAIN_URL.match(listing.url):
        return plain[1]
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
