"""``testbuy check``."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Any

import click

from x402_harness.cli import helping, options, reporting
from x402_harness.cli.loading import fail, find, told
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_catalog.models import Listing
    from x402_harness.reporting.check import CheckReport
    from x402_harness.reporting.session import Session
    from x402_harness.runs.inspection import Inspector
    from x402_harness.runs.sandboxes import Sandbox


@helping.command(
    "check",
    examples=(
        "testbuy check http://localhost:8000/v1/thing",
        "testbuy check http://localhost:8000/v1/thing --listing thing.json --wait 60",
    ),
)
@click.argument("url", metavar="URL")
@options.listing_of_url
@click.option("--wait", type=click.FloatRange(0, 3600), default=30.0, show_default=True, metavar="SECONDS",
              help="How long to wait for the server to answer.")  # fmt: skip
@options.own_sandbox
@click.option("--rows", type=options.Rows(), default="4", show_default=True, help="Most purchases, or all.")
@click.option("--invalid", type=click.IntRange(0, 1000), default=40, show_default=True,
              help="Most invalid requests, sent without payment.")  # fmt: skip
@options.dollars("--per-call-max", default="100", help="Cap for one purchase.")
@options.dollars("--budget", default="10000", help="Cap for the run.")
@options.shrink
@options.timeout
@options.catalogue
@options.seed
@reporting.gates
@options.output_format
@reporting.reports
@click.option("-q", "--quiet", is_flag=True, help="No talk on stderr.")
def command(url: str, **values: Any) -> None:
    """Check a seller's own endpoint at URL, on this machine, and say whether it conforms.

    Facilitator and RPC are opened first, so that a server that is configured with them can start. Then: wait until it
    answers; judge its 402; send what it must refuse, unpaid; buy planned requests with sandbox money and try forged
    payments; check what was bought against the listing.
    """
    from x402_harness.cli.endpoints import require_own, sandbox

    require_own(url)
    accepted = reporting.some(values, 1)
    fails = options.failing_level(values["fail_on"]) is not None
    with sandbox(values) as opened:
        done, report = _checked(url, values, opened)
    reporting.finish(done, values, accepted, more=lambda view: report.gates(fails), told=report)


def _checked(url: str, values: dict[str, Any], opened: Sandbox) -> tuple[Session, CheckReport]:
    from x402_harness.edge.client import Limits
    from x402_harness.reporting.check import CheckReport
    from x402_harness.runs.venue import EndpointVenue

    given = _given(values)
    probed, listing, refused = asyncio.run(_inspected(url, given, values))
    items = [*probed.findings, *refused.findings, *([listing] if listing else [])]
    venue = EndpointVenue(url, opened.chain, Limits(timeout=values["timeout"], total=values["timeout"]))
    done = _bought(url, items, venue, values)
    return done, CheckReport(done.view, probed, refused, done.paths)


def _given(values: dict[str, Any]) -> Listing | None:
    if not values["listing"]:
        return None
    found = told(find(values["listing"], values["catalogue"]))
    if len(found) != 1:
        raise click.UsageError(f"one listing is checked at a time; {values['listing']} has {len(found)}.")
    return found[0]


async def _inspected(url: str, given: Listing | None, values: dict[str, Any]) -> Any:
    from x402_harness.probing.outcome import FAULT
    from x402_harness.runs.endpoints import typed_client
    from x402_harness.runs.inspection import Inspector, Refused, endpoint

    async with typed_client(url, values["timeout"]) as client:
        inspector = Inspector(client, time.time, asyncio.sleep, os.urandom, values["seed"])
        target = endpoint(url, given)
        failure = await inspector.awaited(target, values["wait"])
        if failure is not None:
            fail(f"no answer from {url} within {values['wait']:g} s: {failure.message}. Is the server running?",
                 Exit.FAULT)  # fmt: skip
        probed = await inspector.prober().probe(target)
        if probed.verdict == FAULT:
            fail(probed.words, Exit.FAULT)
        listing = given or await _declared(url, inspector, values["seed"])
        refused = await inspector.refused(url, listing, values["invalid"]) if listing else Refused(reason="no listing")
        return probed, listing, refused


async def _declared(url: str, inspector: Inspector, seed: int) -> Listing | None:
    from x402_harness.runs.endpoints import NoTerms, declared_listing

    try:
        return await declared_listing(url, inspector.client, inspector.asker, seed)
    except NoTerms as error:
        click.echo(f"testbuy: {error}", err=True)
        return None


def _bought(url: str, items: list[Any], venue: Any, values: dict[str, Any]) -> Session:
    from x402_harness.policy import Caps
    from x402_harness.reporting.session import run_and_report
    from x402_harness.runs.config import RunConfig

    config = RunConfig(
        sources=(url,), command="check", seed=values["seed"], rows=values["rows"],
        caps=Caps(values["per_call_max"], values["budget"]), shrink=values["shrink"],
    )  # fmt: skip
    try:
        return run_and_report(config, values["reports"], quiet=values["quiet"], items=items, venue=venue)
    except OSError as error:
        fail(f"the report folder cannot be written: {error}", Exit.USAGE)
