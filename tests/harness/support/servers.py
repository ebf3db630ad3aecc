"""A real server on loopback that answers each request by the next step of its script, and counts at the socket."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from typing import Self

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Reply:
    """A whole answer. ``leaves`` stops listening before it is given, so that the next connection is refused."""

    status: int = 200
    headers: Rows = ()
    body: bytes = b""
    leaves: bool = False

    def wire(self) -> bytes:
        """The answer as bytes."""
        rows = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return f"HTTP/1.1 {self.status} Scripted\r\n{rows}content-length: {len(self.body)}\r\n\r\n".encode() + self.body


@dataclass(frozen=True)
class Raw:
    """These bytes, whatever they are, and then the end."""

    data: bytes = b""


@dataclass(frozen=True)
class Stall:
    """These bytes, and then silence."""

    data: bytes = b""


@dataclass(frozen=True)
class Drip:
    """These bytes, and then one more every so many seconds, without end."""

    data: bytes
    pause: float


Step = Reply | Raw | Stall | Drip


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    method: str
    target: str
    headers: Rows
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Server:
    """``async with Server(...) as server``: listens at ``server.url``; what came is in ``server.requests``.

    With a ``context`` it speaks TLS.
    """

    context: ssl.SSLContext | None = None

    def __init__(self, *script: Step) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self._script = list(script)
        self._arrived = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.context)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}/gen"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def arrived(self, count: int) -> None:
        """Wait until so many requests have been read."""
        async with self._arrived:
            await asyncio.wait_for(self._arrived.wait_for(lambda: len(self.requests) >= count), timeout=5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await self._answer(reader, writer)
        writer.close()

    def _step(self, received: Received) -> Step:
        return self._script.pop(0) if self._script else Reply(599)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received = await _read(reader)
        async with self._arrived:
            self.requests.append(received)
            self._arrived.notify_all()
        step = self._step(received)
        if isinstance(step, Reply) and step.leaves:
            self._server.close()
        writer.write(step.wire() if isinstance(step, Reply) else step.data)
        await writer.drain()
        if isinstance(step, Stall):
            await asyncio.sleep(60)
        while isinstance(step, Drip):
            await asyncio.sleep(step.pause)
            writer.write(b".")
            await writer.drain()


class Shop(Server):
    """A server that asks for payment and answers what is paid for, each in its way, which may be changed meanwhile.

    ``payments`` are the requests with payment that came.
    """

    def __init__(self, unpaid: Step, paid: Step) -> None:
        super().__init__()
        self.unpaid = unpaid
        self.paid = paid

    @property
    def payments(self) -> list[Received]:
        """The requests that carried a payment."""
        return [received for received in self.requests if _pays(received)]

    def _step(self, received: Received) -> Step:
        return self.paid if _pays(received) else self.unpaid


def _pays(received: Received) -> bool:
    return any(received.header(name) is not None for name in ("payment-signature", "x-payment"))


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [line.split(":", 1) for line in lines]
    rows = tuple((name.strip(), value.strip()) for name, value in pairs)
    length = next((int(value) for name, value in rows if name.lower() == "content-length"), 0)
    return Received(method, target, rows, await reader.readexactly(length))


async def closed_port() -> int:
    """A port on loopback where nobody listens."""
    async with Server() as server:
        return server.port
