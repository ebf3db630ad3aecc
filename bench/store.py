"""Import, size and queries of a catalogue file, next to parsing the same bytes with orjson in the same run.

    python bench/store.py [20000]

Goals at 100,000 listings: import at most 10 times the parse; a prefix query 3 ms (median) and 15 ms (95 %), a page with
facets 6 and 30 ms; `testbuy search` 250 ms of CPU. The listings are those of bench/synthetic.py with texts of their
own: words as frequent as in a language (Zipf), so that a beginning of three to six letters finds what it would find.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from synthetic import lines

VOCABULARY = 20_000
QUERIES = 200
CATEGORIES = ("media", "data", "ai", "finance", "tools", "business", "weather", "search")


def vocabulary(chance: random.Random) -> list[str]:
    """Words that are made of syllables, each once."""
    parts = [f"{consonant}{vowel}" for consonant in "bcdfghklmnprstvwz" for vowel in "aeiou"]
    made: dict[str, None] = {}
    while len(made) < VOCABULARY:
        made["".join(chance.choices(parts, k=chance.randint(2, 5)))] = None
    return list(made)


def varied(count: int) -> Iterator[bytes]:
    """The synthetic listings with texts, categories and networks of their own."""
    chance = random.Random(402)
    known = vocabulary(chance)
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(len(known))))
    for line in lines(count):
        listing = json.loads(line)
        words = chance.choices(known, cum_weights=weights, k=18)
        listing |= {
            "title": " ".join(words[:3]),
            "summary": " ".join(words[3:15]),
            "category": chance.choice(CATEGORIES),
        }
        listing["use_cases"] = [" ".join(words[15:])]
        if chance.random() < 0.2:
            listing["accepts"][0]["network"] = "polygon"
        yield json.dumps(listing, separators=(",", ":")).encode() + b"\n"


def main(count: int) -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as folder:
        source, file = Path(folder) / "catalogue.jsonl", Path(folder) / "catalogue.db"
        with source.open("wb") as out:
            out.writelines(varied(count))
        parse = min(measured("parse", source, file)[0] for _ in range(3))
        first, peak = measured("import", source, file)
        again, _ = measured("import", source, file)
        print(f"{count} listings, {source.stat().st_size / 1e6:.0f} MB; parse {parse:.2f} s of CPU")
        print(f"import      {first:.2f} s, {first / parse:.1f} × the parse, peak {peak:.0f} MB (goal 10 ×)")
        print(f"once more   {again:.2f} s, {again / parse:.1f} × the parse, nothing being new")
        print(f"file        {file.stat().st_size / 1e6:.0f} MB with both snapshots")
        queries(file)
        print(f"search      {command(file) * 1000:.0f} ms of CPU for the command (goal 250)")


def measured(what: str, source: Path, file: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of a process of its own."""
    command = [sys.executable, __file__, f"--{what}", str(source), str(file)]
    seconds, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(seconds), float(peak)


def queries(file: Path) -> None:
    """Print medians and 95 % of the queries, in milliseconds."""
    from x402_catalog.search import Filters
    from x402_catalog.store import Catalogue, Query

    chance = random.Random(7)
    known = vocabulary(random.Random(402))
    ranks = [int(10 ** chance.uniform(0.5, 4)) for _ in range(QUERIES)]
    beginnings = [known[rank][: chance.randint(3, 6)] for rank in ranks]
    narrow = Filters(network=("base",), category=("d*", "media", "ai"), price="<=0.05", sort="price", limit=25)
    with Catalogue.open(file) as catalogue:
        totals = [catalogue.search(Query(text, Filters(limit=1))).total for text in beginnings]
        print(f"beginnings  {QUERIES}, {statistics.median(totals):.0f} hits in the median, {max(totals)} at most")
        ids = catalogue.select("", Filters(sample=QUERIES, seed=7))
        report("prefix", "3/15", [timed(lambda t=t: catalogue.search(Query(t, Filters(limit=25)))) for t in beginnings])
        report(
            "facets", "6/30", [timed(lambda t=t: catalogue.search(Query(t, narrow, facets=True))) for t in beginnings]
        )
        report(
            "whole words",
            "",
            [timed(lambda r=r: catalogue.search(Query(f'"{known[r]}"', Filters(limit=25)))) for r in ranks[:50]],
        )
        report("home page", "", [timed(lambda: catalogue.search(Query("", Filters(limit=25), facets=True)))] * 3)
        report("only filters", "", [timed(lambda: catalogue.search(Query("", narrow, facets=True))) for _ in range(5)])
        report("typing error", "", [timed(lambda t=t: catalogue.search(Query(f"q{t}q"))) for t in beginnings[:10]])
        report("one listing", "", [timed(lambda key=key: catalogue.get(key)) for key in ids])
        report("similar", "", [timed(lambda key=key: catalogue.similar(key)) for key in ids[:50]])
        report("statistics", "", [timed(lambda: catalogue.groups("category")) for _ in range(3)])


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of CPU: queries wait for nothing, and others may be at work on the machine."""
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def report(name: str, goal: str, times: list[float]) -> None:
    """Print one line."""
    times = sorted(times)
    wanted = f" (goal {goal})" if goal else ""
    print(f"{name:<14}p50 {times[len(times) // 2]:.1f} ms, p95 {times[int(len(times) * 0.95)]:.1f} ms{wanted}")


def command(file: Path) -> float:
    """CPU seconds of `testbuy search`, the best of five."""
    command = [sys.executable, "-m", "x402_harness", "search", "mar", "--network", "base", "--catalogue", str(file)]
    best = 9.0
    for _ in range(5):
        before = os.times()
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()
        best = min(best, after.children_user + after.children_system - before.children_user - before.children_system)
    return best


def parse(source: Path, file: Path) -> None:
    """Only parse."""
    import orjson

    with source.open("rb") as lines:
        for line in lines:
            orjson.loads(line)


def import_(source: Path, file: Path) -> None:
    """Read, index and keep."""
    from x402_catalog.reading import read
    from x402_catalog.store import Catalogue

    with Catalogue.create(file) as catalogue:
        catalogue.add(read([source]), [str(source)], time.time())


if __name__ == "__main__":
    if len(sys.argv) > 3:
        started = time.process_time()
        (parse if sys.argv[1] == "--parse" else import_)(Path(sys.argv[2]), Path(sys.argv[3]))
        print(time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
