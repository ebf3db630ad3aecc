"""What the tests of spending share: a test network on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.support.testnet import Place, Testnet, place, testnet


@pytest.fixture(scope="session")
def here() -> Iterator[Place]:
    """A server on this machine."""
    with place() as found:
        yield found


@pytest.fixture
def net(tmp_path: Path, here: Place) -> Iterator[Testnet]:
    """A test network on this machine, of which nothing is left for the next test."""
    with testnet(tmp_path, here) as found:
        yield found
