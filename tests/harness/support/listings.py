"""Listings: those of the project, and made ones that differ from a plain one in what a test is about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.harness.support.terms import BASE_USDC, PAYEE, PRICE

from x402_catalog.models import Listing, listing_of
from x402_catalog.records import Record

FOLDER = Path(__file__).parents[3] / "listings"
PATHS = sorted(FOLDER.glob("*.json"))
OUTPUT = {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}}


def load(path: Path) -> Listing:
    """A listing of the project."""
    raw = path.read_bytes()
    return listing_of(Record(json.loads(raw), raw, path.name))


def hints(output: Any = OUTPUT, **members: Any) -> dict[str, Any]:
    """Hints of a GET endpoint without fields, unless told otherwise."""
    return {"input": {"type": "http", "method": "GET", **members}, "output": output}


def offer(**changes: Any) -> dict[str, Any]:
    """An offer of 0.02 USDC on Base."""
    return {
        "scheme": "exact",
        "network": "base",
        "pay_to": PAYEE.lower(),
        "asset": BASE_USDC,
        "max_amount_required_atomic": str(PRICE),
        "max_timeout_seconds": 300,
        "hints": hints(),
        **changes,
    }


def listing(*offers: Any, **members: Any) -> Listing:
    """A listing with these offers, or one plain offer."""
    value: dict[str, Any] = {
        "slug": "shop-example-gen",
        "title": "Shop",
        "url": "https://shop.example/gen",
        "category": "media",
        "summary": "Makes things.",
        "accepts": list(offers) or [offer()],
        **members,
    }
    return listing_of(Record(value, json.dumps(value).encode(), "shop.json"))


def with_input(url: str = "https://shop.example/gen", example: Any = None, **members: Any) -> Listing:
    """A listing whose input is declared with these members of ``hints.input``."""
    return listing(offer(hints=hints(**members)), url=url, example_request_body=example)
