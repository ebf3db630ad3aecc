"""The token as Python: the same calldata, outcomes, events and words as ``contract/token.vy``, statement by statement.

Calldata that the contract could not decode reverts without a word, as it does there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from x402_catalog.addresses import keccak
from x402_harness.protocol import abi
from x402_harness.protocol.eip3009 import Domain, domain_separator
from x402_harness.sandbox.chains import layout
from x402_harness.sandbox.chains.chain import ZERO, Reverted, Storage
from x402_harness.sandbox.chains.executor import Event, Message, Outcome
from x402_harness.wallet import HALF_ORDER, recover

NOT_YET = "FiatTokenV2: authorization is not yet valid"
EXPIRED = "FiatTokenV2: authorization is expired"
USED = "FiatTokenV2: authorization is used or canceled"
BAD_SIGNATURE = "FiatTokenV2: invalid signature"
NOT_THE_PAYEE = "FiatTokenV2: caller must be the payee"
TOO_LARGE = "FiatTokenV2_2: Balance exceeds (2^255 - 1)"
BLACKLISTED = "Blacklistable: account is blacklisted"
NO_FUNDS = "ERC20: transfer amount exceeds balance"
NO_ALLOWANCE = "ERC20: transfer amount exceeds allowance"
FROM_ZERO = "ERC20: transfer from the zero address"
TO_ZERO = "ERC20: transfer to the zero address"
APPROVE_FROM_ZERO = "ERC20: approve from the zero address"
APPROVE_TO_ZERO = "ERC20: approve to the zero address"
BAD_LENGTH = "ECRecover: invalid signature length"
BAD_S = "ECRecover: invalid signature 's' value"
BAD_V = "ECRecover: invalid signature 'v' value"
UNRECOVERABLE = "ECRecover: invalid signature"

_TERMS = "(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
TRANSFER_TYPE = "TransferWithAuthorization" + _TERMS
RECEIVE_TYPE = "ReceiveWithAuthorization" + _TERMS
CANCEL_TYPE = "CancelAuthorization(address authorizer,bytes32 nonce)"

_typehash = lru_cache(maxsize=8)(lambda kind: keccak(kind.encode()))
_TRUE = abi.word(1)


@dataclass(slots=True)
class Token:
    """The token in one call: ``storage`` is where the call writes, to be kept or thrown away by whoever made it."""

    storage: Storage
    chain_id: int
    message: Message
    events: list[Event] = field(default_factory=list)

    def run(self) -> Outcome:
        """Run the function that the calldata names. Raises :class:`Reverted`."""
        found = functions().get(self.message.data[:4])
        if found is None:
            raise Reverted
        function, kinds = found
        output = function(self, *_arguments(self.message.data[4:], kinds))
        return Outcome(output, tuple(self.events))

    # What can be read.

    def text(self, variable: str) -> bytes:
        """``name()``, ``version()``, ``symbol()``."""
        return abi.string(layout.read_string(self.storage, self._address, variable).decode())

    def look_up(self, variable: str, *keys: str | bytes) -> bytes:
        """A number, or the entry of a mapping."""
        return abi.word(self._get(variable, *keys))

    def domain_separator(self) -> bytes:
        """``DOMAIN_SEPARATOR()``."""
        name, version = (layout.read_string(self.storage, self._address, part).decode() for part in ("name", "version"))
        return domain_separator(Domain(name, version, self.chain_id, self._address))

    # ERC-20.

    def transfer(self, to: str, amount: int) -> bytes:
        """``transfer(address,uint256)``."""
        self._check_blacklist(self._sender, to)
        self._transfer(self._sender, to, amount)
        return _TRUE

    def approve(self, spender: str, amount: int) -> bytes:
        """``approve(address,uint256)``."""
        self._check_blacklist(self._sender, spender)
        _require(self._sender != ZERO, APPROVE_FROM_ZERO)
        _require(spender != ZERO, APPROVE_TO_ZERO)
        self._set(amount, "allowance", self._sender, spender)
        self._log("Approval(address,address,uint256)", self._sender, spender, data=amount)
        return _TRUE

    def transfer_from(self, owner: str, to: str, amount: int) -> bytes:
        """``transferFrom(address,address,uint256)``."""
        self._check_blacklist(self._sender, owner, to)
        _require(amount <= self._get("allowance", owner, self._sender), NO_ALLOWANCE)
        self._transfer(owner, to, amount)
        self._set(self._get("allowance", owner, self._sender) - amount, "allowance", owner, self._sender)
        return _TRUE

    # EIP-3009. A signature is ``v, r, s``, or the bytes of the other overload.

    def transfer_with_authorization(self, *arguments: Any) -> bytes:
        """``transferWithAuthorization``, both overloads."""
        return self._authorized(TRANSFER_TYPE, *arguments)

    def receive_with_authorization(self, *arguments: Any) -> bytes:
        """``receiveWithAuthorization``, both overloads."""
        return self._authorized(RECEIVE_TYPE, *arguments)

    def cancel_authorization(self, authorizer: str, nonce: bytes, *signature: Any) -> bytes:
        """``cancelAuthorization``, both overloads."""
        self._check_unused(authorizer, nonce)
        struct = keccak(_typehash(CANCEL_TYPE) + abi.word(authorizer) + nonce)
        self._check_signature(authorizer, struct, _joined(signature))
        self._set(1, "authorizationState", authorizer, nonce)
        self._log("AuthorizationCanceled(address,bytes32)", authorizer, nonce)
        return b""

    def _authorized(
        self, kind: str, payer: str, to: str, amount: int, after: int, before: int, nonce: bytes, *signature: Any
    ) -> bytes:
        self._check_blacklist(payer, to)
        _require(kind != RECEIVE_TYPE or to == self._sender, NOT_THE_PAYEE)
        _require(self.message.timestamp > after, NOT_YET)
        _require(self.message.timestamp < before, EXPIRED)
        self._check_unused(payer, nonce)
        words = (payer, to, amount, after, before, nonce)
        struct = keccak(_typehash(kind) + b"".join(abi.word(value) for value in words))
        self._check_signature(payer, struct, _joined(signature))
        self._set(1, "authorizationState", payer, nonce)
        self._log("AuthorizationUsed(address,bytes32)", payer, nonce)
        self._transfer(payer, to, amount)
        return b""

    def _transfer(self, sender: str, to: str, amount: int) -> None:
        _require(sender != ZERO, FROM_ZERO)
        _require(to != ZERO, TO_ZERO)
        balance = self._get("balanceOf", sender)
        _require(amount <= balance, NO_FUNDS)
        self._set(balance - amount, "balanceOf", sender)
        received = self._get("balanceOf", to) + amount
        _require(received <= layout.LARGEST_BALANCE, TOO_LARGE)
        self._set(received, "balanceOf", to)
        self._log("Transfer(address,address,uint256)", sender, to, data=amount)

    def _check_blacklist(self, *accounts: str) -> None:
        for account in accounts:
            _require(not self._get("isBlacklisted", account), BLACKLISTED)

    def _check_unused(self, authorizer: str, nonce: bytes) -> None:
        _require(not self._get("authorizationState", authorizer, nonce), USED)

    def _check_signature(self, signer: str, struct: bytes, signature: bytes) -> None:
        _require(len(signature) == 65, BAD_LENGTH)
        # The only contract that can stand here is this token, and it is nobody's wallet.
        _require(not self.storage.code(signer), BAD_SIGNATURE)
        _require(int.from_bytes(signature[32:64], "big") <= HALF_ORDER, BAD_S)
        _require(signature[64] in (27, 28), BAD_V)
        found = recover(keccak(b"\x19\x01" + self.domain_separator() + struct), signature)
        _require(found is not None, UNRECOVERABLE)
        _require(found is not None and found.lower() == signer, BAD_SIGNATURE)

    @property
    def _address(self) -> str:
        return self.message.to

    @property
    def _sender(self) -> str:
        return self.message.sender

    def _get(self, variable: str, *keys: str | bytes) -> int:
        return self.storage.read(self._address, layout.slot(variable, *keys))

    def _set(self, value: int, variable: str, *keys: str | bytes) -> None:
        self.storage.write(self._address, layout.slot(variable, *keys), value)

    def _log(self, event: str, *indexed: str | bytes, data: int | None = None) -> None:
        topics = (abi.topic(event), *(abi.word(value) for value in indexed))
        self.events.append(Event(self._address, topics, b"" if data is None else abi.word(data)))


Function = Callable[..., bytes]
_AUTHORIZATION = "address,address,uint256,uint256,uint256,bytes32"
_SIGNATURES = ("uint8,bytes32,bytes32", "bytes")


@lru_cache(maxsize=1)
def functions() -> dict[bytes, tuple[Function, tuple[str, ...]]]:
    """Every function by its selector, with the types of its arguments."""
    table: dict[str, Function] = {
        **{f"{name}()": _text(name) for name in layout.LONGEST},
        **{name: _mapping(name) for name in (
            "decimals()", "totalSupply()", "balanceOf(address)", "allowance(address,address)",
            "authorizationState(address,bytes32)", "isBlacklisted(address)",
        )},
        "DOMAIN_SEPARATOR()": Token.domain_separator,
        "transfer(address,uint256)": Token.transfer,
        "approve(address,uint256)": Token.approve,
        "transferFrom(address,address,uint256)": Token.transfer_from,
        **{f"transferWithAuthorization({_AUTHORIZATION},{s})": Token.transfer_with_authorization for s in _SIGNATURES},
        **{f"receiveWithAuthorization({_AUTHORIZATION},{s})": Token.receive_with_authorization for s in _SIGNATURES},
        **{f"cancelAuthorization(address,bytes32,{s})": Token.cancel_authorization for s in _SIGNATURES},
    }  # fmt: skip
    return {abi.selector(signature): (function, _kinds(signature)) for signature, function in table.items()}


def _text(variable: str) -> Function:
    return lambda token: token.text(variable)


def _mapping(signature: str) -> Function:
    variable = signature.partition("(")[0]
    return lambda token, *keys: token.look_up(variable, *keys)


def _kinds(signature: str) -> tuple[str, ...]:
    listed = signature[signature.index("(") + 1 : -1]
    return tuple(listed.split(",")) if listed else ()


def _arguments(data: bytes, kinds: tuple[str, ...]) -> list[Any]:
    try:
        return [_READERS[kind](data, at * abi.WORD) for at, kind in enumerate(kinds)]
    except ValueError:
        raise Reverted from None


def _uint8(data: bytes, at: int) -> int:
    value = abi.number(data[at:])
    if value > 255:
        raise ValueError("no uint8")
    return value


def _bytes32(data: bytes, at: int) -> bytes:
    return abi.word(abi.number(data[at:]))


def _signature(data: bytes, at: int) -> bytes:
    # The contract reads 65 bytes or none: any other length is told by its length alone.
    start = abi.number(data[at:])
    length = abi.number(data[start:])
    if length != 65:
        return b""
    found = data[start + abi.WORD : start + abi.WORD + length]
    if len(found) != length:
        raise ValueError("cut short")
    return found


_READERS: dict[str, Callable[[bytes, int], Any]] = {
    "address": lambda data, at: abi.address(abi.number(data[at:])),
    "uint256": lambda data, at: abi.number(data[at:]),
    "uint8": _uint8,
    "bytes32": _bytes32,
    "bytes": _signature,
}


def _joined(signature: tuple[Any, ...]) -> bytes:
    if len(signature) == 1:
        return bytes(signature[0])
    v, r, s = signature
    return bytes(r) + bytes(s) + bytes([v])


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Reverted.saying(otherwise)
