"""What is done with x402 listings: planning, buying, checking, reporting. Names load when they are used (PEP 562)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from x402_harness.generation.requests import requests_for as requests_for
    from x402_harness.policy import Caps as Caps
    from x402_harness.reporting.session import run_and_report as run_and_report
    from x402_harness.runs.config import RunConfig as RunConfig
    from x402_harness.runs.sandboxes import Sandbox as Sandbox
    from x402_harness.runs.sandboxes import open_sandbox as open_sandbox
    from x402_harness.runs.sandboxes import running_sandbox as running_sandbox
    from x402_harness.shopping.answers import assert_conforms as assert_conforms
    from x402_harness.shopping.loading import Unreadable as Unreadable
    from x402_harness.shopping.loading import load_listings as load_listings
    from x402_harness.shopping.opening import open_shopper as open_shopper
    from x402_harness.shopping.purchased import DoesNotConform as DoesNotConform
    from x402_harness.shopping.purchased import Purchased as Purchased
    from x402_harness.shopping.shopper import Budget as Budget
    from x402_harness.shopping.shopper import NotBuyable as NotBuyable
    from x402_harness.shopping.shopper import Shopper as Shopper

_HOMES = {
    "Budget": "shopping.shopper",
    "Caps": "policy",
    "DoesNotConform": "shopping.purchased",
    "NotBuyable": "shopping.shopper",
    "Purchased": "shopping.purchased",
    "RunConfig": "runs.runner",
    "Sandbox": "runs.sandboxes",
    "Shopper": "shopping.shopper",
    "Unreadable": "shopping.loading",
    "assert_conforms": "shopping.answers",
    "load_listings": "shopping.loading",
    "open_sandbox": "runs.sandboxes",
    "open_shopper": "shopping.opening",
    "requests_for": "generation.requests",
    "run_and_report": "reporting.session",
    "running_sandbox": "runs.sandboxes",
}

__all__ = [
    "Budget", "Caps", "DoesNotConform", "NotBuyable", "Purchased", "RunConfig", "Sandbox", "Shopper", "Unreadable",
    "assert_conforms", "load_listings", "open_sandbox", "open_shopper", "requests_for", "run_and_report",
    "running_sandbox",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
