"""Read and validate a catalogue, as a multiple of parsing the same bytes with orjson in the same run.

    python bench/validate.py [20000 100000]

Goal: at most 6 times, and a peak of memory that does not grow with the catalogue (at most 200 MB).
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from synthetic import lines

FIRST = "first.jsonl"  # one listing, which is validated before the clock starts
SAMPLE = 2000  # listings that each stage is measured with


def main(counts: list[int]) -> None:
    """Print a table, one row for each size, then where the time of the last one goes."""
    print(f"{'listings':>9} {'MB':>7} {'parse s':>8} {'ours s':>8} {'ratio':>6} {'peak MB':>8} {'findings':>9}")
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "catalogue.jsonl"
            with path.open("wb") as file:
                file.writelines(lines(count))
            path.with_name(FIRST).write_bytes(next(lines(1)))
            parse, _, _ = measured("parse", path)
            ours, peak, findings = measured("ours", path)
            size = path.stat().st_size / 1e6
            print(f"{count:>9} {size:>7.1f} {parse:>8.2f} {ours:>8.2f} {ours / parse:>6.2f} {peak:>8.0f} {findings:>9}")
            if count == counts[-1]:
                print_stages(path, count)


def measured(what: str, path: Path) -> tuple[float, float, int]:
    """CPU seconds, peak megabytes and a count, of a process of its own: the best of three."""
    runs = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, __file__, f"--{what}", str(path)], capture_output=True, text=True, check=True
        )
        seconds, peak, count = done.stdout.split()
        runs.append((float(seconds), float(peak), int(count)))
    return min(runs)


def parse(path: Path) -> int:
    """Only parse."""
    import orjson

    count = 0
    with path.open("rb") as file:
        for line in file:
            orjson.loads(line)
            count += 1
    return count


def ours(path: Path) -> int:
    """Read, make listings, judge by every rule."""
    from x402_catalog.collector import seldom_collecting
    from x402_catalog.reading import read
    from x402_catalog.sources import listings
    from x402_catalog.validation import validate

    found = 0
    with seldom_collecting():
        for record in read([path]):
            for listing in listings(record):
                found += len(validate(listing, keep_held=False).findings)
    return found


def print_stages(path: Path, count: int) -> None:
    """Where the time goes, in microseconds a listing: reading, models, the looks that tell that there is nothing to
    find, and every rule for itself."""
    from x402_catalog.reading import read
    from x402_catalog.rules.judge import Evidence, Judge
    from x402_catalog.sources import listings
    from x402_catalog.validation import CHECKS

    stages = [("reading, parsing included", per_listing(lambda: consume(read([path])), count))]
    # Kept for what follows, which makes reading slower: so that one streams, and is counted over the whole file.
    records = list(islice(read([path]), SAMPLE))
    stages.append(("models", per_listing(lambda: [consume(listings(record)) for record in records])))
    made = [listing for record in records for listing in listings(record)]

    def judges() -> list[Judge]:
        return [Judge(listing, Evidence.LISTING, False) for listing in made]

    stages.append(("judges", per_listing(judges)))
    asked = judges()
    stages += [(f"look: {name}", per_listing(partial(each, look, made, asked))) for look, name in looks().items()]
    # The rules themselves are asked where a look finds something that is not ordinary.
    fresh = judges()
    for check in CHECKS:
        name = f"rule: {check.__module__.rsplit('.', 1)[-1]}.{check.__name__}"
        stages.append((name, per_listing(partial(each, check, made, fresh))))
    print("\nmicroseconds of CPU a listing")
    for name, micros in sorted(stages, key=lambda row: -row[1])[:32]:
        print(f"  {micros:>7.1f}  {name}")


def looks() -> dict[Callable[..., object], str]:
    """Every look of :mod:`x402_catalog.rules.ordinary` with its name, once."""
    from x402_catalog.rules.ordinary import LOOKS

    return {look: look.__name__ for look in LOOKS.values()}


def each(work: Callable[..., object], made: list[Any], judges: list[Any]) -> None:
    """Do ``work`` with every listing and its judge."""
    for listing, judge in zip(made, judges, strict=True):
        work(listing, judge)


def consume(items: Iterable[object]) -> None:
    """Go through ``items`` and keep none."""
    deque(items, maxlen=0)


def per_listing(work: Callable[[], object], count: int = SAMPLE) -> float:
    """CPU microseconds for each of ``count``."""
    started = time.process_time()
    work()
    return (time.process_time() - started) / count * 1e6


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] in ("--parse", "--ours"):
        work = parse if sys.argv[1] == "--parse" else ours
        work(Path(sys.argv[2]).with_name(FIRST))  # so that imports are not counted
        before = time.process_time()
        result = work(Path(sys.argv[2]))
        print(time.process_time() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, result)
    else:
        main([int(text) for text in sys.argv[1:]] or [20_000, 100_000])
