"""What the tests of the audit share: the benchmark's labelled catalogue, and small catalogues made on the spot."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from x402_catalog.models import Listing, listing_of
from x402_catalog.records import Record

BENCH = Path(__file__).parents[3] / "bench"
USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
Make = Callable[..., Listing]


def _module(name: str, file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, BENCH / file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def labelled() -> ModuleType:
    """The generator of catalogues with known faults."""
    return _module("labelled", "labelled.py")


@pytest.fixture(scope="session")
def marking(labelled: ModuleType) -> ModuleType:
    """The benchmark, which marks an audit."""
    return _module("bench_audit", "audit.py")


@pytest.fixture
def make() -> Make:
    """Makes listings with numbers of their own: one call of a host each, at a price in atomic units of USDC on Base."""
    made = 0

    def one(atomic: int | str = 10_000, **members: Any) -> Listing:
        nonlocal made
        made += 1
        host = members.pop("host", f"api{made}.example")
        offer = {
            "scheme": "exact", "network": "base", "pay_to": f"0x{made:040x}", "asset": USDC,
            "max_amount_required_atomic": str(atomic), "hints": {"input": {"type": "http", "method": "GET"}},
        } | members.pop("offer", {})  # fmt: skip
        value = {
            "slug": f"listing-{made}", "title": f"N{made}", "url": f"https://{host}/v1/call-{'x' * made}",
            "category": "data", "summary": "", "accepts": [offer],
        } | members  # fmt: skip
        text = json.dumps(value, indent=2).encode()
        return listing_of(Record(value, text, f"{made}.json"))

    return one
