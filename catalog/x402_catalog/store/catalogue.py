"""The catalogue: listings in an SQLite file or in memory, to be imported into, searched, compared and gone through.

>>> with Catalogue.open("catalogue.db") as catalogue:
...     page = catalogue.search(Query("weather", Filters(network=("base",), limit=10), facets=True))
...     for listing in catalogue: ...
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Self

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.records import Record
from x402_catalog.search import Filters, price_of_key
from x402_catalog.sources import Kind
from x402_catalog.store import searching
from x402_catalog.store.copies import Cluster, cluster_of
from x402_catalog.store.documents import Documents
from x402_catalog.store.importing import Imported, Importer, Told
from x402_catalog.store.restoring import restored
from x402_catalog.store.results import Page, Query, Row, Snapshot, Standing
from x402_catalog.store.schema import STEPS, StoreError, migrate, version
from x402_catalog.store.selection import Selection, selection
from x402_catalog.store.statistics import Group, groups, limits, quantile
from x402_catalog.store.words import Term, words

_SIGN = b"SQLite format 3\x00"
_SIMILAR_WORDS = 12
_NEAR = 200  # slugs that are looked at for one that was meant


def is_catalogue(path: str | Path) -> bool:
    """Whether ``path`` is a database file, so that it is opened and not read."""
    try:
        with open(path, "rb") as file:
            return file.read(len(_SIGN)) == _SIGN
    except (OSError, ValueError):
        return False


class Catalogue:
    """An open catalogue, of which one snapshot is looked at: the latest, unless :meth:`at` chose another.

    One thread at a time may use it; opening one takes about a millisecond. Everything may raise :class:`StoreError`
    where the file is damaged.
    """

    def __init__(self, db: sqlite3.Connection, snapshot: int | None = None) -> None:
        self._db = db
        self._chosen = snapshot

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a file to look at. Raises :class:`StoreError`."""
        if not is_catalogue(path):
            raise StoreError(f"{path} is no catalogue file: make one with testbuy import")
        try:
            db = _connected(path)
        except StoreError as error:
            raise StoreError(f"{path}: {error}") from error
        return cls(db)

    @classmethod
    def create(cls, path: str | Path) -> Self:
        """Open a file to import into, which is made where there is none and brought to the latest version of the
        schema. Raises :class:`StoreError`."""
        db = None
        try:
            db = sqlite3.connect(path, isolation_level=None, timeout=30)
            version(db)
            db.execute("PRAGMA page_size = 8192")  # of a file that is made: a tenth less to write than with half
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA cache_size = -65536")
            migrate(db)
        except (sqlite3.Error, StoreError) as error:
            if db is not None:
                db.close()
            raise StoreError(f"{path}: {error}") from error
        return cls(db)

    @classmethod
    def memory(cls) -> Self:
        """An empty catalogue in memory."""
        db = sqlite3.connect(":memory:", isolation_level=None)
        migrate(db)
        return cls(db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def connection(self) -> sqlite3.Connection:
        """The database, for queries that are not made here; tables and views are described in :mod:`.schema`."""
        return self._db

    # Snapshots

    def add(
        self,
        items: Iterable[Record | Finding],
        sources: Iterable[str],
        at: float,
        *,
        kind: Kind | None = None,
        replace: bool = False,
        told: Told | None = None,
    ) -> Imported:
        """Import ``items``, as :func:`x402_catalog.reading.read` makes them of ``sources``, as a snapshot of the time
        ``at``; see :class:`.Importer`. ``told`` hears the number of listings now and then."""
        return Importer(self._db, kind, told).run(items, sources, at, replace=replace)

    def snapshots(self) -> list[Snapshot]:
        """Every snapshot, the oldest first."""
        rows = self._db.execute("SELECT id, at, sources, listings, findings FROM snapshot ORDER BY id")
        return [Snapshot(key, at, tuple(json.loads(names)), count, wrong) for key, at, names, count, wrong in rows]

    def at(self, snapshot: int) -> Catalogue:
        """The same catalogue, looking at another snapshot; it shares the connection. Raises :class:`StoreError`."""
        if all(one.id != snapshot for one in self.snapshots()):
            raise StoreError(f"there is no snapshot {snapshot}")
        return Catalogue(self._db, snapshot)

    @property
    def snapshot(self) -> int:
        """The number of the snapshot that is looked at; 0 where there is none yet."""
        return self._chosen or self._latest()

    def _latest(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(id), 0) FROM snapshot").fetchone()[0])

    # Listings

    def __len__(self) -> int:
        row = self._db.execute("SELECT listings FROM snapshot WHERE id = ?", (self.snapshot,)).fetchone()
        return int(row[0]) if row else 0

    def __iter__(self) -> Iterator[Listing]:
        """Every listing of the snapshot in the order in which the file first had them, in constant memory."""
        for _, listing in self.numbered():
            yield listing

    def numbered(self) -> Iterator[tuple[int, Listing]]:
        """Every listing with its id, as :meth:`__iter__` gives them."""
        return restored(self._db, Documents(self._db), self.snapshot)

    def get(self, listing: int) -> Listing:
        """The listing with that id, whole and with the place where it was read. Raises :class:`StoreError`."""
        for _, found in restored(self._db, Documents(self._db), self.snapshot, listing):
            return found
        raise StoreError(f"snapshot {self.snapshot} has no listing {listing}")

    def listings(self, slug: str) -> list[Listing]:
        """Every listing of that slug or URL: several where the catalogue has it more than once, none where it has
        none."""
        return [self.get(key) for key in self.ids(slug)]

    def ids(self, slug: str) -> list[int]:
        """The ids of the listings of that slug, or else of that URL."""
        return searching.named(self._db, slug, self.snapshot)

    def nearest(self, slug: str, count: int = 3) -> list[str]:
        """Slugs that may have been meant by ``slug``."""
        wanted = [Term((word,), True) for word in dict.fromkeys(words(slug)[:_SIMILAR_WORDS])]
        chosen = selection(self._db, wanted, Filters(), self.snapshot, latest=self._is_latest, joined="OR")
        found = [row.slug for row in searching.rows(self._db, chosen, Filters(limit=_NEAR))]
        return get_close_matches(slug, dict.fromkeys(found), n=count, cutoff=0.4)

    def complete(self, what: str, beginning: str, count: int = 100) -> list[str]:
        """At most ``count`` slugs, or values of a facet such as ``host``, that begin so."""
        return searching.beginning(self._db, self.snapshot, what, beginning, count)

    # Search

    @property
    def _is_latest(self) -> bool:
        return self._chosen in (None, self._latest())

    def search(self, query: Query) -> Page:
        """What ``query`` finds. Raises :class:`~x402_catalog.search.BadFilter`."""
        return searching.search(self._db, query, self.snapshot, latest=self._is_latest)

    def select(self, text: str, filters: Filters) -> list[int]:
        """The ids of what a query finds, in order. Raises :class:`~x402_catalog.search.BadFilter`."""
        return searching.selected(self._db, text, filters, self.snapshot, latest=self._is_latest)

    def rows(self, ids: Iterable[int]) -> tuple[Row, ...]:
        """Listings in a line each, by their ids."""
        return searching.described(self._db, [(key, None) for key in ids])

    def similar(self, listing: int, count: int = 5) -> tuple[Row, ...]:
        """Listings of the same category whose texts share the most telling words with it, the nearest first."""
        return searching.similar(self._db, listing, self.snapshot, count, latest=self._is_latest)

    def cluster(self, listing: int) -> Cluster:
        """The copies of a listing, as an audit finds them, whatever their category."""
        return cluster_of(self._db, self.get, listing, self.snapshot, latest=self._is_latest)

    # Prices

    def peers(self, listing: int) -> dict[Decimal, int]:
        """How many listings of the same category stand at each price in dollars, the cheapest first; itself is one."""
        rows = self._db.execute(
            "SELECT f.price, count(*) FROM member m JOIN facet f ON f.id = m.listing JOIN shape s ON s.id = f.shape"
            " WHERE m.snapshot = ? AND f.price IS NOT NULL AND s.category ="
            " (SELECT o.category FROM facet g JOIN shape o ON o.id = g.shape WHERE g.id = ?) GROUP BY f.price",
            (self.snapshot, listing),
        )
        return {price_of_key(key): count for key, count in rows}

    def standing(self, listing: int) -> Standing | None:
        """Where its cheapest price stands among :meth:`peers`; ``None`` where it has no price."""
        (row,) = self.rows([listing])
        if row.price is None:
            return None
        prices = self.peers(listing)
        low, median, high = (quantile(prices, part) for part in (0.05, 0.5, 0.95))
        assert low is not None
        assert median is not None
        assert high is not None
        rank = 1 + sum(count for price, count in prices.items() if price < row.price)
        ratio = row.price / median if median else None
        return Standing(row.price, rank, sum(prices.values()), low, median, high, ratio)

    def groups(self, by: str, text: str = "", filters: Filters | None = None) -> list[Group]:
        """Prices of what a query finds by ``category``, ``network`` or ``host``."""
        return groups(self._db, self._selection(text, filters or Filters()), by)

    def outliers(self, text: str = "", filters: Filters | None = None, count: int = 20) -> list[tuple[Row, Decimal]]:
        """Listings whose price is far from the others of their category, with the median there; the farthest first."""
        found: list[tuple[Decimal, int, Decimal]] = []
        chosen = self._selection(text, filters or Filters())
        for category, prices in searching.by_category(self._db, chosen).items():
            edges, median = limits(prices), quantile({p: n for p, n in prices.items() if p > 0}, 0.5)
            if edges is None or median is None:
                continue
            for key, price in searching.outside(self._db, chosen, category, edges):
                found.append((max(price / median, median / price), key, median))
        nearest_last = sorted(found, key=lambda one: (-one[0], one[1]))[:count]
        medians = {key: median for _, key, median in nearest_last}
        return [(row, medians[row.id]) for row in self.rows(medians)]

    def _selection(self, text: str, filters: Filters) -> Selection:
        return searching.chosen(self._db, text, filters, self.snapshot, latest=self._is_latest)


def _connected(path: str | Path) -> sqlite3.Connection:
    """A connection that reads, to a file of this version of the schema."""
    uri = Path(path).absolute().as_uri()
    for mode in ("mode=ro", "immutable=1"):  # a log that may not be written is not needed where nobody writes
        db = sqlite3.connect(f"{uri}?{mode}", uri=True, isolation_level=None, timeout=30)
        try:
            found = version(db)
        except StoreError as error:
            db.close()
            has_log = Path(f"{path}-wal").exists()
            if mode == "immutable=1" or has_log or "unable to open" not in str(error):
                raise
            continue
        if found == len(STEPS):
            db.execute("PRAGMA mmap_size = 268435456")
            return db
        db.close()
        break
    Catalogue.create(path).close()
    return sqlite3.connect(f"{uri}?mode=ro", uri=True, isolation_level=None, timeout=30)
