"""The wire: bytes past HTTP over the sandbox's own server, and a plain word where there is no such server."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from tests.harness.support.buying import clock
from tests.harness.support.listings import listing

from x402_harness.protocol.exchange import Response
from x402_harness.sandbox.asgi import Pace
from x402_harness.sandbox.behaviour import Fault, Side
from x402_harness.sandbox.seller import Seller
from x402_harness.sandbox.server import Serving
from x402_harness.sandbox.wire import Pause, Piece, Reset, Wire
from x402_harness.sandbox.world import World

ASK = b"GET /gen HTTP/1.1\r\nhost: shop.example\r\n\r\n"


def seller(wire: Wire) -> Seller:
    fault = Fault("raw", Side.TRANSPORT, "says what no server says", (), unpaid_pace=Pace(wire=wire))
    return World(clock()).seller(listing(), faults=(fault,))


@contextmanager
def asked(wire: Wire) -> Iterator[socket.socket]:
    """A connection to a seller on which a request has been sent."""
    with Serving(seller(wire)) as server, socket.create_connection(("127.0.0.1", server.port), timeout=5) as peer:
        peer.sendall(ASK)
        yield peer


def heard(peer: socket.socket) -> bytes:
    return b"".join(iter(lambda: peer.recv(65_536), b""))


def test_the_bytes_are_those_that_were_given_and_then_the_connection_ends() -> None:
    with asked(lambda response: [b"\x00\x01 no HTTP", Pause(0.01), b"\r\n at all"]) as peer:
        assert heard(peer) == b"\x00\x01 no HTTP\r\n at all"


def test_the_bytes_are_made_from_the_answer() -> None:
    with asked(lambda response: [str(response.status).encode()]) as peer:
        assert heard(peer) == b"402"


def test_a_reset_is_no_goodbye() -> None:
    with asked(lambda response: [Reset()]) as peer, pytest.raises(ConnectionResetError):
        heard(peer)


def test_bytes_without_end_wait_for_who_reads_and_end_when_nobody_does() -> None:
    written = 0

    def pieces(response: Response) -> Iterable[Piece]:
        nonlocal written
        for piece in itertools.repeat(bytes(100_000)):
            written += len(piece)
            yield piece

    with asked(pieces) as peer:
        assert peer.recv(1_000) == bytes(1_000)
        time.sleep(0.1)
        held = written
        time.sleep(0.1)
        assert written == held < 50_000_000
        peer.close()
    assert written <= held + 100_000


def test_where_connections_are_not_handed_out_that_is_said() -> None:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=seller(lambda response: [b"never"]))
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.get("https://shop.example/gen")

    answer = asyncio.run(run())
    assert answer.status_code == 501
    assert "sandbox's own server" in answer.text
