"""The store: a catalogue of listings, in an SQLite file that keeps its snapshots over time, or in memory.

:class:`Catalogue` is all that others need: ``Catalogue.create(path).add(read(sources), sources, now)`` imports,
``Catalogue.open(path)`` looks. The layers below it: :mod:`.schema` (tables, views, versions), :mod:`.words` (texts and
queries as words), :mod:`.entries` and :mod:`.index` (what is kept of a listing), :mod:`.waiting` (rows to be written),
:mod:`.documents` and :mod:`.restoring` (records packed and made again), :mod:`.importing` (snapshots),
:mod:`.selection` (filters as SQL), :mod:`.searching`, :mod:`.facets`, :mod:`.copies`, :mod:`.typos`,
:mod:`.statistics`, :mod:`.changes`.
"""

from __future__ import annotations

from x402_catalog.store.catalogue import Catalogue, is_catalogue
from x402_catalog.store.copies import Cluster
from x402_catalog.store.importing import Imported, NothingToImport
from x402_catalog.store.results import Page, Query, Row, RowOffer, Snapshot, Standing
from x402_catalog.store.schema import StoreError
from x402_catalog.store.selecting import passing, select
from x402_catalog.store.statistics import Group

__all__ = [
    "Catalogue", "Cluster", "Group", "Imported", "NothingToImport", "Page", "Query", "Row", "RowOffer", "Snapshot",
    "Standing", "StoreError",
    "is_catalogue", "passing", "select",
]  # fmt: skip
