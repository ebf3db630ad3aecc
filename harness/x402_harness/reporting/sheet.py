"""The truth sheet on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from x402_catalog.claims import Claim, totals
from x402_catalog.models import Listing
from x402_harness.reporting.escape import printable

_MARKS = {
    "held": ("✓", "green"),
    "contradicted": ("✗", "bold red"),
    "not tested": ("·", "default"),
    "uncheckable": ("–", "dim"),
}


def print_sheet(listing: Listing, claims: tuple[Claim, ...], verdict: str | None, out: Console) -> None:
    """Print every claim, section by section, and the totals."""
    out.print(Text(f"{printable(listing.title)}", style="bold"))
    out.print(f"{printable(listing.method)} {printable(listing.url)}")
    shown = [claim for claim in claims if verdict in (None, str(claim.verdict))]
    for section in dict.fromkeys(claim.section for claim in shown):
        out.print()
        out.print(Text(section.upper(), style="bold"))
        for claim in (claim for claim in shown if claim.section == section):
            for line in _lines(claim):
                out.print(line)
    out.print()
    out.print(Text("TOTALS", style="bold"))
    for name, count in totals(claims).items():
        out.print(f"  {_MARKS[name][0]} {count:>4} {name}")


def _lines(claim: Claim) -> list[Text]:
    glyph, style = _MARKS[str(claim.verdict)]
    head = Text(f"  {glyph} {claim.verdict!s:<13} ", style=style)
    head.append(printable(claim.statement, 110), style="default")
    evidence = f" by {claim.rule} on the {claim.evidence}'s evidence" if claim.rule else ""
    why = printable(claim.reason) if claim.reason else ""
    detail = (why + evidence).strip() or "agrees"
    return [head, Text(f"      {printable(claim.pointer)}  {detail}", style="dim")]
