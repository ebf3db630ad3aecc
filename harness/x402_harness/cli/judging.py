"""Judging: every rule over every listing of some sources, as they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from x402_catalog.collector import seldom_collecting
from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.reading import Limits
from x402_catalog.records import Record
from x402_catalog.rules.levels import Levels
from x402_catalog.rules.selection import Selection
from x402_catalog.search import Filters
from x402_catalog.sources import Kind
from x402_catalog.store import is_catalogue, passing, select
from x402_catalog.store.words import terms
from x402_catalog.validation import validate
from x402_harness.cli import options
from x402_harness.cli.baselines import Baselines
from x402_harness.cli.loading import selected, stream
from x402_harness.reporting.findings import Ending, FindingsReport, Told
from x402_harness.runs.outcome import Exit, Summary

Items = Iterable[tuple[Listing | Finding, Record | None]]


class Judging:
    """The findings of one command, one after the other; ``listings`` counts those that were judged.

    ``items`` are what the sources hold, where that was read already; ``judged`` judges a listing by other rules than
    those over one listing; ``levels`` are those that the reader gave the rules.

    Memory holds one listing at a time, unless the filters need to know all of them (``--sample``, ``--sort``). Raises
    :class:`~x402_catalog.search.BadFilter` at once.
    """

    def __init__(
        self,
        sources: tuple[str, ...],
        limits: Limits,
        kind: Kind | None,
        filters: Filters,
        rules: Selection,
        query: str = "",
        *,
        items: Items | None = None,
        judged: Callable[[Listing], list[Finding]] | None = None,
        levels: Levels | None = None,
    ) -> None:
        filters.check()
        terms(query)
        self._sources = sources
        self._items = items
        self._judged = judged or self._validated
        self._levels = levels or Levels()
        self._limits = limits
        self._kind = kind
        self._query = query
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
                    yield Told(self._levels.of(told.finding), told.record)

    def _all(self) -> Iterator[Told]:
        for listing in self._selected():
            yield from self._taken()
            self.listings += 1
            for finding in self._judged(listing):
                yield Told(_of_listing(finding, listing), listing.record)
        yield from self._taken()

    def _selected(self) -> Iterator[Listing]:
        filters = self._filters
        if len(self._sources) == 1 and is_catalogue(self._sources[0]):
            return selected(self._sources[0], self._query, filters)
        if self._query or filters.sample is not None or filters.sort != "relevance":
            return iter(select(self._read(), self._query, filters))
        if replace(filters, limit=None) == Filters(seed=filters.seed):
            return self._limited(self._read())
        return self._limited(passing(self._read(), filters))

    def _limited(self, chosen: Iterator[Listing]) -> Iterator[Listing]:
        yield from islice(chosen, self._filters.limit)
        for _ in chosen:  # what cannot be read is told of the whole source
            yield from ()

    def _read(self) -> Iterator[Listing]:
        for item, record in stream(self._sources, self._limits, self._kind) if self._items is None else self._items:
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


def tell(
    judging: Judging,
    baselines: Baselines,
    report: FindingsReport,
    fail_on: str,
    notices: tuple[str, ...] = (),
    more: Callable[[], dict[str, Any]] = dict,
) -> Exit:
    """Hand every finding to the report; the exit code counts what no baseline accepts, not even the one under way.

    ``notices`` stand before those of the baseline; ``more`` gives the command's own members of the JSON document
    once everything is judged.
    """
    suppression, failing = baselines.suppression, Summary()
    for told in judging.findings():
        entry, renewed = suppression.accepts(told), baselines.renews(told)
        if entry is not None:
            report.suppress(told, entry.why())
            continue
        failing.levels[told.finding.level] += not renewed
        report.add(told)
    failing.listings = judging.listings
    code = failing.exit_code(options.failing_level(fail_on))
    said = (*notices, *suppression.notices())
    report.end(Ending(judging.listings, int(code), suppression.count, said, baselines.to_dict(), more=more()))
    return code


def _of_listing(finding: Finding, listing: Listing) -> Finding:
    """A fault of the text says whose text it is."""
    if finding.location.listing is not None:
        return finding
    return finding.at(replace(finding.location, listing=listing.slug))
