"""Invalid requests that are paid for, where that was asked for: what a mistake costs a buyer, with sandbox money."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace

from x402_catalog.hints import request_shape
from x402_harness.buying.buyer import Buyer
from x402_harness.generation.requests import Candidate
from x402_harness.planning.cases import Case, case_id
from x402_harness.planning.negatives import Negative, negatives_for
from x402_harness.planning.refusals import PaidNegative
from x402_harness.planning.rows import PlannedRow
from x402_harness.protocol.exchange import Leg
from x402_harness.protocol.purchase import State
from x402_harness.runs.venue import Venue


@dataclass(frozen=True, slots=True)
class InvalidRequests:
    """Buys with ``buyer`` at a ``venue``, under the same policy and from the same budget as everything else."""

    buyer: Buyer
    venue: Venue
    seed: int

    async def paid(self, like: Case, most: int) -> AsyncIterator[PaidNegative]:
        """At most ``most`` requests that break what the offer of ``like`` declares, as they are paid for. Those that
        are refused before that are left out. Raises what :func:`negatives_for` does."""
        for negative, case in self._cases(like, most):
            if self.venue.chain is not None:
                await self.venue.chain.fund(self.buyer.wallet.address, case.price)
            async with self.venue.client(case.listing) as client:
                bought = await self.buyer.buy(self.venue.placed(case), client)
            exchange, view = bought.transcript.leg(Leg.PAID), bought.transcript.chain
            if exchange is not None:
                kept = bought.purchase.state is State.SETTLED or (view is not None and view.nonce_used)
                sent = replace(negative, request=replace(negative.request, url=bought.url))
                yield PaidNegative(sent, exchange, kept)

    def _cases(self, like: Case, most: int) -> Iterator[tuple[Negative, Case]]:
        shape = request_shape(like.listing, like.offer)
        for number, negative in enumerate(negatives_for(like.listing, shape, self.seed, most), start=1):
            candidate = Candidate(like.source, like.candidate.values, negative.request)
            made = case_id(like.listing, like.offer, shape, candidate)
            yield negative, replace(like, id=made, row=number, candidate=candidate, planned=PlannedRow(candidate))
