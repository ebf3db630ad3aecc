"""Listings from files and folders, in whichever of the known formats."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.reading import read
from x402_catalog.records import Record
from x402_catalog.sources import listings


class Unreadable(ValueError):
    """Something in a source is no listing; ``findings`` say what and where."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(f"{one.location}: {one.message}" for one in findings))
        self.findings = findings


def read_listings(*sources: Path | str) -> Iterator[Listing | Finding]:
    """Every listing in the sources, and a finding for each record that cannot be read."""
    for item in read([str(source) for source in sources]):
        yield from listings(item) if isinstance(item, Record) else [item]


def load_listings(*sources: Path | str) -> list[Listing]:
    """Every listing in the sources. Raises :class:`Unreadable` unless all can be read."""
    made = list(read_listings(*sources))
    unread = [one for one in made if isinstance(one, Finding)]
    if unread:
        raise Unreadable(unread)
    return [one for one in made if isinstance(one, Listing)]
