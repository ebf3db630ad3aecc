"""What a check of a seller's own endpoint came to: one verdict, what failed, how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.text import Text

from x402_catalog.findings import Finding, Level
from x402_harness.probing.outcome import Probed
from x402_harness.reporting.document import run_document
from x402_harness.reporting.escape import printable
from x402_harness.reporting.evidence import money
from x402_harness.reporting.explained import explanations
from x402_harness.reporting.gates import Gate
from x402_harness.reporting.terminal import console, finding_lines, summary_rows
from x402_harness.reporting.view import RunView
from x402_harness.runs.inspection import Refused
from x402_harness.runs.outcome import Exit

_URL = 2000  # characters of a URL that are shown


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A run over an endpoint, with what was probed of it before and how it refused invalid requests.
    ``paths`` are the files of the run."""

    view: RunView
    probed: Probed
    refused: Refused
    paths: dict[str, str] = field(default_factory=dict)

    @property
    def conformant(self) -> bool | None:
        """Whether the endpoint does what it should; ``None`` where nothing could be bought to tell it by."""
        bought = self._bought
        if self.view.levels["error"] or bought["settled"] < bought["planned"]:
            return False
        return True if bought["settled"] else None

    @property
    def _bought(self) -> dict[str, int]:
        found: dict[str, int] = self.view.summary["purchases"]
        return found

    def gates(self, fails: bool) -> list[Gate]:
        """The gate of a check's own: that something was bought, and, where anything ``fails``, all of it sold."""
        planned = self._bought["planned"]
        if planned and not fails:
            return []
        code = Exit.FINDINGS if planned else Exit.NOTHING
        return [Gate("conforms", "the endpoint conforms", self.words, planned, bool(self.conformant), code)]

    @property
    def words(self) -> str:
        """The verdict in a sentence."""
        by = f" with x402 version {self.probed.version}" if self.probed.version else ""
        if self.conformant is None:
            return f"not judged: nothing could be bought{by}"
        return f"conformant{by}" if self.conformant else f"not conformant{by}"

    def document(self) -> dict[str, Any]:
        """The JSON document: that of the run, and what is a check's own."""
        verdict = {"conformant": self.conformant, "version": self.probed.version, "words": self.words}
        invalid = {"sent": len(self.refused.answered), "answers": self.refused.counts, "reason": self.refused.reason}
        told = run_document(self.view)
        return {**told, "verdict": verdict, "endpoint": self.probed.to_dict(), "invalid_requests": invalid}

    def print(self) -> None:
        """What was done, each fault once with its remedy, and the verdict last, where a terminal ends up; on standard
        error, where the page stands."""
        self.tell(console())
        if "html" in self.paths:
            console(stderr=True).print(f"  {'html':<10} {self.paths['html']}")

    def tell(self, out: Console) -> None:
        """The same on a console, without the place of the page."""
        for name, value in self._rows():
            out.print(f"  {name:<10} {printable(value, _URL)}")
        for rule in self._by_rule():
            out.print()
            for line in _told(rule):
                out.print(line)
        if explained := list(explanations(self.view)):
            out.print()
        for _, what, words in explained:
            out.print(Text(f"  {what}  {printable(words)}"))
        out.print()
        glyph, style = {True: ("✓", "bold green"), False: ("✗", "bold red"), None: ("?", "bold yellow")}[
            self.conformant
        ]
        out.print(Text(f"{glyph} {self.words} · exit {self.view.exit_code}", style=style))

    def _rows(self) -> Iterator[tuple[str, str]]:
        one = self.probed
        yield "endpoint", f"{one.method or '–'} {one.url}"
        yield "402", " · ".join([one.verdict, *one.prices[:4]]) + (f" · {one.words}" if one.words else "")
        counts = ", ".join(f"{count} {kind}" for kind, count in self.refused.counts.items())
        yield "invalid", f"{len(self.refused.answered)} requests without payment: {counts or self.refused.reason}"
        tried = sum(len(listing.attempts) for listing in self.view.listings.values())
        yield "forged", f"{tried} payments that must be refused"
        for listing in self.view.listings.values():
            yield from (("not bought", reason) for reason in (*listing.skipped, *listing.cut))
        yield from (row for row in summary_rows(self.view.summary, money(self.view.started)) if row[0] != "listings")

    def _by_rule(self) -> list[list[Finding]]:
        found: dict[tuple[Level, str], list[Finding]] = {}
        for finding in self.view.all_findings:
            found.setdefault((finding.level, finding.rule), []).append(finding)
        return [found[key] for key in sorted(found, key=lambda key: (key[0].rank, key[1])) if key[0] is not Level.INFO]


def _told(findings: list[Finding]) -> Iterator[Text]:
    head, *rest = finding_lines(findings[0])
    yield head + Text(f" (×{len(findings)})") if len(findings) > 1 else head
    yield from rest
