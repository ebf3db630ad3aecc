"""Domain separators: what the token returns on each chain is what the real one returns, wherever that was published."""

from __future__ import annotations

import pytest
from eth_account.messages import encode_typed_data
from tests.harness.support.chains import opened

from x402_catalog.networks import Method, all_networks, tokens
from x402_harness.protocol import abi
from x402_harness.sandbox.chains import Backend, Chains

# DOMAIN_SEPARATOR() of USDC as third parties read it from the chains themselves.
PUBLISHED = {
    "eip155:1": "06c37168a7db5138defc7866392bb87a741f9b3d104deb5094588ce041cae335",
    "eip155:137": "caa2ce1a5703ccbe253a34eb3166df60a705c561b44b192061e28f2a985be2ca",
    "eip155:8453": "02fa7265e7c5d81118673727957699e4d68f74cd74b7db77da710fe8a2c7834f",
    "eip155:42161": "08d11903f8419e68b1b8721bcbe2e9fc68569122a77ef18c216f10b3b5112c78",
    "eip155:43114": "bbea200329a938bc3438984a49cb0732e66d66d7bd59c127abacc1710e77f7b3",
    "eip155:84532": "71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818",
    "eip155:5042": "940506929bba468048a19b567f4f0d534714bc06604b5c3017e5d16785ccdf84",
}
TABLE = [
    (where.caip2, row.asset.address)
    for where in all_networks()
    for row in tokens(where.caip2)
    if row.method is Method.EIP3009
]
USDC = dict(reversed(TABLE))  # the first of each network


@pytest.mark.parametrize("network", PUBLISHED)
def test_it_is_the_published_one(chains: Chains, network: str) -> None:
    if chains.backend is Backend.ANVIL and network != "eip155:8453":
        pytest.skip("one node is proof enough")
    token = chains.token(network, USDC[network])
    assert token is not None
    assert token.domain_separator().hex() == PUBLISHED[network]


@pytest.fixture(scope="module")
def memory() -> Chains:
    """Chains without a node."""
    return opened(Backend.MEMORY)


@pytest.mark.parametrize(("network", "asset"), TABLE)
def test_every_token_of_the_table_stands_at_its_address_with_its_domain(
    memory: Chains, network: str, asset: str
) -> None:
    token = memory.token(network, asset)
    assert token is not None
    domain = token.domain
    typed = encode_typed_data(
        {
            "name": domain.name, "version": domain.version, "chainId": int(network.split(":")[1]),
            "verifyingContract": asset,
        },
        {"Nothing": [{"name": "is", "type": "uint256"}]},
        {"is": 0},
    )  # fmt: skip
    assert token.domain_separator() == typed.header
    assert abi.tail(token.chain.call(asset, abi.call("name()"))).decode() == domain.name
    assert abi.number(token.chain.call(asset, abi.call("decimals()"))) == 6
