"""The table of networks and assets: what is in it is well formed and unique, and what it does not know it says."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from x402_catalog.addresses import Family, family, has_valid_checksum
from x402_catalog.networks import (
    AMBIGUOUS_V1_NAMES,
    Method,
    Network,
    Token,
    all_networks,
    is_caip2,
    network,
    networks_of_asset,
    token,
    tokens,
)

NETWORKS = all_networks()
ROWS = [row for known in NETWORKS for row in tokens(known.caip2)]


def name_of(row: Token) -> str:
    return f"{row.asset.symbol} on {row.asset.network}"


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_every_address_is_of_its_networks_family_and_breaks_no_checksum(row: Token) -> None:
    known = network(row.asset.network)
    assert known is not None
    assert family(row.asset.address) is known.family
    if known.family is Family.EVM:
        assert has_valid_checksum(row.asset.address)


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_every_asset_is_found_by_its_network_and_address_in_any_case_that_its_family_allows(row: Token) -> None:
    assert token(row.asset.network, row.asset.address) is row
    if family(row.asset.address) is Family.EVM:
        assert token(row.asset.network, row.asset.address.lower()) is row
        assert token(row.asset.network, "0x" + row.asset.address[2:].upper()) is row
    else:
        assert token(row.asset.network, row.asset.address.swapcase()) is None


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_every_evm_asset_has_a_signing_domain_and_no_other_has_one(row: Token) -> None:
    signs = row.method in {Method.EIP3009, Method.PERMIT2}
    assert (row.name is not None and row.version is not None) == signs
    assert (network(row.asset.network).family is Family.EVM) == signs  # type: ignore[union-attr]


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_every_asset_has_six_or_eighteen_decimals(row: Token) -> None:
    assert row.asset.decimals in {6, 18}


def test_no_network_has_the_same_asset_twice() -> None:
    counts = Counter((row.asset.network, row.asset.address.lower()) for row in ROWS)
    assert [key for key, count in counts.items() if count > 1] == []


def test_no_network_has_two_assets_of_one_symbol() -> None:
    counts = Counter((row.asset.network, row.asset.symbol) for row in ROWS)
    assert [key for key, count in counts.items() if count > 1] == []


def test_ids_and_names_are_unique() -> None:
    ids = [known.caip2 for known in NETWORKS]
    names = [known.v1_name for known in NETWORKS if known.v1_name]
    assert len(set(ids)) == len(ids)
    assert len(set(names)) == len(names)
    assert not set(names) & set(ids)


@pytest.mark.parametrize("known", NETWORKS, ids=lambda known: known.caip2)
def test_every_network_is_found_by_its_id_and_by_its_name(known: Network) -> None:
    assert is_caip2(known.caip2)
    assert network(known.caip2) is known
    assert known.v1_name is None or network(known.v1_name) is known


@pytest.mark.parametrize("known", NETWORKS, ids=lambda known: known.caip2)
def test_only_evm_networks_have_a_chain_id(known: Network) -> None:
    assert (known.chain_id is not None) == (known.family is Family.EVM)
    assert known.chain_id is None or known.caip2 == f"eip155:{known.chain_id}"


@pytest.mark.parametrize("known", [row for row in NETWORKS if row.v1_name], ids=lambda known: known.v1_name)
def test_a_network_whose_name_says_test_is_a_testnet(known: Network) -> None:
    says_test = re.search("test|sepolia|amoy|fuji|devnet", known.v1_name or "") is not None
    assert known.testnet == says_test


@pytest.mark.parametrize("name", AMBIGUOUS_V1_NAMES)
def test_a_name_that_official_sources_map_to_different_chains_never_resolves(name: str) -> None:
    assert network(name) is None
    assert len(set(AMBIGUOUS_V1_NAMES[name])) > 1
    assert all(is_caip2(candidate) for candidate in AMBIGUOUS_V1_NAMES[name])


@pytest.mark.parametrize(
    "name", ["", "Base", "BASE", " base", "base ", "eip155:08453", "eip155:", "8453", "solana:mainnet", None, 8453, []]
)
def test_what_is_not_in_the_table_is_no_network(name: object) -> None:
    assert network(name) is None


@pytest.mark.parametrize(
    "text", ["base", "eip155", "eip155:", ":1", "EIP155:1", "e:1", "eip155:1 ", "eip155:" + "1" * 33]
)
def test_what_is_no_caip2_id_is_told_from_one(text: str) -> None:
    assert not is_caip2(text)


def test_the_usdc_domains_differ_between_base_and_its_testnet() -> None:
    assert [row.name for row in tokens("eip155:8453")] == ["USD Coin"]
    assert [row.name for row in tokens("eip155:84532")] == ["USDC"]


def test_an_asset_of_one_network_is_none_of_another() -> None:
    usdc = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
    assert token("eip155:1", usdc) is None
    assert networks_of_asset(usdc.lower()) == ("eip155:8453",)
    assert networks_of_asset("0x" + "1" * 40) == ()


@pytest.mark.parametrize("address", [None, 5, "", "USDC"])
def test_what_is_no_address_is_no_token(address: object) -> None:
    assert token("eip155:8453", address) is None


def test_an_unknown_network_has_no_tokens() -> None:
    assert tokens("eip155:999999") == ()
    assert token("eip155:999999", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913") is None
