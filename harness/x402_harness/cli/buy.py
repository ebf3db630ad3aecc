"""``testbuy buy``."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import Any

import click

from x402_catalog.models import Listing
from x402_harness.cli import options
from x402_harness.cli.loading import fail, find, print_json
from x402_harness.runs.outcome import Exit

LIVE = """Real money is not spent by buy. Plan the purchases first, look at the plan, then spend exactly that:

  testbuy plan SRC... --mode live -o buy.plan
  testbuy apply buy.plan
"""


@click.command("buy", short_help="Test buys: a listing's mock seller, or an endpoint on this machine.")
@click.argument("targets", nargs=-1, required=True, metavar="SLUG|URL...")
@click.option("--mode", type=click.Choice(["mock", "live"]), default="mock", show_default=True, help="Whose money.")
@click.option("--listing", metavar="FILE|SLUG", help="The listing of the URL; its own 402 tells if absent.")
@click.option("--sandbox", metavar="URL", help="A running testbuy sandbox that the seller is configured with.")
@click.option("--port", type=click.IntRange(0, 65535), default=4402, show_default=True,
              help="Where facilitator and RPC are opened for the seller, without --sandbox.")  # fmt: skip
@click.option("--rows", type=options.Rows(), default="4", show_default=True, help="Most purchases per listing, or all.")
@options.dollars("--per-call-max", default="100", help="Cap for one purchase.")
@options.dollars("--budget", default="10000", help="Cap for the run.")
@click.option("--timeout", type=click.FloatRange(0.05, 600), default=60.0, show_default=True, metavar="SECONDS",
              help="Most that one request may take.")  # fmt: skip
@options.catalogue
@options.seed
@options.fail_on
@options.output_format
@click.option("--reports", default="reports", show_default=True, metavar="DIR", help="Where the run's folder is made.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def command(targets: tuple[str, ...], **values: Any) -> None:
    """Buy from the mock sellers of the listings named, or from an endpoint on this machine, with sandbox money.

    A seller of your own is paid for real on a local chain once it uses the sandbox's facilitator and RPC; what it does
    with payments that it must refuse is tried too. Keys are made for the run and thrown away. A URL of another host is
    refused: probe it, or buy from its mock seller by its slug.
    """
    if values["mode"] == "live":
        click.echo(LIVE, err=True)
        raise SystemExit(int(Exit.USAGE))
    urls = [target for target in targets if "://" in target]
    if urls and len(targets) > 1:
        raise click.UsageError("one URL at a time: several listings are bought by their slugs.")
    if urls:
        _from_endpoint(urls[0], values)
    if values["listing"] or values["sandbox"]:
        raise click.UsageError("--listing and --sandbox are for a URL.")
    _finish(values, [one for target in targets for one in find(target, values["catalogue"]).listings], targets, None)


def _from_endpoint(url: str, values: dict[str, Any]) -> None:
    from x402_harness.cli.endpoints import own_listings, require_own, sandbox
    from x402_harness.edge.client import Limits
    from x402_harness.runs.venue import EndpointVenue

    require_own(url)
    with sandbox(values) as opened:  # first, for a seller asks its facilitator before it can name its terms
        listings = own_listings(url, values)
        venue = EndpointVenue(url, opened.chain, Limits(timeout=values["timeout"], total=values["timeout"]))
        _finish(values, listings, (url,), venue)


def _finish(values: dict[str, Any], listings: Iterable[Listing], sources: tuple[str, ...], venue: Any) -> None:
    from x402_harness.policy import Caps
    from x402_harness.reporting.session import run_and_report
    from x402_harness.runs.runner import RunConfig

    config = RunConfig(
        sources=sources, command="buy", seed=values["seed"], rows=values["rows"],
        caps=Caps(values["per_call_max"], values["budget"]),
    )  # fmt: skip
    try:
        done = run_and_report(
            config, values["reports"], quiet=values["quiet"], clock=time.time, randomness=os.urandom,
            items=listings, venue=venue,
        )  # fmt: skip
    except OSError as error:
        fail(f"the report folder cannot be written: {error}", Exit.USAGE)
    code = done.exit_code(options.failing_level(values["fail_on"]))
    done.write_reports(code)
    if values["format_"] == "json":
        print_json(done.document(code))
    else:
        done.print(code)
    raise SystemExit(int(code))
