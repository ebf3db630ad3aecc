"""Random lives of a token: whatever happens in whatever order, Python and revm say and keep the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.harness.support.chains import (
    RECEIVE,
    TRANSFER,
    Account,
    authorized,
    cancel_struct,
    opened,
    transfer_struct,
    tried,
)
from tests.harness.support.terms import BASE, BASE_USDC, NOW

from x402_harness.protocol import abi
from x402_harness.sandbox.chains import Backend, Token
from x402_harness.sandbox.chains.chain import LogFilter

pytest.importorskip("pyrevm", reason="the other side of the comparison has no wheel here")

PEOPLE = tuple(Account(f"person {number} of a random life") for number in range(3))
people = st.sampled_from(PEOPLE)
nonces = st.integers(0, 3).map(lambda number: bytes([number]) * 32)
amounts = st.integers(0, 40) | st.sampled_from([2**255, 2**256 - 1])
moments = st.sampled_from([NOW - 600, NOW - 1, NOW, NOW + 1, NOW + 600])
ways = st.booleans()
tampering = st.sampled_from(
    [
        lambda signature: signature,
        lambda signature: signature,
        lambda signature: signature[:64] + bytes([signature[64] ^ 1]),
        lambda signature: signature[:40] + bytes([signature[40] ^ 1]) + signature[41:],
        lambda signature: signature[:64] + b"\x00",
        lambda signature: b"\xff" * 64 + signature[64:],
    ]
)


class Lives(RuleBasedStateMachine):
    """One token twice, and the same done to both."""

    @initialize()
    def begin(self) -> None:
        self.chains = [opened(backend) for backend in (Backend.MEMORY, Backend.REVM)]
        found = [chains.token(BASE, BASE_USDC) for chains in self.chains]
        self.tokens: list[Token] = [token for token in found if token is not None]
        assert len(self.tokens) == 2

    @rule(who=people, amount=st.integers(0, 40))
    def fund(self, who: Account, amount: int) -> None:
        for token in self.tokens:
            token.mint(who.address, amount)

    @rule(who=people, listed=st.booleans())
    def blacklist(self, who: Account, listed: bool) -> None:
        for token in self.tokens:
            token.blacklist(who.address, listed=listed)

    @rule(
        kind=st.sampled_from([TRANSFER, RECEIVE]), payer=people, payee=people, signer=people, sender=people,
        honest=st.booleans(), amount=amounts, after=moments, until=moments, nonce=nonces, by_bytes=ways,
        tampered=tampering,
    )  # fmt: skip
    def pay(self, kind: str, payer: Account, payee: Account, signer: Account, sender: Account, **how: Any) -> None:
        words = (payer.address, payee.address, how["amount"], how["after"], how["until"], how["nonce"])
        signature = (payer if how["honest"] else signer).signs(self.tokens[0].domain, transfer_struct(kind, *words))
        name = kind[0].lower() + kind[1:]
        self._both(sender, authorized(name, words, how["tampered"](signature), by_bytes=how["by_bytes"]))

    @rule(who=people, signer=people, sender=people, nonce=nonces, by_bytes=ways)
    def cancel(self, who: Account, signer: Account, sender: Account, nonce: bytes, by_bytes: bool) -> None:
        signature = signer.signs(self.tokens[0].domain, cancel_struct(who.address, nonce))
        self._both(sender, authorized("cancelAuthorization", (who.address, nonce), signature, by_bytes=by_bytes))

    @rule(sender=people, to=people, amount=amounts)
    def transfer(self, sender: Account, to: Account, amount: int) -> None:
        self._both(sender, abi.call("transfer(address,uint256)", to.address, amount))

    @rule(sender=people, spender=people, amount=amounts)
    def approve(self, sender: Account, spender: Account, amount: int) -> None:
        self._both(sender, abi.call("approve(address,uint256)", spender.address, amount))

    @rule(sender=people, owner=people, to=people, amount=amounts)
    def spend(self, sender: Account, owner: Account, to: Account, amount: int) -> None:
        self._both(sender, abi.call("transferFrom(address,address,uint256)", owner.address, to.address, amount))

    @rule(sender=people, data=st.binary(max_size=80))
    def say_anything(self, sender: Account, data: bytes) -> None:
        self._both(sender, data)

    @invariant()
    def they_are_the_same(self) -> None:
        left, right = ([token.balance(who.address) for who in PEOPLE] for token in self.tokens)
        assert left == right

    def teardown(self) -> None:
        memory, revm = (token.chain.logs(LogFilter()) for token in self.tokens)
        assert memory == revm

    def _both(self, sender: Account, data: bytes) -> None:
        said = [tried(token.chain, token.address, data, sender.address) for token in self.tokens]
        assert said[0] == said[1]
        hashes = [sender.sender.send(token.chain, token.address, data) for token in self.tokens]
        receipts = [token.chain.receipt(made) for token, made in zip(self.tokens, hashes, strict=True)]
        assert receipts[0] == receipts[1]
        assert receipts[0] is not None
        assert receipts[0].success == (said[0][1] is None)


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
