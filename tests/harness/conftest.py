"""One set of chains for each backend and module; every test has accounts of its own on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.harness.support.chains import BACKENDS, Account, opened
from tests.harness.support.terms import BASE, BASE_USDC, PRICE

from x402_harness.sandbox.chains import Chains, Token


@pytest.fixture(scope="module", params=BACKENDS)
def chains(request: pytest.FixtureRequest) -> Iterator[Chains]:
    """Chains run by each backend in turn."""
    made = opened(request.param)
    yield made
    made.close()


@pytest.fixture
def token(chains: Chains) -> Token:
    """USDC on Base."""
    found = chains.token(BASE, BASE_USDC)
    assert found is not None
    return found


@pytest.fixture
def payer(request: pytest.FixtureRequest, token: Token) -> Account:
    """A payer with ten times the price."""
    account = Account(f"payer in {request.node.name}")
    token.mint(account.address, 10 * PRICE)
    return account


@pytest.fixture
def payee(request: pytest.FixtureRequest) -> Account:
    """A payee with nothing."""
    return Account(f"payee in {request.node.name}")
