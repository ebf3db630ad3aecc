"""``testbuy run``."""

from __future__ import annotations

from typing import Any

import click

from x402_catalog.reading import Limits
from x402_catalog.search import BadFilter
from x402_catalog.store import is_catalogue
from x402_harness.cli import helping, options, reporting
from x402_harness.cli.loading import found


@helping.command(
    "run",
    examples=(
        "testbuy run listings/",
        "testbuy run listings/ --category media --rows 8 --report html,junit",
        "testbuy run catalogue.db --price '<=0.05' --sample 20 --fail-on warning",
    ),
)
@options.sources
@options.filters
@click.option("--rows", type=options.Rows(), default="4", show_default=True, help="Most purchases per listing, or all.")
@options.max_buys
@options.dollars("--per-call-max", default="100", help="Cap for one purchase.")
@options.dollars("--budget", default="10000", help="Cap for the run.")
@options.seed
@reporting.gates
@options.output_format
@options.max_record_size
@options.confirm
@options.shrink
@options.recording
@reporting.reports
@options.quiet
def command(sources: tuple[str, ...], **values: Any) -> None:
    """Read the listings in SRC..., judge each by every rule and its price among all that were read, buy each buyable
    one from a mock seller made from it, check the answers, and write the truth sheet and reports.

    Purchases are simulated: keys are thrown away, money is sandbox money, no real host is contacted.
    """
    from x402_harness.cli.running import finish
    from x402_harness.policy import Caps
    from x402_harness.runs.config import RunConfig

    sources, query = options.chosen_sources(sources, values)
    filters = options.chosen(values, values["seed"])
    accepted = reporting.baselines(values, filters, query)
    config = RunConfig(
        sources=sources,
        seed=values["seed"],
        rows=values["rows"],
        caps=Caps(values["per_call_max"], values["budget"]),
        confirm=values["confirm"],
        shrink=values["shrink"],
        audit=True,
        most=values["max_buys"],
        query=query,
        filters=filters,
        limits=Limits(max_record_bytes=values["max_record_size"]),
    )
    try:
        items = found(sources, query, filters, config.limits) if any(map(is_catalogue, sources)) else None
        finish(config, values, accepted, items=items)
    except BadFilter as error:
        raise click.UsageError(str(error)) from error
