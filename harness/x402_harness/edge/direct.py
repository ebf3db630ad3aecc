"""A transport without a pool: each request has a connection of its own, to an address that the guard has looked at.

It is for strangers' servers: unpaid requests to many at once, of which it takes a third of the time of httpx's own, and
payments, of which it sends each once.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from functools import cached_property

import httpx

from x402_harness.edge.client import Client, Limits
from x402_harness.edge.guard import Dialer, Guard, Resolver, resolve
from x402_harness.edge.wire import Exchanging, written

_PORTS = {"http": 80, "https": 443}


class DirectTransport(httpx.AsyncBaseTransport):
    """Connects by ``dialer``, checks certificates by ``trust`` (the usual authorities unless given)."""

    def __init__(self, dialer: Dialer, trust: ssl.SSLContext | None = None) -> None:
        self._dialer = dialer
        self._given = trust

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Connect, send and read the head of the answer; closing the answer closes the connection."""
        sent = written(request.method, request.url.raw_path, request.headers.raw, request.content)
        timeouts = request.extensions.get("timeout", {})
        trace = request.extensions.get("trace")
        if trace is not None:
            await trace("direct.connect.started", {})
        transport, answer = await self._connected(request, timeouts.get("connect"))
        try:
            if trace is not None:
                await trace("direct.send_request_headers.started", {})
            transport.write(sent)
            async with _patience(timeouts.get("read"), httpx.ReadTimeout):
                await answer.head()
        except BaseException:
            transport.abort()
            raise
        body = _Body(transport, answer, timeouts.get("read"))
        return httpx.Response(answer.status, headers=answer.headers, stream=body)

    async def _connected(self, request: httpx.Request, timeout: float | None) -> tuple[asyncio.Transport, Exchanging]:
        # The host as it goes to the resolver, an IPv6 literal without its brackets.
        host, scheme = request.url.raw_host.decode("ascii").strip("[]"), request.url.scheme
        trust = self._trust if scheme == "https" else None
        try:
            async with _patience(timeout, httpx.ConnectTimeout):
                dialled = await self._dialer.dial(host, request.url.port or _PORTS[scheme])
                try:
                    return await asyncio.get_running_loop().create_connection(
                        lambda: Exchanging(request.method == "HEAD"),
                        sock=dialled,
                        ssl=trust,
                        server_hostname=host.rstrip(".") if trust else None,
                    )
                except BaseException:
                    dialled.close()
                    raise
        except (ssl.SSLError, ConnectionError) as error:
            raise httpx.ConnectError(str(error)) from error

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return self._given or httpx.create_ssl_context()


class _patience:
    """Waits so many seconds at most, and then fails as httpx does."""

    def __init__(self, seconds: float | None, kind: type[httpx.TimeoutException]) -> None:
        self._inner = asyncio.timeout(seconds)
        self._kind = kind

    async def __aenter__(self) -> None:
        await self._inner.__aenter__()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trail: object) -> None:
        try:
            await self._inner.__aexit__(kind, error, trail)  # type: ignore[arg-type]  # typed as a traceback there
        except TimeoutError as late:
            raise self._kind("no answer in time") from late


class _Body(httpx.AsyncByteStream):
    def __init__(self, transport: asyncio.Transport, answer: Exchanging, timeout: float | None) -> None:
        self._transport = transport
        self._answer = answer
        self._timeout = timeout

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._answer.has_more:
            if not self._answer.is_ready:
                async with _patience(self._timeout, httpx.ReadTimeout):
                    await self._answer.more()
            yield self._answer.chunk()

    async def aclose(self) -> None:
        # A peer that does not say goodbye keeps nobody waiting: neither one that has more to say, nor one over TLS.
        if self._answer.ended and self._transport.get_extra_info("sslcontext") is None:
            self._transport.close()
        else:
            self._transport.abort()


def guarded_client(
    guard: Guard, limits: Limits, resolver: Resolver = resolve, trust: ssl.SSLContext | None = None
) -> Client:
    """A client for URLs of strangers: connects where ``guard`` allows it."""
    public_only = not guard.hosts and not guard.anywhere
    return Client(DirectTransport(Dialer(guard, resolver), trust), limits, public_only=public_only)
