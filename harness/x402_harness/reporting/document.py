"""The JSON document that every command prints with ``--format json``, and its schema."""

from __future__ import annotations

import json
from typing import Any, TextIO

from pydantic import BaseModel, ConfigDict, Field

from x402_catalog.__about__ import __version__
from x402_catalog.findings import Finding
from x402_harness.reporting.evidence import money
from x402_harness.reporting.view import CaseView, ListingView, RunView

SCHEMA_VERSION = 1


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LocationPart(_Part):
    """Where a finding stands; members that do not apply are absent."""

    listing: str | None = None
    file: str | None = None
    line: int | None = Field(None, ge=1)
    column: int | None = Field(None, ge=1)
    pointer: str | None = None
    url: str | None = None
    leg: str | None = None


class FindingPart(_Part):
    """One finding."""

    rule: str = Field(pattern=r"^(CAT|HINT|PRICE|DUP|CHAL|PAY|RESP|REQ|NET|SPEND)[0-9]{3}$")
    level: str = Field(pattern="^(error|warning|info)$")
    message: str
    observed: Any
    expected: Any
    location: LocationPart
    help: str


class PurchasesPart(_Part):
    """How many purchases were planned, and how they ended."""

    planned: int
    settled: int
    refused: int
    unknown: int
    unsold: int = Field(description="answered without payment, or not answered before anything was signed")


class SpentPart(_Part):
    """What the ledger holds in one asset."""

    network: str
    asset: str
    symbol: str
    atomic: str = Field(pattern="^[0-9]+$")
    amount: str | None


class SummaryPart(BaseModel):
    """Counts. ``purchases`` and ``spent`` are there where something may have been bought."""

    model_config = ConfigDict(extra="allow")

    listings: int
    errors: int
    warnings: int
    purchases: PurchasesPart | None = None
    spent: list[SpentPart] | None = None


class Document(BaseModel):
    """One JSON document per command. Commands add members of their own."""

    model_config = ConfigDict(extra="allow", title="testbuy output")

    schema_version: int = Field(ge=1)
    tool: str
    version: str
    command: str
    summary: SummaryPart
    findings: list[FindingPart]


def document(command: str, summary: dict[str, Any], findings: list[Finding], **more: Any) -> dict[str, Any]:
    """The document of a command: the contract's members first, then its own."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": "testbuy",
        "version": __version__,
        "command": command,
        "summary": summary,
        "findings": [finding.to_dict() for finding in findings],
        **more,
    }


def document_schema() -> dict[str, Any]:
    """The JSON Schema of :func:`document` (2020-12)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Document.model_json_schema()}


def run_document(view: RunView) -> dict[str, Any]:
    """The document of a run that was judged. ``suppressed`` and ``baseline`` are there where a baseline was given."""
    accepted = {"suppressed": _suppressed(view), "baseline": view.baseline} if view.baseline is not None else {}
    started = view.started
    return document(
        started["command"],
        view.summary,
        view.all_findings,
        run=started["run"],
        seed=started["seed"],
        mode=started["mode"],
        money=money(started),
        evidence=started["evidence"],
        exit_code=view.exit_code,
        gates=view.gates,
        **accepted,
        listings=[_listing(listing) for listing in view.listings.values()],
    )


def write_document(view: RunView, out: TextIO) -> None:
    """Write the document of a run."""
    json.dump(run_document(view), out, indent=2, ensure_ascii=False)
    out.write("\n")


def _suppressed(view: RunView) -> list[dict[str, Any]]:
    return [{**finding.to_dict(), "suppressed": why} for finding, why in view.suppressed]


def _listing(listing: ListingView) -> dict[str, Any]:
    about = {key: value for key, value in listing.about.items() if key not in {"event", "at", "number"}}
    return {
        **about,
        "skipped": listing.skipped,
        "left_out": listing.cut,
        "purchases": [_case(case) for case in listing.cases],
        "refusals": [_attempt(attempt) for attempt in listing.attempts],
        "coverage": listing.coverage,
        "totals": listing.totals,
        "claims": listing.claims,
    }


def _attempt(attempt: dict[str, Any]) -> dict[str, Any]:
    return {key: attempt[key] for key in ("case", "what", "rule", "status", "settled")}


def _case(case: CaseView) -> dict[str, Any]:
    started = {
        key: case.started[key]
        for key in ("case", "row", "source", "levels", "adds", "offer", "network", "symbol", "amount", "price")
    }
    ended = {key: value for key, value in case.ended.items() if key not in {"event", "at", "listing", "case"}}
    return {**started, "request": case.started["request"], "state": case.state, **ended, "fault": case.fault}
