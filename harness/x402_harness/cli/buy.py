"""``testbuy buy``."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, NoReturn

import click

from x402_catalog.models import Listing
from x402_harness.cli import helping, keys, options, reporting, spending
from x402_harness.cli.loading import find, told
from x402_harness.runs.outcome import Exit

LIVE = """Real money is not spent by buy. Plan the purchases first, look at the plan, then spend exactly that:

  testbuy plan SRC... --mode live -o buy.plan
  testbuy apply buy.plan
"""

MOCK_PER_CALL, MOCK_BUDGET = 100_000_000, 10_000_000_000  # millionths of a dollar of money that does not exist


@helping.command(
    "buy",
    examples=(
        "testbuy buy api-example-com-v1-thing --rows all",
        "testbuy buy http://localhost:8000/v1/thing --listing thing.json",
        "testbuy buy thing.json --mode testnet --account main --per-call-max 0.05 --budget 1 --per-day-max 5",
    ),
)
@click.argument("targets", nargs=-1, required=True, metavar="SLUG|URL...")
@click.option("--mode", type=click.Choice(["mock", "testnet", "live"]), default="mock", show_default=True,
              help="Whose money.")  # fmt: skip
@options.listing_of_url
@options.own_sandbox
@click.option("--rows", type=options.Rows(), default="4", show_default=True, help="Most purchases per listing, or all.")
@options.max_buys
@options.dollars("--per-call-max", help="Cap for one purchase; 100 in mock runs.")
@options.dollars("--budget", help="Cap for the run; 10000 in mock runs.")
@options.dollars("--per-day-max", help="Cap for any 24 hours, over everything in the ledger; none in mock runs.")
@click.option("-N", "--network", multiple=True, help="Pay test money on this network only; may be repeated.")
@keys.signer
@spending.rpc
@spending.endpoints
@options.timeout
@options.catalogue
@options.seed
@reporting.gates
@options.output_format
@options.confirm
@options.shrink
@options.paid_negative
@options.recording
@reporting.reports
@options.quiet
def command(targets: tuple[str, ...], **values: Any) -> None:
    """Buy from the mock sellers of the listings named, or from an endpoint on this machine, with sandbox money; or,
    with --mode testnet, at the listings' own endpoints with test money and a key of yours.

    A seller of your own is paid for real on a local chain once it uses the sandbox's facilitator and RPC; what it does
    with payments that it must refuse is tried too. Keys are made for the run and thrown away. A URL of another host is
    refused: probe it, or buy from its mock seller by its slug.
    """
    if values["mode"] == "live":
        click.echo(LIVE, err=True)
        raise SystemExit(int(Exit.USAGE))
    if values["mode"] == "testnet":
        if values["listing"] or values["sandbox"] or any("://" in target for target in targets):
            raise click.UsageError("test money is spent at the endpoints of listings: name SLUGs or files.")
        if values["shrink"]:
            raise click.UsageError("--shrink buys as often as it takes: it is for sandbox money. Try --confirm.")
        if values["invalid"]:
            raise click.UsageError("--allow-paid-negative pays for requests that must fail: it is for sandbox money.")
        _with_test_money(targets, values)
    _require_no_key(values)
    urls = [target for target in targets if "://" in target]
    if urls and len(targets) > 1:
        raise click.UsageError("one URL at a time: several listings are bought by their slugs.")
    if urls:
        _from_endpoint(urls[0], values)
    if values["listing"] or values["sandbox"]:
        raise click.UsageError("--listing and --sandbox are for a URL.")
    _finish(values, [one for target in targets for one in told(find(target, values["catalogue"]))], targets, None)


def _require_no_key(values: dict[str, Any]) -> None:
    own = ("account", "keystore", "password_file", "unsafe_env_key", "rpc", "network", "allow_private")
    given = next((name for name in own if values[name]), None)
    if given is not None:
        raise click.UsageError(f"--{given.replace('_', '-')} is for --mode testnet: mock runs make their own key.")


def _from_endpoint(url: str, values: dict[str, Any]) -> None:
    from x402_harness.cli.endpoints import own_listings, require_own, sandbox
    from x402_harness.edge.client import Limits
    from x402_harness.runs.venue import EndpointVenue

    require_own(url)
    with sandbox(values) as opened:  # first, for a seller asks its facilitator before it can name its terms
        listings = own_listings(url, values)
        venue = EndpointVenue(url, opened.chain, Limits(timeout=values["timeout"], total=values["timeout"]))
        _finish(values, listings, (url,), venue)


def _finish(values: dict[str, Any], listings: Iterable[Listing], sources: tuple[str, ...], venue: Any) -> NoReturn:
    from x402_harness.cli.running import finish
    from x402_harness.policy import Caps
    from x402_harness.runs.config import RunConfig

    accepted = reporting.some(values, len(sources))
    caps = Caps(_or(values["per_call_max"], MOCK_PER_CALL), _or(values["budget"], MOCK_BUDGET), values["per_day_max"])
    config = RunConfig(
        sources=sources, command="buy", seed=values["seed"], rows=values["rows"], caps=caps,
        confirm=values["confirm"], shrink=values["shrink"], invalid=values["invalid"],
        most=values["max_buys"],
    )  # fmt: skip
    finish(config, values, accepted, items=listings, venue=venue)


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def _with_test_money(targets: tuple[str, ...], values: dict[str, Any]) -> NoReturn:
    """Buy at the listings' own endpoints, within caps that must be given, with a key of the user's."""
    from x402_harness.cli.running import finish
    from x402_harness.edge.client import Limits
    from x402_harness.policy import Mode
    from x402_harness.runs.config import RunConfig
    from x402_harness.runs.purse import Purse
    from x402_harness.runs.venue import RealVenue
    from x402_harness.wallet import home, ledger_path, private_folder

    missing = [name for name in ("per_call_max", "budget", "per_day_max") if values[name] is None]
    if missing:
        named = ", ".join("--" + name.replace("_", "-") for name in missing)
        raise click.UsageError(f"test money is spent under caps that you give: {named}.")
    found = [one for target in targets for one in told(find(target, values["catalogue"]))]
    networks = spending.chosen_networks(Mode.TESTNET, values["network"])
    limits = Limits(timeout=values["timeout"], total=values["timeout"])
    venue = RealVenue(
        Mode.TESTNET, limits, networks=networks, private=values["allow_private"], acts=values["allow_side_effects"],
        witness=spending.chosen_nodes(values),
    )  # fmt: skip
    accepted = reporting.some(values, len(targets))
    wallet = keys.chosen_wallet(values)
    config = RunConfig(
        sources=targets, command="buy", seed=values["seed"], rows=values["rows"], caps=spending.taken_caps(values),
        confirm=values["confirm"], most=values["max_buys"],
    )  # fmt: skip
    books = ledger_path(private_folder(home()))
    purse = Purse(Mode.TESTNET, wallet, books, f"buy-{secrets.token_hex(16)}", networks)
    finish(config, values, accepted, items=found, venue=venue, purse=purse)
