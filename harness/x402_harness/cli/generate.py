"""``testbuy generate``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from x402_catalog.models import Listing, Offer
from x402_harness.cli import helping, options
from x402_harness.cli.loading import fail, find, print_json, say, told
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.planning.negatives import Negative
    from x402_harness.planning.rows import RowPlan

FORMATS = ("table", "curl", "json", "python", "har", "pytest")


@dataclass(frozen=True, slots=True)
class Made:
    """What was made for one listing: its plan, or invalid requests."""

    listing: Listing
    offer: Offer
    plan: RowPlan | None = None
    negatives: tuple[Negative, ...] = ()


@helping.command(
    "generate",
    examples=(
        "testbuy generate api-example-com-v1-thing",
        "testbuy generate thing.json --rows all --format curl",
        "testbuy generate thing.json --negative --format pytest",
    ),
)
@click.argument("target", metavar="SLUG|FILE")
@options.catalogue
@click.option(
    "-n", "--rows", type=options.Rows(), default="10", show_default=True, help="At most so many requests, or all."
)
@click.option(
    "--strength",
    type=click.IntRange(1, 3),
    default=2,
    show_default=True,
    help="How many levels at a time all are to show: each (1), each two (2), each three (3).",
)
@click.option("--risky", is_flag=True, help="Also what is valid, but may well be refused: empty texts, zero, extremes.")
@click.option("--negative", is_flag=True, help="Requests that break the declared fields, each in another way.")
@options.seed
@click.option("--format", "format_", type=click.Choice(FORMATS), default="table", show_default=True)
def command(target: str, catalogue: str, format_: str, **values: Any) -> None:
    """Print requests for the listing SLUG, or for each listing in FILE. Nothing is sent.

    The first is the listing's own example; those that follow show all levels of its fields in as few requests as that
    takes, then all pairs of them. Each satisfies what is declared; with --negative each is proven not to.
    """
    made = [one for listing in told(find(target, catalogue)) if (one := _made(listing, values)) is not None]
    if not made:
        fail("no request could be made", Exit.NOTHING)
    if format_ == "table":
        _print_table(made)
    elif format_ == "json":
        _print_document(made)
    else:
        click.echo(_written(made, format_).encode("utf-8", "backslashreplace"), nl=False)
    raise SystemExit(0)


def _made(listing: Listing, values: dict[str, Any]) -> Made | None:
    from x402_catalog.hints import request_shape
    from x402_harness.planning.negatives import negatives_for
    from x402_harness.planning.rows import rows_for

    try:
        if not listing.offers:
            raise ValueError("no offer declares a request")
        offer = listing.offers[0]
        shape = request_shape(listing, offer)
        if values["negative"]:
            return Made(listing, offer, negatives=tuple(negatives_for(listing, shape, values["seed"], values["rows"])))
        kinds = {"strength": values["strength"], "risky": values["risky"]}
        return Made(listing, offer, rows_for(listing, shape, values["rows"], values["seed"], **kinds))
    except ValueError as error:  # Unrequestable, BadSchema, or a URL that cannot be taken apart
        say(f"{listing.slug[:80]}: no request can be made: {str(error)[:300]}")
        return None


def _print_table(made: list[Made]) -> None:
    from x402_harness.reporting.plan import print_negatives, print_plan
    from x402_harness.reporting.terminal import console

    out = console()
    for one in made:
        if one.plan is not None:
            print_plan(one.listing, one.offer, one.plan, out)
        else:
            print_negatives(one.listing, one.negatives, out)


def _print_document(made: list[Made]) -> None:
    from x402_harness.reporting.document import document
    from x402_harness.reporting.plan import negative_details, plan_details

    told = [
        plan_details(one.listing, one.offer, one.plan) if one.plan else negative_details(one.listing, one.negatives)
        for one in made
    ]
    counts = {"listings": len(made), "errors": 0, "warnings": 0, "requests": sum(len(one["requests"]) for one in told)}
    print_json(document("generate", counts, [], listings=told))


def _written(made: list[Made], format_: str) -> str:
    from x402_harness.reporting import requests

    named = []
    for one in made:
        rows = one.plan.rows if one.plan is not None else ()
        named += [(f"{one.listing.slug} row {i}", row.candidate.request) for i, row in enumerate(rows, start=1)]
        named += [(f"{one.listing.slug} {i}: {bad.what}", bad.request) for i, bad in enumerate(one.negatives, start=1)]
    if format_ == "pytest":
        return requests.pytest(named, negative=any(one.negatives for one in made))
    return {"curl": requests.curl, "python": requests.python, "har": requests.har}[format_](named)
