"""A process that buys and is killed: ``python -m tests.harness.support.victim`` reads orders, one a line.

An order is JSON: ``url`` and ``ledger`` say where to buy and to book, ``run`` and ``cases`` what. ``step`` says at
which of its steps the buyer is killed, ``after`` how many seconds later, whatever it does by then. The answer is the
status that :func:`os.waitpid` tells. Each order is carried out by a process of its own, forked from this one, which has
imported everything already.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from tests.harness.support.buying import CAPS, cases
from tests.harness.support.terms import KEY, NOW

from x402_harness.buying.buyer import Buyer
from x402_harness.edge.client import Client, Limits
from x402_harness.edge.direct import DirectTransport
from x402_harness.edge.guard import Dialer, Guard
from x402_harness.ledger import Ledger
from x402_harness.policy import Mode, Policy
from x402_harness.wallet import ThrowawayWallet


def kill() -> None:
    """The end, at once."""
    os.kill(os.getpid(), signal.SIGKILL)


class Steps:
    """Counts what the buyer does with what it is given, and ends the process at one of the steps."""

    def __init__(self, last: int, after: float) -> None:
        self._left = last
        self._after = after

    def take(self) -> None:
        """One step more."""
        self._left -= 1
        if self._left == 0 and self._after:
            threading.Timer(self._after, kill).start()
        elif self._left == 0:
            kill()


class Wallet:
    """A wallet; before and after signing are steps."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._inner = ThrowawayWallet(KEY)
        self.address = self._inner.address

    def sign(self, digest: bytes) -> bytes:
        self._steps.take()
        signature = self._inner.sign(digest)
        self._steps.take()
        return signature

    def may_pay(self, mode: Mode) -> bool:
        return self._inner.may_pay(mode)


class Transport(httpx.AsyncBaseTransport):
    """A transport; before sending, after the head of the answer and after its body are steps."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._inner = DirectTransport(Dialer(Guard(anywhere=True)))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._steps.take()
        answer = await self._inner.handle_async_request(request)
        self._steps.take()
        return httpx.Response(answer.status_code, headers=answer.headers, stream=Body(answer, self._steps))

    async def aclose(self) -> None:
        await self._inner.aclose()


class Body(httpx.AsyncByteStream):
    """The body of an answer; its end is a step."""

    def __init__(self, answer: httpx.Response, steps: Steps) -> None:
        self._answer = answer
        self._steps = steps

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._answer.aiter_raw():
            yield chunk
        self._steps.take()

    async def aclose(self) -> None:
        await self._answer.aclose()


async def buy(order: dict[str, Any]) -> None:
    """Carry out an order."""
    steps = Steps(order["step"], order.get("after", 0.0))

    def now() -> float:
        steps.take()  # the ledger asks within its transactions, too
        return NOW

    def nonce() -> bytes:
        steps.take()
        return os.urandom(32)

    wallet = Wallet(steps)
    with Ledger(Path(order["ledger"]), now) as ledger:
        buyer = Buyer(order["run"], wallet, Policy(CAPS, wallet.address), ledger, now, nonce)
        async with Client(Transport(steps), Limits(timeout=5, total=5)) as client:
            await asyncio.gather(*(buyer.buy(one, client) for one in cases(order["url"], order["cases"])))


def carried_out(order: dict[str, Any]) -> int:
    """Fork, buy in the child, and wait for its end."""
    cases(order["url"], order["cases"])  # planned here, so that the child begins with buying
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(buy(order))
        except BaseException as error:
            sys.stderr.write(f"{error!r}\n")
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


if __name__ == "__main__":
    ThrowawayWallet(KEY).sign(bytes(32))  # imports what signing needs
    for line in sys.stdin:
        print(carried_out(json.loads(line)), flush=True)
