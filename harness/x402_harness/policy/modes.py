"""Modes: what kind of money a run spends, and the networks on which it may."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from x402_catalog.networks import Network, all_networks, network


class Mode(StrEnum):
    """Sandbox money with throwaway keys, test money, or real money."""

    MOCK = "mock"
    TESTNET = "testnet"
    LIVE = "live"


_LIVE = frozenset({"eip155:8453"})  # others of the table only where they are named


def allowed_networks(mode: Mode, chosen: Iterable[str] | None = None) -> frozenset[str]:
    """The CAIP-2 ids that a run may pay on: those chosen, by whichever name, or the mode's own.

    Mock runs stand in for every EVM network, testnet runs for every test network; live runs pay on Base unless told.
    Raises ``ValueError`` for a choice that the mode does not have.
    """
    if chosen is None:
        return _LIVE if mode is Mode.LIVE else _possible(mode)
    found = frozenset(_known(name) for name in chosen)
    wrong = sorted(found - _possible(mode))
    if wrong:
        raise ValueError(f"{mode} runs do not pay on {', '.join(wrong)}")
    return found


@lru_cache(maxsize=len(Mode))
def _possible(mode: Mode) -> frozenset[str]:
    return frozenset(row.caip2 for row in all_networks() if row.chain_id is not None and _has_money_of(row, mode))


def _has_money_of(row: Network, mode: Mode) -> bool:
    return mode is Mode.MOCK or row.testnet == (mode is Mode.TESTNET)


def _known(name: str) -> str:
    found = network(name)
    if found is None:
        raise ValueError(f"network {name!r} is not in the table")
    return found.caip2
