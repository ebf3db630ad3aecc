"""What reports take: a run of some purchases, recorded once and enlarged, then each format made of its events.

    python bench/reports.py [purchases]

Seconds per 1,000 purchases and the size of each report, beside reading the events alone, which all of them need.
Goals: a page of 5,000 purchases below 3 MB, and no report above ten times the reading.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.harness.support.runs import enlarged, judged  # noqa: E402  # the enlarging is the tests' own

from x402_harness.reporting.formats import REPORTS  # noqa: E402
from x402_harness.runs.config import RunConfig, Surroundings  # noqa: E402
from x402_harness.runs.events import Journal, Stream, read_events  # noqa: E402
from x402_harness.runs.runner import Runner  # noqa: E402


def main(purchases: int, folder: Path) -> None:
    """Print the figures."""
    large = folder / "large.ndjson"
    journal = Journal(large)
    for event in enlarged(list(read_events(recorded(folder))), purchases):
        journal(event)
    journal.close()
    view = judged(read_events(large))
    count = len(view.cases)
    print(f"{count} purchases of {len(view.listings)} listings, events {large.stat().st_size / 1e6:.1f} MB")
    print(f"{'':>22} {'s per 1,000':>12} {'ratio':>7} {'MB':>7}")
    floor = told("reading the events", count, lambda: len(str(judged(read_events(large)).exit_code)), None)
    for name, format_ in REPORTS.items():
        told(name, count, lambda made=format_: written(made, view), floor)  # type: ignore[misc]


def recorded(folder: Path) -> Path:
    """The events of a run over the project's listings."""
    counter = itertools.count(1)
    around = Surroundings("bench", folder, time.time, lambda size: next(counter).to_bytes(size, "big"))
    journal = Journal(folder / "events.ndjson")
    asyncio.run(Runner(RunConfig((str(ROOT / "listings"),)), around, Stream(time.time, (journal,))).run())
    journal.close()
    return folder / "events.ndjson"


def written(format_: object, view: object) -> int:
    """Write one report and return its size in bytes."""
    out = io.StringIO()
    format_.write(view, out)  # type: ignore[attr-defined]
    return len(out.getvalue().encode("utf-8", "backslashreplace"))


def told(name: str, count: int, work: Callable[[], int], floor: float | None) -> float:
    """Time ``work``, the quicker of two, and print it; returns seconds."""
    times, size = [], 0
    for _ in range(2):
        began = time.perf_counter()
        size = work()
        times.append(time.perf_counter() - began)
    best = min(times)
    ratio = "" if floor is None else f"{best / floor:.2f}"
    print(f"{name:>22} {best * 1000 / count:>12.3f} {ratio:>7} {size / 1e6:>7.2f}")
    return best


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000, Path(made))
