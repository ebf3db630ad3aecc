"""The client: one request, one connection, one answer within limits, or the reason why there is none."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from tests.harness.support.servers import Drip, Raw, Reply, Server, Stall, Step, closed_port

from x402_harness.edge.client import USER_AGENT, Client, Limits
from x402_harness.edge.decoding import Decoder
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.protocol.exchange import Failure, Request, Response

QUICK = Limits(timeout=0.2, total=0.5)


Ask = Callable[..., tuple[Any, Server]]
Make = Callable[[Limits], Client]
CLIENTS: dict[str, Make] = {
    "for payments": lambda limits: Client(limits=limits),
    "for probes": lambda limits: guarded_client(Guard(anywhere=True), limits),
}


@pytest.fixture(params=list(CLIENTS))
def make(request: pytest.FixtureRequest) -> Make:
    """Each kind of client in turn: what holds of the one holds of the other."""
    return CLIENTS[request.param]


@pytest.fixture
def ask(make: Make) -> Ask:
    """Asks a server with that script; returns the last answer to so many requests, and the server."""

    def asked(
        *script: Step, limits: Limits = QUICK, request: Request | None = None, times: int = 1
    ) -> tuple[Any, Server]:
        async def run() -> tuple[Any, Server]:
            async with Server(*script) as server, make(limits) as client:
                sent = request or Request("GET", "")
                for _ in range(times):
                    answer = await client.send(Request(sent.method, server.url, sent.headers, sent.body))
                return answer, server

        return asyncio.run(run())

    return asked


def encoded(coding: str, body: bytes) -> Reply:
    return Reply(200, (("content-encoding", coding),), body)


def test_an_answer_is_told_whole(ask: Ask) -> None:
    answer, _ = ask(Reply(418, (("X-A", "1"), ("x-a", "2"), ("Set-Cookie", "a=b")), b"\x00\xff"))
    assert isinstance(answer, Response)
    assert (answer.status, answer.body, answer.truncated) == (418, b"\x00\xff", False)
    assert [value for name, value in answer.headers if name.lower() == "x-a"] == ["1", "2"]


def test_a_request_leaves_as_it_is_written(ask: Ask) -> None:
    sent = Request(
        "POST", "", (("content-type", "text/x"), ("accept", "a/b"), ("x-twice", "1"), ("x-twice", "2")), b"\0!"
    )
    _, server = ask(Reply(), request=sent)
    (received,) = server.requests
    assert (received.method, received.target, received.body) == ("POST", "/gen", b"\0!")
    assert [row for row in received.headers if row[0].lower() == "x-twice"] == [("x-twice", "1"), ("x-twice", "2")]
    assert (received.header("accept"), received.header("content-type")) == ("a/b", "text/x")
    assert received.header("user-agent") == USER_AGENT
    assert "mozilla" not in USER_AGENT.lower()


def test_every_request_has_a_connection_of_its_own(ask: Ask) -> None:
    _, server = ask(Reply(), Reply(), Reply(), times=3)
    assert server.connections == 3
    assert [request.header("connection") for request in server.requests] == ["close"] * 3


def test_nothing_is_remembered_from_one_request_to_the_next(ask: Ask) -> None:
    _, server = ask(Reply(402, (("set-cookie", "session=1"),)), Reply(), times=2)
    first, second = server.requests
    assert first.headers == second.headers


@pytest.mark.parametrize("location", ["/other", "http://[bad", "ftp://shop.example/", ""])
def test_a_redirect_is_an_answer_like_any_other(ask: Ask, location: str) -> None:
    answer, server = ask(Reply(302, (("location", location),), b"moved"))
    assert (answer.status, answer.body) == (302, b"moved")
    assert server.connections == 1


def test_proxies_of_the_environment_are_not_used(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    answer, _ = ask(Reply())
    assert isinstance(answer, Response)


@pytest.mark.parametrize(("size", "cut"), [(999, False), (1000, False), (1001, True), (500_000, True)])
def test_a_body_is_cut_at_the_limit(ask: Ask, size: int, cut: bool) -> None:
    answer, _ = ask(Reply(200, (), b"x" * size), limits=Limits(body=1000))
    assert (len(answer.body), answer.truncated) == (min(size, 1000), cut)


def test_a_body_without_end_is_cut_at_the_limit(ask: Ask) -> None:
    answer, _ = ask(Raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000), limits=Limits(body=1000))
    assert (len(answer.body), answer.truncated) == (1000, True)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"hello" * 100, mtime=0)),
        ("X-GZIP", gzip.compress(b"hello" * 100, mtime=0)),
        ("deflate", zlib.compress(b"hello" * 100)),
        ("deflate", zlib.compress(b"hello" * 100)[2:-4]),
        ("deflate, gzip", gzip.compress(zlib.compress(b"hello" * 100), mtime=0)),
        ("identity", b"hello" * 100),
        ("", b"hello" * 100),
    ],
)
def test_content_codings_are_undone(ask: Ask, coding: str, body: bytes) -> None:
    answer, _ = ask(encoded(coding, body))
    assert answer.body == b"hello" * 100


def test_a_coding_that_was_not_asked_for_is_left_as_it_is(ask: Ask) -> None:
    answer, server = ask(encoded("br", b"\x0b\x02\x80hello\x03"))
    assert answer.body == b"\x0b\x02\x80hello\x03"
    assert server.requests[0].header("accept-encoding") == "gzip, deflate"


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_few_bytes_do_not_become_gigabytes(ask: Ask, layers: int) -> None:
    bomb = bytes(100_000_000)
    for _ in range(layers):
        bomb = gzip.compress(bomb, 6, mtime=0)
    tracemalloc.start()
    answer, _ = ask(encoded(", ".join(["gzip"] * layers), bomb), limits=Limits(body=1_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(answer.body), answer.truncated) == (1_000_000, True)
    assert peak < 20_000_000


@pytest.mark.parametrize(
    ("coding", "more"),
    [("gzip", bytes(60_000)), ("deflate", b"\x00\x00\x00\xff\xff" * 12_000)],
    ids=["behind the end", "blocks that hold nothing"],
)
def test_bytes_that_become_nothing_are_read_no_further_than_the_limit_and_not_kept(coding: str, more: bytes) -> None:
    decoder = Decoder(coding, 10_000_000)
    decoder.feed(gzip.compress(b"{}", mtime=0) if coding == "gzip" else b"")
    tracemalloc.start()
    fed = next(count for count in range(1, 1_000) if not decoder.feed(more) and decoder.full)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 9_000_000 < fed * len(more) < 11_000_000
    assert peak < 1_000_000


def test_more_codings_than_anybody_stacks_are_not_undone(ask: Ask) -> None:
    answer, _ = ask(encoded(", ".join(["gzip"] * 4_000), gzip.compress(b"{}", mtime=0)))
    assert (answer.body, answer.undecoded) == (b"", "4000 codings around each other")


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_a_coding_is_undone_whatever_the_size_of_its_pieces(chunk: int) -> None:
    data, decoder = gzip.compress(bytes(range(256)) * 9), Decoder("gzip", 10_000)
    pieces = [decoder.feed(data[start : start + chunk]) for start in range(0, len(data), chunk)]
    assert b"".join(pieces) == bytes(range(256)) * 9
    assert not decoder.full


@pytest.mark.parametrize("body", [b"plain text", gzip.compress(b"hello" * 100, mtime=0)[:-9]])
def test_a_body_that_is_not_so_encoded_is_still_an_answer_with_its_headers(ask: Ask, body: bytes) -> None:
    answer, _ = ask(Reply(200, (("content-encoding", "gzip"), ("PAYMENT-RESPONSE", "e30=")), body))
    assert isinstance(answer, Response)
    assert (answer.status, answer.header("payment-response")) == (200, "e30=")
    assert answer.undecoded


def test_reading_ends_where_a_coding_breaks_however_long_the_body(ask: Ask) -> None:
    endless = Drip(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\nplain text", pause=0.01)
    answer, _ = ask(endless, limits=Limits(total=30))
    assert isinstance(answer, Response)
    assert (answer.body, answer.received) == (b"", None)


def test_the_bytes_of_a_body_are_counted_as_they_came(ask: Ask) -> None:
    packed = gzip.compress(b"hello" * 100, mtime=0)
    answer, _ = ask(encoded("gzip", packed))
    assert (answer.received, len(answer.body), answer.undecoded) == (len(packed), 500, "")
    cut, _ = ask(encoded("gzip", packed), limits=Limits(body=100))
    assert (cut.received, cut.truncated) == (None, True)


@pytest.mark.parametrize(
    "step",
    [
        Raw(),
        Raw(b"HTTP/1.1 200 OK\r\n"),
        Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"),
        Raw(b"junk!\r\n\r\n"),
    ],
)
def test_a_connection_that_is_dropped_after_the_request_may_have_sent_it(ask: Ask, step: Step) -> None:
    answer, server = ask(step)
    assert isinstance(answer, Failure)
    assert (answer.cause in {"protocol", "connection"}, answer.may_have_sent) == (True, True)
    assert len(server.requests) == 1, "nothing is sent again"


@pytest.mark.parametrize("end", [Raw, Stall, lambda data: Drip(data, pause=0.05)], ids=["hangs up", "stalls", "drips"])
def test_the_head_of_an_answer_is_told_though_its_body_is_lost(ask: Ask, end: Callable[[bytes], Step]) -> None:
    answer, _ = ask(end(b"HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 5000\r\n\r\nhalf"))
    assert isinstance(answer, Failure)
    assert answer.partial is not None
    assert (answer.partial.status, answer.partial.header("x-a"), answer.partial.truncated) == (200, "1", True)
    assert answer.partial.body.startswith(b"half")


@pytest.mark.parametrize("step", [Raw(), Raw(b"HTTP/1.1 200 OK\r\nx-a: 1\r\n"), Stall(b"HTTP/1.1 200 OK\r\nx-a")])
def test_an_answer_without_a_whole_head_is_none(ask: Ask, step: Step) -> None:
    answer, _ = ask(step)
    assert isinstance(answer, Failure)
    assert answer.partial is None


@pytest.mark.parametrize(
    "step", [Stall(), Stall(b"HTTP/1.1 200 OK\r\n"), Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")]
)
def test_silence_is_a_timeout_after_sending(ask: Ask, step: Step) -> None:
    answer, _ = ask(step)
    assert isinstance(answer, Failure)
    assert (answer.cause, answer.may_have_sent) == ("timeout", True)


def test_a_trickle_is_a_timeout_too(ask: Ask) -> None:
    answer, _ = ask(Drip(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n", pause=0.05))
    assert isinstance(answer, Failure)
    assert (answer.cause, answer.may_have_sent) == ("timeout", True)


def send(client: Client, request: Request) -> Response | Failure:
    async def run() -> Response | Failure:
        async with client:
            return await client.send(request)

    return asyncio.run(run())


def test_a_refused_connection_surely_sent_nothing(make: Make) -> None:
    port = asyncio.run(closed_port())
    answer = send(make(QUICK), Request("GET", f"http://127.0.0.1:{port}/"))
    assert isinstance(answer, Failure)
    assert (answer.cause, answer.may_have_sent) == ("connection", False)


@pytest.mark.parametrize(
    "url",
    [
        "", "/gen", "shop.example/gen", "ftp://shop.example/", "mailto:a@shop.example", "http://", "http:///gen",
        "http://127.0.0.1:99999/", "http://127.0.0.1:9999999999/", "http://127.0.0.1:port/", "http://[::1",
        "http://\x00/", "http://xn--/", "https://" + "x" * 70_000,
    ],
)  # fmt: skip
def test_an_invalid_url_is_not_sent(make: Make, url: str) -> None:
    answer = send(make(QUICK), Request("GET", url))
    assert isinstance(answer, Failure)
    assert (answer.cause, answer.may_have_sent) == ("request", False)


@pytest.mark.parametrize("value", ["ü\u0142", "\ud800"])
def test_a_header_that_cannot_be_written_is_not_sent(make: Make, value: str) -> None:
    answer = send(make(QUICK), Request("GET", "http://127.0.0.1:1/", (("x-a", value),)))
    assert isinstance(answer, Failure)
    assert (answer.cause, answer.may_have_sent) == ("request", False)


@pytest.mark.parametrize(("name", "value"), [("x-a", "a\r\nx-b: c"), ("x a", "b"), ("x-a", "\x00")])
def test_a_header_cannot_smuggle_another(ask: Ask, name: str, value: str) -> None:
    answer, server = ask(Reply(), request=Request("GET", "", ((name, value),)))
    assert isinstance(answer, Failure)
    assert server.requests == []


class Failing(httpx.AsyncBaseTransport):
    """A transport that fails before it tells anything."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise self._error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (httpx.ConnectError("no"), "connection"), (httpx.ReadTimeout("no"), "timeout"), (OSError("no"), "connection"),
        (httpx.RemoteProtocolError("no"), "protocol"), (ValueError("no"), "protocol"),
    ],
)  # fmt: skip
def test_a_transport_that_tells_nothing_may_have_sent_anything(error: Exception, cause: str) -> None:
    answer = send(Client(Failing(error)), Request("GET", "http://shop.example/"))
    assert isinstance(answer, Failure)
    assert (answer.cause, answer.may_have_sent) == (cause, True)


def test_an_application_in_process_is_a_server_too() -> None:
    async def app(scope: dict[str, Any], receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 201, "headers": [(b"x-path", scope["raw_path"])]})
        await send({"type": "http.response.body", "body": b"made"})

    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # httpx types an ASGI app more narrowly
    answer = send(Client(transport), Request("PUT", "http://shop.example/a%20b"))
    assert isinstance(answer, Response)
    assert (answer.status, answer.body, answer.header("x-path")) == (201, b"made", "/a%20b")
