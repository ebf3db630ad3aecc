"""``testbuy plan``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import click

from x402_catalog.models import Listing
from x402_catalog.search import BadFilter
from x402_catalog.store import select
from x402_harness.cli import helping, options, spending
from x402_harness.cli.loading import fail, find, print_json, told
from x402_harness.cli.writing import result
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.planning.planfile import LeftOutPart, PlanFile


@helping.command(
    "plan",
    examples=(
        "testbuy plan shop/ --mode testnet --account main --per-call-max 0.05 --budget 1 --per-day-max 5 -o buy.plan",
        "testbuy plan shop/ --mode live --account main --per-call-max 0.02 --budget 0.50 --per-day-max 5 -o buy.plan",
    ),
)
@click.argument("targets", nargs=-1, required=True, metavar="SRC|SLUG...")
@click.option("--mode", type=click.Choice(["testnet", "live"]), required=True, help="Whose money.")
@click.option("-o", "--output", required=True, metavar="FILE", help="Write the plan there.")
@options.filters
@click.option("--query", default="", help="Only listings that match these words.")
@click.option("--rows", type=options.Rows(), default="1", show_default=True, help="Most purchases per listing, or all.")
@options.max_buys
@spending.caps
@click.option("--account", metavar="NAME", help="The account of the keystore that will pay; its key is not opened.")
@click.option("--payer", metavar="ADDRESS", help="The address that will pay, in place of --account.")
@spending.endpoints
@options.timeout
@options.catalogue
@options.seed
@options.output_format
def command(targets: tuple[str, ...], **values: Any) -> None:
    """Ask the endpoints of the listings in SRC... for the price of every call, and write down what would be bought.

    Each call is asked once, as it would be bought, unpaid. What is left out is shown with its reason. The plan holds
    for 24 hours; testbuy apply spends exactly that, and nothing else spends real money. --network names the networks
    that may be paid on too; live plans pay on Base unless others are named.
    """
    listings = _listings(targets, values)
    planned, unplanned = _made(listings, values)
    if planned is None:
        _tell_nothing(unplanned, len(listings), values["format_"])
    with result(values["output"], for_people=False, sources={call.row.file for call in planned.calls}) as stream:
        stream.write(planned.text())
    if values["format_"] == "json":
        print_json(_document(planned, len(listings)))
    else:
        print_plan(planned)
        click.echo(f"\ntestbuy apply {values['output']}")


def _tell_nothing(rows: list[LeftOutPart], listings: int, format_: str) -> NoReturn:
    if format_ == "json":
        from x402_harness.reporting.document import document

        summary = {"listings": listings, "errors": 0, "warnings": 0}
        print_json(document("plan", summary, [], plan=None, left_out=[row.model_dump(mode="json") for row in rows]))
    else:
        _print_left_out(rows)
    fail("nothing is left to be bought: no plan is written.", Exit.NOTHING)


def _listings(targets: tuple[str, ...], values: dict[str, Any]) -> list[Listing]:
    found = [listing for target in targets for listing in told(find(target, values["catalogue"]))]
    values["networks"] = values["network"]
    try:
        chosen = select(found, values.pop("query"), options.chosen(values, values["seed"]))
    except BadFilter as error:
        raise click.UsageError(str(error)) from error
    if not chosen:
        fail("no listing matches.", Exit.NOTHING)
    return chosen


def _made(listings: list[Listing], values: dict[str, Any]) -> tuple[PlanFile | None, list[LeftOutPart]]:
    import asyncio

    from x402_harness.edge.client import Client, Limits
    from x402_harness.planning.cases import plan
    from x402_harness.policy import Mode, Policy
    from x402_harness.probing.asking import Asker
    from x402_harness.runs.plans import left_out, plan_of
    from x402_harness.runs.pricing import priced
    from x402_harness.runs.venue import RealVenue

    mode = Mode(values["mode"])
    networks, payer = spending.chosen_networks(mode, values["networks"]), _payer(values)
    limits = Limits(timeout=values["timeout"], total=values["timeout"])
    try:
        venue = RealVenue(
            mode, limits, networks=networks, private=values["allow_private"], acts=values["allow_side_effects"]
        )
    except ValueError as error:
        raise click.UsageError(f"{error}: --allow-private is for testnet plans.") from None
    policy = Policy(spending.taken_caps(values), payer, mode=mode, networks=networks)
    drafted = plan(
        listings, rows=values["rows"], seed=values["seed"], caps=policy.caps, objection=venue.objection,
        most=values["max_buys"],
    )  # fmt: skip
    asker = Asker(Client().send, asyncio.sleep, time.time, patience=values["timeout"])
    asked = asyncio.run(priced(drafted.cases, policy, venue, asker))
    settings = {name: values[name] for name in ("seed", "rows", "allow_side_effects", "allow_private")}
    return plan_of(policy, drafted, asked, time.time(), **settings), left_out(drafted, asked)


def _payer(values: dict[str, Any]) -> str:
    from x402_catalog.addresses import Family, checksum, family, has_valid_checksum
    from x402_harness.wallet import Keystore, home

    if (values["account"] is None) == (values["payer"] is None):
        raise click.UsageError("Name who will pay: --account NAME or --payer ADDRESS.")
    address = values["payer"]
    if address is None:
        accounts = {one.name: one.address for one in Keystore(home() / "wallets").accounts()}
        address = accounts.get(values["account"])
        if address is None:
            raise click.UsageError(f"there is no account {values['account']!r} that states its address: --payer.")
    if family(address) is not Family.EVM or not has_valid_checksum(address):
        raise click.UsageError(f"--payer {address[:60]!r} is no address, or breaks its checksum.")
    return checksum(address)


def print_plan(planned: PlanFile, *, err: bool = False) -> None:
    """Everything that a person has to look at before approving a plan, on standard output or as talk."""
    from x402_harness.reporting.escape import printable
    from x402_harness.runs.purse import MONEY

    echo = partial(click.echo, err=err)
    echo(f"mode {planned.mode} · {MONEY[planned.spent_in]} · paid by {planned.payer}\n")
    for number, call in enumerate(planned.calls, start=1):
        echo(f"{number:>4}  {printable(call.listing, 60):<50} {call.price} {call.symbol} on {call.network}")
        echo(f"      {call.method} {printable(call.url, 160)}")
        echo(f"      {call.scheme}, x402 v{call.version}, to {call.pay_to}, within {call.timeout} s")
        echo(f"      asset {call.asset}, case {printable(call.case, 20)}")
    _print_left_out(planned.left_out, err=err)
    echo()
    for line in _summary(planned):
        echo(line)


def _summary(planned: PlanFile) -> Iterator[str]:
    from x402_harness.planning.planfile import dollars

    caps = planned.caps
    for total in planned.totals:
        yield f"total     {total.amount} {total.symbol} on {total.network}"
    yield f"in all    {planned.total} dollars in {len(planned.calls)} purchases"
    yield (
        f"caps      {dollars(caps.per_call)} a call, {dollars(caps.per_run)} in all, "
        f"{dollars(caps.per_day)} in 24 hours"
    )
    if planned.allow_side_effects:
        yield "allowed   side effects: calls that transfer, order or send something"
    if planned.allow_private:
        yield "allowed   private and local addresses"
    until = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(planned.expires))
    yield f"until     {until} UTC"
    yield f"digest    {planned.digest}"


def _print_left_out(rows: list[LeftOutPart], *, err: bool = False) -> None:
    from x402_harness.reporting.escape import printable

    for row in rows:
        rule = f" ({row.rule})" if row.rule else ""
        click.echo(f"   –  {printable(row.listing, 60)}: left out: {printable(row.reason, 300)}{rule}", err=err)


def _document(planned: PlanFile, listings: int) -> dict[str, Any]:
    from x402_harness.reporting.document import document

    counts = {"planned": len(planned.calls), "settled": 0, "refused": 0, "unknown": 0, "unsold": 0}
    summary = {"listings": listings, "errors": 0, "warnings": 0, "purchases": counts, "spent": []}
    return document("plan", summary, [], plan=planned.model_dump(mode="json"))
