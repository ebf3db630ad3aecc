"""How many wrong prices among real records can be told at all, beside how many the audit tells.

    python bench/oracle.py FILE [RUNS]

The oracle knows what no audit knows: every right price, how often a price is made wrong, and how (bench/labelled.py).
By Bayes it says of each price how likely it is to be wrong, from what the same family, seller, kind of answer and the
whole file ask, its own listing left out. Its recall where its precision is still 0.99 and 0.95 shows about how many a
rule can find that sees the price and its peers alone; texts, which the audit also looks at, it does not see. Prices are
told apart to a tenth of a decade, and blurred by three.
"""

from __future__ import annotations

import random
import secrets
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from math import log10
from pathlib import Path
from typing import Any

from audit import WRONG, found_by_audit, known, listing_from, real
from labelled import perturbed

STEP = 0.1  # decades
BLUR = {-3: 0.1, -2: 0.14, -1: 0.17, 0: 0.18, 1: 0.17, 2: 0.14, 3: 0.1}
SHARE = 0.1  # of prices that are made wrong
ANYTHING = 0.02 / 100  # of prices at a step, where peers say nothing
WEIGHTS = {"family": 4.0, "host": 4.0, "kind": 0.5, "all": 0.1}
Steps = dict[int, float]
Asked = dict[tuple[str, Any], Counter[tuple[Any, int]]]  # of each group who asks which step, and how often


def moves() -> Steps:
    """How likely a fault moves a price by so many steps, from many that are drawn."""
    chance, many = random.Random(402), 20_000
    found: Counter[int] = Counter()
    for _ in range(many):
        price = chance.choice((1000, 3000, 5000, 10_000, 50_000, 100_000))
        found[round(log10(next(perturbed(price, chance))[1] / price) / STEP)] += 1
    return {step: count / many for step, count in found.items()}


def groups_of(row: Any) -> Iterable[tuple[tuple[str, Any], Any]]:
    """The groups whose prices tell of a row's, with what it counts as in each: a family once but in its own group."""
    if row.template:
        yield ("family", row.template), row.slug
    for group in (("host", row.host), ("kind", (row.category, row.method, row.kind)), ("all", "")):
        yield group, row.family


def expected(row: Any, asked: Asked, right: int | None) -> Steps:
    """How likely the right price of a row is at each step; ``right`` is its own where it is among those asked."""
    found: Steps = defaultdict(float)
    for group, member in groups_of(row):
        prices = Counter(
            step for one, step in asked[group] if asked[group][one, step] > ((one, step) == (member, right))
        )
        for step, count in prices.items():
            for by, part in BLUR.items():
                found[step + by] += WEIGHTS[group[0]] * count * part / (prices.total() + 2)
    weight = sum(found.values()) or 1.0
    return {step: value / weight for step, value in found.items()}


def judged(path: Path, seed: int, faults: Steps) -> Iterable[tuple[float, bool, bool]]:
    """Of each price how likely the oracle thinks it wrong, whether it is, and whether the audit says so."""
    from x402_catalog.audit.rows import Vocabulary, row_of

    made, words = real(path, seed), Vocabulary()
    wrong = {slug for _, slug in made.faults}
    told = {slug for rule, slug in known(made, found_by_audit(made.listings)) if rule == WRONG}
    rows = [row for row in (row_of(listing_from(one), words) for one in made.listings) if row.price and row.price.log]
    steps = {row.slug: round(row.price.log / STEP) for row in rows}
    asked: Asked = defaultdict(Counter)
    for row in rows:
        if row.slug not in wrong:
            for group, member in groups_of(row):
                asked[group][member, steps[row.slug]] += 1
    for row in rows:
        if row.slug in made.unknown:
            continue
        at, is_wrong = steps[row.slug], row.slug in wrong
        likely = expected(row, asked, None if is_wrong else at)
        as_right = likely.get(at, 0.0) + ANYTHING
        as_wrong = sum(likely.get(at - by, 0.0) * part for by, part in faults.items()) + ANYTHING
        yield SHARE * as_wrong / (SHARE * as_wrong + (1 - SHARE) * as_right), is_wrong, row.slug in told


def recall_at(precision: float, ranked: list[bool]) -> float:
    """The most faults that are found, of all, with at least that precision, the likeliest first."""
    right = best = 0
    for count, is_wrong in enumerate(ranked, 1):
        right += is_wrong
        best = right if right >= precision * count else best
    return best / sum(ranked)


def main(path: Path, runs: int) -> None:
    """Print what the oracle finds and what the audit does."""
    seed, faults = secrets.randbelow(10**6), moves()
    marked = [one for run in range(runs) for one in judged(path, seed + run, faults)]
    ranked = [is_wrong for _, is_wrong, _ in sorted(marked, reverse=True)]
    told = [is_wrong for _, is_wrong, is_told in marked if is_told]
    print(f"seeds from {seed}, {runs} runs, {sum(ranked)} faults among {len(ranked)} prices")
    for precision in (0.99, 0.95):
        print(f"oracle   precision {precision:.2f}  recall {recall_at(precision, ranked):.3f}")
    print(f"audit    precision {sum(told) / len(told):.2f}  recall {sum(told) / sum(ranked):.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10)
