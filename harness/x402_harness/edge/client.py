"""The HTTP client: the only place where requests leave. Nothing is retried, redirected, proxied or remembered."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from x402_catalog.__about__ import __version__
from x402_harness.edge.decoding import Decoder
from x402_harness.edge.guard import Refused
from x402_harness.protocol.exchange import ACCEPTED_CODINGS, Failure, Headers, Request, Response

# What it says when it is asked for every detail holds the headers of answers, in which a server may echo a payment.
logging.getLogger("httpcore").setLevel(logging.INFO)

USER_AGENT = f"testbuy/{__version__}"
_DEFAULTS = {"accept": "*/*", "accept-encoding": ACCEPTED_CODINGS, "connection": "close", "user-agent": USER_AGENT}
_MAX_PORT = 65535
_MAX_CAUSES = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """``body`` in bytes after decompression; ``timeout`` in seconds for each wait on the network, ``total`` for all."""

    body: int = 8 * 1024 * 1024
    timeout: float = 20.0
    total: float = 120.0


@dataclass(slots=True)
class _Trace:
    """Whether the request began to leave, told by the transport itself and not by the class of an exception."""

    heard: bool = False
    began: bool = False

    async def __call__(self, name: str, _: dict[str, Any]) -> None:
        self.heard = True
        self.began = self.began or ".send_request_headers." in name or ".send_connection_init." in name

    @property
    def may_have_sent(self) -> bool:
        # A transport that tells nothing may have sent anything.
        return self.began or not self.heard


@dataclass(slots=True)
class _Got:
    """What has come of an answer: a receipt in its head counts even if its body is lost."""

    status: int | None = None
    headers: Headers = ()
    body: bytearray = field(default_factory=bytearray)

    def response(self, truncated: bool) -> Response | None:
        return None if self.status is None else Response(self.status, self.headers, bytes(self.body), truncated)


class Client:
    """Sends one request at a time over ``transport``, each on a connection of its own.

    The transport is asked directly: a full client would keep cookies and look at redirects. ``public_only`` says that
    the transport connects to nothing but public addresses.
    """

    def __init__(
        self, transport: httpx.AsyncBaseTransport | None = None, limits: Limits = Limits(), *, public_only: bool = False
    ) -> None:
        self.public_only = public_only
        self._limits = limits
        self._transport = transport or httpx.AsyncHTTPTransport(
            retries=0, limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    async def send(self, request: Request) -> Response | Failure:
        """The answer, its body cut at the limit, or why there is none. Never raises for what the network does."""
        trace, got = _Trace(), _Got()
        try:
            built = self._built(request, trace)
        except (httpx.InvalidURL, ValueError) as error:
            return Failure("request", f"the request cannot be built: {error}", may_have_sent=False)
        try:
            async with asyncio.timeout(self._limits.total):
                answer = await self._transport.handle_async_request(built)
                try:
                    return await self._read(answer, got)
                finally:
                    await answer.aclose()
        except (httpx.HTTPError, httpx.StreamError, OSError, ValueError) as error:
            return Failure(_cause(error), f"{type(error).__name__}: {error}", trace.may_have_sent, got.response(True))

    def _built(self, request: Request, trace: _Trace) -> httpx.Request:
        given = {name.lower() for name, _ in request.headers}
        defaults = [row for row in _DEFAULTS.items() if row[0] not in given]
        built = httpx.Request(
            request.method, request.url, headers=[*defaults, *request.headers], content=request.body or None,
            extensions={"trace": trace, "timeout": httpx.Timeout(self._limits.timeout).as_dict()},
        )  # fmt: skip
        if built.url.scheme not in {"http", "https"} or not built.url.host:
            raise ValueError("no absolute http(s) URL")
        if (built.url.port or 0) > _MAX_PORT:
            raise ValueError(f"{built.url.port} is no port")
        return built

    async def _read(self, answer: httpx.Response, got: _Got) -> Response:
        decoder = Decoder(answer.headers.get("content-encoding", ""), self._limits.body)
        got.status, got.headers = answer.status_code, tuple(answer.headers.multi_items())
        came = 0
        async for chunk in answer.aiter_raw():
            got.body += decoder.feed(chunk)
            came += len(chunk)
            if decoder.full or decoder.problem:
                break
        else:
            decoder.close()
        whole = got.response(decoder.full)
        assert whole is not None  # its status stands there
        is_counted = not (decoder.full or decoder.problem)
        return replace(whole, undecoded=decoder.problem, received=came if is_counted else None)


def _cause(error: Exception) -> str:
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return "timeout"
    if isinstance(error, httpx.LocalProtocolError):
        return "request"
    root = next((one for one in _chain(error) if isinstance(one, (Refused, ssl.SSLError, socket.gaierror))), None)
    if root is not None:
        return "refused" if isinstance(root, Refused) else "tls" if isinstance(root, ssl.SSLError) else "name"
    return "connection" if isinstance(error, (httpx.NetworkError, OSError)) else "protocol"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    # What the layers below said, as far as it goes: each wraps the one before it in its own class.
    for _ in range(_MAX_CAUSES):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__
