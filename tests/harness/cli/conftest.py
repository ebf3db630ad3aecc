"""Snapshots of what the command prints, with named normalisers for what differs from run to run."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

NORMALISERS: dict[str, tuple[str, str]] = {
    "run id": (r"\d{8}-\d{6}-[0-9a-f]{4}", "RUN-ID"),
    "report folder": (r"\S+/(?=RUN-ID)", "REPORTS/"),
    "program name": (r"(python -m x402_harness|__main__\.py)", "testbuy"),
}

Snapshot = Callable[[str, str], None]


@pytest.fixture
def matches_snapshot() -> Snapshot:
    """Compare text with the snapshot of that name; ``TESTBUY_UPDATE_SNAPSHOTS=1`` writes it instead."""

    def compare(name: str, text: str) -> None:
        for pattern, replacement in NORMALISERS.values():
            text = re.sub(pattern, replacement, text)
        path = Path(__file__).parent / "snapshots" / f"{name}.txt"
        if os.environ.get("TESTBUY_UPDATE_SNAPSHOTS"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
