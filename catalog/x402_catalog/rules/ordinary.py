"""Ordinary listings: one look per family of rules that tells whether any of them could find anything.

Most of a catalogue has nothing to find, and forty rules that each go and look take three times as long as these. They
are strict: a listing that is not ordinary is no worse for it, it is only judged by the rules themselves, which alone
say what is wrong. No rule finds anything in what is ordinary; the tests hold both against each other on every change of
every member.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import ModuleType

from x402_catalog.addresses import ZERO, Family, family, has_valid_checksum
from x402_catalog.hints.plain import fits_plainly
from x402_catalog.hints.words import is_placeholder
from x402_catalog.models import Json, JsonObject, Listing, Offer, mapping
from x402_catalog.money import from_decimal, ratio, to_decimal
from x402_catalog.networks import network, token
from x402_catalog.pricing import FLAGS, as_ratio, possible_flags
from x402_catalog.rules import (
    fields,
    hints,
    identity,
    offers,
    page,
    prices,
    repairs,
    schemas,
    shape,
    terms,
    texts,
    urls,
)
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.links import parts_of, resource_of

_SCHEMA_ORG = "https://schema.org"
_AVAILABLE = (None, f"{_SCHEMA_ORG}/InStock")
_KEPT = 200  # characters of a host that is remembered
_LARGEST = 10**18  # of amounts and medians whose standing is remembered


def has_shape(listing: Listing, judge: Judge) -> bool:
    """Whether the listing is well-formed and has offers."""
    return judge.is_well_formed and bool(listing.offers)


def has_own_links(listing: Listing, judge: Judge) -> bool:
    """Whether URL and slug stand for one listing wherever they are named."""
    raw, known, url = listing.raw, judge.page, listing.url
    slug, parts = raw.get("slug"), parts_of(url)
    if parts is None or not parts.is_http or parts.has_space or not slug or not isinstance(slug, str):
        return False
    if mapping(raw.get("origin")).get("host", parts.host) != parts.host:
        return False
    if known.get("sameAs", url) != url or known.get("identifier", slug) != slug:
        return False
    link, target = raw.get("axon_deep_link"), mapping(known.get("potentialAction")).get("target")
    return _names(link, slug) and (target == link or _names(target, slug))


def _names(link: Json, slug: str) -> bool:
    return link is None or (isinstance(link, str) and resource_of(link) == slug)


def has_public_url(listing: Listing, judge: Judge) -> bool:
    """Whether slug and URL can be used by anyone."""
    slug, parts = listing.raw.get("slug"), parts_of(listing.url)
    if not isinstance(slug, str) or len(slug) > _KEPT or not urls.SLUG.fullmatch(slug):
        return False
    if parts is None or parts.scheme != "https" or parts.has_bad_port or parts.has_user or parts.fragment:
        return False
    return len(parts.host) <= _KEPT and _is_public(parts.host) and not urls.may_have_leftover(listing.url)


@lru_cache(maxsize=4096)  # a host has many listings
def _is_public(host: str) -> bool:
    return urls.unreachable(host) is None and not urls.is_preview(host)


def has_own_page(listing: Listing, judge: Judge) -> bool:
    """Whether the page says of the listing what the listing says of itself."""
    raw, known, offered = listing.raw, judge.page, judge.page_offer
    origin, link = mapping(raw.get("origin")), known.get("@id")
    if not _ends_in(link, listing.slug) or known.get("url") != link or offered.get("url") != link:
        return False
    if known.get("@context") != _SCHEMA_ORG or known.get("@type") not in ("WebAPI", "Service"):
        return False
    if offered.get("availability") not in _AVAILABLE or not page.is_time(raw.get("generated_at", 1)):
        return False
    provided = _is_provided(listing.url, origin, known.get("provider"))
    return provided and _is_named(raw, known) and _reads_well(listing, judge, origin)


def _ends_in(link: Json, slug: Json) -> bool:
    """Whether ``slug`` is the last step of ``link``."""
    if not isinstance(link, str) or not isinstance(slug, str) or not slug:
        return False
    return link.endswith(f"/{slug}") and "?" not in link and "/" not in slug


def _is_named(raw: JsonObject, known: JsonObject) -> bool:
    return (
        known.get("name") == raw.get("title")
        and known.get("applicationCategory") == raw.get("category")
        and known.get("description") == mapping(raw.get("seo")).get("description")
    )


def _is_provided(endpoint: str, origin: JsonObject, provider: Json) -> bool:
    parts, url = parts_of(endpoint), origin.get("url")
    if parts is None or not isinstance(provider, dict) or ":" in parts.host or provider.get("url") != url:
        return False
    if origin.get("host") != parts.host or url != f"https://{parts.host}":
        return False
    return provider.get("name") == origin.get("title") and _ends_in(provider.get("@id"), origin.get("slug"))


def _reads_well(listing: Listing, judge: Judge, origin: JsonObject) -> bool:
    """Whether texts hold nothing unfilled, images are links, and nothing speaks of acting without a risk noted."""
    for image in (origin.get("og_image"), origin.get("favicon"), judge.page.get("image")):
        if image is not None and not (isinstance(image, str) and image.startswith("https://") and len(image) <= 2048):
            return False
    if page.may_be_leftover(judge.words):
        return False
    raw = listing.raw
    if raw.get("risk_notes") != []:
        return True
    offered = listing.offers[0].raw.get("description") if listing.offers else None
    words = f"{raw.get('title')}\n{raw.get('summary')}\n{offered}".lower()
    return not page.may_act(words) and listing.method != "DELETE"


def has_usual_terms(listing: Listing, judge: Judge) -> bool:
    """Whether the one offer is a usual one: an exact payment of a known token, to another account."""
    if len(listing.offers) != 1 or listing.raw.get("x402Version") is not None:
        return False
    offer = listing.offers[0]
    payee, raw, amount = offer.pay_to, offer.raw, offer.amount
    if not amount or offer.amount_text != str(amount) or raw.get("mime_type") or raw.get("extra"):
        return False
    if payee is None or family(payee) is not Family.EVM or not has_valid_checksum(payee) or not offer.asset:
        return False
    if payee.lower() in (ZERO, offer.asset.lower()) or not _is_known(offer.network_name, offer.asset):
        return False
    return offer.scheme == "exact" and offer.timeout is not None and 0 < offer.timeout <= offers.MAX_TIMEOUT


@lru_cache(maxsize=4096)
def _is_known(name: str | None, asset: str) -> bool:
    where = network(name)
    if where is None or where.testnet or where.family is not Family.EVM or token(where.caip2, asset) is None:
        return False
    return has_valid_checksum(asset)


def has_plain_hints(listing: Listing, judge: Judge) -> bool:
    """Whether the one offer's hints are plain, and the example is surely a request of theirs."""
    if len(listing.offers) != 1 or not judge.is_plain(listing.offers[0]) or not judge.is_well_formed:
        return False
    example = listing.raw.get("example_request_body")
    if example is None:
        return True
    if not fits_plainly(example, listing.offers[0].hints["input"]):
        return False
    return not any(map(is_placeholder, [child for child in example.values() if isinstance(child, str)]))


