"""Replay: recorded exchanges, judged as if they had just been made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from x402_catalog.models import Listing
from x402_harness.probing.ladder import Step, Talk
from x402_harness.probing.outcome import JudgeExchange, Probed, concluded
from x402_harness.probing.targets import Rung, Target
from x402_harness.protocol.exchange import Exchange, Request


def replayed(exchanges: Iterable[Exchange], listing: Listing | None, judge: JudgeExchange) -> Iterator[Probed]:
    """An outcome for each request; of one recorded more than once, the second answer is held against the first."""
    requests: dict[Request, list[Exchange]] = {}
    for exchange in exchanges:
        requests.setdefault(exchange.request, []).append(exchange)
    for request, (first, *others) in requests.items():
        again = others[0] if others and first.response and first.response.status == 402 else None
        talk = Talk((Step(Rung(request, bare=not request.body), first),), again)
        yield concluded(Target(request.url, listing=listing), talk, judge, float("inf"))
