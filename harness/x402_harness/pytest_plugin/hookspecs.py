"""Hooks that a ``conftest.py`` or another plugin may implement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from x402_catalog.findings import Finding
    from x402_catalog.models import Listing
    from x402_harness.planning.cases import Case
    from x402_harness.shopping.purchased import Purchased


@pytest.hookspec
def pytest_testbuy_check(purchase: Purchased, config: pytest.Config) -> Iterable[Finding] | None:
    """Look at a purchase once it is made; what is returned counts like the findings of the checks."""


@pytest.hookspec(firstresult=True)
def pytest_testbuy_cases(listing: Listing, cases: tuple[Case, ...], config: pytest.Config) -> tuple[Case, ...] | None:
    """Choose among the planned purchases of a listing, or put them in another order; ``None`` leaves them."""


@pytest.hookspec
def pytest_testbuy_bought(purchase: Purchased, config: pytest.Config) -> None:
    """Hear of a purchase, with all that was found in it."""
