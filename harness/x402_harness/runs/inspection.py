"""Inspection: what an endpoint shows before anything is bought from it: its 402, and how it refuses what is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from x402_catalog.findings import Finding
from x402_catalog.hints import request_shape
from x402_catalog.models import Listing
from x402_harness.checks.conformity import judge_moved
from x402_harness.edge.client import Client
from x402_harness.planning.forgeries import Forgery, forge
from x402_harness.planning.negatives import Negative, negatives_for
from x402_harness.planning.refusals import Refusal, judge_refusals, refusal
from x402_harness.probing.asking import Asker, Sleep
from x402_harness.probing.prober import Prober, Settings
from x402_harness.probing.targets import Target, rungs
from x402_harness.protocol.exchange import Exchange, Failure
from x402_harness.runs.venue import remapped

NOT_READY = frozenset({502, 503, 504})  # a proxy in front of a server that is still starting
_PAUSE = 0.2  # seconds between two looks at a server that is starting


@dataclass(frozen=True, slots=True)
class Refused:
    """Invalid requests that were sent without payment, each with its answer; ``reason`` says why there are none."""

    slug: str | None = None
    answered: tuple[tuple[Negative, Exchange], ...] = ()
    reason: str = ""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the answers, or worth knowing."""
        return judge_refusals(self.slug, self.answered)

    @property
    def counts(self) -> dict[str, int]:
        """How many were answered in which way."""
        kinds = [refusal(exchange) for _, exchange in self.answered]
        return {str(kind): kinds.count(kind) for kind in Refusal if kind in kinds}


@dataclass(frozen=True, slots=True)
class Inspector:
    """Asks over ``client``, one request at a time. ``clock`` gives seconds since 1970, ``entropy`` fresh random bytes
    for the throwaway keys of forged payments."""

    client: Client
    clock: Callable[[], float]
    sleep: Sleep
    entropy: Callable[[int], bytes]
    seed: int = 402

    @property
    def asker(self) -> Asker:
        """How single requests are asked."""
        return Asker(self.client.send, self.sleep, self.clock)

    async def awaited(self, target: Target, patience: float) -> Failure | None:
        """Wait up to ``patience`` seconds until something answers; what the last attempt met if nothing does."""
        deadline, asker = self.clock() + patience, replace(self.asker, patience=0.0)
        probe = replace(target, listing=None)
        while True:
            exchange = await asker.ask(next(rungs(probe)).request)
            answer = exchange.response
            if answer is not None and answer.status not in NOT_READY:
                return None
            if self.clock() >= deadline:
                return exchange.failure or Failure("protocol", f"it answers {answer.status if answer else 0}", True)
            await self.sleep(_PAUSE)

    def prober(self) -> Prober:
        """A prober that also tries what must be refused."""
        return Prober(self.asker, judge_moved, Settings(parallel=1, active=True, seed=self.seed), self._forged)

    def _forged(self, exchange: Exchange) -> Iterator[Forgery]:
        return forge(exchange, now=int(self.clock()), entropy=self.entropy)

    async def refused(self, base: str, listing: Listing, most: int) -> Refused:
        """Send at most ``most`` requests that break what ``listing`` declares to ``base``, without payment."""
        if not listing.offers:
            return Refused(listing.slug, reason="no offer declares a request")
        offer = listing.offers[0]
        try:
            made = negatives_for(listing, request_shape(listing, offer), self.seed, most)
        except ValueError as error:  # Unrequestable, BadSchema, or a URL that cannot be taken apart
            return Refused(listing.slug, reason=f"no request can be made: {error}")
        answered = []
        for negative in made:
            sent = replace(negative.request, url=remapped(negative.request.url, base, listing, offer))
            moved = replace(negative, request=sent)
            answered.append((moved, await self.asker.ask(sent)))
        return Refused(listing.slug, tuple(answered), "" if made else "nothing that is declared can be broken")


def endpoint(base: str, listing: Listing | None) -> Target:
    """The target that a typed URL is, with the path of ``listing`` where the URL has none of its own."""
    if listing is None or not listing.offers:
        return Target(base, listing=listing)
    return Target(remapped(listing.url, base, listing, listing.offers[0]), listing=listing)
