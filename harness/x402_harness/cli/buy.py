"""``testbuy buy``."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import click

from x402_catalog.models import Listing
from x402_catalog.search import Filters
from x402_harness.cli import options, reporting
from x402_harness.cli.loading import fail, find
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
@reporting.gates
@options.output_format
@reporting.reports
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
    from x402_harness.runs.endpoints import is_on_this_machine

    if urlsplit(url).scheme not in {"http", "https"} or not is_on_this_machine(url):
        raise click.UsageError(
            f"{url!r} is not on this machine: a mock purchase never contacts a real host. "
            "Buy from its mock seller by its slug, or judge its 402 with testbuy probe."
        )
    listings = _listed(url, values)
    with _chain(values) as chain:
        from x402_harness.edge.client import Limits
        from x402_harness.runs.venue import EndpointVenue

        venue = EndpointVenue(url, chain, Limits(timeout=values["timeout"], total=values["timeout"]))
        _finish(values, listings, (url,), venue)


def _listed(url: str, values: dict[str, Any]) -> list[Listing]:
    if values["listing"]:
        return find(values["listing"], values["catalogue"]).listings
    import asyncio

    from x402_harness.edge.client import Limits
    from x402_harness.edge.direct import guarded_client
    from x402_harness.edge.guard import Guard
    from x402_harness.probing.asking import Asker
    from x402_harness.runs.endpoints import NoTerms, declared_listing

    async def ask() -> Listing:
        guard, limits = Guard(frozenset({urlsplit(url).hostname or ""})), Limits(total=values["timeout"])
        async with guarded_client(guard, limits) as client:
            asker = Asker(client.send, asyncio.sleep, time.time)
            return await declared_listing(url, client, asker, values["seed"])

    try:
        return [asyncio.run(ask())]
    except NoTerms as error:
        fail(str(error), Exit.FAULT)


@contextmanager
def _chain(values: dict[str, Any]) -> Iterator[Any]:
    """The sandbox that the seller is to settle on: the one given, or one that is opened for the run."""
    from x402_harness.edge.client import Client

    if values["sandbox"]:
        yield _remote(values["sandbox"], Client())
        return
    from x402_harness.sandbox.app import sandbox_app
    from x402_harness.sandbox.reader import Reader
    from x402_harness.sandbox.server import CannotServe, Deferred, Serving
    from x402_harness.sandbox.street import Street
    from x402_harness.sandbox.world import World

    world, app = World(time.time, seed=values["seed"]), Deferred()
    try:
        with Serving(app, values["port"]) as serving:
            app.become(sandbox_app(world, Street([], world), serving.url, time.time))
            if not values["quiet"]:
                click.echo(f"facilitator {serving.url}/facilitator · rpc {serving.url}/rpc/CHAIN", err=True)
            yield Reader(world)
    except CannotServe as error:
        fail(f"{error}. --sandbox uses a running one, --port another port.", Exit.USAGE)
    finally:
        world.close()


def _remote(url: str, client: Any) -> Any:
    import asyncio

    from x402_harness.buying.remote import NoSandbox, RemoteSandbox

    remote = RemoteSandbox(url, client)
    try:
        asyncio.run(remote.check())
    except NoSandbox as error:
        fail(str(error), Exit.FAULT)
    return remote


def _finish(values: dict[str, Any], listings: Iterable[Listing], sources: tuple[str, ...], venue: Any) -> None:
    from x402_harness.policy import Caps
    from x402_harness.reporting.session import run_and_report
    from x402_harness.runs.runner import RunConfig

    accepted = reporting.baselines(values, Filters(limit=len(sources)))  # some listings: of the others nothing is stale
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
    reporting.finish(done, values, accepted)
