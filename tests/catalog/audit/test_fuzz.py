"""Fuzzing: whatever stands in a catalogue, it is audited, each of its listings is judged, and nothing is raised."""

from __future__ import annotations

import json
import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.catalog.fuzz.mutations import mutated_value, seeds

from x402_catalog.audit import audit, declared
from x402_catalog.models import Listing
from x402_catalog.reading import read
from x402_catalog.records import Record
from x402_catalog.sources import listings

SEEDS = seeds()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.integers(0, 2**32).map(random.Random))
def test_a_catalogue_of_mutated_listings_is_audited(tmp_path: Path, chance: random.Random) -> None:
    path = tmp_path / "catalogue.jsonl"
    rows = (mutated_value(chance.choice(SEEDS), chance, SEEDS) for _ in range(40))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    made = [
        one
        for record in read([path])
        if isinstance(record, Record)
        for one in listings(record)
        if isinstance(one, Listing)
    ]
    result = audit(made)
    for listing in made:
        declared.judge(listing)
        result.judge(listing)
    told = list(result.findings())
    assert all(found.help and found.message for found in told)


@given(st.lists(st.integers(0, 2**256 - 1), min_size=12, max_size=30))
def test_prices_of_any_size_are_judged(prices: list[int]) -> None:
    rows = [
        {
            "slug": f"s{number}", "url": f"https://h{number}.example/x", "category": "data",
            "accepts": [{"network": "base", "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
                         "max_amount_required_atomic": str(price)}],
        }
        for number, price in enumerate(prices)
    ]  # fmt: skip
    made = [one for row in rows for one in listings(Record(row, json.dumps(row).encode(), f"{row['slug']}.json"))]
    result = audit(one for one in made if isinstance(one, Listing))
    assert result.counts().listings == len(prices)
    assert all(found.message for found in result.findings())
