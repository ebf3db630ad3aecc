"""``testbuy claims``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x402_catalog.claims import Claim, totals, truth_sheet
from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.rules.judge import Verdict
from x402_catalog.validation import validate
from x402_harness.cli import helping, options
from x402_harness.cli.loading import find, opened, print_json, told
from x402_harness.runs.outcome import Summary

if TYPE_CHECKING:
    from x402_catalog.audit import AuditResult


@helping.command(
    "claims",
    examples=(
        "testbuy claims api-example-com-v1-thing --verdict contradicted",
        "testbuy claims thing.json --peers",
    ),
)
@options.target
@options.catalogue
@click.option(
    "--verdict", type=click.Choice([str(verdict) for verdict in Verdict]), help="Only claims with that verdict."
)
@click.option("--peers", is_flag=True, help="Judge it among all listings of the catalogue too, which are read for it.")
@options.fail_on
@options.output_format
def command(target: str, catalogue: str, verdict: str | None, peers: bool, fail_on: str, format_: str) -> None:
    """Every claim of the listing SLUG (or of each listing in FILE): held, contradicted, not tested or uncheckable, by
    which rule and on what evidence.

    The document is judged against itself and the tables, and with --peers against the other listings of its catalogue
    (or of its FILE). What only the seller can prove is not tested here.
    """
    loaded = find(target, catalogue)
    audited = _audited(target, catalogue, loaded.listings) if peers else None
    sheets = []
    findings = list(loaded.findings)
    for listing in loaded.listings:
        judge = validate(listing)
        judges = [judge] if audited is None else [judge, audited.judge(listing)]
        findings.extend(found for one in judges for found in one.findings)
        sheets.append((listing, truth_sheet(listing, [said for one in judges for said in one.judgements])))
    summary = Summary(listings=len(sheets))
    for finding in findings:
        summary.levels[str(finding.level)] += 1
    code = summary.exit_code(options.failing_level(fail_on))
    if format_ == "json":
        _print_document(sheets, findings, summary, verdict)
    else:
        told(loaded)
        _print_text(sheets, verdict)
    raise SystemExit(int(code))


def _audited(target: str, catalogue: str, loaded: list[Listing]) -> AuditResult:
    from x402_catalog.audit import audit

    if Path(target).exists():
        return audit(loaded)
    with opened(catalogue) as found:
        return audit(found)


Sheets = list[tuple[Listing, tuple[Claim, ...]]]


def _print_document(sheets: Sheets, findings: list[Finding], summary: Summary, verdict: str | None) -> None:
    from x402_harness.reporting.document import document

    counts: dict[str, Any] = {
        "listings": summary.listings, "errors": summary.levels["error"], "warnings": summary.levels["warning"],
    }  # fmt: skip
    told = [
        {
            "slug": listing.slug,
            "totals": totals(claims),
            "claims": [claim.to_dict() for claim in claims if verdict in (None, str(claim.verdict))],
        }
        for listing, claims in sheets
    ]
    print_json(document("claims", counts, findings, sheets=told))


def _print_text(sheets: Sheets, verdict: str | None) -> None:
    from x402_harness.reporting.sheet import print_sheet
    from x402_harness.reporting.terminal import console

    out = console()
    for listing, claims in sheets:
        print_sheet(listing, claims, verdict, out)
