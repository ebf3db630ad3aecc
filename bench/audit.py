"""How well and how fast the audit works.

    python bench/audit.py marks [COUNT [SEED]]   precision and recall of each rule over a labelled catalogue, beside the
                                                 naive rule (a ratio of ten to the category's median)
    python bench/audit.py real FILE [SEED]       the same over real records of which some prices are made wrong
    python bench/audit.py speed [COUNT]          what the audit adds to validating, in time and memory

A seed is drawn anew each time unless it is given, and printed.
"""

from __future__ import annotations

import json
import random
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from labelled import Labelled, catalogue, perturbed

PRICES = ("PRICE020", "PRICE021", "PRICE022")
WRONG = "any price"
Faults = set[tuple[str, str]]


def found_by_audit(documents: Iterable[dict[str, Any]]) -> Faults:
    """``(rule, slug)`` of everything that the audit finds, each member of a cluster of copies counted."""
    from x402_catalog.audit import audit

    result = audit(map(listing_from, documents))
    told = {(finding.rule, finding.location.listing or "") for finding in result.findings()}
    found = {(rule, slug) for rule, slug in told if rule in PRICES}
    for copies in result.copies:
        found |= {(copies.rule.code, result.rows[number].slug) for number in copies.members}
    return found | {(WRONG, slug) for rule, slug in found if rule in PRICES}


def listing_from(document: dict[str, Any]) -> Any:
    """A listing of a document, as if it were a line of a file."""
    from x402_catalog.models import listing_of
    from x402_catalog.records import Record

    return listing_of(Record(document, b"", "catalogue.jsonl"))


def found_by_ratio(documents: Iterable[dict[str, Any]]) -> Faults:
    """What the naive rule finds: a price ten times above or below the median of its category."""
    asked: dict[str, list[tuple[str, int]]] = {}
    for document in documents:
        for offer in document["accepts"][:1]:
            if str(offer.get("max_amount_required_atomic", "")).isdigit():
                price = int(offer["max_amount_required_atomic"])
                asked.setdefault(document["category"], []).append((document["slug"], price))
    found: Faults = set()
    for prices in asked.values():
        middle = median(price for _, price in prices)
        found |= {(WRONG, slug) for slug, price in prices if not middle / 10.4 < price < middle * 10.4}
    return found


def marks(expected: Faults, found: Faults) -> dict[str, tuple[int, float, float]]:
    """Of each rule how often it applies, its precision and its recall."""
    rules = sorted({rule for rule, _ in expected})
    right = Counter(rule for rule, _ in expected & found)
    said = Counter(rule for rule, _ in found)
    meant = Counter(rule for rule, _ in expected)
    return {rule: (meant[rule], right[rule] / max(said[rule], 1), right[rule] / meant[rule]) for rule in rules}


def with_any(faults: Faults) -> Faults:
    """The faults, and once more those of prices whatever their rule."""
    return faults | {(WRONG, slug) for rule, slug in faults if rule in PRICES}


def known(made: Labelled, found: Faults) -> Faults:
    """What was found of listings whose faults are known."""
    return {(rule, slug) for rule, slug in found if slug not in made.unknown}


def print_marks(made: Labelled) -> None:
    """A table of :func:`marks`; what is found of listings that nobody has marked counts neither way."""
    print(f"{'rule':<10} {'faults':>7} {'precision':>10} {'recall':>7}")
    expected, documents = made.faults, made.listings
    for rule, (count, precision, recall) in marks(with_any(expected), known(made, found_by_audit(documents))).items():
        print(f"{rule:<10} {count:>7} {precision:>10.3f} {recall:>7.3f}")
    naive = {(WRONG, slug) for rule, slug in with_any(expected) if rule == WRONG}
    for count, precision, recall in marks(naive, known(made, found_by_ratio(documents))).values():
        print(f"{'naive':<10} {count:>7} {precision:>10.3f} {recall:>7.3f}")


