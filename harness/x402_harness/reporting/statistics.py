"""Statistics: the columns in which prices of groups, and prices that are far off, are shown."""

from __future__ import annotations

from decimal import Decimal

from x402_catalog.store import Group, Row
from x402_harness.reporting.rows import decimal, dollars, network_name, times
from x402_harness.reporting.tables import Column

Far = tuple[Row, Decimal]


def _figures(value: Decimal | None) -> str | None:
    return None if value is None else f"{Decimal(f'{value:.6g}'):f}"


_GROUPS: tuple[Column[Group], ...] = (
    Column("name", lambda group: network_name(group.name)),
    Column("n", lambda group: group.count, right=True),
    Column("unpriced", lambda group: group.unpriced, right=True),
    Column("p5", lambda group: decimal(group.p5), right=True, shown=dollars),
    Column("median", lambda group: decimal(group.median), right=True, shown=dollars),
    Column("p95", lambda group: decimal(group.p95), right=True, shown=dollars),
    Column("spread", lambda group: _figures(group.spread), right=True, shown=lambda value: times(Decimal(value))),
    Column("outliers", lambda group: group.outliers, right=True),
)
GROUPS = {column.name: column for column in _GROUPS}
OUTLIERS: tuple[Column[Far], ...] = (
    Column("price", lambda far: decimal(far[0].price), right=True, shown=dollars),
    Column("times_median", lambda far: _figures((far[0].price or 0) / far[1]), right=True,
           shown=lambda value: times(Decimal(value))),
    Column("slug", lambda far: far[0].slug),
    Column("category", lambda far: far[0].category),
    Column("host", lambda far: far[0].host),
)  # fmt: skip
