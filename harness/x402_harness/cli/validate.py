"""``testbuy validate``."""

from __future__ import annotations

from typing import Any

import click

from x402_catalog.reading import Limits
from x402_catalog.search import BadFilter
from x402_catalog.sources import Kind
from x402_harness.cli import helping, options
from x402_harness.cli.baselines import Baselines
from x402_harness.cli.judging import Judging, tell
from x402_harness.cli.loading import fail
from x402_harness.cli.writing import result
from x402_harness.reporting.formats import findings_report
from x402_harness.runs.outcome import Exit

FAMILIES = ("CAT", "HINT", "PRICE")  # of rules that are judged here


@helping.command(
    "validate",
    examples=(
        "testbuy validate listings/",
        "testbuy validate dump.jsonl --select PRICE --format sarif -o findings.sarif",
        "testbuy validate listings/ --write-baseline accepted.json",
    ),
)
@options.sources
@options.source_kind
@options.filters
@options.seed
@options.rule_choice
@options.baseline
@options.fail_on
@options.findings_format
@click.option("--all", "everything", is_flag=True, help="Print every finding, not only the first ten of each rule.")
@options.max_record_size
def command(sources: tuple[str, ...], **values: Any) -> None:
    """Judge every listing in SRC... by every rule over one listing."""
    sources, query = options.chosen_sources(sources, values)
    filters = options.chosen(values, values["seed"])
    rules = options.chosen_rules(values)
    if rules.select and not any(name.startswith(FAMILIES) for name in rules.select):
        fail(f"none of the selected rules is judged by validate, which has {', '.join(FAMILIES)}", Exit.NOTHING)
    limits, kind = Limits(max_record_bytes=values["max_record_size"]), values["source"] and Kind(values["source"])
    try:
        judging = Judging(sources, limits, kind, filters, rules, query)
    except BadFilter as error:
        raise click.UsageError(str(error)) from error
    baselines = Baselines(values, FAMILIES, rules, filters, query)
    with result(values["output"], for_people=values["format_"] == "text", sources=sources) as out:
        report = findings_report(values["format_"], out, "validate", everything=values["everything"])
        code = tell(judging, baselines, report, values["fail_on"])
    baselines.write()
    for notice in baselines.suppression.notices():
        click.echo(f"testbuy: {notice}", err=True)
    raise SystemExit(int(code))
