"""The plan of a listing's requests, for people and for programs: what each row adds, and what stays untested."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from x402_catalog.models import Listing, Offer
from x402_catalog.money import Money
from x402_harness.planning.negatives import Negative
from x402_harness.planning.rows import PlannedRow, RowPlan
from x402_harness.planning.shown import Coverage
from x402_harness.protocol.exchange import Request
from x402_harness.reporting.escape import printable

_SHOWN = 12  # untested levels that are named


def print_plan(listing: Listing, offer: Offer, plan: RowPlan, out: Console) -> None:
    """Print the rows, one below the other, then what they cover and what they would cost."""
    out.print(Text(f"{printable(listing.slug, 80)} · {len(plan.rows)} requests", style="bold"))
    for number, row in enumerate(plan.rows, start=1):
        out.print(f"{number:>4}  {row.candidate.source:<9} {_added(row)}")
        out.print(f"      {_line(row.candidate.request)}")
        if row.new:
            out.print(f"      new: {', '.join(printable(str(one), 80) for one in row.new)}")
    for name, value in coverage_lines(plan.coverage):
        out.print(f"{name:<10} {value}")
    out.print(f"{'price':<10} {cost(offer.price, len(plan.rows))}")


def _added(row: PlannedRow) -> str:
    return f"+{len(row.new)} levels, +{row.new_pairs} pairs"


def _line(request: Request) -> str:
    body = printable(request.body.decode("utf-8", "backslashreplace"), 160)
    return f"{printable(request.method, 10)} {printable(request.url, 160)}" + (f"  {body}" if body else "")


def coverage_lines(covered: Coverage) -> list[tuple[str, str]]:
    """Coverage as named lines."""
    if not covered.all_levels:
        return [("levels", "none: the listing declares no fields that could be varied")]
    lines = [
        ("levels", f"{covered.levels} of {covered.all_levels} (all take {covered.rows_for_levels} requests at least)"),
        ("pairs", f"{covered.pairs} of {covered.all_pairs} (so many requests show {covered.most_pairs} at most; "
                  f"all take {covered.rows_for_pairs} at least)"),
    ]  # fmt: skip
    if covered.untested:
        named = ", ".join(printable(str(one), 80) for one in covered.untested[:_SHOWN])
        more = len(covered.untested) - _SHOWN
        lines.append(("untested", named + (f" and {more} more levels" if more > 0 else "")))
    return lines


def cost(price: Money | None, rows: int) -> str:
    """What so many purchases cost."""
    if price is None:
        return "unknown"
    total = Money(price.atomic * rows, price.asset)
    return f"{rows} × {price} = {total}"


def print_negatives(listing: Listing, negatives: Sequence[Negative], out: Console) -> None:
    """Print requests that break what is declared."""
    out.print(
        Text(f"{printable(listing.slug, 80)} · {len(negatives)} invalid requests, to be sent unpaid", style="bold")
    )
    for number, one in enumerate(negatives, start=1):
        out.print(f"{number:>4}  {printable(one.keyword, 24):<20} {printable(one.part + one.pointer, 80)}")
        out.print(f"      {printable(one.what, 120)}")
        out.print(f"      {_line(one.request)}")


def request_details(request: Request) -> dict[str, Any]:
    """A request as JSON; a body that is no UTF-8 in base64."""
    from x402_harness.runs.redaction import body_to_dict

    return {
        "method": request.method,
        "url": request.url,
        "headers": [list(header) for header in request.headers],
        "body": body_to_dict(request.body),
    }


def plan_details(listing: Listing, offer: Offer, plan: RowPlan) -> dict[str, Any]:
    """A plan as JSON."""
    return {
        "slug": listing.slug,
        "offer": offer.index,
        "price": None if offer.price is None else offer.price.decimal,
        "requests": [
            {
                "row": number,
                "source": str(row.candidate.source),
                **request_details(row.candidate.request),
                "levels": {one.field: one.level for one in row.levels},
                "adds": {"levels": [str(one) for one in row.new], "pairs": row.new_pairs},
            }
            for number, row in enumerate(plan.rows, start=1)
        ],
        "coverage": plan.coverage.to_dict(),
    }


def negative_details(listing: Listing, negatives: Sequence[Negative]) -> dict[str, Any]:
    """Invalid requests as JSON."""
    return {
        "slug": listing.slug,
        "requests": [
            {
                "breaks": one.keyword, "part": one.part, "pointer": one.pointer, "what": one.what,
                **request_details(one.request),
            }
            for one in negatives
        ],
    }  # fmt: skip
