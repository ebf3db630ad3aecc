"""What ``x402_harness`` offers by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

import x402_harness

NAMES = [
    "Budget", "Caps", "DoesNotConform", "NotBuyable", "Purchased", "RunConfig", "Sandbox", "Shopper", "Unreadable",
    "assert_conforms", "load_listings", "open_sandbox", "open_shopper", "requests_for", "run_and_report",
    "running_sandbox",
]  # fmt: skip


def test_the_public_surface_is_pinned():
    assert sorted(x402_harness.__all__) == NAMES
    assert set(NAMES) <= set(dir(x402_harness))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_loads_when_it_is_used_and_is_documented(name):
    assert getattr(x402_harness, name).__doc__


def test_a_name_that_is_not_there_is_said_to_be_missing():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = x402_harness.nothing


def test_importing_the_package_imports_nothing_else():
    code = "import sys; before = set(sys.modules); import x402_harness; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [name for name in done.stdout.split() if name.split(".")[0] not in sys.stdlib_module_names] == [
        "x402_harness"
    ]
