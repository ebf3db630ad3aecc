"""Files: what can be mended in a file, and the ways to show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.reading.containers import records
from x402_catalog.reading.files import File
from x402_catalog.reading.limits import DEFAULT, Limits
from x402_catalog.reading.streams import SourceError, chunks
from x402_catalog.records import Record
from x402_catalog.repairs.diff import unified
from x402_catalog.repairs.menders import MENDED
from x402_catalog.repairs.mending import mend
from x402_catalog.repairs.patches import operations
from x402_catalog.repairs.repair import Repair
from x402_catalog.repairs.surgery import Edit, edits, operated
from x402_catalog.rules.reading import NOT_AN_OBJECT
from x402_catalog.sources import Kind, listings


@dataclass(frozen=True, slots=True)
class Fix:
    """One listing and what can be mended in it."""

    listing: Listing
    repairs: list[Repair]


@dataclass(slots=True)
class FixableFile:
    """A file as it was read: ``data`` unpacked, its ``fixes``, how many listings it holds by format, and findings about
    what could not be read."""

    file: File
    data: bytes = b""
    fixes: list[Fix] = field(default_factory=list)
    formats: Counter[str] = field(default_factory=Counter)
    unread: list[Finding] = field(default_factory=list)

    @property
    def edits(self) -> list[Edit]:
        """The edits of all repairs, in the order of the text."""
        return sorted(edit for fix in self.fixes for edit in edits(fix.listing.record, fix.repairs))

    def text(self) -> bytes:
        """The text after all repairs."""
        return operated(self.data, self.edits)

    def diff(self) -> bytes:
        """All repairs as a unified diff."""
        return unified(self.file.name, self.data, self.edits)

    def patches(self) -> Iterator[list[dict[str, Any]]]:
        """All repairs as JSON Patches, one for each JSON document: the file, or each of its lines."""
        for _, fixes in groupby(self.fixes, key=lambda fix: _document(fix.listing.record)):
            yield [operation for fix in fixes for operation in operations(fix.listing, fix.repairs)]


def _document(record: Record) -> int:
    # An element of an array stands in the one document of its file.
    return -1 if record.pointer else record.offset


def look_through(file: File, wanted: Collection[str] = MENDED, limits: Limits = DEFAULT) -> FixableFile:
    """Read ``file`` and mend what is certain by the ``wanted`` rules. Nothing is raised for what stands in it."""
    found = FixableFile(file)
    try:
        found.data = b"".join(chunks(file.path, file.name))
    except SourceError as error:
        found.unread.append(error.finding)
        return found
    for record in records(iter((found.data,)), file.name, limits=limits, by_line=file.by_line):
        if isinstance(record, Finding):
            found.unread.append(record)
        elif isinstance(record.value, dict):
            _look_into(found, record, wanted)
        else:
            found.unread.append(NOT_AN_OBJECT.finding("the record is no object", location=record.locate()))
    return found


def _look_into(found: FixableFile, record: Record, wanted: Collection[str]) -> None:
    for listing in listings(record):
        if isinstance(listing, Finding):
            found.unread.append(listing)
            continue
        found.formats[listing.source] += 1
        if listing.source == Kind.X402ALL and (made := mend(listing, record.faults, wanted)):
            found.fixes.append(Fix(listing, made))
