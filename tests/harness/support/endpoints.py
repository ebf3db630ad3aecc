"""Endpoints of every kind on loopback: one server that behaves as the first step of the path says."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.harness.support.terms import header, option_v1, option_v2, required_v1, required_v2

Writer = asyncio.StreamWriter
BOMB = gzip.compress(gzip.compress(bytes(200_000_000), 9), 9)
_COUNT = itertools.count(1)
_ASKED: Counter[str] = Counter()


def answer(status: int, body: bytes = b"{}", **headers: str) -> bytes:
    """A whole answer; underscores in header names stand for hyphens."""
    rows = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\n{rows}content-length: {len(body)}\r\n\r\n".encode() + body


def terms(*options: dict[str, Any], **members: Any) -> bytes:
    """A 402 of version 2."""
    told = required_v2(*(options or (option_v2(),)), **members)
    return answer(402, payment_required=header(told), cache_control="no-store")


def terms_v1() -> bytes:
    """A 402 of version 1."""
    return answer(402, json.dumps(required_v1(option_v1())).encode(), content_type="application/json")


async def _slow(writer: Writer, request: bytes) -> bytes:
    await asyncio.sleep(0.5)
    return terms()


async def _hanging(writer: Writer, request: bytes) -> bytes:
    await asyncio.sleep(30)
    return b""


async def _resetting(writer: Writer, request: bytes) -> bytes:
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return b""


async def _endless(writer: Writer, request: bytes) -> bytes:
    writer.write(b"HTTP/1.1 402 X\r\ncontent-type: application/json\r\n\r\n[")
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def _busy_once(writer: Writer, request: bytes) -> bytes:
    path = request.split(b" ", 2)[1].decode()
    _ASKED[path] += 1
    return answer(429, retry_after="1") if _ASKED[path] == 1 else terms()


def _always(data: bytes) -> Callable[[Writer, bytes], Awaitable[bytes]]:
    async def given(writer: Writer, request: bytes) -> bytes:
        return data

    return given


def _made(make: Callable[[bytes], bytes]) -> Callable[[Writer, bytes], Awaitable[bytes]]:
    async def given(writer: Writer, request: bytes) -> bytes:
        return make(request)

    return given


def _post_only(request: bytes) -> bytes:
    return terms() if request.startswith(b"POST") else answer(405, allow="POST")


def _validating(request: bytes) -> bytes:
    if not request.startswith(b"POST"):
        return answer(405, allow="POST")
    body = request.split(b"\r\n\r\n", 1)[1]
    return terms() if body.startswith(b"{") else answer(422, b'{"detail":"body is required"}')


def _flapping(request: bytes) -> bytes:
    path = request.split(b" ", 2)[1].decode()
    _ASKED[path] += 1
    return terms() if _ASKED[path] % 2 else answer(200)


KINDS: dict[str, Callable[[Writer, bytes], Awaitable[bytes]]] = {
    "good": _always(terms()),
    "good-v1": _always(terms_v1()),
    "slow": _slow,
    "hanging": _hanging,
    "resetting": _resetting,
    "bomb": _always(answer(402, BOMB, content_encoding="gzip, gzip", content_type="application/json")),
    "endless": _endless,
    "big-header": _always(terms(extensions={"note": {"info": {"text": "x" * 60_000}, "schema": {}}})),
    "huge-header": _always(answer(402, payment_required="A" * 300_000)),
    "redirect": _always(answer(307, location="/redirect/loop")),
    "busy": _always(answer(429, retry_after="1")),
    "busy-once": _busy_once,
    "paywall": _always(answer(402, b"<html>pay</html>", content_type="text/html; charset=utf-8")),
    "post-only": _made(_post_only),
    "validating": _made(_validating),
    "price": _made(lambda _: terms(option_v2(amount=str(20_000 + next(_COUNT))))),
    "payee": _made(lambda _: terms(option_v2(payTo="0x" + f"{2**159 + next(_COUNT):040x}"))),
    "flapping": _made(_flapping),
    "junk": _always(b"\x00\x01junk\r\n\r\n"),
    "free": _always(answer(200, b'{"ok":true}')),
    "wide-open": _always(
        answer(402, payment_required=header(required_v2(option_v2())), access_control_allow_origin="*")
    ),
    "cached": _always(answer(402, payment_required=header(required_v2(option_v2())), cache_control="max-age=60")),
}


async def _serve(reader: asyncio.StreamReader, writer: Writer) -> None:
    try:
        async with asyncio.timeout(60):
            request = await _read(reader)
            kind = request.split(b" ", 2)[1].decode("latin-1").split("/")[1] if b" " in request else "junk"
            writer.write(await KINDS.get(kind, KINDS["junk"])(writer, request))
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    if (first := await reader.readexactly(1)) == b"\x16":
        return first  # somebody speaks TLS
    head = first + await reader.readuntil(b"\r\n\r\n")
    rows = [line.split(b":", 1) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + await reader.readexactly(int(rows[0][1]) if rows else 0)


@contextmanager
def endpoints(hosts: int = 1) -> Iterator[list[str]]:
    """So many servers, in a thread of their own; their authorities, such as ``127.0.0.1:8001``."""
    found: list[str] = []
    ready, running = threading.Event(), threading.Thread(target=lambda: asyncio.run(work()), daemon=True)
    stops: list[Callable[[], None]] = []

    async def work() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        stops.append(lambda: loop.call_soon_threadsafe(stop.set))
        servers = [await asyncio.start_server(_serve, "127.0.0.1", 0, limit=1 << 18) for _ in range(hosts)]
        found.extend(f"127.0.0.1:{server.sockets[0].getsockname()[1]}" for server in servers)
        ready.set()
        await stop.wait()
        for server in servers:
            server.close()

    running.start()
    assert ready.wait(10)
    try:
        yield found
    finally:
        stops[0]()
        running.join(10)
