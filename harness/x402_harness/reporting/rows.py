"""Rows: the columns in which listings of a catalogue are shown."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from x402_catalog.networks import network
from x402_catalog.store import Row, RowOffer
from x402_harness.reporting.tables import Column


def dollars(value: Decimal | str) -> str:
    """An amount of dollars: ``$0.004``, whole cents at least (``$10.00``), never in powers of ten."""
    number = Decimal(value)
    text = f"{number.normalize():f}"
    whole, _, fraction = text.partition(".")
    return f"${whole}.{fraction.ljust(2, '0')}"


def times(value: Decimal | float) -> str:
    """A ratio in three figures: ``500×``, ``0.216×``."""
    number = Decimal(repr(value)) if isinstance(value, float) else value
    rounded = number.quantize(Decimal(1)) if number >= 100 else Decimal(f"{number:.3g}")
    return f"{rounded.normalize():f}×"


def decimal(value: Decimal | None) -> str | None:
    """A number as JSON keeps money: a string without powers of ten."""
    return None if value is None else f"{value:f}"


def network_name(term: str) -> str:
    """A network as people call it: its v1 name where it has one."""
    known = network(term)
    return known.v1_name or term if known else term


def main_offer(row: Row) -> RowOffer | None:
    """The offer that the row's price is of, else the first."""
    priced = next((offer for offer in row.offers if offer.price == row.price), None)
    return priced or next(iter(row.offers), None)


def offers(row: Row) -> list[dict[str, Any]]:
    """Every offer as JSON."""
    return [
        {
            "network": offer.network, "asset": offer.asset, "symbol": offer.symbol, "amount": offer.amount,
            "price": decimal(offer.price), "pay_to": offer.pay_to,
        }
        for offer in row.offers
    ]  # fmt: skip


def _networks(row: Row) -> str:
    return ",".join(dict.fromkeys(network_name(offer.network) or "?" for offer in row.offers))


def _of_main(name: str) -> Any:
    def value(row: Row) -> str | None:
        offer = main_offer(row)
        return getattr(offer, name) if offer else None

    return value


def _column(
    name: str, value: Callable[[Row], Any], *, right: bool = False, shown: Callable[[Any], str] = str, least: int = 12
) -> Column[Row]:
    return Column(name, value, right, shown, least=least)


COLUMNS: dict[str, Column[Row]] = {
    column.name: column
    for column in (
        _column("price", lambda row: decimal(row.price), right=True, shown=dollars),
        _column("amount", _of_main("amount"), right=True),
        _column("network", _networks),
        _column("method", lambda row: row.method),
        _column("slug", lambda row: row.slug, least=36),
        _column("title", lambda row: row.title),
        _column("host", lambda row: row.host),
        _column("category", lambda row: row.category),
        _column("flag", lambda row: row.flag),
        _column("ratio", lambda row: row.ratio, right=True, shown=lambda value: times(float(value))),
        _column("tier", lambda row: row.tier),
        _column("output", lambda row: row.answers, shown=lambda value: "yes" if value else "no"),
        _column("asset", _of_main("asset")),
        _column("symbol", _of_main("symbol")),
        _column("pay_to", _of_main("pay_to")),
        _column("url", lambda row: row.url),
        _column("summary", lambda row: row.summary),
        _column("offers", offers, shown=lambda value: str(len(value))),
    )
}
DEFAULT = ("price", "amount", "network", "method", "slug", "flag", "host")
DOCUMENT = ("slug", "title", "url", "summary", "host", "method", "category", "price", "offers", "flag", "ratio", "tier",
            "output")  # fmt: skip
LINES = ("price", "amount", "symbol", "network", "method", "slug", "title", "host", "category", "flag", "ratio", "tier",
         "output", "asset", "pay_to", "url")  # fmt: skip
