"""An EIP-3009 token in memory: balances and used nonces, with the contract's own rules and revert texts.

It behaves as Circle's FiatTokenV2_2 does for ``transferWithAuthorization``, since SDKs map on its texts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from x402_catalog.addresses import keccak
from x402_harness.protocol.eip3009 import Domain, digest
from x402_harness.protocol.messages import Authorization
from x402_harness.wallet import recover

EXPIRED = "FiatTokenV2: authorization is expired"
NOT_YET = "FiatTokenV2: authorization is not yet valid"
USED = "FiatTokenV2: authorization is used or canceled"
BAD_SIGNATURE = "FiatTokenV2: invalid signature"
NO_FUNDS = "ERC20: transfer amount exceeds balance"
TO_ZERO = "ERC20: transfer to the zero address"


class Reverted(Exception):
    """The contract refuses; the text is the contract's."""


@dataclass(slots=True)
class Token:
    """One token contract. Addresses are compared in lower case; amounts are atomic units."""

    domain: Domain
    _balances: dict[str, int] = field(default_factory=dict)
    _used: set[tuple[str, str]] = field(default_factory=set)
    _settled: int = 0

    def mint(self, account: str, amount: int) -> None:
        """Put money into an account."""
        self._balances[account.lower()] = self.balance(account) + amount

    def balance(self, account: str) -> int:
        """What an account holds."""
        return self._balances.get(account.lower(), 0)

    def authorization_state(self, payer: str, nonce: str) -> bool:
        """Whether the payer's nonce is used."""
        return (payer.lower(), nonce.lower()) in self._used

    def check(self, authorization: Authorization, signature: bytes, now: int) -> None:
        """Raise :class:`Reverted` if ``transferWithAuthorization`` would revert at ``now``."""
        if now <= int(authorization.valid_after):
            raise Reverted(NOT_YET)
        if now >= int(authorization.valid_before):
            raise Reverted(EXPIRED)
        if self.authorization_state(authorization.from_, authorization.nonce):
            raise Reverted(USED)
        signer = recover(digest(self.domain, authorization), signature)
        if signer is None or signer.lower() != authorization.from_.lower():
            raise Reverted(BAD_SIGNATURE)
        if int(authorization.to, 16) == 0:
            raise Reverted(TO_ZERO)
        if self.balance(authorization.from_) < int(authorization.value):
            raise Reverted(NO_FUNDS)

    def transfer_with_authorization(self, authorization: Authorization, signature: bytes, now: int) -> str:
        """Move the money and use up the nonce. Returns a transaction hash. Raises :class:`Reverted`."""
        self.check(authorization, signature, now)
        payer, payee, value = authorization.from_.lower(), authorization.to.lower(), int(authorization.value)
        self._used.add((payer, authorization.nonce.lower()))
        self._balances[payer] -= value
        self._balances[payee] = self._balances.get(payee, 0) + value
        self._settled += 1
        return (
            "0x"
            + keccak(b"testbuy sandbox" + self._settled.to_bytes(8, "big") + digest(self.domain, authorization)).hex()
        )
