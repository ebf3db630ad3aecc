"""Asking: one request with its answer, patiently where a server says that it is overloaded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from x402_harness.probing.ladder import Conversation, Talk
from x402_harness.protocol.exchange import Exchange, Failure, Leg, Request, Response

Send = Callable[[Request], Awaitable[Response | Failure]]
Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]

TRIES = 3


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks over ``send``. ``clock`` gives seconds since 1970; ``patience`` is the longest wait, in seconds, that a
    server may ask for: told to wait longer, the answer stands as it is."""

    send: Send
    sleep: Sleep
    clock: Clock
    patience: float = 20.0

    async def ask(self, request: Request) -> Exchange:
        """The exchange, the last one of at most three."""
        exchange = await self._once(request)
        for attempt in range(TRIES - 1):
            wait = back_off(exchange.response, attempt, self.clock())
            if wait is None or wait > self.patience:
                break
            await self.sleep(wait)
            exchange = await self._once(request)
        return exchange

    async def _once(self, request: Request) -> Exchange:
        started = self.clock()
        answer = await self.send(request)
        elapsed = max(0.0, self.clock() - started)
        if isinstance(answer, Response):
            return Exchange(Leg.UNPAID, request, response=answer, started=started, elapsed=elapsed)
        return Exchange(Leg.UNPAID, request, failure=answer, started=started, elapsed=elapsed)


async def hold(conversation: Conversation, asker: Asker) -> Talk:
    """Hold a conversation to its end."""
    try:
        request = next(conversation)
        while True:
            request = conversation.send(await asker.ask(request))
    except StopIteration as end:
        talk: Talk = end.value
        return talk


def back_off(answer: Response | None, attempt: int, now: float) -> float | None:
    """Seconds to wait before asking again; ``None`` for an answer that stands (RFC 9110 §10.2.3, RFC 6585 §4).

    A 503 that names no time is down, not busy.
    """
    if answer is None or answer.status not in {429, 503}:
        return None
    named = _retry_after(answer.header("retry-after"), now)
    if named is not None:
        return named
    return 2.0**attempt if answer.status == 429 else None


def _retry_after(value: str | None, now: float) -> float | None:
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError, OSError):
        return None
