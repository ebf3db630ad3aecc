"""Units: what one price buys, where a listing says so."""

from __future__ import annotations

import re

from x402_catalog.models import Listing, member, text
from x402_catalog.pricing.words import first_price

# A call is what every price buys; it is no unit to compare by.
_UNITS = {
    "image": "image", "picture": "image", "page": "page", "minute": "minute", "second": "second",
    "character": "character", "word": "word", "row": "row", "record": "record", "email": "email", "video": "video",
    "document": "document", "article": "article", "address": "address", "url": "url",
}  # fmt: skip
_TOKENS = re.compile(r"(?:/|\bper)[ -]?(1k|1,?000|thousand|1m|million)?[ -]?tokens?\b", re.I)
_PER = re.compile(rf"(?:/|\bper[ -])({'|'.join(_UNITS)})s?\b", re.I)
_THOUSANDS = {"": "token", "1k": "1k tokens", "1000": "1k tokens", "thousand": "1k tokens"}


def unit_of(listing: Listing) -> tuple[str, str | None] | None:
    """The unit that the listing is priced by, and the dollars a unit where a text states them beside it.

    ``("image", "0.02")``; ``None`` where nothing but the call is named. The page's ``unitText`` counts before texts.
    """
    stated = text(member(listing.raw, "json_ld", "offers", "priceSpecification", "unitText"))
    if stated is not None and stated.lower() in _UNITS:
        return _UNITS[stated.lower()], None
    for words in (listing.summary, text(member(listing.raw, "seo", "description"))):
        if words and ("per" in words or "/" in words) and (found := _in_text(words[:2000])):
            return found
    return None


def _in_text(words: str) -> tuple[str, str | None] | None:
    if match := _TOKENS.search(words):
        many = (match[1] or "").lower().replace(",", "")
        return _THOUSANDS.get(many, "1m tokens"), first_price(words[: match.start()])
    if match := _PER.search(words):
        return _UNITS[match[1].lower()], first_price(words[: match.start()])
    return None
