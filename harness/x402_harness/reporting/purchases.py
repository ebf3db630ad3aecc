"""Purchases as a table for spreadsheets: one row each, in CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TextIO

from x402_harness.reporting.escape import printable
from x402_harness.reporting.tables import Column, print_csv
from x402_harness.reporting.view import CaseView, ListingView, RunView


class Purchase(NamedTuple):
    """A purchase, with its listing and its run."""

    run: RunView
    listing: ListingView
    case: CaseView


def purchases(view: RunView) -> list[Purchase]:
    """Every purchase of a run, in order."""
    return [Purchase(view, listing, case) for listing in view.listings.values() for case in listing.cases]


def write_purchases(view: RunView, out: TextIO) -> None:
    """RFC 4180, one row a purchase. Amounts are decimal strings of atomic units, ``seconds`` of both legs."""
    print_csv(COLUMNS, purchases(view), out)


def _column(name: str, value: Callable[[Purchase], Any]) -> Column[Purchase]:
    def safe(row: Purchase) -> Any:
        found = value(row)
        return printable(found, 2000) if isinstance(found, str) else found

    return Column(name, safe)


def _status(row: Purchase, leg: str) -> int | None:
    answers = [one["response"] for one in row.case.exchanges if one["leg"] == leg and one["response"]]
    return answers[-1]["status"] if answers else None


COLUMNS = (
    _column("run", lambda row: row.run.started.get("run")),
    _column("mode", lambda row: row.run.started.get("mode")),
    _column("evidence", lambda row: row.run.started.get("evidence")),
    _column("case", lambda row: row.case.started["case"]),
    _column("slug", lambda row: row.listing.about["slug"]),
    _column("host", lambda row: row.listing.about["host"]),
    _column("method", lambda row: row.case.started["request"]["method"]),
    _column("url", lambda row: row.case.started["request"]["url"]),
    _column("row", lambda row: row.case.started["row"]),
    _column("source", lambda row: row.case.started["source"]),
    _column("network", lambda row: row.case.started["network"]),
    _column("symbol", lambda row: row.case.started["symbol"]),
    _column("amount", lambda row: row.case.started["amount"]),
    _column("price", lambda row: row.case.started["price"]),
    _column("state", lambda row: row.case.state),
    _column("reason", lambda row: row.case.ended.get("reason") or row.case.fault),
    _column("charged", lambda row: row.case.ended.get("moved")),
    _column("transaction", lambda row: row.case.ended.get("transaction")),
    _column("unpaid_status", lambda row: _status(row, "unpaid")),
    _column("paid_status", lambda row: _status(row, "paid")),
    _column("seconds", lambda row: row.case.ended.get("elapsed")),
    _column("failed", lambda row: " ".join(row.case.ended.get("failed", ()))),
    _column("passed", lambda row: " ".join(row.case.ended.get("passed", ()))),
)
