"""Two runs side by side on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from x402_harness.reporting.escape import printable
from x402_harness.reporting.rundiff import RunDiff
from x402_harness.reporting.terminal import MAX_SHOWN, finding_lines


def print_diff(diff: RunDiff, out: Console) -> None:
    """Print what is new in full, what is gone in a line each, the claims that turned, and the figures."""
    for title, found in (("NEW", diff.new), ("GONE", diff.gone)):
        if found:
            out.print(Text(f"{title} {len(found)}", style="bold"))
        for finding in found[:MAX_SHOWN]:
            for line in list(finding_lines(finding))[: None if title == "NEW" else 2]:
                out.print(line)
        _more(len(found), out)
    if diff.turned:
        out.print(Text(f"CLAIMS {len(diff.turned)}", style="bold"))
    for one in diff.turned[:MAX_SHOWN]:
        out.print(f"  {printable(one.slug, 60)} {printable(one.pointer, 120)}")
        out.print(f"      {printable(one.statement, 110)}: {one.before or 'no claim'} → {one.after or 'no claim'}")
    _more(len(diff.turned), out)
    out.print(Text("FIGURES", style="bold"))
    for name, (before, after) in diff.figures.items():
        mark = "  " if before == after else "→ "
        out.print(f"  {mark}{name:<12} {before!s:>10} {after!s:>10}")
    out.print(f"{len(diff.new)} new · {len(diff.gone)} gone · {diff.kept} kept · {len(diff.turned)} claims turned")


def _more(count: int, out: Console) -> None:
    if count > MAX_SHOWN:
        out.print(f"… and {count - MAX_SHOWN} more; --format json has them all")
