"""Menders: one function for each rule whose finding can be mended without a guess."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.repairs import identity, offers, prices, types
from x402_catalog.repairs.pointers import MISSING, value_at
from x402_catalog.repairs.repair import Mender, Repair
from x402_catalog.rules.reading import DUPLICATE_KEY
from x402_catalog.sources import Kind

MENDERS: dict[str, Mender] = {**offers.MENDERS, **identity.MENDERS, **types.MENDERS, **prices.MENDERS}
MENDED = frozenset(MENDERS)
"""The codes of the rules whose findings can be mended."""


def repairs(listing: Listing, findings: Iterable[Finding]) -> list[Repair]:
    """What is certain to mend about ``findings``, which were made of ``listing``; at most one repair for each place.

    There is none for a listing in another format than that of listings, and none where a name stands twice in an
    object: which of the two counts is not certain, and so nothing is that was derived from either.
    """
    known = list(findings)
    if listing.source != Kind.X402ALL or any(finding.rule == DUPLICATE_KEY.code for finding in known):
        return []
    found: dict[str, Repair] = {}
    for finding in known:
        for repair in _repairs(listing, finding):
            found.setdefault(repair.pointer, repair)
    return list(found.values())


def _repairs(listing: Listing, finding: Finding) -> Iterator[Repair]:
    mender = MENDERS.get(finding.rule)
    prefix = listing.record.pointer + listing.record.base
    pointer = finding.location.pointer
    if mender is None or pointer is None or not pointer.startswith(prefix):
        return
    for change in mender(listing, pointer.removeprefix(prefix)):
        before = value_at(listing.raw, change.pointer)
        if before is MISSING or isinstance(before, (dict, list)):
            continue  # only a value that stands there is replaced, and only a scalar
        if before != change.after or type(before) is not type(change.after):
            yield Repair(finding.rule, change.pointer, before, change.after, change.reason)
