"""``testbuy sandbox``."""

from __future__ import annotations

import secrets
import time
from typing import Any

import click

from x402_harness.cli import helping, options
from x402_harness.cli.loading import fail, load, print_json, told
from x402_harness.cli.waiting import until_told
from x402_harness.runs.outcome import Exit

_BACKENDS = click.Choice(["revm", "memory", "anvil"])
_VALIDATES = {"after": "after payment", "before": "before payment", "never": "never"}


@helping.command(
    "sandbox",
    examples=(
        "testbuy sandbox listings/",
        "testbuy sandbox listings/ --fault unpaid-500 --port 0 --format json",
        "testbuy sandbox --list-faults",
    ),
)
@click.argument("sources", nargs=-1, metavar="SRC...")
@options.filters
@click.option("--port", type=click.IntRange(0, 65535), default=4402, show_default=True, help="0 takes any free one.")
@click.option("--protocol", type=click.IntRange(1, 2), help="x402 version of all sellers, not each its own.")
@click.option(
    "--validate", type=click.Choice(list(_VALIDATES)), default="after", show_default=True,
    help="When sellers hold a request against the declared fields: before or after they ask for payment, or never.",
)  # fmt: skip
@click.option("--fault", "faulty", multiple=True, metavar="NAME", help="Have every seller misbehave; may be repeated.")
@click.option("--list-faults", is_flag=True, help="Tell every fault and the rules that find it, then leave.")
@click.option("--chain", "backend", type=_BACKENDS, help="What runs the chains; revm where it is installed.")
@click.option("--anvil", metavar="PATH", help="The anvil command, for --chain anvil.")
@options.seed
@options.output_format
def command(sources: tuple[str, ...], **values: Any) -> None:
    """Serve a seller for every listing in SRC..., with a facilitator that verifies and settles and a chain that moves
    sandbox money, all on 127.0.0.1, until Ctrl-C.

    GET / says where everything is. A seller of your own can use the facilitator and the RPC too. The test key that is
    printed owns sandbox money and nothing else: never fund it on a real chain, where its signatures are valid too.
    """
    if values["list_faults"]:
        _list_faults(values["format_"])
        return
    if not sources:
        raise click.UsageError("Nothing to serve: name files or folders of listings.")
    from x402_harness.sandbox.faults import UnknownFault
    from x402_harness.sandbox.seller import Validates
    from x402_harness.sandbox.street import Street
    from x402_harness.sandbox.world import World

    world = World(time.time, seed=values["seed"], backend=values["backend"], anvil=values["anvil"])
    try:
        street = Street(
            _listings(sources, values), world, protocol=values["protocol"],
            validates=Validates(_VALIDATES[values["validate"]]), faulty=values["faulty"],
        )  # fmt: skip
    except UnknownFault as error:
        raise click.UsageError(f"there is no fault {error.args[0]!r}; --list-faults tells them all.") from error
    if not street.houses:
        fail("no listing has an http(s) URL and an offer: there is nothing to serve.", Exit.NOTHING)
    for name in street.idle_faults:
        click.echo(f"testbuy: no seller can have the fault {name!r}: what they sell leaves no room for it", err=True)
    try:
        _serve(world, street, values)
    finally:
        world.close()


def _list_faults(format_: str) -> None:
    from x402_harness.sandbox.faults import FAULTS

    rows = [
        {"name": one.name, "side": str(one.side), "summary": one.summary, "caught_by": list(one.caught_by)}
        for one in FAULTS.values()
    ]
    if format_ == "json":
        print_json({"schema_version": 1, "tool": "testbuy", "command": "sandbox", "faults": rows})
        return
    for row in rows:
        click.echo(f"{row['name']:28} {row['summary']} ({', '.join(row['caught_by'])})")


def _listings(sources: tuple[str, ...], values: dict[str, Any]) -> list[Any]:
    from x402_catalog.search import BadFilter
    from x402_catalog.store import select

    filters = options.chosen(values, values["seed"])
    try:
        return select(told(load(sources)), "", filters)
    except BadFilter as error:
        raise click.UsageError(str(error)) from error


def _serve(world: Any, street: Any, values: dict[str, Any]) -> None:
    from x402_harness.sandbox.app import directory, endow, sandbox_app
    from x402_harness.sandbox.server import CannotServe, Deferred, Serving
    from x402_harness.wallet import ThrowawayWallet

    wallet, app = ThrowawayWallet(secrets.token_bytes(32)), Deferred()
    endow(world, street, wallet.address)
    serving = Serving(app, values["port"])
    with until_told() as told:
        try:
            serving.start()
        except CannotServe as error:
            fail(f"{error}. --port takes another one.", Exit.USAGE)
        try:
            app.become(sandbox_app(world, street, serving.url, time.time))
            where = directory(street, serving.url)
            key = {"address": wallet.address, "private_key": wallet.reveal()}
            _say({**where, "test_key": key}, values["format_"])
            told.wait()
        finally:
            serving.stop()
    click.echo("stopped", err=True)


def _say(where: dict[str, Any], format_: str) -> None:
    if format_ == "json":
        print_json({"schema_version": 1, "tool": "testbuy", "command": "sandbox", **where})
        return
    from x402_harness.reporting.escape import printable

    click.echo(f"The sandbox is open. Stop it with Ctrl-C.\n\n  facilitator  {where['facilitator']}")
    for url in where["rpc"].values():
        click.echo(f"  rpc          {url}")
    key = where["test_key"]
    click.echo(f"  test key     {key['private_key']}\n               pays as {key['address']}, sandbox money only\n")
    for seller in where["sellers"]:
        click.echo(f"  {seller['method']:6} {printable(seller['url'])}")
