"""``testbuy compare``."""

from __future__ import annotations

from typing import Any

import click

from x402_catalog.store import Catalogue
from x402_harness.cli import helping, options
from x402_harness.cli.completing import values as completed
from x402_harness.cli.loading import fail, ids, looking_at, print_json
from x402_harness.cli.tabular import print_rows, tabular
from x402_harness.reporting.comparison import MOST, Like, compared, marked, sides
from x402_harness.reporting.comparison import like as like_one
from x402_harness.reporting.tables import Column
from x402_harness.runs.outcome import Exit


@helping.command(
    "compare",
    examples=(
        "testbuy compare api-example-com-v1-thing other-example-com-v1-thing",
        "testbuy compare --like api-example-com-v1-thing --count 5",
    ),
)
@options.slugs(required=False, metavar="[SLUG...]")
@click.option(
    "--like", metavar="SLUG", shell_complete=completed("slug"),
    help="Compare with its copies, the cheapest first, then with those of its category whose texts are the most alike.",
)  # fmt: skip
@click.option("-n", "--count", type=click.IntRange(1, MOST - 1), default=4, show_default=True, help="How many, --like.")
@options.catalogue
@options.snapshot
@tabular
def command(slugs: tuple[str, ...], like: str | None, count: int, catalogue: str, **values: Any) -> None:
    """Put up to eight listings side by side; a ≠ stands before what they differ in. Prices are in dollars and in atomic
    units."""
    if values["columns"]:
        raise click.UsageError("--columns: the columns of a comparison are its listings.")
    with looking_at(catalogue, values["snapshot"]) as found:
        keys, alike = _chosen(found, slugs, like, count, catalogue)
        told = [compared(found, key) for key in keys]
        if alike:
            told = marked(told, keys, alike)
    if values["format_"] == "json":
        from x402_harness.reporting.looking import compare_document

        print_json(compare_document(told, like))
    else:
        rows = sides(told)
        columns = [
            Column("differs", lambda row: " " if row.same else "≠", head=" "),
            Column("what", lambda row: row.name),
            *(_column(number, one.slug) for number, one in enumerate(told)),
        ]
        print_rows(columns, rows, values["format_"], values["output"])
    raise SystemExit(0)


def _column(number: int, slug: str) -> Column[Any]:
    return Column(slug, lambda row: row.cells[number], head=slug)


def _chosen(
    catalogue: Catalogue, slugs: tuple[str, ...], like: str | None, count: int, name: str
) -> tuple[list[int], Like | None]:
    if bool(slugs) == (like is not None):
        raise click.UsageError("Name slugs to compare, or give --like SLUG.")
    if like is not None:
        found = like_one(catalogue, ids(catalogue, like, name)[0], count)
        if len(found.keys) == 1:
            fail(f"nothing in {name} is like {like}", Exit.NOTHING)
        return found.keys, found
    keys = [key for slug in dict.fromkeys(slugs) for key in ids(catalogue, slug, name)]
    if not 2 <= len(keys) <= MOST:
        raise click.UsageError(f"From two to {MOST} listings can be compared; these are {len(keys)}.")
    return keys, None
