"""Every function of the token, right and wrong, called and sent, on every backend: the same outcome, the same words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.harness.support.chains import (
    RECEIVE,
    TRANSFER,
    Account,
    authorized,
    cancel_struct,
    transfer_struct,
    tried,
)
from tests.harness.support.terms import NOW, PRICE, SEPOLIA_DOMAIN

from x402_catalog.addresses import ZERO
from x402_harness.protocol import abi
from x402_harness.sandbox.chains import Token, layout, native

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
NONCE = b"\x07" * 32


@dataclass
class Scene:
    """Who is there."""

    token: Token
    payer: Account
    payee: Account

    def words(self, **changes: Any) -> tuple[Any, ...]:
        """The terms of an authorization."""
        terms = {
            "payer": self.payer.address, "payee": self.payee.address, "value": PRICE, "after": NOW - 600,
            "until": NOW + 300, "nonce": NONCE, **changes,
        }  # fmt: skip
        return tuple(terms.values())

    def pay(
        self, *, kind: str = TRANSFER, by_bytes: bool = False, forge: Callable[[bytes], bytes] = bytes,
        signed: dict[str, Any] | None = None, **changes: Any,
    ) -> bytes:  # fmt: skip
        """A transfer by authorization, with those terms; ``signed`` are others that the payer signed."""
        struct = transfer_struct(kind, *self.words(**{**changes, **(signed or {})}))
        signature = forge(self.payer.signs(self.token.domain, struct))
        return authorized(kind[0].lower() + kind[1:], self.words(**changes), signature, by_bytes=by_bytes)

    def cancel(self, *, by_bytes: bool = False, signer: Account | None = None) -> bytes:
        """A cancellation of the payer's nonce."""
        signature = (signer or self.payer).signs(self.token.domain, cancel_struct(self.payer.address, NONCE))
        return authorized("cancelAuthorization", (self.payer.address, NONCE), signature, by_bytes=by_bytes)

    def send(self, account: Account, data: bytes) -> Any:
        """A transaction, and its receipt."""
        receipt = self.token.chain.receipt(account.sender.send(self.token.chain, self.token.address, data))
        assert receipt is not None
        return receipt


Call = Callable[[Scene], tuple[Account, bytes]]


def flipped(signature: bytes) -> bytes:
    return signature[:40] + bytes([signature[40] ^ 1]) + signature[41:]


def high_s(signature: bytes) -> bytes:
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def with_v(v: int) -> Callable[[bytes], bytes]:
    return lambda signature: signature[:64] + bytes([v])


def by_anybody(made: Callable[[Scene], bytes]) -> Call:
    return lambda scene: (scene.payee, made(scene))


def paying(**changes: Any) -> Call:
    return by_anybody(lambda scene: scene.pay(**changes))


def after(first: Call, then: Call) -> Call:
    """The second call, once the first has been mined."""

    def both(scene: Scene) -> tuple[Account, bytes]:
        assert scene.send(*first(scene)).success
        return then(scene)

    return both


def blacklisting(who: str, then: Call) -> Call:
    """A call, once the token refuses one of the two."""

    def both(scene: Scene) -> tuple[Account, bytes]:
        scene.token.blacklist(getattr(scene, who).address)
        return then(scene)

    return both


def by_payer(signature: str, *arguments: Callable[[Scene], Any]) -> Call:
    return lambda scene: (scene.payer, abi.call(signature, *(argument(scene) for argument in arguments)))


def by_payee(signature: str, *arguments: Callable[[Scene], Any]) -> Call:
    return lambda scene: (scene.payee, abi.call(signature, *(argument(scene) for argument in arguments)))


def to_payee(scene: Scene) -> str:
    return scene.payee.address


def from_payer(scene: Scene) -> str:
    return scene.payer.address


def amount(value: int) -> Callable[[Scene], int]:
    return lambda scene: value


def nobody(scene: Scene) -> str:
    return ZERO


TRANSFER_CALL = "transfer(address,uint256)"
APPROVE_CALL = "approve(address,uint256)"
FROM_CALL = "transferFrom(address,address,uint256)"
APPROVED = by_payer(APPROVE_CALL, to_payee, amount(PRICE))
SPENT = by_payee(FROM_CALL, from_payer, to_payee, amount(PRICE))

