"""What the tests of the catalogue share: the reference listing, and listings made from JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from x402_catalog.models import Listing, listing_of
from x402_catalog.records import Record

LISTINGS = Path(__file__).parents[2] / "listings"


def _listing(value: dict[str, Any], file: str = "listing.json") -> Listing:
    return listing_of(Record(value, json.dumps(value, indent=2, ensure_ascii=False).encode(), file))


@pytest.fixture(scope="session")
def listing() -> Callable[..., Listing]:
    """Makes a listing of a JSON object, with the text that belongs to it."""
    return _listing


@pytest.fixture
def reference() -> dict[str, Any]:
    """The reference listing's JSON, to be changed at will."""
    value: dict[str, Any] = json.loads((LISTINGS / "api-venice-ai-api-v1-images-generations.json").read_bytes())
    return value
