"""A run as Markdown: for a job's summary, a comment or a chat.

GitHub shows a summary of at most 1 MiB a step. Text that is not ours is a code span wherever it could be anything else,
so it mentions nobody, links nowhere and is no HTML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from x402_catalog.findings import Finding
from x402_harness.reporting.escape import printable
from x402_harness.reporting.evidence import heading, money
from x402_harness.reporting.figures import latencies, percentile
from x402_harness.reporting.gates import gate_line
from x402_harness.reporting.terminal import GLYPHS, summary_rows
from x402_harness.reporting.view import ListingView, RunView

MAX_SUMMARY = 1024 * 1024  # bytes that GitHub takes of a step
_FINDINGS = 20
_ROWS = 100  # of a table
_CUT = "\n\n… cut: the whole report is among the run's files.\n"
_PLAIN = re.compile(r"[\w ()',.;:%$/=+–—·×’…✓✗!?-]*")
_LINK = re.compile(r"://|www\.|__", re.IGNORECASE)


def write_markdown(view: RunView, out: TextIO) -> None:
    """Write the page."""
    for line in _lines(view):
        out.write(line + "\n")


def append_summary(view: RunView, path: Path) -> None:
    """Add the page to GitHub's job summary at ``path``, cut at what is shown of one. Raises ``OSError``."""
    taken = path.stat().st_size if path.exists() else 0
    text = "\n".join([*_lines(view), ""]).encode("utf-8", "backslashreplace")
    room = MAX_SUMMARY - taken
    if len(text) > room:
        text = text[: max(0, room - len(_CUT.encode()))].decode("utf-8", "ignore").rpartition("\n")[0].encode()
        text = text + _CUT.encode() if text else b""
    with path.open("ab") as file:
        file.write(text)


def said(text: object, limit: int = 300) -> str:
    """Text for Markdown, in a table or out of it: as it is where it cannot be markup, else a code span."""
    shown = printable("" if text is None else text, limit)
    if _PLAIN.fullmatch(shown) and not _LINK.search(shown):
        return shown
    runs = [len(run) for run in re.findall("`+", shown)]
    fence = "`" * (max(runs, default=0) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown.replace('|', '¦')}{space}{fence}"


def _lines(view: RunView) -> Iterator[str]:
    passed = view.exit_code == 0
    yield f"## {'✓ passed' if passed else '✗ failed'}: testbuy {said(view.started.get('command'))}"
    yield ""
    yield f"**mode {said(view.started.get('mode'))}** · {said(heading(view.started).line)} · exit {view.exit_code}"
    yield ""
    for gate in view.gates:
        yield f"- {'✓' if gate['passed'] else '✗'} {said(gate_line(gate))}"
    yield ""
    yield from _table(("", ""), [(name, said(value)) for name, value in _figures(view)])
    yield from _findings(view)
    yield from _listings(list(view.listings.values()))
    yield f"run {said(view.started.get('run'))} · seed {said(view.started.get('seed'))}"


def _figures(view: RunView) -> Iterator[tuple[str, str]]:
    yield from summary_rows(view.summary, money(view.started))
    p95 = percentile(latencies(view), 95)
    if p95 is not None:
        yield "p95", f"{p95:.3f} s"


def _findings(view: RunView) -> Iterator[str]:
    found = sorted(view.all_findings, key=lambda finding: finding.level.rank)
    if not found:
        return
    yield "### Findings"
    yield ""
    rows = [_finding(one) for one in found[:_FINDINGS]]
    yield from _table(("", "rule", "what", "where"), rows)
    left = Counter(one.rule for one in found[_FINDINGS:])
    if left:
        told = ", ".join(f"{said(rule)} ×{count}" for rule, count in left.most_common(_FINDINGS))
        yield f"… and {sum(left.values())} more: {told}"
        yield ""


def _finding(finding: Finding) -> tuple[str, ...]:
    mark = f"{GLYPHS[finding.level]} {finding.level}"
    return mark, said(finding.rule), said(finding.message), said(finding.location)


def _listings(listings: list[ListingView]) -> Iterator[str]:
    yield "### Listings"
    yield ""
    rows = [_listing(one) for one in listings[:_ROWS]]
    yield from _table(("listing", "price", "settled", "claims held", "contradicted", "findings"), rows)
    if len(listings) > _ROWS:
        yield f"… and {len(listings) - _ROWS} more"
        yield ""


def _listing(listing: ListingView) -> tuple[str, ...]:
    offer = next((one for one in listing.about["offers"] if one["price"]), None)
    settled = sum(case.state == "settled" for case in listing.cases)
    bought = f"{settled} of {len(listing.cases)}" if listing.cases else said("; ".join(listing.skipped) or "–")
    levels = Counter(str(one.level) for one in listing.all_findings)
    found = ", ".join(f"{count} {level}" for level, count in levels.items()) or "none"
    totals = listing.totals
    held, wrong = (str(totals.get(verdict, 0)) for verdict in ("held", "contradicted"))
    price = said(f"{offer['price']} {offer['symbol']}") if offer else "–"
    return said(listing.about["slug"]), price, bought, held, wrong, found


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
