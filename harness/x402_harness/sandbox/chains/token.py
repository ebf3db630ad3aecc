"""A token on a chain as its users see it: what accounts hold, which nonces are used, what a transfer would do."""

from __future__ import annotations

from dataclasses import dataclass

from x402_harness.protocol import abi
from x402_harness.protocol.eip3009 import Domain
from x402_harness.protocol.messages import Authorization
from x402_harness.sandbox.chains import layout
from x402_harness.sandbox.chains.chain import ZERO, Chain, LogFilter, Receipt
from x402_harness.sandbox.chains.layout import Contract
from x402_harness.sandbox.chains.sender import Sender

_TRANSFER = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,"
_BY_PARTS, _BY_BYTES = _TRANSFER + "uint8,bytes32,bytes32)", _TRANSFER + "bytes)"
_SIGNATURE_LENGTH = 65


@dataclass(frozen=True, slots=True)
class Token:
    """The contract that stands at ``contract.domain.contract`` on ``chain``. Amounts are atomic units."""

    chain: Chain
    contract: Contract

    @property
    def domain(self) -> Domain:
        """What payers sign for."""
        return self.contract.domain

    @property
    def address(self) -> str:
        """Where it stands."""
        return self.contract.domain.contract

    def mint(self, account: str, amount: int) -> None:
        """Give an account so much more. Raises ``ValueError`` for more than a balance can be."""
        self.chain.fund(self.address, account, amount)

    def blacklist(self, account: str, *, listed: bool = True) -> None:
        """Have the token refuse an account, or no longer refuse it."""
        layout.blacklist(self.chain, self.address, account, listed=listed)

    def balance(self, account: str) -> int:
        """What an account holds."""
        return abi.number(self.chain.call(self.address, abi.call("balanceOf(address)", account)))

    def authorization_state(self, payer: str, nonce: str) -> bool:
        """Whether the payer's nonce is used."""
        call = abi.call("authorizationState(address,bytes32)", payer, bytes.fromhex(nonce[2:]))
        return bool(abi.number(self.chain.call(self.address, call)))

    def used_by(self, payer: str, nonce: str) -> str | None:
        """The hash of the transaction that used the payer's nonce; ``None`` if none did."""
        topics = (abi.topic("AuthorizationUsed(address,bytes32)"), abi.word(payer), bytes.fromhex(nonce[2:]))
        wanted = LogFilter(frozenset({self.address.lower()}), tuple(frozenset({topic}) for topic in topics))
        return next((log.transaction for log in self.chain.logs(wanted)), None)

    def domain_separator(self) -> bytes:
        """What ``DOMAIN_SEPARATOR()`` returns."""
        return self.chain.call(self.address, abi.call("DOMAIN_SEPARATOR()"))

    def simulate(self, authorization: Authorization, signature: bytes, sender: str = ZERO) -> None:
        """Raise :class:`Reverted` if ``transferWithAuthorization`` would revert now."""
        self.chain.call(self.address, transfer_call(authorization, signature), sender)

    def transfer_with_authorization(self, authorization: Authorization, signature: bytes, sender: Sender) -> str:
        """Send the transfer as a transaction of ``sender`` and return its hash; what became of it is in its receipt."""
        return sender.send(self.chain, self.address, transfer_call(authorization, signature))

    def moved(self, receipt: Receipt, authorization: Authorization) -> bool:
        """Whether a receipt shows the authorized transfer: this token's ``Transfer`` of that value between the two."""
        topics = (
            abi.topic("Transfer(address,address,uint256)"),
            abi.word(authorization.from_),
            abi.word(authorization.to),
        )
        data, address = abi.word(int(authorization.value)), self.address.lower()
        return receipt.success and any(
            (log.address, log.topics, log.data) == (address, topics, data) for log in receipt.logs
        )


def transfer_call(authorization: Authorization, signature: bytes) -> bytes:
    """Calldata of ``transferWithAuthorization``: by v, r and s where the signature has 65 bytes, else by its bytes."""
    words = (
        authorization.from_, authorization.to, int(authorization.value), int(authorization.valid_after),
        int(authorization.valid_before), bytes.fromhex(authorization.nonce[2:]),
    )  # fmt: skip
    if len(signature) == _SIGNATURE_LENGTH:
        return abi.call(_BY_PARTS, *words, signature[64], signature[:32], signature[32:64])
    padded = signature + b"\0" * (-len(signature) % abi.WORD)
    return abi.call(_BY_BYTES, *words, (len(words) + 1) * abi.WORD, len(signature)) + padded
