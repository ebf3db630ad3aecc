"""Judging: every rule over every listing of some sources, as they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from x402_catalog.collector import seldom_collecting
from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.reading import Limits
from x402_catalog.records import Record
from x402_catalog.rules.selection import Selection
from x402_catalog.search import Filters, select
from x402_catalog.sources import Kind
from x402_catalog.validation import validate
from x402_harness.cli.loading import stream
from x402_harness.reporting.findings import Told

Items = Iterable[tuple[Listing | Finding, Record | None]]


class Judging:
    """The findings of one command, one after the other; ``listings`` counts those that were judged.

    ``items`` are what there is to judge where that was read already, ``judged`` judges a listing by other rules than
    those over one listing.

    Memory holds one listing at a time, unless the filters need to know all of them (``--sample``, ``--sort``). Raises
    :class:`~x402_catalog.search.BadFilter` at once.
    """

    def __init__(
        self,
        sources: Iterable[str],
        limits: Limits,
        kind: Kind | None,
        filters: Filters,
        rules: Selection,
        *,
        items: Items | None = None,
        judged: Callable[[Listing], list[Finding]] | None = None,
    ) -> None:
        select((), "", filters)
        self._items = stream(sources, limits, kind) if items is None else items
        self._judged = judged or self._validated
        self._filters = filters
        self._rules = rules
        self._unread: list[Told] = []
        self._last_text: Record | None = None
        self.listings = 0

    def findings(self) -> Iterator[Told]:
        """What is wrong with the sources and their listings, of the selected rules."""
        with seldom_collecting():
            for told in self._all():
                if told.finding.rule in self._rules:
                    yield told

    def _all(self) -> Iterator[Told]:
        for listing in self._selected():
            yield from self._taken()
            self.listings += 1
            for finding in self._judged(listing):
                yield Told(_of_listing(finding, listing), listing.record)
        yield from self._taken()

    def _selected(self) -> Iterator[Listing]:
        filters = self._filters
        if filters.sample is not None or filters.sort != "relevance":
            return iter(select(self._read(), "", filters))
        each = replace(filters, limit=None)
        if each == Filters(seed=filters.seed):
            return self._limited(self._read())
        return self._limited(listing for listing in self._read() if select([listing], "", each))

    def _limited(self, chosen: Iterator[Listing]) -> Iterator[Listing]:
        yield from islice(chosen, self._filters.limit)
        for _ in chosen:  # what cannot be read is told of the whole source
            yield from ()

    def _read(self) -> Iterator[Listing]:
        for item, record in self._items:
            if isinstance(item, Listing):
                yield item
            else:
                self._unread.append(Told(item, record))

    def _taken(self) -> list[Told]:
        taken, self._unread = self._unread, []
        return taken

    def _validated(self, listing: Listing) -> list[Finding]:
        record = listing.record
        findings = validate(listing, keep_held=False).findings
        # An API's operations share one text, whose faults are told once.
        skipped = len(record.faults) if record is self._last_text else 0
        self._last_text = record if record.faults else None
        return findings[skipped:]


def _of_listing(finding: Finding, listing: Listing) -> Finding:
    """A fault of the text says whose text it is."""
    if finding.location.listing is not None:
        return finding
    return finding.at(replace(finding.location, listing=listing.slug))
