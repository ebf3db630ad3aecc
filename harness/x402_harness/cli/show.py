"""``testbuy show``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.store import Catalogue, Standing
from x402_harness.cli import helping, options
from x402_harness.cli.loading import Loaded, fail, ids, load, looking_at, print_json, told
from x402_harness.runs.history import runs_of
from x402_harness.runs.outcome import Exit

Shown = tuple[Listing, Standing | None]

_METHOD = re.compile(r"[A-Za-z]{1,20}")


@helping.command(
    "show",
    examples=(
        "testbuy show api-example-com-v1-thing",
        "testbuy show thing.json --curl",
    ),
)
@options.target
@options.catalogue
@options.snapshot
@click.option("--raw", "raw", is_flag=True, help="The listing's JSON as it was read, byte for byte.")
@click.option("--schema", is_flag=True, help="The JSON Schemas of request and answer that its hints come to.")
@click.option("--curl", is_flag=True, help="A command that sends an example request, unpaid.")
@click.option("--reports", default="reports", show_default=True, metavar="DIR", help="Where recorded runs are.")
@options.output_format
def command(target: str, catalogue: str, snapshot: int | None, reports: str, format_: str, **values: Any) -> None:
    """Show the listing SLUG (or with that URL), or each listing in FILE."""
    printers: dict[str, Callable[[Listing], None]] = {"raw": _print_raw, "schema": _print_schema, "curl": _print_curl}
    chosen = [name for name in printers if values[name]]
    if len(chosen) > 1:
        raise click.UsageError(f"--{chosen[0]} and --{chosen[1]} cannot be printed at once.")
    shown, findings = _found(target, catalogue, snapshot)
    if chosen or format_ != "json":
        told(Loaded([], findings))
    if chosen:
        for listing, _ in shown:
            printers[chosen[0]](listing)
    elif format_ == "json":
        _print_document(shown, findings, Path(reports))
    else:
        _print(shown, Path(reports))
    raise SystemExit(int(Exit.CLEAN if shown else Exit.NOTHING))


def _found(target: str, catalogue: str, snapshot: int | None) -> tuple[list[Shown], list[Finding]]:
    if Path(target).exists():
        loaded = load([target])
        return [(listing, None) for listing in loaded.listings], loaded.findings
    with looking_at(catalogue, snapshot) as found:
        return [_shown(found, key) for key in ids(found, target, catalogue)], []


def _shown(catalogue: Catalogue, key: int) -> Shown:
    return catalogue.get(key), catalogue.standing(key)


def _print_raw(listing: Listing) -> None:
    raw = listing.record.raw
    click.echo(raw, nl=not raw.endswith(b"\n"))


def _print_schema(listing: Listing) -> None:
    from x402_catalog.hints import request_shape, response_shape

    schemas = []
    for offer in listing.offers:
        request, response = request_shape(listing, offer), response_shape(listing, offer)
        about = {"method": request.method, "media_type": request.media_type, "parts": request.parts}
        answer = {"declared": str(response.declared), "media_type": response.media_type, "schema": response.schema}
        schemas.append({"request": about, "response": answer})
    # All in ASCII: this is printed as it is, and a schema holds what its listing says.
    click.echo(json.dumps({"slug": listing.slug, "offers": schemas}, indent=2))


def _print_curl(listing: Listing) -> None:
    from x402_catalog.hints import request_shape
    from x402_harness.generation.requests import Unrequestable
    from x402_harness.planning.rows import first_request
    from x402_harness.protocol.exchange import Request
    from x402_harness.reporting.requests import curl_line

    request = Request(listing.method, listing.url)
    if listing.offers:
        try:
            made = first_request(listing, request_shape(listing, listing.offers[0]), 402)
        except Unrequestable as error:
            fail(f"{listing.slug}: no request can be made: {error}", Exit.NOTHING)
        request = made.request if made else request
    if _METHOD.fullmatch(request.method) is None or not request.url.startswith(("https://", "http://")):
        fail(f"{listing.slug}: its method and URL are none that can be sent", Exit.NOTHING)
    click.echo(curl_line(request))


def _print(shown: list[Shown], reports: Path) -> None:
    from x402_catalog.validation import validate
    from x402_harness.reporting.listing import print_listing
    from x402_harness.reporting.terminal import console

    for listing, standing in shown:
        findings = validate(listing, keep_held=False).findings
        print_listing(listing, findings, console(), standing, runs_of(listing.slug, reports))


def _print_document(shown: list[Shown], unread: list[Finding], reports: Path) -> None:
    from x402_catalog.validation import validate
    from x402_harness.reporting.looking import show_document

    findings = [*unread, *(one for listing, _ in shown for one in validate(listing, keep_held=False).findings)]
    told = [(listing, standing, runs_of(listing.slug, reports)) for listing, standing in shown]
    print_json(show_document(told, findings))
