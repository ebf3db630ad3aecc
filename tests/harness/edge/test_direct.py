"""Answers of every form on the connections of a probe, and what keeps a server from filling its memory."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.harness.support.servers import Raw, Server, Step

from x402_harness.edge.client import Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard, resolve
from x402_harness.edge.wire import MAX_HEAD
from x402_harness.protocol.exchange import Failure, Request, Response

QUICK = Limits(timeout=1, total=2)
ANYWHERE = Guard(anywhere=True)
CERTIFICATE = Path(__file__).with_name("corpus") / "localhost.pem"  # self-signed, of no worth elsewhere


def ask(step: Step, method: str = "GET") -> Response | Failure:
    async def run() -> Response | Failure:
        async with Server(step) as server, guarded_client(ANYWHERE, QUICK) as client:
            answer = await client.send(Request(method, server.url))
            assert len(server.requests) == 1, "nothing is sent again"
            return answer

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("method", "wire", "body"),
    [
        ("GET", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", b"hello"),
        ("GET", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", b"hello"),
        ("GET", b"HTTP/1.1 200 OK\r\n\r\nhello", b"hello"),
        ("GET", b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello"),
        ("GET", b"HTTP/1.1 100 Continue\r\nx: y\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", b"hello"),
        ("GET", b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200\r\ncontent-length: 5\r\n\r\nhello", b"hello"),
        ("GET", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhelloHTTP/1.1 500 No\r\n\r\n", b"hello"),
        ("HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", b""),
        ("GET", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", b""),
    ],
)  # fmt: skip
def test_an_answer_is_read_whatever_frames_its_body(method: str, wire: bytes, body: bytes) -> None:
    answer = ask(Raw(wire), method)
    assert isinstance(answer, Response), answer
    assert (answer.status, answer.body) == (200, body)


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body_end_with_their_head(status: int) -> None:
    answer = ask(Raw(f"HTTP/1.1 {status} Nothing\r\n\r\nleft over".encode()))
    assert isinstance(answer, Response)
    assert (answer.status, answer.body) == (status, b"")


@pytest.mark.parametrize(
    "wire",
    [
        b"", b"junk", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhel", b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)  # fmt: skip
def test_what_breaks_http_is_told_as_that(wire: bytes) -> None:
    answer = ask(Raw(wire))
    assert isinstance(answer, Failure), answer
    assert (answer.cause, answer.may_have_sent) == ("protocol", True)


@pytest.mark.parametrize(
    ("headers", "fits"),
    [
        (b"x: " + b"a" * (MAX_HEAD // 2) + b"\r\n", True),
        (b"x: " + b"a" * (MAX_HEAD + 40_000) + b"\r\n", False),
        (b"x: a\r\n" * (MAX_HEAD // 2), False),
    ],
    ids=["half the limit", "one too long", "too many"],
)
def test_headers_are_read_as_far_as_a_limit(headers: bytes, fits: bool) -> None:
    answer = ask(Raw(b"HTTP/1.1 200 OK\r\n" + headers + b"content-length: 0\r\n\r\n"))
    assert isinstance(answer, Response if fits else Failure), answer
    assert fits or (isinstance(answer, Failure) and answer.cause == "protocol")


def test_a_server_that_is_faster_than_its_reader_does_not_fill_the_memory() -> None:
    size = 64 * 1024 * 1024

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n".encode())
        try:
            for _ in range(size // 65536):
                writer.write(b"x" * 65536)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    async def run() -> Response | Failure:
        server = await asyncio.start_server(flood, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with server, guarded_client(ANYWHERE, Limits(body=1024 * 1024)) as client:
            return await client.send(Request("GET", url))

    tracemalloc.start()
    answer = asyncio.run(run())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(answer, Response)
    assert (len(answer.body), answer.truncated) == (1024 * 1024, True)
    assert peak < 8 * 1024 * 1024


def secure(work: Callable[[str, ssl.SSLContext], Awaitable[Response | Failure]], name: str) -> Response | Failure:
    """What comes of ``work`` with the URL of a server over TLS, and with the trust in its certificate."""

    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 402 Pay\r\ncontent-length: 2\r\n\r\n{}")
        writer.close()

    async def run() -> Response | Failure:
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(CERTIFICATE)
        server = await asyncio.start_server(hello, "127.0.0.1", 0, ssl=own)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await work(f"https://{name}:{port}/", ssl.create_default_context(cafile=str(CERTIFICATE)))

    return asyncio.run(run())


async def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "localhost."])
def test_a_certificate_of_the_host_is_taken(name: str) -> None:
    async def work(url: str, trust: ssl.SSLContext) -> Response | Failure:
        async with guarded_client(ANYWHERE, QUICK, loopback, trust) as client:
            return await client.send(Request("GET", url))

    answer = secure(work, name)
    assert isinstance(answer, Response), answer
    assert (answer.status, answer.body) == (402, b"{}")


@pytest.mark.parametrize(("name", "trusted"), [("shop.example", True), ("localhost", False)])
def test_no_other_certificate_is_taken(name: str, trusted: bool) -> None:
    async def work(url: str, trust: ssl.SSLContext) -> Response | Failure:
        async with guarded_client(ANYWHERE, QUICK, loopback, trust if trusted else None) as client:
            return await client.send(Request("GET", url))

    answer = secure(work, name)
    assert isinstance(answer, Failure)
    assert (answer.cause, answer.may_have_sent) == ("tls", False)


def test_names_are_looked_up_in_threads_that_do_not_keep_the_program() -> None:
    assert asyncio.run(resolve("localhost", 80))
    with pytest.raises(socket.gaierror):
        asyncio.run(resolve("no-such-host.invalid", 80))
    until = time.monotonic() + 5
    while any("_look_up" in thread.name for thread in threading.enumerate()) and time.monotonic() < until:
        time.sleep(0.01)
    assert all(thread.daemon for thread in threading.enumerate() if "_look_up" in thread.name)
