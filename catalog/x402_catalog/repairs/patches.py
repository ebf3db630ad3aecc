"""Patches: repairs as JSON Patch (RFC 6902)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from x402_catalog.models import Listing
from x402_catalog.repairs.repair import Repair


def operations(listing: Listing, made: Iterable[Repair]) -> list[dict[str, Any]]:
    """The operations on the listing's JSON document that make its repairs.

    Each value is tested before it is replaced, so that the patch fits no other text. ``rule``, ``file`` and
    ``listing`` are said besides; what RFC 6902 does not name, its readers ignore (§4).
    """
    record = listing.record
    told = []
    for repair in made:
        path = record.pointer + record.base + repair.pointer
        about = {"rule": repair.rule, "listing": listing.slug, "file": record.file}
        told.append({"op": "test", "path": path, "value": repair.before})
        told.append({"op": "replace", "path": path, "value": repair.after, **about})
    return told
