"""Pricing: each endpoint is asked, unpaid, what it wants for the very requests that would be bought."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

from x402_catalog.findings import Finding
from x402_harness.planning.cases import Case
from x402_harness.policy import Approval, Policy, choose
from x402_harness.policy.planrules import NOT_PRICED
from x402_harness.probing.asking import Asker
from x402_harness.probing.targets import authority
from x402_harness.protocol.challenge import read_challenge
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Exchange
from x402_harness.runs.venue import Venue

_HOSTS = 8  # that are asked at once, each one request at a time


@dataclass(frozen=True, slots=True)
class Priced:
    """A case and the option that its endpoint asks for, as the policy approved it."""

    case: Case
    approval: Approval


@dataclass(frozen=True, slots=True)
class Unpriced:
    """A case that cannot be bought, and the guard's reason."""

    case: Case
    finding: Finding


async def priced(cases: Iterable[Case], policy: Policy, venue: Venue, asker: Asker) -> list[Priced | Unpriced]:
    """What each case costs, in their order. Nothing is signed; what a seller does is an outcome, never an error.

    ``asker`` brings clock and patience; the venue's clients send.
    """
    wanted = list(cases)
    hosts: dict[str, list[int]] = {}
    for place, case in enumerate(wanted):
        hosts.setdefault(authority(case.candidate.request.url), []).append(place)
    found: dict[int, Priced | Unpriced] = {}
    few = asyncio.Semaphore(_HOSTS)

    async def ask(places: list[int]) -> None:
        async with few:
            for place in places:
                found[place] = await _priced(wanted[place], policy, venue, asker)

    async with asyncio.TaskGroup() as group:
        for places in hosts.values():
            group.create_task(ask(places))
    return [found[place] for place in range(len(wanted))]


async def _priced(case: Case, policy: Policy, venue: Venue, asker: Asker) -> Priced | Unpriced:
    request = venue.placed(case).candidate.request
    refusal = policy.place(request.url)
    if refusal is not None:
        return Unpriced(case, refusal.finding)
    async with venue.client(case.listing) as client:
        exchange = await replace(asker, send=client.send).ask(request)
    decision = _decided(exchange, case, policy)
    return Priced(case, decision) if isinstance(decision, Approval) else Unpriced(case, decision)


def _decided(exchange: Exchange, case: Case, policy: Policy) -> Approval | Finding:
    answer = exchange.response
    if answer is None:
        failure = exchange.failure
        return NOT_PRICED.finding(f"no answer: {failure.message if failure else 'none'}")
    try:
        challenge = read_challenge(answer)
    except RemoteProtocolError as error:
        return NOT_PRICED.finding(f"{error.place}: {error.message}", observed=answer.status, expected=402)
    return choose(policy, challenge, case.expected)
