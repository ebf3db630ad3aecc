"""Asking: a busy server is asked again when it says, and not for ever. Clock and sleep are the test's."""

from __future__ import annotations

import asyncio

import pytest

from x402_harness.probing.asking import Asker, back_off
from x402_harness.protocol.exchange import Exchange, Failure, Request, Response

NOW = 1_750_000_000.0  # Sun, 15 Jun 2025 15:06:40 GMT


def busy(after: str | None = None, status: int = 429) -> Response:
    return Response(status, (("Retry-After", after),) if after is not None else ())


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (busy("7"), 7), (busy("0"), 0), (busy(" 3 "), 3), (busy("7", 503), 7), (busy(), 1), (busy("soon"), 1),
        (busy("-1"), 1), (busy("1e9"), 1), (busy("99999999999999"), 1), (busy("٣"), 1), (busy(None, 503), None),
        (busy("Sun, 15 Jun 2025 15:06:50 GMT"), 10), (busy("Sun, 15 Jun 2025 15:06:00 GMT"), 0),
        (busy("Sun, 99 Jun 2025 15:06:00 GMT"), 1), (Response(402), None), (Response(500), None), (None, None),
    ],
)  # fmt: skip
def test_how_long_is_waited(answer: Response | None, wait: float | None) -> None:
    assert back_off(answer, 0, NOW) == wait


def asked(*answers: Response | Failure, patience: float = 20.0) -> tuple[Exchange, list[float], int]:
    """The exchange that came of it, the waits, and how many requests were sent."""
    script, waits = list(answers), []

    async def send(request: Request) -> Response | Failure:
        return script.pop(0)

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    asker = Asker(send, sleep, lambda: NOW, patience)
    return asyncio.run(asker.ask(Request("GET", "https://shop.example/"))), waits, len(answers) - len(script)


def test_a_server_that_was_busy_is_asked_again() -> None:
    exchange, waits, sent = asked(busy("2"), Response(402))
    assert exchange.response == Response(402)
    assert (waits, sent) == ([2.0], 2)


def test_a_server_that_stays_busy_is_asked_three_times() -> None:
    exchange, waits, sent = asked(*[busy()] * 5)
    assert exchange.response is not None
    assert (exchange.response.status, waits, sent) == (429, [1.0, 2.0], 3)


def test_a_server_that_asks_for_too_much_patience_is_left_alone() -> None:
    assert asked(busy("3600"), Response(402))[1:] == ([], 1)


def test_a_failure_is_not_asked_again() -> None:
    exchange, waits, sent = asked(Failure("timeout", "", True), Response(402))
    assert exchange.failure is not None
    assert (waits, sent) == ([], 1)
