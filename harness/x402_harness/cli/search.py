"""``testbuy search``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from x402_catalog.findings import Finding
from x402_catalog.search import BadFilter
from x402_catalog.store import Page, Query
from x402_catalog.store.statistics import quantile
from x402_harness.cli import helping, options
from x402_harness.cli.loading import looking_at, print_json
from x402_harness.cli.tabular import picked, print_rows, tabular
from x402_harness.reporting.escape import printable
from x402_harness.reporting.rows import COLUMNS, DEFAULT, LINES, dollars, network_name
from x402_harness.runs.outcome import Exit

_PAGE = 50  # rows of a table, unless --limit says otherwise
_SHOWN = 4  # values of a facet that a line tells


@helping.command(
    "search",
    examples=(
        "testbuy search image generation --price '<=0.05'",
        "testbuy search --category media --format csv -o media.csv",
    ),
)
@click.argument("query", nargs=-1)
@options.catalogue
@options.snapshot
@options.filters
@click.option("--offset", type=click.IntRange(0), default=0, help="Pass over so many, for the next page.")
@options.seed
@tabular
def command(query: tuple[str, ...], catalogue: str, **values: Any) -> None:
    """List what has every word of QUERY in its title, address, summary, uses or request fields, and passes the filters.

    A word also finds those that begin with it; words in double quotes are found in that order only. Where a word is
    not known, the nearest one is taken and said. No query lists all. Prices are in dollars and in atomic units.
    """
    filters, format_ = options.chosen(values, values["seed"]), values["format_"]
    columns = picked(COLUMNS, values["columns"], DEFAULT if format_ in ("table", "text") else LINES)
    if format_ in ("table", "text") and filters.limit is None and values["output"] is None:
        filters = replace(filters, limit=_PAGE)
    asked = Query(" ".join(query), filters, values["offset"], facets=format_ in ("table", "text", "json"))
    findings: list[Finding] = []
    with looking_at(catalogue, values["snapshot"], findings) as found:
        try:
            page, of = found.search(asked), len(found)
        except BadFilter as error:
            raise click.UsageError(str(error)) from error
    if format_ == "json":
        from x402_harness.reporting.looking import search_document

        print_json(search_document(asked, page, of, findings))
    else:
        print_rows(columns, page.rows, format_, values["output"])
        _tell(page, asked, of)
        if findings:
            click.echo(f"{len(findings)} findings while reading: testbuy validate {printable(catalogue)}", err=True)
    raise SystemExit(int(Exit.CLEAN if page.rows else Exit.NOTHING))


def _name(value: str) -> str:
    return printable(network_name(value) or "none", 30)


def _tell(page: Page, asked: Query, of: int) -> None:
    """What there is beside the rows, on stderr."""
    if page.corrected is not None:
        click.echo(f"nothing has {asked.text!r}: this is for {printable(page.corrected)}", err=True)
    parts = [f"{len(page.rows)} of {page.total}" + (f" (catalogue: {of})" if of != page.total else "")]
    for name in ("category", "network"):
        counts = list(page.facets.get(name, {}).items())[:_SHOWN]
        parts += [", ".join(f"{_name(value)} {count}" for value, count in counts)] if counts else []
    median = quantile(page.prices, 0.5)
    parts += [f"median {dollars(median)}"] if median is not None else []
    if not page.ranked:
        parts.append("too many to rank, in order of slugs")
    if page.rows and asked.offset + len(page.rows) < page.total:
        parts.append(f"more: --offset {asked.offset + len(page.rows)}")
    parts.append("next: testbuy show SLUG, testbuy compare --like SLUG" if page.rows else "try fewer words or filters")
    click.echo(" · ".join(parts), err=True)
