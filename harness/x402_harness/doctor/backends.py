"""Backends: what the sandbox's chains can be run by, each tried with a payment."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from x402_harness.doctor.examining import Check, Status, fine

_ACCOUNT = "0x00000000000000000000000000000000000d0c70"
_NETWORK = "base-sepolia"


def backends(clock: Callable[[], float], anvil: str | None = None) -> Iterator[Check]:
    """revm, Python alone, and anvil if it is to be found (``anvil``, or that name on PATH)."""
    from x402_harness.sandbox.chains import Backend
    from x402_harness.sandbox.chains.anvil import AnvilMissing, find_anvil

    yield from _revm(clock)
    yield _tried("chain in Python", Backend.MEMORY, clock)
    try:
        path = find_anvil(anvil)
    except AnvilMissing as error:
        yield Check("chain by anvil", Status.UNTOLD, f"{error}; only sandbox --chain anvil needs it")
        return
    yield _tried("chain by anvil", Backend.ANVIL, clock, str(path))


def _revm(clock: Callable[[], float]) -> Iterator[Check]:
    from x402_harness.sandbox.chains import Backend

    try:
        yield _tried("chain by revm", Backend.REVM, clock)
    except ImportError as error:
        told = f"pyrevm is not to be had here ({error}): the sandbox's chains are run in Python, which is slower"
        yield Check("chain by revm", Status.WARNING, told, "pip install pyrevm, where it has a wheel for your Python")


def _tried(name: str, backend: str, clock: Callable[[], float], anvil: str | None = None) -> Check:
    from x402_catalog.networks import tokens
    from x402_harness.sandbox.chains import Chains
    from x402_harness.sandbox.chains.anvil import AnvilMissing

    try:
        chains = Chains(clock, backend, anvil=anvil)
        try:
            row = next(row for row in tokens("eip155:84532") if row.asset.symbol == "USDC")
            token = chains.token(_NETWORK, row.asset.address)
            assert token is not None
            token.mint(_ACCOUNT, 402)
            held = token.balance(_ACCOUNT)
        finally:
            chains.close()
    except AnvilMissing as error:
        return Check(name, Status.ERROR, str(error), "install anvil again, or leave --chain anvil out")
    if held != 402:
        return Check(name, Status.ERROR, f"of 402 units {held} arrived", "pip install --force-reinstall pyrevm")
    return fine(name, "a payment was tried")
