"""A transport without a pool: each request has a connection of its own, made by a guarded backend.

A pool's bookkeeping grows with what is in flight, and with ``Connection: close`` it never pays.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable, AsyncIterator
from functools import cached_property
from typing import NoReturn, cast

import httpcore
import httpx

from x402_harness.edge.client import Client, Limits
from x402_harness.edge.guard import Guard, GuardedBackend, Resolver, resolve


class DirectTransport(httpx.AsyncBaseTransport):
    """Connects by ``backend``, checks certificates by ``trust`` (the usual authorities unless given)."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend, trust: ssl.SSLContext | None = None) -> None:
        self._backend = backend
        self._given = trust

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Connect, send and read the head of the answer; closing the answer closes the connection."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        trust = self._trust if request.url.scheme == "https" else None
        connection = httpcore.AsyncHTTPConnection(url.origin, ssl_context=trust, network_backend=self._backend)
        sent = httpcore.Request(
            request.method, url, headers=request.headers.raw, content=request.content, extensions=request.extensions
        )
        try:
            answer = await connection.handle_async_request(sent)
        except _ERRORS as error:
            await connection.aclose()
            _translated(error)
        except BaseException:
            await connection.aclose()
            raise
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer, connection))

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return self._given or httpx.create_ssl_context()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response, connection: httpcore.AsyncHTTPConnection) -> None:
        self._answer = answer
        self._connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in cast(AsyncIterable[bytes], self._answer.stream):
                yield chunk
        except _ERRORS as error:
            _translated(error)

    async def aclose(self) -> None:
        await self._connection.aclose()


_ERRORS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol)


def _translated(error: Exception) -> NoReturn:
    """The client's exception of the same name, which says the same."""
    raise getattr(httpx, type(error).__name__, httpx.TransportError)(str(error)) from error


def guarded_client(
    guard: Guard, limits: Limits, resolver: Resolver = resolve, trust: ssl.SSLContext | None = None
) -> Client:
    """A client for URLs of strangers: connects where ``guard`` allows it."""
    public_only = not guard.hosts and not guard.anywhere
    return Client(DirectTransport(GuardedBackend(guard, resolver), trust), limits, public_only=public_only)
