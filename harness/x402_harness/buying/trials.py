"""Trials: what a seller does with payments that it must refuse, tried with sandbox money.

Everything is signed with keys that are made here and thrown away, for a chain whose money is free. On it a forged
payment can be given funds, so that nothing but the forgery speaks against it, and a settled payment can be sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from x402_catalog.money import Money
from x402_harness.checks import refusals as rules
from x402_harness.checks.refusals import Attempt
from x402_harness.edge.client import Client
from x402_harness.planning.forgeries import Forger, Forgery
from x402_harness.protocol.challenge import Challenge, Option
from x402_harness.protocol.exchange import Exchange, Leg, Request, Response

_PLENTY = 64  # times the price: enough for every forgery to be paid, should it be taken


class FreeChain(Protocol):
    """A chain on which money is given away, and that tells which authorizations were used."""

    async def fund(self, account: str, money: Money) -> None:
        """Give an account money."""
        ...

    async def nonce_used(self, network: str, asset: str, payer: str, nonce: str) -> bool:
        """Whether the payer's nonce is used."""
        ...


@dataclass(frozen=True, slots=True)
class Trials:
    """What the trials of one endpoint share. ``clock`` gives seconds, ``entropy`` fresh random bytes."""

    client: Client
    chain: FreeChain
    clock: Callable[[], float]
    entropy: Callable[[int], bytes]

    async def run(
        self, request: Request, challenge: Challenge, option: Option, price: Money,
        paid: Exchange | None, *, settles_here: bool = True,
    ) -> tuple[Attempt, ...]:  # fmt: skip
        """Every attempt at the endpoint, one after the other; ``paid`` is the leg of a settled purchase, to replay.

        A payer without funds is only tried where the seller settles on this chain: elsewhere funds mean nothing.
        """
        attempts: list[Attempt] = []
        if paid is not None and not _is_idempotent(challenge):
            attempts.append(await self._replayed(paid))
        forger = self._forger(request, challenge, option)
        if not forger.can_sign:
            return tuple(attempts)
        await self.chain.fund(forger.payer, Money(price.atomic * _PLENTY, price.asset))
        for forgery in forger.all():
            attempts.append(await self._tried(forgery, option))
        if settles_here:
            poor = self._forger(request, challenge, option).honest("a payment without funds", rules.FUNDS)
            attempts.append(await self._tried(poor, option))
        if not _is_idempotent(challenge):
            attempts += await self._raced(forger.honest("a payment sent twice at once", rules.RACE))
        return tuple(attempts)

    def _forger(self, request: Request, challenge: Challenge, option: Option) -> Forger:
        return Forger(request, challenge, option, now=int(self.clock()), entropy=self.entropy)

    async def _replayed(self, paid: Exchange) -> Attempt:
        return Attempt("a payment that was settled before", rules.REPLAY, await self._send(paid.request))

    async def _tried(self, forgery: Forgery, option: Option) -> Attempt:
        exchange = await self._send(forgery.request)
        signed = forgery.authorization
        settled = await self.chain.nonce_used(option.network, option.asset, signed.from_, signed.nonce)
        return Attempt(forgery.what, forgery.rule, exchange, settled)

    async def _raced(self, forgery: Forgery) -> list[Attempt]:
        """The second of two answers with content, if there are two: one of them is due."""
        both = await asyncio.gather(self._send(forgery.request), self._send(forgery.request))
        served = [one for one in both if one.response is not None and 200 <= one.response.status < 300]
        return [Attempt(forgery.what, forgery.rule, served[1])] if len(served) > 1 else []

    async def _send(self, request: Request) -> Exchange:
        started = self.clock()
        answer = await self.client.send(request)
        elapsed = self.clock() - started
        response, failure = (answer, None) if isinstance(answer, Response) else (None, answer)
        return Exchange(Leg.PAID, request, response, failure, started, elapsed)


def _is_idempotent(challenge: Challenge) -> bool:
    """Whether the seller says that it answers a repeated payment again without charging (payment-identifier)."""
    extensions = challenge.message.get("extensions")
    return isinstance(extensions, dict) and "payment-identifier" in extensions
