"""What is done with x402 listings: planning, buying, checking, reporting. Names load when they are used (PEP 562)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from x402_harness.reporting.session import run_and_report as run_and_report
    from x402_harness.runs.runner import RunConfig as RunConfig

_HOMES = {"RunConfig": "x402_harness.runs.runner", "run_and_report": "x402_harness.reporting.session"}

__all__ = ["RunConfig", "run_and_report"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
