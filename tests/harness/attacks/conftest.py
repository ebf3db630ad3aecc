"""One stage for all attacks: its servers are started once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.harness.support.attacks import Stage


@pytest.fixture(scope="package")
def attackers() -> Iterator[Stage]:
    """Sellers that are after the buyer's money."""
    from tests.harness.support.attacks import stage  # its cases are drawn, which no plugin may do when it is loaded

    with stage() as opened:
        yield opened
