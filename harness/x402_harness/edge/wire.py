"""HTTP/1.1 on one connection: what is written of a request, and what is read of an answer as its bytes come in.

The grammar is llhttp's, the parser of Node.js; what is counted and bounded is counted and bounded here.
"""

from __future__ import annotations

import asyncio
import re

import httptools
import httpx

MAX_HEAD = 256 * 1024  # bytes of status line and headers
_HIGH, _LOW = 256 * 1024, 64 * 1024  # bytes of body that wait to be read before the peer is kept waiting, and after
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")
_TARGET = re.compile(rb"[\x21-\x7e]+")
_UNBLESSED = frozenset({100, 102, 103})  # answers before the answer


def written(method: str, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    """The request as it goes over the wire. Raises ``httpx.LocalProtocolError`` for what HTTP cannot say."""
    verb = method.encode("ascii", "replace")
    if not _TOKEN.fullmatch(verb) or not _TARGET.fullmatch(target):
        raise httpx.LocalProtocolError("method or target is malformed")
    for name, value in headers:
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value) or value.strip() != value:
            raise httpx.LocalProtocolError(f"header {name[:60]!r} is malformed")
    rows = b"".join(b"%b: %b\r\n" % row for row in headers)
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (verb, target, rows, body)


class Exchanging(asyncio.Protocol):
    """Reads one answer. ``head`` waits for status and headers, ``more`` for more of the body, which ``chunk`` takes."""

    def __init__(self, bodiless: bool) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.status = 0
        self._bodiless = bodiless  # the answer to a HEAD
        self._parser = httptools.HttpResponseParser(self)
        self._body = bytearray()
        self._size = self._head = 0  # bytes that came, and of these in headers
        self._headed = self._ended = self._framed = self._paused = False
        self._failure: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    @property
    def ended(self) -> bool:
        """Whether the whole answer has come."""
        return self._ended

    async def head(self) -> None:
        """Wait for the head of the answer. Raises the errors of httpx."""
        while not self._headed and self._failure is None:
            await self._more()
        if self._failure is not None:
            raise self._failure

    @property
    def is_ready(self) -> bool:
        """Whether some of the body is there, or there is nothing more to wait for."""
        return bool(self._body) or self._ended or self._failure is not None

    @property
    def has_more(self) -> bool:
        """Whether some of the body has not been taken."""
        return bool(self._body) or not self._ended

    async def more(self) -> None:
        """Wait for more of the body."""
        while not self.is_ready:
            await self._more()

    def chunk(self) -> bytes:
        """The body as far as it has come and has not been taken. Raises the errors of httpx."""
        if self._failure is not None and not self._body:
            raise self._failure
        found = bytes(self._body)
        self._body.clear()
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return found

    async def _more(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Parse; whatever comes after the end of the answer is nobody's."""
        if self._ended or self._failure is not None:
            return
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._headed = self._ended = True
        except httptools.HttpParserError as error:
            if not self._ended:
                self._fail(httpx.RemoteProtocolError(str(error)))
        if max(self._size if not self._headed else 0, self._head) > MAX_HEAD:
            self._fail(httpx.RemoteProtocolError(f"the head is longer than {MAX_HEAD} bytes"))
        if len(self._body) > _HIGH and self._transport is not None and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end of an answer that is framed by it; a failure of any other."""
        if self._ended:
            pass
        elif exc is not None:
            self._fail(_read_error(exc))
        elif not self._headed:
            self._fail(httpx.RemoteProtocolError("server disconnected without sending a response"))
        elif self._framed:
            self._fail(httpx.RemoteProtocolError("server disconnected before the body was complete"))
        else:
            self._ended = True
        self._wake()

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._wake()

    # What the parser tells.

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        if self._headed:
            return  # behind a chunked body: nobody waits for it
        self._head += len(name) + len(value)
        self.headers.append((name, value.strip()))

    def on_headers_complete(self) -> None:
        """All headers."""
        if self._headed:
            return  # of an answer that nobody asked for
        self.status = self._parser.get_status_code()
        if self.status in _UNBLESSED:
            return
        self._headed = True
        self._ended = self._bodiless
        # Without one of these the body goes on until the connection ends.
        self._framed = any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self.headers)

    def on_body(self, body: bytes) -> None:
        """Some of the body."""
        if not self._ended:
            self._body += body

    def on_message_complete(self) -> None:
        """The end of an answer, or of one that came before it."""
        if self._headed:
            self._ended = True
        else:
            self.headers.clear()


def _read_error(error: Exception) -> Exception:
    told = httpx.ReadError(f"{error}")
    told.__cause__ = error
    return told
