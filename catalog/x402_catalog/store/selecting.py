"""Selecting among listings that are at hand: the same index and the same questions, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from x402_catalog.models import Listing
from x402_catalog.search import Filters
from x402_catalog.store.catalogue import Catalogue
from x402_catalog.store.index import Index
from x402_catalog.store.waiting import Waiting

_TOGETHER = 500  # listings that wait in memory for each other


def select(listings: Iterable[Listing], query: str = "", filters: Filters | None = None) -> list[Listing]:
    """The listings that match every term of ``query`` and every filter, sorted, sampled and cut.

    Raises :class:`~x402_catalog.search.BadFilter`.
    """
    with Catalogue.memory() as catalogue:
        waiting = Waiting(catalogue.connection)
        index = Index(catalogue.connection, catalogue.snapshot, waiting)
        numbered = {index.add(listing): listing for listing in listings}
        waiting.write()
        return [numbered[key] for key in catalogue.select(query, filters or Filters())]


def passing(listings: Iterable[Listing], filters: Filters) -> Iterator[Listing]:
    """The listings that pass ``filters`` in the order in which they come, without holding all of them: neither sorted
    nor sampled nor cut."""
    filters = replace(filters, sample=None, limit=None, sort="relevance")
    waiting = iter(listings)
    while some := list(islice(waiting, _TOGETHER)):
        chosen = {id(listing) for listing in select(some, "", filters)}
        yield from (listing for listing in some if id(listing) in chosen)
