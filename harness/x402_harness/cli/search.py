"""``testbuy search``."""

from __future__ import annotations

from typing import Any

import click

from x402_catalog.models import Listing, text
from x402_catalog.search import BadFilter, cheapest, host, select
from x402_harness.cli import options
from x402_harness.cli.loading import load, print_json
from x402_harness.runs.outcome import Exit


@click.command("search", short_help="Find listings by words and filters.")
@click.argument("query", nargs=-1)
@options.catalogue
@options.filters
@options.seed
@options.output_format
def command(query: tuple[str, ...], catalogue: str, format_: str, **values: Any) -> None:
    """List the listings whose words begin with every word of QUERY and that pass the filters. No query lists all."""
    filters = options.chosen(values, values["seed"])
    loaded = load([catalogue])
    try:
        found = select(loaded.listings, " ".join(query), filters)
    except BadFilter as error:
        raise click.UsageError(str(error)) from error
    if format_ == "json":
        from x402_harness.reporting.document import document

        counts = {"listings": len(found), "errors": 0, "warnings": 0, "of": len(loaded.listings)}
        print_json(document("search", counts, loaded.findings, listings=[row(listing) for listing in found]))
    else:
        _print_table(found)
        click.echo(f"{len(found)} of {len(loaded.listings)} · next: testbuy show SLUG, testbuy claims SLUG", err=True)
        if loaded.findings:
            click.echo(f"{len(loaded.findings)} findings while reading: testbuy validate {catalogue}", err=True)
    raise SystemExit(int(Exit.CLEAN if found else Exit.NOTHING))


def row(listing: Listing) -> dict[str, Any]:
    """A listing in a line's worth of members; prices in dollars and in atomic units."""
    price = cheapest(listing)
    return {
        "slug": listing.slug,
        "title": listing.title,
        "url": listing.url,
        "host": host(listing),
        "method": listing.method,
        "category": listing.category,
        "price": None if price is None else str(price),
        "offers": [
            {"network": offer.network_name, "asset": offer.asset, "amount": offer.amount_text}
            for offer in listing.offers
        ],
        "flag": text(listing.pricing.get("flag")),
    }


def _print_table(found: list[Listing]) -> None:
    from x402_harness.reporting.escape import printable
    from x402_harness.reporting.terminal import console

    if not found:
        return
    out = console()
    widths = {"price": 12, "network": 10, "method": 7, "slug": max(len(printable(one.slug, 60)) for one in found)}
    out.print(f"{'PRICE':>12}  {'NETWORK':<10} {'METHOD':<7} {'LISTING':<{widths['slug']}}  FLAG")
    for listing in found:
        price = cheapest(listing)
        shown = f"${price}" if price is not None else "–"
        names = ",".join(offer.network_name or "?" for offer in listing.offers) or "–"
        out.print(
            f"{shown:>12}  {printable(names, 10):<10} {printable(listing.method, 7):<7} "
            f"{printable(listing.slug, 60):<{widths['slug']}}  {printable(text(listing.pricing.get('flag')) or '')}"
        )
