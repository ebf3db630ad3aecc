"""Origins: the listing that a purchase was made from, kept with its text so that findings point into it again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from x402_catalog.findings import Finding
from x402_catalog.models import Json, Listing, listing_of
from x402_catalog.reading.parsing import parse
from x402_catalog.reading.places import Place
from x402_harness.runs.cassettes.exchanges import Stored, Unplayable
from x402_harness.runs.redaction import Keep


def digest_of(listing: Listing) -> str:
    """Which listing it is, whatever its layout: sixteen hex digits of its members."""
    return hashlib.sha256(json.dumps(listing.raw, sort_keys=True).encode()).hexdigest()[:16]


def listing_to_dict(listing: Listing, keep: Keep) -> dict[str, Any]:
    """A listing as a cassette keeps it: where it stood, and its record's text beside."""
    record = listing.record
    told: dict[str, Any] = {
        "slug": listing.slug, "digest": digest_of(listing), "file": record.file, "line": record.line,
        "column": record.column, "pointer": record.pointer, "offset": record.offset, "base": record.base,
        "text": keep(record.raw),
    }  # fmt: skip
    if listing.raw is not record.value:  # another format, of which the listing was made
        made = {"document": listing.raw, "source": listing.source, "moved": listing.moved, "inferred": listing.inferred}
        told["made"] = made
    return told


def listing_from_dict(told: dict[str, Any], stored: Stored) -> Listing:
    """The inverse of :func:`listing_to_dict`. Raises :class:`Unplayable`."""
    place = Place(told["file"], told["line"], told["column"], told["pointer"], told["offset"])
    record = parse(stored(told["text"]), place)
    if isinstance(record, Finding):
        raise Unplayable(f"the recorded listing cannot be read: {record.message}")
    if told["base"]:
        record = record.inside(told["base"], _at(record.value, told["base"]))
    made = told.get("made")
    if made is None:
        return listing_of(record)
    listing = listing_of(record, document=made["document"], source=made["source"])
    return replace(listing, moved=made["moved"], inferred=made["inferred"])


def _at(value: Json, pointer: str) -> Json:
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, TypeError, ValueError):
            raise Unplayable(f"nothing stands at {pointer} of the recorded listing") from None
    return value