def has_one_price(listing: Listing, judge: Judge) -> bool:
    """Whether page and flags give the one offer's price."""
    if len(listing.offers) != 1 or (offer := listing.offers[0]).amount is None or offer.token is None:
        return False
    amount, asset, on_page = offer.amount, offer.token.asset, judge.page_offer
    spec, sanity = mapping(on_page.get("priceSpecification")), listing.pricing
    decimal = to_decimal(amount, asset.decimals)
    for where in (on_page, spec):
        if where.get("priceCurrency", asset.symbol) != asset.symbol:
            return False
        if (price := where.get("price", decimal)) != decimal and not _is_amount(price, amount, asset.decimals):
            return False
    median, stated, flag = sanity.get("median_category_atomic"), sanity.get("ratio"), sanity.get("flag")
    if not isinstance(median, int) or not isinstance(flag, str) or not isinstance(stated, (int, float)):
        return False
    if isinstance(median, bool) or isinstance(stated, bool):
        return False
    if max(amount, median, stated) > _LARGEST or not _is_standing(amount, median, stated, flag[:_KEPT]):
        return False
    return _names_terms(on_page.get("additionalProperty", ()), offer)


def _is_amount(price: Json, amount: int, decimals: int) -> bool:
    return isinstance(price, str) and from_decimal(price, decimals) == amount


@lru_cache(maxsize=4096, typed=True)
def _is_standing(amount: int, median: int, stated: float, flag: str) -> bool:
    if median <= 0 or flag not in FLAGS:
        return False
    real = ratio(amount, median)
    return as_ratio(stated) == real and flag in possible_flags(real) and real < prices.OUTLIER_FROM


def _names_terms(rows: Json, offer: Offer) -> bool:
    """Whether the properties of the page's offer name the offer's network and asset."""
    if not isinstance(rows, (list, tuple)) or offer.asset is None:
        return False
    for row in rows:
        name, value = (row.get("name"), row.get("value")) if isinstance(row, dict) else (None, None)
        if name == "paymentNetwork" and network(value) is not offer.network:
            return False
        if name == "paymentAsset" and (not isinstance(value, str) or value.lower() != offer.asset.lower()):
            return False
    return True


def has_quiet_texts(listing: Listing, judge: Judge) -> bool:
    """Whether no text speaks of a price or a unit, and nothing is flagged for review."""
    if len(listing.offers) != 1 or (offer := listing.offers[0]).amount is None or offer.token is None:
        return False
    raw, words = listing.raw, judge.words
    if raw.get("pricing_review_required") is True or raw.get("pricing_decimal_suspect") is True:
        return False
    is_priced = texts.may_price(words) or texts.may_name_unit(words)
    return not is_priced and offer.amount < texts.most_atomic(offer.token.asset.decimals)


Look = Callable[[Listing, Judge], bool]

LOOKS: dict[ModuleType, Look] = {
    shape: has_shape, identity: has_own_links, urls: has_public_url, page: has_own_page, offers: has_usual_terms,
    terms: has_usual_terms, hints: has_plain_hints, repairs: has_plain_hints, schemas: has_plain_hints,
    fields: has_plain_hints, prices: has_one_price, texts: has_quiet_texts,
}  # fmt: skip
"""For each family of rules, what tells that none of them would find anything."""
