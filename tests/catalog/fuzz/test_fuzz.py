"""Fuzzing: whatever is done to a source, reading and judging it neither raises nor hangs."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.catalog.fuzz.mutations import mutated_bytes, mutated_value, seeds, travel

SEEDS = seeds()
SECONDS = float(os.environ.get("TESTBUY_FUZZ_SECONDS", "600"))

a_source = st.integers(0, len(SEEDS) - 1)
chances = st.integers(0, 2**32).map(random.Random)
fuzzed = settings(max_examples=1800, suppress_health_check=[HealthCheck.function_scoped_fixture])


def sent(folder: Path, data: bytes) -> int:
    path = folder / "source.json"
    path.write_bytes(data)
    return travel(path)


@pytest.mark.parametrize("number", range(len(SEEDS)))
def test_a_source_travels_the_whole_road(number: int, tmp_path: Path) -> None:
    assert sent(tmp_path, json.dumps(SEEDS[number]).encode())


@fuzzed
@given(number=a_source, chance=chances)
def test_mutated_json_is_judged(tmp_path: Path, number: int, chance: random.Random) -> None:
    sent(tmp_path, json.dumps(mutated_value(SEEDS[number], chance, SEEDS)).encode())


@fuzzed
@given(number=a_source, chance=chances)
def test_mutated_bytes_are_judged(tmp_path: Path, number: int, chance: random.Random) -> None:
    sent(tmp_path, mutated_bytes(json.dumps(SEEDS[number], indent=1).encode(), chance))


@pytest.mark.long
def test_no_mutation_is_too_much(tmp_path: Path) -> None:
    seed = int(os.environ.get("TESTBUY_FUZZ_SEED", str(random.SystemRandom().getrandbits(32))))
    print(f"TESTBUY_FUZZ_SEED={seed}")
    begun, number = time.monotonic(), 0
    while time.monotonic() - begun < SECONDS:
        chance = random.Random(f"{seed}/{number}")
        value = mutated_value(chance.choice(SEEDS), chance, SEEDS)
        data = json.dumps(value, indent=chance.choice([None, 2])).encode()
        try:
            sent(tmp_path, mutated_bytes(data, chance) if chance.random() < 0.3 else data)
        except BaseException:
            print(f"failed at number {number}; the source is {tmp_path / 'source.json'}")
            raise
        number += 1
    print(f"{number} sources in {SECONDS:.0f} seconds")
