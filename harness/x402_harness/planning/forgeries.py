"""Forgeries: payments that must be refused, one for each thing that a seller has to verify.

Signed with a key that is made here and thrown away. Without funds nothing of it can be settled on any chain; where the
chain is a sandbox's, ``funded`` forgeries are worth trying with money too, since a balance is often looked at first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from x402_catalog.addresses import Family, family
from x402_catalog.networks import Method, Token, network, token, tokens
from x402_catalog.rules.registry import Rule
from x402_harness.checks import refusals as rules
from x402_harness.protocol.challenge import Challenge, Option, read_challenge
from x402_harness.protocol.eip3009 import BACKDATE, Domain, authorize, digest
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Exchange, Request, Response
from x402_harness.protocol.messages import Authorization, ExactPayload
from x402_harness.protocol.payload import payment_header
from x402_harness.wallet import ThrowawayWallet

HOUR = 3600
_OTHER_CHAINS = {8453: "eip155:84532", 84532: "eip155:8453"}  # for any other network the main one of the field


@dataclass(frozen=True, slots=True)
class Forgery:
    """A payment that must be refused: ``what`` it is, the ``rule`` that taking it breaks, the ``request`` with it.

    ``authorization`` is what was signed.
    """

    what: str
    rule: Rule
    request: Request
    authorization: Authorization


class Forger:
    """Forges payments for one option of a challenge. ``now`` in seconds; ``entropy`` gives fresh random bytes."""

    def __init__(
        self, request: Request, challenge: Challenge, option: Option, *, now: int, entropy: Callable[[int], bytes]
    ) -> None:
        self._request = request
        self._challenge = challenge
        self._option = option
        self._now = now
        self._entropy = entropy
        self._wallet = ThrowawayWallet(entropy(32))
        self._other = ThrowawayWallet(entropy(32))
        self._domain = signing_domain(option)

    @property
    def payer(self) -> str:
        """The throwaway account that all of them are signed by."""
        return self._wallet.address

    @property
    def can_sign(self) -> bool:
        """Whether the option is one that payments can be signed for."""
        option = self._option
        return self._domain is not None and option.scheme == "exact" and option.amount > 0 and option.timeout > 0

    def all(self) -> Iterator[Forgery]:
        """Every forgery; none where the option is not ``exact`` by EIP-3009 on a known chain."""
        if not self.can_sign:
            return
        first, *others = self._signatures()
        yield first
        yield from others
        yield from self._amounts()
        yield self._made("a payment to another recipient", rules.RECIPIENT, self._authorization(payee=self._stranger()))
        yield from self._windows()
        yield from self._elsewhere()
        yield from self._terms()
        yield self._renamed("a payment of an unknown scheme", rules.SCHEME, scheme="testbuy-none")
        yield replace(first, what=f"{first.what}, sent again", rule=rules.SECOND_TRY)

    def honest(self, what: str, rule: Rule) -> Forgery:
        """A payment with nothing wrong in it but what its payer has or has done."""
        return self._made(what, rule, self._authorization())

    def _signatures(self) -> Iterator[Forgery]:
        def forged(what: str, sign: Callable[[bytes], bytes]) -> Forgery:
            signed = self._authorization()
            return self._made(what, rules.SIGNATURE, signed, signature=sign(self._digest(signed)))

        yield forged("a payment signed by another key", self._other.sign)
        yield forged(
            "a payment with one bit of its signature flipped", lambda hashed: _spoilt(self._wallet.sign(hashed))
        )
        yield forged("a payment with an empty signature", lambda hashed: bytes(64) + b"\x1b")

    def _amounts(self) -> Iterator[Forgery]:
        for value in sorted({1, self._option.amount - 1} - {0, self._option.amount}):
            signed = self._authorization(value=value)
            yield self._made(f"a payment of {value} instead of {self._option.amount}", rules.AMOUNT, signed)

    def _windows(self) -> Iterator[Forgery]:
        expired = self._authorization(now=self._now - HOUR - self._option.timeout)
        yield self._made("a payment that expired an hour ago", rules.EXPIRED, expired)
        early = self._authorization(now=self._now + HOUR + BACKDATE)
        yield self._made("a payment that is valid from an hour on", rules.EARLY, early)

    def _elsewhere(self) -> Iterator[Forgery]:
        here = network(self._option.network)
        other = network(_OTHER_CHAINS.get(here.chain_id or 0, "eip155:8453")) if here else None
        if other is None or self._domain is None or other.chain_id is None:
            return
        name = other.caip2 if self._option.version == 2 else other.v1_name
        if name is not None:
            found = next(row for row in tokens(other.caip2) if row.method is Method.EIP3009)
            yield self._renamed(
                "a payment on another network", rules.NETWORK,
                domain=_domain(found, other.chain_id), network=name, asset=found.asset.address,
                extra={"name": found.name, "version": found.version},
            )  # fmt: skip
        signed = self._authorization()
        domain = replace(self._domain, chain_id=other.chain_id)
        yield self._made(
            "a payment signed for another chain", rules.DOMAIN, signed,
            signature=self._wallet.sign(digest(domain, signed)),
        )  # fmt: skip

    def _terms(self) -> Iterator[Forgery]:
        if self._option.version != 2:
            return  # version 1 does not say which terms were accepted
        signed = self._authorization(value=1)
        yield self._made("a payment of 1 for terms that ask for 1", rules.TERMS, signed, accepted={"amount": "1"})
        payee = self._stranger()
        signed = self._authorization(payee=payee)
        yield self._made(
            "a payment to another recipient for terms that name it", rules.TERMS, signed, accepted={"payTo": payee}
        )

    def _renamed(self, what: str, rule: Rule, *, domain: Domain | None = None, **accepted: Any) -> Forgery:
        signed = self._authorization()
        signature = self._wallet.sign(digest(domain, signed)) if domain else None
        return self._made(what, rule, signed, signature=signature, accepted=accepted)

    def _made(
        self, what: str, rule: Rule, signed: Authorization, *, signature: bytes | None = None,
        accepted: dict[str, Any] | None = None,
    ) -> Forgery:  # fmt: skip
        signature = signature or self._wallet.sign(self._digest(signed))
        payload = ExactPayload(signature="0x" + signature.hex(), authorization=signed)
        option = _changed(self._option, accepted or {})
        name, value = payment_header(self._challenge, option, payload)
        return Forgery(what, rule, self._request.with_header(name, value), signed)

    def _authorization(
        self, *, payee: str | None = None, value: int | None = None, now: int | None = None
    ) -> Authorization:
        option = self._option
        return authorize(
            payer=self._wallet.address, payee=payee or option.pay_to, value=option.amount if value is None else value,
            now=self._now if now is None else now, timeout=option.timeout, nonce=self._entropy(32),
        )  # fmt: skip

    def _digest(self, signed: Authorization) -> bytes:
        assert self._domain is not None  # nothing is forged where nothing can be signed
        return digest(self._domain, signed)

    def _stranger(self) -> str:
        return self._other.address


def _spoilt(signature: bytes) -> bytes:
    return signature[:40] + bytes([signature[40] ^ 1]) + signature[41:]


def forge(exchange: Exchange, *, now: int, entropy: Callable[[int], bytes]) -> Iterator[Forgery]:
    """The forgeries for the first option of a 402 that payments can be signed for; none where there is none."""
    try:
        challenge = read_challenge(exchange.response or Response(0))
    except RemoteProtocolError:
        return
    for option in challenge.options:
        forger = Forger(exchange.request, challenge, option, now=now, entropy=entropy)
        if forger.can_sign:
            yield from forger.all()
            return


def signing_domain(option: Option) -> Domain | None:
    """The EIP-712 domain that a payment of an option is signed under: the table's, else the one it names itself."""
    where = network(option.network)
    if where is None or where.chain_id is None:
        return None
    known = token(where.caip2, option.asset)
    if known is not None:
        return _domain(known, where.chain_id) if known.method is Method.EIP3009 else None
    name, version = option.extra.get("name"), option.extra.get("version")
    if isinstance(name, str) and isinstance(version, str) and family(option.asset) is Family.EVM:
        return Domain(name, version, where.chain_id, option.asset)
    return None


def _domain(row: Token, chain_id: int) -> Domain:
    assert row.name is not None and row.version is not None  # true of every EIP-3009 row
    return Domain(row.name, row.version, chain_id, row.asset.address)


def _changed(option: Option, accepted: dict[str, Any]) -> Option:
    return replace(
        option,
        scheme=accepted.get("scheme", option.scheme),
        network=accepted.get("network", option.network),
        raw={**option.raw, **accepted},
    )
