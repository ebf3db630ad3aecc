"""``testbuy stats``."""

from __future__ import annotations

from typing import Any

import click

from x402_catalog.search import BadFilter
from x402_catalog.store import Group
from x402_catalog.store.statistics import GROUPS as NAMES
from x402_harness.cli import helping, options
from x402_harness.cli.loading import looking_at, print_json
from x402_harness.cli.tabular import picked, print_rows, tabular
from x402_harness.reporting.statistics import GROUPS, OUTLIERS, Far
from x402_harness.runs.outcome import Exit

_SHOWN = 30  # groups of a table


@helping.command(
    "stats",
    examples=(
        "testbuy stats --by network",
        "testbuy stats image --outliers 20 --format csv",
    ),
)
@click.argument("query", nargs=-1)
@click.option("--by", type=click.Choice(NAMES), default="category", show_default=True, help="What to group by.")
@click.option("--outliers", type=click.IntRange(0), default=10, show_default=True, help="How many to name.")
@options.catalogue
@options.snapshot
@options.filters
@options.seed
@tabular
def command(query: tuple[str, ...], by: str, outliers: int, catalogue: str, **values: Any) -> None:
    """Number, 5 %, median and 95 % of the prices of what QUERY and the filters find, in dollars; spread is p95 ÷ p5.

    A price is an outlier if it is more than 3.5 robust standard deviations of its category's logarithms from the
    median (at least a factor of eleven), in categories with eight prices or more; fewer are not judged. Every
    figure is a price that some listing has. --sample, --limit and --sort do not apply.
    """
    filters, text, format_ = options.chosen(values, values["seed"]), " ".join(query), values["format_"]
    if filters.sample or filters.limit or filters.sort != "relevance":
        raise click.UsageError("--sample, --limit and --sort do not apply to statistics.")
    columns = picked(GROUPS, values["columns"], list(GROUPS))
    with looking_at(catalogue, values["snapshot"]) as found:
        try:
            groups = found.groups(by, text, filters)
            far = found.outliers(text, filters, outliers)
        except BadFilter as error:
            raise click.UsageError(str(error)) from error
    if format_ == "json":
        from x402_harness.reporting.looking import stats_document

        print_json(stats_document(by, groups, far))
    else:
        shown = groups[:_SHOWN] if format_ in ("table", "text") and values["output"] is None else groups
        print_rows(columns, shown, format_, values["output"])
        _tell(groups, shown, far, format_, values["output"])
    raise SystemExit(int(Exit.CLEAN if groups else Exit.NOTHING))


def _tell(groups: list[Group], shown: list[Group], far: list[Far], format_: str, output: str | None) -> None:
    if far and format_ in ("table", "text") and output is None:
        click.echo("\nfarthest from the median of their category")
        print_rows(OUTLIERS, far, format_, None)
    if len(shown) < len(groups):
        click.echo(f"the {len(shown)} largest of {len(groups)} groups; --format csv has all", err=True)
    if not groups:
        click.echo("nothing matches", err=True)
