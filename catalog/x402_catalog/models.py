"""Listings and their offers: typed views over raw JSON that is kept whole.

A view never raises for a malformed member: it reads as ``None``, and the rules say what is wrong with it.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from x402_catalog.findings import Location
from x402_catalog.money import Money, parse_atomic
from x402_catalog.networks import Network, Token, is_caip2, network, token
from x402_catalog.records import Record

Json = Any
JsonObject = dict[str, Any]


class Offer(Struct, frozen=True):
    """One entry of ``accepts``: one way to pay.

    ``network_name``, ``asset`` and ``amount_text`` are as written; ``network``, ``token`` and ``amount`` (atomic
    units) are what the tables and the amount's form make of them, ``None`` where they make nothing.
    """

    index: int
    raw: JsonObject
    scheme: str | None
    network_name: str | None
    network: Network | None
    pay_to: str | None
    asset: str | None
    token: Token | None
    amount_text: str | None
    amount: int | None
    timeout: int | None
    extra: JsonObject
    hints: JsonObject

    @property
    def pointer(self) -> str:
        """The offer's JSON pointer in its listing."""
        return f"/accepts/{self.index}"

    @property
    def version(self) -> int:
        """The protocol version that its network is written in: 2 for CAIP-2 ids, else 1."""
        return 2 if self.network_name is not None and is_caip2(self.network_name) else 1

    @property
    def price(self) -> Money | None:
        """The price, if amount and asset are known."""
        return None if self.amount is None or self.token is None else Money(self.amount, self.token.asset)

    @property
    def mime_type(self) -> str | None:
        """The declared media type of the answer; ``None`` where it is absent or empty."""
        return text(self.raw.get("mime_type")) or None


class Listing(Struct, frozen=True):
    """One listing: ``raw`` is its JSON in the shape of a listing, ``record`` what was read.

    They are the same thing unless ``source`` names another format: then ``moved`` maps pointers of ``raw`` to those of
    the record, and ``inferred`` says of members that the record does not have how they were made.
    """

    record: Record
    raw: JsonObject
    slug: str
    title: str
    url: str
    category: str
    summary: str
    offers: tuple[Offer, ...]
    pricing: JsonObject = field(default_factory=dict)
    source: str = "x402all"
    moved: dict[str, str] = field(default_factory=dict)
    inferred: dict[str, str] = field(default_factory=dict)

    def locate(self, pointer: str = "", *, key: bool = False) -> Location:
        """Where ``pointer`` of the listing stands in its file; an inferred member stands where its record begins."""
        return self.record.locate(self.origin(pointer), listing=self.slug, key=key)

    def origin(self, pointer: str) -> str:
        """The pointer in the record that ``pointer`` of the listing was taken from."""
        if not self.moved:
            return pointer
        known = pointer
        while known and known not in self.moved:
            known = known.rpartition("/")[0]
        return self.moved[known] + pointer[len(known) :] if known else ""

    @property
    def example(self) -> Json:
        """``example_request_body``, whatever it is; ``None`` when absent."""
        return self.raw.get("example_request_body")

    @property
    def input(self) -> JsonObject:
        """``hints.input`` of the first offer that declares one; empty if none does."""
        for offer in self.offers:
            if found := mapping(offer.hints.get("input")):
                return found
        return {}

    @property
    def method(self) -> str:
        """The declared HTTP method, upper case; ``POST`` where a body is declared, else ``GET``."""
        return method_of(self.input)


_TEXTS = ("slug", "title", "url", "category", "summary")
_OFFER_TEXTS = ("scheme", "network", "pay_to", "asset", "max_amount_required_atomic")


def listing_of(record: Record, *, document: JsonObject | None = None, source: str = "x402all") -> Listing:
    """The listing in ``record``, whose value must be a JSON object, or the one that ``document`` made of it."""
    raw: JsonObject = record.value if document is None else document
    accepts = raw.get("accepts")
    entries = enumerate(accepts) if isinstance(accepts, list) else ()
    offers = tuple([_offer(index, entry) for index, entry in entries if isinstance(entry, dict)])
    named, title, stated, category, summary = texts(raw, _TEXTS)
    slug = named or f"{record.file}{'#' + record.pointer if record.pointer else f':{record.line}'}"
    pricing = mapping(raw.get("pricing_sanity"))
    # In the order of its members: to name them takes four times as long.
    return Listing(
        record, raw, slug, title or slug, stated or "", category or "", summary or "", offers, pricing, source
    )


def _offer(index: int, raw: JsonObject) -> Offer:
    scheme, name, payee, asset, amount = texts(raw, _OFFER_TEXTS)
    known = network(name)
    unit = token(known.caip2, asset) if known else None
    timeout = raw.get("max_timeout_seconds")
    seconds = timeout if isinstance(timeout, int) and not isinstance(timeout, bool) else None
    extra, hints = mapping(raw.get("extra")), mapping(raw.get("hints"))
    # In the order of its members, as above.
    return Offer(
        index, raw, scheme, name, known, payee, asset, unit, amount, parse_atomic(amount), seconds, extra, hints
    )


def method_of(source: JsonObject) -> str:
    """The HTTP method that ``hints.input`` declares, upper case; ``POST`` where it declares a body, else ``GET``."""
    declared = text(source.get("method"))
    if declared:
        return declared.upper()
    has_body = any(value and name.startswith(("body", "data", "properties")) for name, value in source.items())
    return "POST" if has_body else "GET"


def text(value: Json) -> str | None:
    """``value`` if it is a string."""
    return value if isinstance(value, str) else None


def texts(value: JsonObject, names: tuple[str, ...]) -> list[str | None]:
    """The members of these names as :func:`text`: in one go, for there are ten of them in a listing."""
    return [found if isinstance(found, str) else None for found in map(value.get, names)]


def mapping(value: Json) -> JsonObject:
    """``value`` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def member(value: Json, *path: str | int) -> Json:
    """The value at ``path`` inside ``value``; ``None`` where a step is missing."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def below(value: Json, step: str) -> Json:
    """The member or element that one step of a JSON pointer, unescaped, leads to; ``None`` where there is none."""
    if isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 10:
        return member(value, int(step))
    return member(value, step)


def steps(place: str) -> list[str]:
    """The steps of a JSON pointer, unescaped: the inverse of :func:`pointer`."""
    return [step.replace("~1", "/").replace("~0", "~") for step in place.split("/")[1:]]


def pointer(*path: str | int) -> str:
    """The RFC 6901 pointer of ``path``."""
    # A loop, as a generator takes three times as long for the one or two steps that most have.
    found = ""
    for step in path:
        name = str(step)
        found += "/" + (name.replace("~", "~0").replace("/", "~1") if "~" in name or "/" in name else name)
    return found
