"""Copies of one listing: which of a catalogue are the same thing once more, by what the audit says of a few of them.

To judge a whole catalogue takes a minute; whatever the audit takes for copies shares a host or rare words, which the
index finds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from x402_catalog.duplicates import endpoint_of, template_of
from x402_catalog.models import Listing
from x402_catalog.rules.registry import Rule
from x402_catalog.search import Filters
from x402_catalog.store.searching import alike
from x402_catalog.store.selection import conjunction, selection

if TYPE_CHECKING:
    from x402_catalog.audit.rows import Row as AuditRow

MOST = 300  # listings of the host, and as many of like words, that are looked at


@dataclass(frozen=True, slots=True)
class Cluster:
    """The copies of a listing by their ids, the cheapest first, each with the rule that says so; ``cheapest`` of all,
    the listing itself included, ``None`` where none has a price in real money."""

    copies: dict[int, Rule]
    cheapest: int | None


def cluster_of(
    db: sqlite3.Connection, get: Callable[[int], Listing], listing: int, snapshot: int, *, latest: bool
) -> Cluster:
    """The cluster of ``listing`` in ``snapshot``, whose listings ``get`` gives."""
    from x402_catalog.audit import audit  # brings MinHash with it, which little of the store needs

    first = get(listing)
    hits = _of_the_host(db, first, listing, snapshot, latest=latest)
    near = alike(db, listing, snapshot, MOST, latest=latest, category=False)
    ids = [listing, *sorted({*hits, *near})]  # in the order in which an audit of the file has them
    result = audit([first, *map(get, ids[1:])])
    # The listing comes first, and so leads each of its clusters; the stricter rule is told of what is in two.
    found = {member: one.rule for one in reversed(result.copies) if one.members[0] == 0 for member in one.members[1:]}
    cheapest_first = sorted([0, *found], key=lambda number: (*_asked(result.rows[number]), number))
    known = result.rows[cheapest_first[0]].price is not None
    copies = {ids[number]: found[number] for number in cheapest_first if number}
    return Cluster(copies, ids[cheapest_first[0]] if known else None)


def _asked(row: AuditRow) -> tuple[bool, float]:
    """What sorts as the price does: nothing asked first, no price last."""
    price = row.price
    return price is None, -inf if price is None or price.log is None else price.log


def _of_the_host(db: sqlite3.Connection, first: Listing, listing: int, snapshot: int, *, latest: bool) -> Iterator[int]:
    """Listings of the same host, at the same endpoint or one that its template may give."""
    base = conjunction(selection(db, [], Filters(), snapshot, latest=latest).base)
    sql = (
        "SELECT f.id, m.text, l.url FROM facet f JOIN listing l ON l.id = f.id JOIN shape s ON s.id = f.shape"
        " JOIN term m ON m.id = s.method WHERE f.host = (SELECT g.host FROM facet g WHERE g.id = ?)"
        f" AND f.id <> ? AND {base.sql}"
    )
    wanted = _paths(first.method, first.url)
    left = MOST
    for key, method, url in db.execute(sql, (listing, listing, *base.parameters)):
        if left and not wanted.isdisjoint(_paths(method, url)):
            left -= 1
            yield key


def _paths(method: str, url: str) -> set[str]:
    endpoint = endpoint_of(method, url)
    return set() if endpoint is None else {endpoint, template_of(endpoint, "") or endpoint}
