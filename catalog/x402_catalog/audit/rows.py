"""Rows: what the audit keeps of a listing, small enough for hundreds of thousands of them."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import log10
from sys import intern

from x402_catalog.duplicates import Sketch, content_of, endpoint_of, sketch_of, template_of
from x402_catalog.findings import Location
from x402_catalog.models import Listing, Offer, mapping, text
from x402_catalog.money import from_decimal
from x402_catalog.pricing import unit_of
from x402_catalog.search import host

_WORD = re.compile(r"\w{3,30}")
_TEXT = 1500  # characters of a text that are compared
_DOLLARS = 6  # decimals of a price that a text states
_MEDIA = frozenset({"image", "audio", "video", "text"})


@dataclass(frozen=True, slots=True)
class Price:
    """What an offer asks: ``log`` is log10 of dollars; ``None`` for a price of zero."""

    offer: int
    atomic: int
    decimals: int
    symbol: str
    log: float | None


@dataclass(slots=True)
class Row:
    """One listing.

    ``key`` finds it again. ``words`` are numbers of a :class:`Vocabulary`, the first ``named`` of them those of the
    title. ``endpoint``, ``template`` (of its family), ``content`` and ``payee`` are hashes, 0 where there is none
    (a text too short to be compared has no content); ``unit`` goes with ``unit_log``.
    """

    key: int
    slug: str
    place: Location
    category: str
    host: str
    method: str
    kind: str
    payee: int
    cluster: str | None
    prices: tuple[Price, ...]
    words: array[int]
    named: int
    sketch: Sketch | None
    endpoint: int
    template: int
    content: int
    unit: str = ""
    unit_log: float | None = None

    @property
    def family(self) -> int:
        """What its listing is one of: a template filled in, or an endpoint."""
        return self.template or self.endpoint

    @property
    def price(self) -> Price | None:
        """The price of the first offer in real money."""
        return self.prices[0] if self.prices else None


class _Numbers(dict[str, int]):
    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


class Vocabulary:
    """Words and their numbers."""

    def __init__(self) -> None:
        self._numbers = _Numbers()

    @property
    def words(self) -> list[str]:
        """The words in the order of their numbers."""
        return list(self._numbers)

    def numbers(self, words: Iterable[str]) -> array[int]:
        """The numbers of different words, in the order of their first use."""
        return array("I", map(self._numbers.__getitem__, dict.fromkeys(words)))


def row_of(listing: Listing, vocabulary: Vocabulary) -> Row:
    """The row of a listing."""
    summary = _words(listing.summary)
    endpoint = endpoint_of(listing.method, listing.url)
    template = template_of(endpoint, listing.summary) if endpoint else None
    title, cluster = dict.fromkeys(_telling(_words(listing.title))), text(listing.raw.get("duplicate_cluster_id"))
    prices = _prices(listing)
    unit, unit_log = _unit(listing, prices)
    sketch = sketch_of(summary)
    return Row(
        key=key_of(listing),
        slug=listing.slug,
        place=_place(listing),
        category=intern(listing.category),
        host=intern(host(listing)),
        method=intern(listing.method),
        kind=kind_of(listing),
        payee=hash(listing.offers[0].pay_to.lower()) if listing.offers and listing.offers[0].pay_to else 0,
        cluster=None if cluster is None else intern(cluster),
        prices=prices,
        words=vocabulary.numbers([*title, *_telling(summary)]),
        named=len(title),
        sketch=sketch,
        endpoint=hash(endpoint) if endpoint else 0,
        template=hash(template) if template else 0,
        content=content_of(listing) if sketch is not None else 0,
        unit=unit,
        unit_log=unit_log,
    )


def key_of(listing: Listing) -> int:
    """What a listing is known by when it is read again."""
    record = listing.record
    return hash((record.file, record.line, record.column, record.pointer, record.base, listing.slug))


def kind_of(listing: Listing) -> str:
    """What is answered, by the declared media type: ``image``, ``audio``, ``video``, ``text`` or ``data``; empty where
    nothing is declared."""
    for offer in listing.offers:
        output = mapping(offer.hints.get("output"))
        stated = offer.mime_type or text(output.get("mimeType")) or text(output.get("type")) or ""
        first = stated.partition("/")[0].lower()
        if first in _MEDIA:
            return intern(first)
        if stated or output:
            return "data"
    return ""


def _place(listing: Listing) -> Location:
    record = listing.record
    return Location(listing.slug, record.file, record.line, record.column, record.pointer + record.base)


def _telling(words: Iterable[str]) -> list[str]:
    return [word for word in words if not word[0].isdigit()]


def _words(stated: str) -> list[str]:
    return _WORD.findall(stated[:_TEXT].lower())


def _prices(listing: Listing) -> tuple[Price, ...]:
    """The different prices of the offers in real money, in their order."""
    found = dict.fromkeys(price for offer in listing.offers if (price := _price(offer)) is not None)
    return tuple({price.log: price for price in reversed(found)}.values())[::-1] if len(found) > 1 else tuple(found)


def _price(offer: Offer) -> Price | None:
    if offer.amount is None or offer.token is None or offer.network is None or offer.network.testnet:
        return None
    return _shared(offer.index, offer.amount, offer.token.asset.decimals, offer.token.asset.symbol)


@lru_cache(maxsize=4096)
def _shared(offer: int, atomic: int, decimals: int, symbol: str) -> Price:
    return Price(offer, atomic, decimals, symbol, log10(atomic) - decimals if atomic else None)


def _unit(listing: Listing, prices: tuple[Price, ...]) -> tuple[str, float | None]:
    found = unit_of(listing)
    if found is None:
        return "", None
    unit, stated = found
    micros = from_decimal(stated, _DOLLARS) if stated else None
    if micros:
        return unit, log10(micros) - _DOLLARS
    return unit, prices[0].log if prices else None
