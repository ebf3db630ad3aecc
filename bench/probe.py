"""Probe a fast local server with all rules, next to the bare client making the same requests; then slow servers.

    python bench/probe.py [probes [parallel]]

Goals: at least half of the rate of the bare client, the payments' and the probes' own; 256 in flight within 1.3 times
the ideal wall time. At 50 ms that leaves 250 µs for each request with its connection, its answer and its rules.
Servers run in a process of their own; each is a host of its own, so that they are asked at once.
"""

from __future__ import annotations

import asyncio
import base64
import json
import resource
import subprocess
import sys
import time

from x402_harness.checks.exchange import judge_exchange
from x402_harness.edge.client import Client, Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.probing.asking import Asker
from x402_harness.probing.outcome import Probed
from x402_harness.probing.prober import Prober, Settings
from x402_harness.probing.targets import Target
from x402_harness.protocol.exchange import Request, Response

TERMS = {
    "x402Version": 2,
    "resource": {"url": "https://shop.example/gen", "description": "Image", "mimeType": "application/json"},
    "accepts": [
        {
            "scheme": "exact", "network": "eip155:8453", "amount": "20000", "maxTimeoutSeconds": 300,
            "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
            "payTo": "0x2670b922ef37c7df47158725c0cc407b5382293f",
            "extra": {"name": "USD Coin", "version": "2"},
        }
    ],
}  # fmt: skip
HEADER = base64.b64encode(json.dumps(TERMS).encode())
ANSWER = b"HTTP/1.1 402 Payment Required\r\nPAYMENT-REQUIRED: " + HEADER + b"\r\ncontent-length: 2\r\n\r\n{}"


class Server(asyncio.Protocol):
    """Answers whatever comes with the same 402, after ``delay`` seconds, and hangs up."""

    def __init__(self, delay: float) -> None:
        self._delay = delay

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer; a GET comes in one piece."""
        asyncio.get_running_loop().call_later(self._delay, self._answer)

    def _answer(self) -> None:
        self._transport.write(ANSWER)  # type: ignore[attr-defined]
        self._transport.close()


async def serve(hosts: int, delay: float) -> None:
    """Listen on so many ports, say which, and stay."""
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(lambda: Server(delay), "127.0.0.1", 0, backlog=1024) for _ in range(hosts)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.Event().wait()


def main(probes: int, parallel: int) -> None:
    """Print both figures."""
    print(f"{'':>28} {'wall s':>7} {'cpu s':>7} {'probes/s':>9}")
    with Hosts(parallel, 0.0) as urls:
        paying = told(f"paying client, {parallel} at once", probes, asyncio.run, lambda: bare_client(urls, probes))
        bare = told(f"bare client, {parallel} at once", probes, asyncio.run, lambda: bare_client(urls, probes, own()))
        ours = told(f"testbuy probe, {parallel} hosts", probes, asyncio.run, lambda: prober(urls, probes))
    for name, base in (("paying", paying), ("bare", bare)):
        print(f"ratio to the {name} client: wall {base[0] / ours[0]:.2f}, CPU {base[1] / ours[1]:.2f} (goal 0.5)")
    for delay in (0.05, 1.0):
        with Hosts(256, delay) as urls:
            count = max(256, int(1024 * 0.05 / delay) // 256 * 256)
            ideal = count / 256 * 2 * delay
            base = told(
                f"bare client, 256 × {delay * 1000:.0f} ms",
                count,
                asyncio.run,
                lambda u=urls, n=count: bare_client(u, n, own()),
            )
            took = told(
                f"testbuy probe, 256 × {delay * 1000:.0f} ms", count, asyncio.run, lambda u=urls, n=count: prober(u, n)
            )
            print(f"ideal {ideal:.2f} s: bare client × {base[0] / ideal:.2f}, testbuy probe × {took[0] / ideal:.2f}")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


class Hosts:
    """The URLs of so many servers in another process."""

    def __init__(self, count: int, delay: float) -> None:
        self._command = [sys.executable, __file__, "--serve", str(count), str(delay)]

    def __enter__(self) -> list[str]:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        return [f"http://127.0.0.1:{port}/gen" for port in self._process.stdout.readline().split()]

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def told(name: str, probes: int, run: object, work: object) -> tuple[float, float]:
    """Wall and CPU seconds, the best of three, printed."""
    times = []
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        run(work())  # type: ignore[operator]
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    best = min(times)
    print(f"{name:>28} {best[0]:>7.2f} {best[1]:>7.2f} {probes / best[0]:>9.0f}")
    return best


def own() -> Client:
    """The client that probes are made with."""
    return guarded_client(Guard(anywhere=True), Limits(body=1024 * 1024))


async def bare_client(urls: list[str], probes: int, given: Client | None = None) -> None:
    """The same two requests for each probe, nothing looked at; over the client of payments unless given."""
    async with given or Client() as client:

        async def host(url: str, count: int) -> None:
            for _ in range(count * 2):
                answer = await client.send(Request("GET", url, (("accept", "application/json"),)))
                assert isinstance(answer, Response), answer

        await asyncio.gather(*(host(url, probes // len(urls)) for url in urls))


async def prober(urls: list[str], probes: int) -> None:
    """Everything that ``testbuy probe`` does, short of printing."""
    done: list[Probed] = []
    targets = [Target(f"{url}/{number}") for url in urls for number in range(probes // len(urls))]
    async with own() as client:
        asker = Asker(client.send, asyncio.sleep, time.time)
        await Prober(asker, judge_exchange, Settings(parallel=len(urls))).run(targets, done.append)
    assert {one.verdict for one in done} == {"payable"}, {one.verdict for one in done}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(serve(int(sys.argv[2]), float(sys.argv[3])))
    else:
        numbers = [int(text) for text in sys.argv[1:]]
        main(*(numbers + [1600, 16][len(numbers) :]))
