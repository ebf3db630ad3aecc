"""What the tests of spending share: a test network on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.support.testnet import Testnet, testnet


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Testnet]:
    """A test network on this machine."""
    with testnet(tmp_path) as found:
        yield found
