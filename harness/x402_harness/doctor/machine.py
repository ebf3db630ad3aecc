"""The machine: its clock, its disk, its loopback interface and the ports that testbuy takes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from x402_harness.doctor.examining import Check, Status, fine

X402_PUBLISHED = 1_746_489_600  # seconds since 1970: May 2025; nothing is paid by x402 before
MOMENT = 0.02  # seconds
DRIFT = 0.5  # seconds that the clock may be off in a moment
LOW, LOWEST = 100 * 1024**2, 10 * 1024**2  # bytes
Clock = Callable[[], float]


def clock(
    wall: Clock = time.time, steady: Clock = time.monotonic, wait: Callable[[float], None] = time.sleep
) -> Iterator[Check]:
    """The clock against itself; only a chain could tell whether it is right."""
    before = wall(), steady()
    wait(MOMENT)
    after = wall(), steady()
    jump = (after[0] - before[0]) - (after[1] - before[1])
    told = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(after[0]))
    remedy = "set the clock by NTP: a payment is good for minutes, by the clocks of others"
    if after[0] < X402_PUBLISHED:
        yield Check("clock", Status.ERROR, f"{told} is before x402 was there", remedy)
    elif after[1] <= before[1]:
        yield Check("clock", Status.ERROR, "the steady clock stands still", remedy)
    elif abs(jump) > DRIFT:
        yield Check("clock", Status.WARNING, f"it was set by {jump:+.1f} s while it was looked at", remedy)
    else:
        yield fine("clock", f"{told}, going; --rpc NETWORK=URL compares it with a chain's")


def disk(ledger: Path) -> Iterator[Check]:
    """The space where ``ledger`` lies or will lie."""
    there = next(folder for folder in (ledger, *ledger.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    yield space(there, free)


def space(there: Path, free: int) -> Check:
    """How ``free`` bytes at a place are judged."""
    told = f"{free / 1024**2:,.0f} MB are free at {there}"
    remedy = "make room: where the ledger cannot be written nothing is bought"
    if free < LOWEST:
        return Check("disk", Status.ERROR, told, remedy)
    return Check("disk", Status.WARNING, told, remedy) if free < LOW else fine("disk", told)


def loopback() -> Iterator[Check]:
    """A server is started on any port of 127.0.0.1 and asked."""
    import asyncio

    from x402_harness.edge.client import Client
    from x402_harness.protocol.exchange import Failure, Request
    from x402_harness.sandbox.server import CannotServe, Serving

    remedy = "let programs open and reach ports of 127.0.0.1: the sandbox and the explorer are there"
    try:
        with Serving(_nothing) as serving:
            answer = asyncio.run(Client().send(Request("GET", serving.url)))
    except CannotServe as error:
        yield Check("loopback", Status.ERROR, str(error), remedy)
        return
    if isinstance(answer, Failure):
        yield Check("loopback", Status.ERROR, f"a server on it cannot be reached ({answer.message})", remedy)
    elif answer.status != 204:
        told = f"something else answers in place of our server, with {answer.status}"
        yield Check("loopback", Status.ERROR, told, remedy)
    else:
        yield fine("loopback", "a server on 127.0.0.1 was started and reached")


def ports(wanted: Mapping[int, str]) -> Iterator[Check]:
    """Whether ports can be had; ``wanted`` tells for each what takes it."""
    from x402_harness.sandbox.server import CannotServe, Serving

    free = []
    for port, user in wanted.items():
        try:
            with Serving(_nothing, port):
                pass
            free.append(f"{port} ({user})")
        except CannotServe as error:
            remedy = f"stop what has it, or give {user.split(',')[0]} another: --port"
            yield Check(f"port {port}", Status.WARNING, f"{error}; it is for {user}", remedy)
    if free:
        yield fine("ports", f"{', '.join(free)}: free")


async def _nothing(scope: object, receive: object, send: Callable[..., object]) -> None:
    for part in ({"type": "http.response.start", "status": 204, "headers": []}, {"type": "http.response.body"}):
        await send(part)  # type: ignore[misc]
