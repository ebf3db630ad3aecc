"""Sources: records of every known format become listings, nothing of them lost."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from x402_catalog.findings import Finding
from x402_catalog.models import Json, JsonObject, Listing, listing_of, pointer
from x402_catalog.records import Record
from x402_catalog.rules import reading as rules
from x402_catalog.sources.draft import Draft
from x402_catalog.sources.items import bare, exchange, item
from x402_catalog.sources.kinds import Kind, is_exchange, kind_of, many_in, one_in

__all__ = ["Kind", "kind_of", "listings"]

_MAX_WRAPPING = 4


def listings(record: Record, kind: Kind | None = None) -> Iterator[Listing | Finding]:
    """The listings in one record: a listing, a page of items, the terms of a 402, operations of an API.

    ``kind`` forces the format; otherwise the content decides. A record that holds none is a finding (CAT014).
    """
    if isinstance(record.value, dict) and "slug" in record.value and _is_listing(record.value, kind):
        yield listing_of(record)  # as most records are: nothing to unwrap, and none of what else may be said
        return
    found = False
    for inner in unwrapped(record):
        if not found and inner is not record:
            yield from record.faults  # those of a text that only wraps its listings belong to none of them
        if isinstance(inner, Finding):
            found = True
            yield inner
            continue
        for number, listing in enumerate(_of(inner, kind)):
            found = True
            yield replace(listing, record=replace(listing.record, faults=())) if number else listing
    if not found:
        yield rules.NO_LISTING.finding("the record holds no listing", location=record.locate())


def _is_listing(value: JsonObject, kind: Kind | None) -> bool:
    return (kind or kind_of(value)) is Kind.X402ALL


def unwrapped(record: Record, depth: int = 0) -> Iterator[Record | Finding]:
    """The records inside a page or a wrapper; the record itself where it is neither."""
    value = record.value
    if not isinstance(value, dict) or depth > _MAX_WRAPPING:
        yield record
    elif name := many_in(value):
        for index, entry in enumerate(value[name]):
            yield from _entry(record, entry, pointer(name, index), depth)
    elif name := one_in(value):
        yield from unwrapped(record.inside(pointer(name), value[name]), depth + 1)
    else:
        yield record


def _entry(record: Record, entry: Json, at: str, depth: int) -> Iterator[Record | Finding]:
    inner = record.inside(at, entry)
    if isinstance(entry, dict):
        yield from unwrapped(inner, depth + 1)
    elif isinstance(entry, str) and entry.startswith(("https://", "http://")):
        yield inner
    else:
        yield rules.NOT_AN_OBJECT.finding(
            "the entry is neither an object nor a URL", observed=entry, expected="an object", location=inner.locate()
        )


def _of(record: Record, kind: Kind | None) -> Iterator[Listing]:
    value = record.value
    if isinstance(value, str):
        yield _drafted(record, Kind.WELL_KNOWN, bare(value, ""))
        return
    decided = kind or kind_of(value)
    if decided is Kind.OPENAPI:
        from x402_catalog.sources.openapi import operations  # brings JSON Schema with it, which few sources need

        for draft in operations(value):
            yield _drafted(record, decided, draft)
    elif decided is Kind.X402ALL:
        yield listing_of(record)
    elif is_exchange(value):
        yield _drafted(record, decided, exchange(value))
    else:
        yield _drafted(record, decided, item(value))


def _drafted(record: Record, kind: Kind, draft: Draft) -> Listing:
    made = listing_of(record, document=draft.document, source=str(kind))
    return replace(made, moved=draft.moved, inferred=draft.inferred)
