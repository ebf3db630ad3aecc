"""Content: what a listing offers, in a canonical form, without what says who offers it, where and for how much."""

from __future__ import annotations

import orjson

from x402_catalog.models import Listing


def content_of(listing: Listing) -> int:
    """A hash, within this process, of summary, method, and the declared requests and answers.

    Two listings with equal content sell the same thing in the same words. Order of members and spacing do not count.
    """
    offered = [offer.raw.get("hints") for offer in listing.offers[:1]]
    try:
        return hash(orjson.dumps([listing.method, listing.summary, offered], option=orjson.OPT_SORT_KEYS))
    except (TypeError, RecursionError):  # integers beyond 64 bits, lone surrogates, nesting without end
        return hash((listing.method, listing.summary, listing.record.raw))