def real(path: Path, seed: int) -> Labelled:
    """Real records, of which one in ten gets a wrong price. Of those that have a finding about theirs already nobody
    knows whether it is right: they stay as they are, and are not marked."""
    from x402_catalog.audit import audit
    from x402_catalog.models import Listing
    from x402_catalog.reading import read
    from x402_catalog.records import Record
    from x402_catalog.sources import listings

    chance = random.Random(seed)
    records = (record for record in read([path]) if isinstance(record, Record))
    read_in = [one for record in records for one in listings(record) if isinstance(one, Listing)]
    suspect = {finding.location.listing for finding in audit(read_in).findings() if finding.rule.startswith("PRICE")}
    made = Labelled()
    for listing in read_in:
        document = {**json.loads(json.dumps(listing.raw)), "slug": listing.slug, "category": listing.category}
        made.listings.append(document)
        prices = [offer for offer in listing.offers if offer.price is not None and offer.amount]
        if listing.slug in suspect:
            made.unknown.add(listing.slug)
        testnet = any(offer.network is None or offer.network.testnet for offer in listing.offers)
        if listing.slug in suspect or testnet or len(prices) != 1 or len(listing.offers) != 1 or chance.random() > 0.1:
            continue
        ((rule, wrong),) = perturbed(prices[0].amount or 1, chance)
        document["accepts"][0]["max_amount_required_atomic"] = str(wrong)
        made.faults.add((rule, listing.slug))
    return made


def print_speed(count: int) -> None:
    """Seconds and megabytes of validating alone, and of validating and auditing, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("synthetic", "labelled"):
            path = Path(folder) / f"{name}.jsonl"
            # Made by another process: a child's peak of memory is at least its parent's.
            subprocess.run([sys.executable, __file__, "--make", str(path), str(count)], check=True)
            print(f"{count} listings, {name}, {path.stat().st_size / 1e6:.0f} MB")
            base = measured("parse", path)[0]
            for what in ("parse", "validate", "both", "audit"):
                seconds, peak, found = measured(what, path)
                print(f"  {what:<9} {seconds:>7.2f} s {seconds / base:>6.2f} × {peak:>5.0f} MB {found:>7} findings")


def make(path: Path, count: int) -> None:
    """Write the catalogue that ``path`` is named for."""
    from synthetic import lines

    with path.open("wb") as file:
        file.writelines(labelled_lines(count) if path.stem == "labelled" else lines(count))


def labelled_lines(count: int) -> Iterable[bytes]:
    """A labelled catalogue as lines of JSON."""
    return (json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in catalogue(count, 402).listings)


def measured(what: str, path: Path) -> tuple[float, float, int]:
    """CPU seconds, peak megabytes and findings of one process."""
    done = subprocess.run(
        [sys.executable, __file__, "--" + what, str(path)], capture_output=True, text=True, check=True
    )
    seconds, peak, found = done.stdout.split()
    return float(seconds), float(peak), int(found)


def work(what: str, path: Path) -> int:
    """Parse, validate, audit, or validate and audit."""
    if what == "parse":
        import orjson

        with path.open("rb") as file:
            return sum(orjson.loads(line) is None for line in file)
    from x402_catalog.audit import audit
    from x402_catalog.collector import seldom_collecting
    from x402_catalog.reading import read
    from x402_catalog.sources import listings
    from x402_catalog.validation import validate

    found = 0

    def validated() -> Iterable[Any]:
        nonlocal found
        for record in read([path]):
            for listing in listings(record):
                if what != "audit":
                    found += len(validate(listing, keep_held=False).findings)
                yield listing

    with seldom_collecting():
        if what == "validate":
            for _ in validated():
                pass
            return found
        return sum(1 for _ in audit(validated()).findings()) + found


def main(arguments: list[str]) -> None:
    """Do what is asked for."""
    what, *rest = arguments or ["marks"]
    if what == "--make":
        make(Path(rest[0]), int(rest[1]))
    elif what.startswith("--"):
        started = time.process_time()
        count = work(what[2:], Path(rest[0]))
        print(time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, count)
    elif what == "speed":
        print_speed(int(rest[0]) if rest else 100_000)
    else:
        seed = int(rest[1]) if len(rest) > 1 else secrets.randbelow(10**6)
        print(f"seed {seed}")
        made = real(Path(rest[0]), seed) if what == "real" else catalogue(int(rest[0]) if rest else 5000, seed)
        print_marks(made)


if __name__ == "__main__":
    main(sys.argv[1:])
