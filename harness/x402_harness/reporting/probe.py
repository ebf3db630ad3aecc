"""What a probe found, as text by endpoint and as the JSON document; and how far it is, on stderr."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from x402_catalog.findings import Finding, Level
from x402_catalog.rules.selection import Selection
from x402_harness.probing.outcome import FAULT, PAYABLE, UNREACHABLE, Probed
from x402_harness.reporting.document import document
from x402_harness.reporting.escape import printable
from x402_harness.reporting.terminal import GLYPHS, finding_lines

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
MAX_REASONS = 10  # why something was not judged, that are printed
_URL = 2000  # characters of a URL that are shown


@dataclass(slots=True)
class ProbeReport:
    """Takes in endpoints as they are probed; ``unread`` is what could not be read of the listings."""

    unread: list[Finding] = field(default_factory=list)
    probed: list[Probed] = field(default_factory=list)
    interrupted: bool = False

    @property
    def findings(self) -> list[Finding]:
        """All findings."""
        return [*self.unread, *(finding for one in self.probed for finding in one.findings)]

    @property
    def levels(self) -> dict[str, int]:
        """Findings by level."""
        counted = Counter(str(finding.level) for finding in self.findings)
        return {str(level): counted[str(level)] for level in Level}

    @property
    def verdicts(self) -> dict[str, int]:
        """Endpoints by verdict, the most frequent first."""
        return dict(Counter(one.verdict for one in self.probed).most_common())

    @property
    def unreached(self) -> bool:
        """Whether a typed endpoint, or every endpoint, could not be reached."""
        failed = [one for one in self.probed if one.verdict == UNREACHABLE]
        return any(one.typed for one in failed) or (bool(failed) and len(failed) == len(self.probed))

    @property
    def faults(self) -> int:
        """Endpoints that could not be judged through our own fault."""
        return sum(one.verdict == FAULT for one in self.probed)

    def select(self, rules: Selection) -> None:
        """Keep the findings of the selected rules only."""
        self.unread = [finding for finding in self.unread if finding.rule in rules]
        self.probed = [
            replace(one, findings=tuple(finding for finding in one.findings if finding.rule in rules))
            for one in self.probed
        ]

    def document(self, exit_code: int) -> dict[str, Any]:
        """The JSON document."""
        levels = self.levels
        counts: dict[str, Any] = {
            "listings": sum(one.listing is not None for one in self.probed),
            "endpoints": len(self.probed),
            **{f"{level}s": count for level, count in levels.items()},
            "verdicts": self.verdicts,
            "interrupted": self.interrupted,
        }
        endpoints = [one.to_dict() for one in self.probed]
        return document("probe", counts, self.findings, endpoints=endpoints, exit_code=exit_code)

    def print(self, out: Console) -> None:
        """The endpoints with their findings, the worst last, where a terminal ends up; then the counts."""
        for finding in self.unread:
            _print_finding(finding, out)
        for one in sorted(self.probed, key=lambda one: -_worst(one.findings)):
            _print_endpoint(one, out)
        for line in self._open():
            out.print(Text(line, style="dim"))
        out.print(Text(self._sentence(), style="bold"))
        if self.interrupted:
            out.print(Text("interrupted: what was probed until then is above", style="bold yellow"))

    def _open(self) -> Iterator[str]:
        """What was not judged, each reason once."""
        reasons: dict[str, set[str]] = {}
        for one in self.probed:
            for what, why in one.not_judged:
                reasons.setdefault(why, set()).add(what)
        for why, names in list(reasons.items())[:MAX_REASONS]:
            yield f"not judged: {printable(', '.join(sorted(names)))}: {printable(why)}"
        if len(reasons) > MAX_REASONS:
            yield f"… and {len(reasons) - MAX_REASONS} other reasons, in the JSON document"

    def _sentence(self) -> str:
        verdicts = ", ".join(f"{count} {printable(verdict)}" for verdict, count in self.verdicts.items())
        levels = ", ".join(f"{count} {level}{'' if count == 1 else 's'}" for level, count in self.levels.items())
        count = len(self.probed)
        head = f"{count} endpoint{'' if count == 1 else 's'}" + (f" ({verdicts})" if verdicts else "")
        return f"{head}: {levels}"


def _worst(findings: Sequence[Finding]) -> int:
    return min((finding.level.rank for finding in findings), default=3)


def _print_endpoint(one: Probed, out: Console) -> None:
    worst = _worst(one.findings)
    level = {0: "error", 1: "warning", 2: "info"}.get(worst, "")
    glyph = GLYPHS.get(level, "✓" if one.verdict != FAULT else "⚠")
    line = Text(f"{glyph} ", style=_STYLES.get(level, "green"))
    line.append(f"{printable(one.method or '–', 12)} {printable(one.url, _URL)}", style="bold default")
    out.print(line)
    out.print(f"    {' · '.join(_facts(one))}")
    if one.words and one.verdict != PAYABLE:
        out.print(f"    {printable(one.words)}")
    for finding in sorted(one.findings, key=lambda finding: finding.level.rank):
        _print_finding(finding, out, indent="    ")
    out.print()


def _facts(one: Probed) -> Iterator[str]:
    yield printable(one.verdict)
    if one.status is not None:
        # A recorded answer tells no time.
        yield f"{one.status} in {one.elapsed * 1000:.0f} ms" if one.elapsed else str(one.status)
    if one.version is not None:
        yield f"x402 v{one.version}"
    yield from (printable(price, 120) for price in one.prices[:4])
    if len(one.prices) > 4:
        yield f"and {len(one.prices) - 4} other ways to pay"
    if one.listing is not None:
        yield f"listing {printable(one.listing, 80)}"


def _print_finding(finding: Finding, out: Console, indent: str = "") -> None:
    for line in finding_lines(finding):
        out.print(Text(indent) + line)


class ProbeProgress:
    """Says how many of ``total`` are probed: one live line on a terminal, a line for each tenth elsewhere."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream = stream
        self._total = total
        self._live = stream.isatty()
        self._done = self._faulty = self._silent = 0

    def __call__(self, one: Probed) -> None:
        """Take in one endpoint."""
        self._done += 1
        self._faulty += any(finding.level is Level.ERROR for finding in one.findings)
        self._silent += one.verdict == UNREACHABLE
        last = self._done == self._total
        if self._live or last or self._done % -(-self._total // 10) == 0:
            self._write(last)

    def _write(self, last: bool) -> None:
        text = f"probing {self._done}/{self._total} · {self._faulty} with errors · {self._silent} unreachable"
        end = "\n" if last or not self._live else ""
        self._stream.write(("\r\x1b[2K" if self._live else "") + text + end)
        self._stream.flush()
