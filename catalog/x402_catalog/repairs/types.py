"""Repairs of types: names of types as JSON Schema has them, and values of the type that is declared for them."""

from __future__ import annotations

from collections.abc import Iterator

from x402_catalog.hints import request_shape
from x402_catalog.hints.words import JSON_TYPES
from x402_catalog.jsonschemas import published
from x402_catalog.models import Listing, member
from x402_catalog.money import parse_atomic
from x402_catalog.repairs.pointers import MISSING, steps, value_at
from x402_catalog.repairs.readings import is_reading, reading, readings
from x402_catalog.repairs.repair import Change, Mender
from x402_catalog.rules import hints, repairs, shape

# Words for exactly one JSON type. Others say more (uuid, date) or leave it open (decimal, timestamp, json).
_PLAIN_NAMES = {
    "int": "integer", "int32": "integer", "int64": "integer", "long": "integer", "float": "number", "double": "number",
    "str": "string", "text": "string", "bool": "boolean", "dict": "object", "map": "object", "list": "array",
}  # fmt: skip
_AMOUNT = "max_amount_required_atomic"


def type_name(listing: Listing, at: str) -> Iterator[Change]:
    """A type's name in another language or another case."""
    stated = value_at(listing.raw, at)
    if not isinstance(stated, str):
        return
    word = stated.strip().lower()
    name = word if word in JSON_TYPES else _PLAIN_NAMES.get(word)
    if name is not None:
        yield Change(at, name, f"the JSON type that {stated!r} stands for")


def required_word(listing: Listing, at: str) -> Iterator[Change]:
    """``"true"`` and ``"false"`` where the value is meant."""
    stated = value_at(listing.raw, at)
    word = stated.strip().lower() if isinstance(stated, str) else ""
    if at.endswith("/required") and word in {"true", "false"} and not _declares(listing, at, word):
        yield Change(at, word == "true", "the value instead of the word for it")


def _declares(listing: Listing, at: str, name: str) -> bool:
    """Whether ``required`` may be naming a property that is called so."""
    beside = value_at(listing.raw, at.removesuffix("/required") + "/properties")
    return isinstance(beside, dict) and name in beside


def example_types(listing: Listing, at: str) -> Iterator[Change]:
    """Values of the example request that are of another type than their field, and have one reading of its type."""
    offer = next((offer for offer in listing.offers if offer.hints.get("input")), None)
    if offer is None or not at.startswith("/example_request_body"):
        return
    schema = hints.example_schema(request_shape(listing, offer))
    for place, meant in readings(schema, listing.example, "/example_request_body"):
        yield Change(place, meant, "the same value, of the type that the field declares")


def member_type(listing: Listing, at: str) -> Iterator[Change]:
    """A member of the listing or of an offer that the format wants as another JSON type."""
    path = steps(at)
    is_offer = path[:1] == ["accepts"] and len(path) == 3
    schema = published("offer" if is_offer else "listing")
    for name in path[2:] if is_offer else path:
        schema = member(schema, "properties", name) or {}
    stated = value_at(listing.raw, at)
    if stated is MISSING:
        return
    if is_offer and path[2] == _AMOUNT and isinstance(stated, int) and not isinstance(stated, bool):
        meant = str(stated) if parse_atomic(str(stated)) is not None else stated
    else:
        meant = reading(schema, stated)
    if is_reading(meant) and meant is not stated:
        yield Change(at, meant, "the same value, of the type that the format wants")


MENDERS: dict[str, Mender] = {
    shape.LISTING_SHAPE.code: member_type,
    shape.OFFER_SHAPE.code: member_type,
    hints.EXAMPLE_FITS.code: example_types,
    repairs.TYPE_ALIAS.code: type_name,
    repairs.TYPE_UNKNOWN.code: type_name,
    repairs.REQUIRED_WORD.code: required_word,
}
