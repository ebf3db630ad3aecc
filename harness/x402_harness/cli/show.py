"""``testbuy show``."""

from __future__ import annotations

import click

from x402_catalog.models import Listing
from x402_harness.cli import options
from x402_harness.cli.loading import find, print_json


@click.command("show", short_help="One listing: terms, request, answer, findings.")
@click.argument("target", metavar="SLUG|FILE")
@options.catalogue
@click.option("--raw", is_flag=True, help="The listing's JSON as it was read, byte for byte.")
@options.output_format
def command(target: str, catalogue: str, raw: bool, format_: str) -> None:
    """Show the listing SLUG, or each listing in FILE."""
    loaded = find(target, catalogue)
    for listing in loaded.listings:
        if raw:
            click.echo(listing.record.raw, nl=not listing.record.raw.endswith(b"\n"))
        elif format_ == "text":
            _print(listing)
    if format_ == "json" and not raw:
        _print_document(loaded.listings)
    raise SystemExit(0)


def _print(listing: Listing) -> None:
    from x402_catalog.validation import validate
    from x402_harness.reporting.listing import print_listing
    from x402_harness.reporting.terminal import console

    print_listing(listing, validate(listing, keep_held=False).findings, console())


def _print_document(listings: list[Listing]) -> None:
    from x402_catalog.validation import validate
    from x402_harness.reporting.document import document
    from x402_harness.reporting.listing import listing_details

    findings = [found for listing in listings for found in validate(listing, keep_held=False).findings]
    counts = {
        "listings": len(listings),
        "errors": sum(found.level == "error" for found in findings),
        "warnings": sum(found.level == "warning" for found in findings),
    }
    print_json(document("show", counts, findings, listings=[listing_details(listing) for listing in listings]))
