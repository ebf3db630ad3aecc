"""Mending: repairs repeated until none is left, as one may make another certain."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from msgspec import structs

from x402_catalog.findings import Finding
from x402_catalog.models import Listing, listing_of
from x402_catalog.repairs.menders import MENDED, repairs
from x402_catalog.repairs.pointers import replaced
from x402_catalog.repairs.repair import Repair
from x402_catalog.validation import validate

_MAX_ROUNDS = 8  # a chain is short: network, then asset, then price, then page


def mend(listing: Listing, faults: Iterable[Finding] = (), wanted: Collection[str] = MENDED) -> list[Repair]:
    """All repairs by ``wanted`` rules that are certain now or once others of them are made; none if mended before.

    ``faults`` are those of the text around the listing. Each place has one repair, from what stands there to what
    shall.
    """
    found: dict[str, Repair] = {}
    outer = list(faults)
    for _ in range(_MAX_ROUNDS):
        findings = [*outer, *validate(listing, keep_held=False).findings]
        new = [repair for repair in repairs(listing, findings) if repair.rule in wanted]
        if not new:
            break
        for repair in new:
            first = found.get(repair.pointer, repair)
            found[repair.pointer] = replace(repair, before=first.before)
        listing = mended(listing, new)
    return list(found.values())


def mended(listing: Listing, made: Iterable[Repair]) -> Listing:
    """The listing after its repairs. Places are still told by its old text, which has the same pointers."""
    value = listing.raw
    for repair in made:
        value = replaced(value, repair.pointer, repair.after)
    return listing_of(structs.replace(listing.record, value=value))
