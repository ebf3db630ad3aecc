"""Kinds of source: which format a JSON object is in, by its content alone."""

from __future__ import annotations

from enum import StrEnum

from x402_catalog.models import Json, JsonObject
from x402_catalog.reading.pages import LISTS, RECORD_SIGNS


class Kind(StrEnum):
    """The formats that are read."""

    X402ALL = "x402all"
    BAZAAR = "bazaar"
    CHALLENGE = "challenge"
    OPENAPI = "openapi"
    WELL_KNOWN = "well-known"


WRAPPERS = ("record", "listing")  # members that hold one record, of an object that is none itself

_ITEM_SIGNS = frozenset({"type", "lastUpdated", "quality", "serviceName", "method", "metadata", "url", "description"})


def kind_of(value: JsonObject) -> Kind:
    """The format of one record. What shows no sign of another is judged as an x402all listing."""
    if "paths" in value and ("openapi" in value or "swagger" in value):
        return Kind.OPENAPI
    if "slug" in value or _is_snake_case(value):
        return Kind.X402ALL
    if is_exchange(value) or _is_challenge(value):
        return Kind.CHALLENGE
    if "accepts" in value or "paymentRequirements" in value:
        return Kind.BAZAAR
    return Kind.X402ALL


def many_in(value: JsonObject) -> str | None:
    """The member of a page that holds its records; ``None`` for what is no page."""
    if not RECORD_SIGNS.isdisjoint(value):
        return None
    return next((name for name in LISTS if isinstance(value.get(name), list)), None)


def one_in(value: JsonObject) -> str | None:
    """The member of a wrapper that holds its one record; ``None`` for what is no wrapper."""
    if not RECORD_SIGNS.isdisjoint(value):
        return None
    return next((name for name in WRAPPERS if isinstance(value.get(name), dict)), None)


def is_exchange(value: JsonObject) -> bool:
    """Whether ``value`` is a recorded exchange: an object with a response that has a status."""
    response = value.get("response")
    return isinstance(response, dict) and "status" in response


def _is_snake_case(value: JsonObject) -> bool:
    return any(isinstance(entry, dict) and _has_snake_case(entry) for entry in _entries(value))


def _has_snake_case(entry: JsonObject) -> bool:
    return "pay_to" in entry or "max_amount_required_atomic" in entry


def _is_challenge(value: JsonObject) -> bool:
    if "x402Version" not in value or not isinstance(value.get("accepts"), list):
        return False
    if "error" in value:
        return True
    return not _ITEM_SIGNS & set(value) and (isinstance(value.get("resource"), dict) or "resource" not in value)


def _entries(value: JsonObject) -> list[Json]:
    accepts = value.get("accepts")
    return accepts if isinstance(accepts, list) else []
