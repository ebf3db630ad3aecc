"""Terminal output of a run: what was bought, what was skipped and why, what was found, the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from rich.console import Console
from rich.text import Text

from x402_catalog.findings import Finding, Level
from x402_harness.reporting.escape import printable
from x402_harness.reporting.evidence import heading, money
from x402_harness.reporting.explained import explanations
from x402_harness.reporting.gates import gate_line
from x402_harness.reporting.view import ListingView, RunView

GLYPHS = {"error": "✗", "warning": "!", "info": "i"}
_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_STATES = {
    "settled": ("✓", "green"),
    "unknown": ("?", "bold red"),
    "stopped": ("?", "yellow"),
    "fault": ("⚠", "bold red"),
}
MAX_SHOWN = 40  # findings printed in full; the reports hold the rest


def console(*, stderr: bool = False, width: int | None = None, file: IO[str] | None = None) -> Console:
    """A console for results (stdout, or ``file``) or talk (stderr): colour by the terminal, no markup, no guessing at
    text."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True, width=width, file=file)


def print_run(view: RunView, out: Console, reports: dict[str, str]) -> None:
    """Print a run that was judged; ``reports`` are its files by name."""
    out.print(Text(f"mode {view.started['mode']} · {heading(view.started).line}", style="bold"))
    out.print()
    for listing in view.listings.values():
        out.print(_listing_line(listing))
        for reason in listing.skipped:
            out.print(f"    not bought: {printable(reason)}")
        for reason in listing.cut:
            out.print(f"    left out: {printable(reason)}")
    print_findings(view.all_findings, out)
    _print_explanations(view, out)
    _print_summary(view, out, reports)


def _listing_line(listing: ListingView) -> Text:
    about, states = listing.about, [case.state for case in listing.cases]
    glyph, style = _mark(listing, states)
    price = next((offer["price"] for offer in about["offers"] if offer["price"]), None)
    symbol = next((offer["symbol"] for offer in about["offers"] if offer["symbol"]), "")
    bought = f"{states.count('settled')}/{len(states)} settled" if states else "skipped"
    line = Text(f"{glyph} ", style=style)
    line.append(f"{printable(about['method'], 8):<6} {printable(about['slug'], 60):<52}", style="default")
    line.append(f" {printable(f'{price} {symbol}' if price else 'no price', 24):>18}  {bought:<12}")
    held, wrong = listing.totals.get("held", 0), listing.totals.get("contradicted", 0)
    line.append(f" claims {held} held, {wrong} contradicted")
    return line


def _mark(listing: ListingView, states: list[str]) -> tuple[str, str]:
    worst = min((finding.level for finding in listing.all_findings), key=lambda level: level.rank, default=Level.INFO)
    if worst is Level.ERROR:
        return GLYPHS["error"], _STYLES["error"]
    bad = next((state for state in states if state != "settled"), None)
    if bad:
        return _STATES.get(bad, ("✗", "red"))
    if worst is Level.WARNING:
        return GLYPHS["warning"], _STYLES["warning"]
    return ("✓", "green") if states else ("–", "dim")


def print_findings(findings: list[Finding], out: Console) -> None:
    """Print findings, worst first, with place, value and what to do."""
    shown = sorted(findings, key=lambda finding: finding.level.rank)
    if shown:
        out.print()
        out.print(Text("FINDINGS", style="bold"))
    for finding in shown[:MAX_SHOWN]:
        for line in finding_lines(finding):
            out.print(line)
    if len(shown) > MAX_SHOWN:
        out.print(f"… and {len(shown) - MAX_SHOWN} more, in the reports")


def _print_explanations(view: RunView, out: Console) -> None:
    told = list(explanations(view))
    if told:
        out.print()
        out.print(Text("FAILURES", style="bold"))
    for slug, what, words in told:
        out.print(Text(f"  {printable(slug, 60)}  {what:<12} {printable(words)}"))


def finding_lines(finding: Finding) -> Iterator[Text]:
    """A finding as lines: rule and message, place, values, help."""
    level = str(finding.level)
    head = Text(f"{GLYPHS[level]} {finding.rule} {level}: ", style=_STYLES[level])
    head.append(printable(finding.message), style="default")
    yield head
    if place := str(finding.location):
        yield Text(f"    at        {printable(place)}")
    if finding.location.url and finding.location.file:
        yield Text(f"    call      {printable(finding.location.url)}")
    if finding.observed is not None:
        yield Text(f"    observed  {printable(finding.observed)}")
    if finding.expected is not None:
        yield Text(f"    expected  {printable(finding.expected)}")
    if finding.help:
        yield Text(f"    help      {printable(finding.help)} (testbuy explain {finding.rule})", style="dim")


def _print_summary(view: RunView, out: Console, reports: dict[str, str]) -> None:
    summary = view.summary
    out.print()
    out.print(Text("SUMMARY", style="bold"))
    for name, value in summary_rows(summary, money(view.started)):
        out.print(f"  {name:<10} {value}")
    for gate in view.gates:
        mark, style = ("✓", "green") if gate["passed"] else ("✗", "bold red")
        out.print(Text(f"  {'gate':<10} ").append(mark, style=style).append(f" {printable(gate_line(gate))}"))
    out.print(f"  {'run':<10} {view.started.get('run')} · seed {view.started.get('seed')}")
    for name, path in reports.items():
        out.print(f"  {name:<10} {path}")
    if summary.get("interrupted"):
        out.print(Text("  interrupted: what was done until then is in the reports", style="bold yellow"))
    out.print(Text(f"exit {view.exit_code}", style="bold"))


def summary_rows(summary: dict[str, Any], money: str) -> Iterator[tuple[str, str]]:
    """The summary as named lines; ``money`` says what was spent."""
    bought = summary.get("purchases", {})
    yield "listings", f"{summary.get('listings', 0)} read · {summary.get('skipped', 0)} not bought"
    counts = [f"{bought[name]} {name}" for name in ("settled", "refused", "unknown", "unsold") if bought.get(name)]
    yield "purchases", f"{bought.get('planned', 0)} planned" + "".join(f" · {count}" for count in counts)
    if shown := summary.get("coverage"):
        told = (f"{count['shown']} of {count['of']} {name}" for name, count in shown.items())
        yield "coverage", " · ".join(told)
    for row in summary.get("spent", ()):
        amount = row["amount"] or f"{row['atomic']} atomic"
        yield "spent", f"{amount} {row['symbol']} on {row['network']} ({money})"
    counts = [f"{summary.get(name, 0)} {name}" for name in ("errors", "warnings", "infos")]
    counts += [f"{summary['suppressed']} suppressed"] if summary.get("suppressed") else []
    yield "findings", " · ".join(counts)
    yield "claims", " · ".join(f"{count} {verdict}" for verdict, count in summary.get("claims", {}).items()) or "none"