CASES: dict[str, tuple[Call, str | None]] = {
    "a transfer by authorization": (paying(), None),
    "a transfer by authorization, the signature as bytes": (paying(by_bytes=True), None),
    "a transfer of nothing": (paying(value=0), None),
    "a transfer of all": (paying(value=10 * PRICE), None),
    "a transfer to oneself": (by_anybody(lambda scene: scene.pay(payee=scene.payer.address)), None),
    "more than the balance": (paying(value=10 * PRICE + 1), native.NO_FUNDS),
    "more than any balance": (paying(value=2**256 - 1), native.NO_FUNDS),
    "the first second of the window": (paying(after=NOW - 1), None),
    "the second before the window": (paying(after=NOW), native.NOT_YET),
    "the last second of the window": (paying(until=NOW + 1), None),
    "the second after the window": (paying(until=NOW), native.EXPIRED),
    "a window that is never": (paying(after=NOW + 5, until=NOW - 5), native.NOT_YET),
    "the zero address paid": (paying(payee=ZERO), native.TO_ZERO),
    "a replay": (after(paying(), paying()), native.USED),
    "a replay by the other overload": (after(paying(), paying(by_bytes=True)), native.USED),
    "the nonce for other terms": (after(paying(), paying(value=1)), native.USED),
    "another nonce": (after(paying(), paying(nonce=b"\x08" * 32)), None),
    "a used nonce and a bad signature": (after(paying(), paying(forge=flipped)), native.USED),
    "a flipped bit": (paying(forge=flipped), native.BAD_SIGNATURE),
    "a flipped bit in bytes": (paying(forge=flipped, by_bytes=True), native.BAD_SIGNATURE),
    "a high s": (paying(forge=high_s), native.BAD_S),
    "a high s in bytes": (paying(forge=high_s, by_bytes=True), native.BAD_S),
    "v of 0": (paying(forge=with_v(0)), native.BAD_V),
    "v of 29 in bytes": (paying(forge=with_v(29), by_bytes=True), native.BAD_V),
    "r of zero": (paying(forge=lambda s: bytes(32) + s[32:]), native.UNRECOVERABLE),
    "r beyond the order": (paying(forge=lambda s: b"\xff" * 32 + s[32:]), native.UNRECOVERABLE),
    "s of zero": (paying(forge=lambda s: s[:32] + bytes(32) + s[64:]), native.UNRECOVERABLE),
    "a signature cut short": (paying(forge=lambda s: s[:64], by_bytes=True), native.BAD_LENGTH),
    "an empty signature": (paying(forge=lambda s: b"", by_bytes=True), native.BAD_LENGTH),
    "a wrapped signature": (paying(forge=lambda s: s + b"\x64\x92" * 16, by_bytes=True), native.BAD_LENGTH),
    "another value signed": (paying(signed={"value": PRICE - 1}), native.BAD_SIGNATURE),
    "another payee signed": (paying(signed={"payee": ZERO}), native.BAD_SIGNATURE),
    "another window signed": (paying(signed={"until": NOW + 1000}), native.BAD_SIGNATURE),
    "another nonce signed": (paying(signed={"nonce": b"\x09" * 32}), native.BAD_SIGNATURE),
    "the token as payer": (by_anybody(lambda scene: scene.pay(payer=scene.token.address)), native.BAD_SIGNATURE),
    "a blacklisted payer": (blacklisting("payer", paying()), native.BLACKLISTED),
    "a blacklisted payee": (blacklisting("payee", paying(by_bytes=True)), native.BLACKLISTED),
    "a blacklisted payer without a signature": (blacklisting("payer", paying(forge=flipped)), native.BLACKLISTED),
    "a receive by the payee": (paying(kind=RECEIVE), None),
    "a receive by the payee, as bytes": (paying(kind=RECEIVE, by_bytes=True), None),
    "a receive by another": (lambda scene: (scene.payer, scene.pay(kind=RECEIVE)), native.NOT_THE_PAYEE),
    "a receive that is over": (paying(kind=RECEIVE, until=NOW), native.EXPIRED),
    "a receive after a transfer": (after(paying(), paying(kind=RECEIVE)), native.USED),
    "a cancellation": (by_anybody(lambda scene: scene.cancel()), None),
    "a cancellation, as bytes": (by_anybody(lambda scene: scene.cancel(by_bytes=True)), None),
    "a cancellation by another": (by_anybody(lambda scene: scene.cancel(signer=scene.payee)), native.BAD_SIGNATURE),
    "a transfer after its cancellation": (after(by_anybody(lambda scene: scene.cancel()), paying()), native.USED),
    "a cancellation after the transfer": (after(paying(), by_anybody(lambda scene: scene.cancel())), native.USED),
    "a plain transfer": (by_payer(TRANSFER_CALL, to_payee, amount(PRICE)), None),
    "a plain transfer of too much": (by_payer(TRANSFER_CALL, to_payee, amount(11 * PRICE)), native.NO_FUNDS),
    "a plain transfer to nobody": (by_payer(TRANSFER_CALL, nobody, amount(1)), native.TO_ZERO),
    "a plain transfer to the blacklisted": (
        blacklisting("payee", by_payer(TRANSFER_CALL, to_payee, amount(1))), native.BLACKLISTED,
    ),
    "an approval": (APPROVED, None),
    "an approval of nobody": (by_payer(APPROVE_CALL, nobody, amount(1)), native.APPROVE_TO_ZERO),
    "an approval by the blacklisted": (blacklisting("payer", APPROVED), native.BLACKLISTED),
    "spending what was approved": (after(APPROVED, SPENT), None),
    "spending it twice": (after(APPROVED, after(SPENT, SPENT)), native.NO_ALLOWANCE),
    "spending without approval": (SPENT, native.NO_ALLOWANCE),
    "spending more than there is": (
        after(
            by_payer(APPROVE_CALL, to_payee, amount(2**256 - 1)),
            by_payee(FROM_CALL, from_payer, to_payee, amount(2**256 - 1)),
        ),
        native.NO_FUNDS,
    ),
    "spending from the blacklisted": (after(APPROVED, blacklisting("payer", SPENT)), native.BLACKLISTED),
    "no function": (by_anybody(lambda scene: b""), ""),
    "half a selector": (by_anybody(lambda scene: b"\xe3\xee"), ""),
    "a function that is not there": (by_anybody(lambda scene: abi.call("mint(address,uint256)", ZERO, 1)), ""),
    "calldata cut short": (by_anybody(lambda scene: scene.pay()[:-1]), ""),
    "bytes cut short": (by_anybody(lambda scene: scene.pay(by_bytes=True)[:-64]), ""),
    "bytes that begin nowhere": (
        by_anybody(lambda scene: scene.pay(by_bytes=True)[:196] + b"\xff" * 32 + scene.pay(by_bytes=True)[228:]), "",
    ),
    "an address with more than 20 bytes": (by_anybody(lambda scene: b"\xe3\xee\x16\x0e" + b"\xff" * 288), ""),
    "an address with more than 20 bytes, as bytes": (
        by_anybody(lambda scene: scene.pay(by_bytes=True)[:4] + b"\xff" + scene.pay(by_bytes=True)[5:]), "",
    ),
    "v that is no byte": (by_anybody(lambda scene: scene.pay()[:-96] + b"\x01" + scene.pay()[-95:]), ""),
    "calldata with more behind it": (by_anybody(lambda scene: scene.pay() + b"more"), None),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_call_has_one_outcome_wherever_it_runs(token: Token, payer: Account, payee: Account, name: str) -> None:
    call, reason = CASES[name]
    scene = Scene(token, payer, payee)
    sender, data = call(scene)
    held = [token.balance(account.address) for account in (payer, payee)]
    assert tried(token.chain, token.address, data, sender.address)[1] == reason
    assert [token.balance(account.address) for account in (payer, payee)] == held
    receipt = scene.send(sender, data)
    assert receipt.success == (reason is None)
    assert bool(receipt.logs) == (reason is None)
    if reason is not None:
        assert [token.balance(account.address) for account in (payer, payee)] == held


def test_a_transfer_moves_the_value_uses_the_nonce_and_says_so(token: Token, payer: Account, payee: Account) -> None:
    scene = Scene(token, payer, payee)
    receipt = scene.send(payee, scene.pay())
    assert (token.balance(payer.address), token.balance(payee.address)) == (9 * PRICE, PRICE)
    assert token.authorization_state(payer.address, "0x" + NONCE.hex())
    assert not token.authorization_state(payee.address, "0x" + NONCE.hex())
    used, moved = receipt.logs
    assert (used.address, used.data) == (token.address.lower(), b"")
    assert used.topics == (abi.topic("AuthorizationUsed(address,bytes32)"), abi.word(payer.address), NONCE)
    assert moved.topics == (
        abi.topic("Transfer(address,address,uint256)"), abi.word(payer.address), abi.word(payee.address)
    )  # fmt: skip
    assert moved.data == abi.word(PRICE)
    assert [log.index for log in receipt.logs] == [0, 1]


def test_a_cancellation_uses_the_nonce_and_says_so(token: Token, payer: Account, payee: Account) -> None:
    scene = Scene(token, payer, payee)
    (log,) = scene.send(payee, scene.cancel()).logs
    assert log.topics == (abi.topic("AuthorizationCanceled(address,bytes32)"), abi.word(payer.address), NONCE)
    assert token.authorization_state(payer.address, "0x" + NONCE.hex())


def test_an_allowance_is_what_was_approved_less_what_was_spent(token: Token, payer: Account, payee: Account) -> None:
    scene = Scene(token, payer, payee)
    (log,) = scene.send(*by_payer(APPROVE_CALL, to_payee, amount(3 * PRICE))(scene)).logs
    assert log.topics[0] == abi.topic("Approval(address,address,uint256)")
    scene.send(*SPENT(scene))
    left = token.chain.call(token.address, abi.call("allowance(address,address)", payer.address, payee.address))
    assert abi.number(left) == 2 * PRICE


def test_what_the_token_says_of_itself(token: Token) -> None:
    def said(function: str) -> bytes:
        return token.chain.call(token.address, abi.call(function))

    assert [abi.tail(said(name)) for name in ("name()", "version()", "symbol()")] == [b"USD Coin", b"2", b"USDC"]
    assert abi.number(said("decimals()")) == 6
    assert said("name()") == abi.string("USD Coin")


def test_money_that_is_given_is_counted(token: Token, payee: Account) -> None:
    before = abi.number(token.chain.call(token.address, abi.call("totalSupply()")))
    token.mint(payee.address, 5)
    token.mint(payee.address.lower(), 6)
    assert token.balance(payee.address) == 11
    assert abi.number(token.chain.call(token.address, abi.call("totalSupply()"))) == before + 11


@pytest.mark.parametrize("amount", [-1, 2**255, 2**256])
def test_no_balance_can_be_given_that_a_token_cannot_hold(token: Token, payee: Account, amount: int) -> None:
    with pytest.raises(ValueError, match="cannot be added"):
        token.mint(payee.address, amount)
    assert token.balance(payee.address) == 0


def test_a_balance_beyond_the_token_s_largest_reverts(token: Token, payer: Account, payee: Account) -> None:
    token.chain.write(token.address.lower(), _balance_slot(payee), 2**255 - PRICE)
    scene = Scene(token, payer, payee)
    assert tried(token.chain, token.address, scene.pay(), payee.address)[1] == native.TOO_LARGE
    token.chain.write(token.address.lower(), _balance_slot(payee), 0)


def test_the_blacklist_is_a_switch(token: Token, payer: Account, payee: Account) -> None:
    def listed() -> int:
        return abi.number(token.chain.call(token.address, abi.call("isBlacklisted(address)", payer.address)))

    scene = Scene(token, payer, payee)
    token.blacklist(payer.address)
    assert listed() == 1
    token.blacklist(payer.address, listed=False)
    assert listed() == 0
    assert scene.send(payee, scene.pay()).success


def test_a_signature_for_another_chain_or_token_is_none(token: Token, payer: Account, payee: Account) -> None:
    scene = Scene(token, payer, payee)
    for domain in (SEPOLIA_DOMAIN, replace(token.domain, name="USDC"), replace(token.domain, version="1")):
        signature = payer.signs(domain, transfer_struct(TRANSFER, *scene.words()))
        data = authorized("transferWithAuthorization", scene.words(), signature)
        assert tried(token.chain, token.address, data, payee.address)[1] == native.BAD_SIGNATURE


def _balance_slot(account: Account) -> int:
    return layout.slot("balanceOf", account.address)
