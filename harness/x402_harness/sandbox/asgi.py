"""ASGI as the sellers speak it: requests read whole, answers sent at a pace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from x402_harness.protocol.exchange import Request, Response
from x402_harness.sandbox.wire import LINE, Wire, write_pieces

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
MAX_BODY = 8 * 1024 * 1024  # bytes of a request


@dataclass(frozen=True, slots=True)
class Pace:
    """How an answer is sent: ``delay`` seconds before its head, ``drip`` seconds between pieces of ``piece`` bytes,
    ``cut`` after so many bytes of the body (negative: counted from its end), ``hang`` in place of any answer.

    ``wire`` makes the bytes of the whole connection from the answer, past everything that HTTP allows.
    """

    delay: float = 0.0
    drip: float = 0.0
    piece: int = 1
    cut: int | None = None
    hang: bool = False
    wire: Wire | None = None


async def read_request(scope: Scope, receive: Receive) -> Request:
    """The whole request, its body cut at the limit."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")[: MAX_BODY + 1 - len(body)]
        if not message.get("more_body"):
            break
    headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in scope["headers"])
    host = next((value for key, value in headers if key.lower() == "host"), "localhost")
    raw = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string") or b""
    target = raw.split(b"?")[0] + (b"?" + query if query else b"")
    url = f"{scope.get('scheme', 'http')}://{host}{target.decode('latin-1')}"
    return Request(scope["method"], url, headers, bytes(body))


async def lifespan(receive: Receive, send: Send) -> None:
    """Acknowledge start and end."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return


async def paced(send: Send, response: Response, pace: Pace) -> None:
    """Send a response over ASGI at a pace."""
    if pace.hang:
        await asyncio.sleep(3600)
    if pace.delay:
        await asyncio.sleep(pace.delay)
    rows = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if not any(name == b"content-length" for name, _ in rows):
        rows.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": rows})
    kept = response.body if pace.cut is None else response.body[: pace.cut]
    if pace.drip:
        for start in range(0, len(kept), pace.piece):
            await send({"type": "http.response.body", "body": kept[start : start + pace.piece], "more_body": True})
            await asyncio.sleep(pace.drip)
        kept = b""
    if pace.cut is not None:
        await send({"type": "http.response.body", "body": kept, "more_body": True})
        raise ConnectionResetError("the answer is cut here")
    await send({"type": "http.response.body", "body": kept})


async def wired(scope: Scope, receive: Receive, send: Send, response: Response, wire: Wire) -> None:
    """Send a response as bytes of its own, where the server hands out its connections; else say that it cannot be."""
    line = (scope.get("extensions") or {}).get(LINE)
    if line is None:
        told = Response(501, (("content-type", "text/plain"),), b"this fault needs the sandbox's own server")
        await paced(send, told, Pace())
        return
    await write_pieces(line, wire(response))
    while (await receive())["type"] != "http.disconnect":
        pass  # of a request that was read whole nothing more comes
