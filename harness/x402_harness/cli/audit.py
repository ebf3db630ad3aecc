"""``testbuy audit``."""

from __future__ import annotations

from typing import Any

import click

from x402_catalog.audit import AuditResult, audit, declared
from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.reading import Limits
from x402_catalog.search import BadFilter
from x402_catalog.sources import Kind
from x402_harness.cli import helping, options
from x402_harness.cli.baselines import Baselines
from x402_harness.cli.judging import Judging, tell
from x402_harness.cli.loading import fail, require, stream
from x402_harness.cli.writing import result
from x402_harness.reporting.auditing import audit_part, audit_sentence
from x402_harness.reporting.formats import findings_report
from x402_harness.runs.outcome import Exit

FAMILIES = ("PRICE", "DUP")  # of rules that are judged here


@helping.command(
    "audit",
    examples=(
        "testbuy audit catalogue.db",
        "testbuy audit dump.jsonl --level PRICE004=error --format csv -o outliers.csv",
    ),
)
@click.argument("sources", nargs=-1, required=True, metavar="SRC...|DB")
@options.source_kind
@options.filters
@options.seed
@options.rule_choice
@options.rule_levels
@options.baseline
@options.fail_on
@options.findings_format
@click.option("--all", "everything", is_flag=True, help="Print every finding, not only the first ten of each rule.")
@options.max_record_size
def command(sources: tuple[str, ...], **values: Any) -> None:
    """Judge every listing in SRC... among all the others: is its price out of line, is it a copy?

    What the listings declare of their prices is judged by their own figures; what their peers say is another matter, is
    told with the peers and how to list them, and contradicts no listing. Filters choose whose findings are told; the
    peers are always all of SRC.
    """
    for source in sources:
        require(source)
    filters = options.chosen(values, values["seed"])
    rules, levels = options.chosen_rules(values), options.chosen_levels(values)
    if rules.select and not any(name.startswith(FAMILIES) for name in rules.select):
        fail(f"none of the selected rules is judged by audit, which has {', '.join(FAMILIES)}", Exit.NOTHING)
    limits, kind = Limits(max_record_bytes=values["max_record_size"]), values["source"] and Kind(values["source"])
    try:
        filters.check()
    except BadFilter as error:
        raise click.UsageError(str(error)) from error
    # What comes from standard input cannot be read again.
    kept = list(stream(sources, limits, kind)) if "-" in sources else None
    items = stream(sources, limits, kind) if kept is None else kept
    audited = audit(item for item, _ in items if isinstance(item, Listing))
    sentence = audit_sentence(audited.counts())
    judging = Judging(
        sources, limits, kind, filters, rules,
        items=kept, judged=lambda listing: _judged(listing, audited), levels=levels,
    )  # fmt: skip
    baselines = Baselines(values, FAMILIES, rules, filters)
    with result(values["output"], for_people=values["format_"] == "text", sources=sources) as out:
        report = findings_report(values["format_"], out, "audit", everything=values["everything"])
        code = tell(judging, baselines, report, values["fail_on"], (sentence,), lambda: audit_part(audited))
    baselines.write()
    for notice in (sentence, *baselines.suppression.notices()):
        click.echo(f"testbuy: {notice}", err=True)
    raise SystemExit(int(code))


def _judged(listing: Listing, audited: AuditResult) -> list[Finding]:
    return [*declared.judge(listing).findings, *audited.judge(listing).findings]
