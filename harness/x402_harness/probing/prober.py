"""The prober: many endpoints at once, each host one request at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from x402_catalog.findings import Location
from x402_harness.checks.exchange import terms_as_listing
from x402_harness.planning.forgeries import Forgery
from x402_harness.probing import rules
from x402_harness.probing.active import Forge, no_forgeries, provoke
from x402_harness.probing.asking import Asker, hold
from x402_harness.probing.ladder import climb
from x402_harness.probing.outcome import FAULT, UNREACHABLE, JudgeExchange, Probed, concluded
from x402_harness.probing.targets import Target, rungs, whole
from x402_harness.protocol.exchange import Exchange

Tell = Callable[[Probed], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """``parallel`` hosts at once; ``slow`` seconds are too many for a 402; after ``give_up`` endpoints of a host that
    do not answer one after the other, the rest of it are not asked; ``active`` provokes typed targets."""

    parallel: int = 16
    slow: float = 5.0
    give_up: int = 3
    active: bool = False
    seed: int = 402


class Prober:
    """Probes targets by ``asker`` and judges each exchange by ``judge``; active ones forge payments by ``forge``."""

    def __init__(
        self, asker: Asker, judge: JudgeExchange, settings: Settings = Settings(), forge: Forge = no_forgeries
    ) -> None:
        self._forge = forge
        self._asker = asker
        self._judge = judge
        self._settings = settings

    async def run(self, targets: Iterable[Target], tell: Tell) -> None:
        """Probe every target and tell of each as soon as it is known."""
        hosts: dict[str, list[Target]] = {}
        for target in targets:
            hosts.setdefault(target.authority, []).append(target)
        queue = deque(hosts.values())
        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._settings.parallel, len(queue))):
                group.create_task(self._work(queue, tell))

    async def _work(self, queue: deque[list[Target]], tell: Tell) -> None:
        while queue:
            await self._host(queue.popleft(), tell)

    async def _host(self, targets: list[Target], tell: Tell) -> None:
        silent = 0
        for target in targets:
            if silent >= self._settings.give_up and not target.typed:
                tell(_skipped(target, silent))
                continue
            probed = await self.probe(target)
            silent = silent + 1 if probed.verdict == UNREACHABLE else 0
            tell(probed)

    async def probe(self, target: Target) -> Probed:
        """One endpoint. What goes wrong on our side is its outcome too, so that the others are still probed."""
        try:
            talk = await hold(climb(rungs(target, self._settings.seed)), self._asker)
            if self._settings.active and target.typed:
                talk = await hold(provoke(talk, self._forging(target)), replace(self._asker, patience=0.0))
            return concluded(target, talk, self._judge, self._settings.slow)
        except Exception as error:
            reason = f"own fault: {type(error).__name__}: {error}"
            slug = target.listing.slug if target.listing else None
            return Probed(target.url, target.typed, FAULT, reason, listing=slug, not_judged=(("everything", reason),))

    def _forging(self, target: Target) -> Forge:
        """Forges on the request with everything in it that its seller may look at first."""

        def forged(exchange: Exchange) -> Iterable[Forgery]:
            request = whole(target, exchange.request, terms_as_listing(exchange), self._settings.seed)
            return self._forge(replace(exchange, request=request))

        return forged


def _skipped(target: Target, silent: int) -> Probed:
    slug = target.listing.slug if target.listing else None
    message = f"not asked: {silent} endpoints of this host in a row did not answer"
    found = rules.UNREACHABLE.finding(message, location=Location(listing=slug, url=target.url, leg="unpaid"))
    return Probed(target.url, target.typed, UNREACHABLE, listing=slug, findings=(found,))
