"""The guard: no stranger's URL leads to an address that is not public, however it is written or resolved."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from tests.harness.support.servers import Raw, Reply, Server

from x402_harness.edge.addresses import objection
from x402_harness.edge.client import Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Dialer, Guard, Refused, resolve
from x402_harness.protocol.exchange import Failure, Request, Response

QUICK = Limits(timeout=1, total=2)
NOBODY = Guard()

REFUSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "100.100.100.200", "127.0.0.1",
    "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::2", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1",
    "2002:a9fe:a9fe::", "2002:c0a8:1::5", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
    "fec0::1", "ff02::1", "4000::1", "2a00::5efe:10.0.0.1", "2a00::200:5efe:192.168.1.1", "", "shop.example", "1.2.3",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255", "198.17.255.255", "198.20.0.0",
    "223.255.255.255",
    "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2a00::5efe:8.8.8.8",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert objection(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not_refused(address: str) -> None:
    assert objection(address) is None


def send(guard: Guard, url: str, resolver: Any = resolve) -> Response | Failure:
    async def run() -> Response | Failure:
        async with guarded_client(guard, QUICK, resolver) as client:
            return await client.send(Request("GET", url))

    return asyncio.run(run())


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "017700000001", "127.1", "0", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "LOCALHOST", "localhost.", "169.254.169.254",
        "0xa9fea9fe",
        "[fe80::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "127。0。0。1", "①②⑦.0.0.1",
    ],
)  # fmt: skip
def test_a_host_is_refused_however_it_is_written(host: str) -> None:
    async def run() -> tuple[Response | Failure, int]:
        async with Server(Reply()) as server, guarded_client(Guard(), QUICK) as client:
            return await client.send(Request("GET", f"http://{host}:{server.port}/")), server.connections

    answer, connections = asyncio.run(run())
    assert isinstance(answer, Failure)
    # A resolver may not know such a spelling at all, or URLs not allow it: nothing is connected to either way.
    assert answer.cause in {"refused", "name", "request"}
    assert not answer.may_have_sent
    assert connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "2130706433", "localhost", "[::1]", "169.254.169.254"])
def test_usual_spellings_are_refused_by_the_guard_itself(host: str) -> None:
    answer = send(Guard(), f"http://{host}:8080/")
    assert isinstance(answer, Failure)
    assert answer.cause == "refused", answer


class Recording:
    """Notes where it would have connected."""

    def __init__(self, *failing: str) -> None:
        self.asked: list[tuple[str, int]] = []
        self._failing = failing

    async def __call__(self, address: str, port: int) -> socket.socket:
        self.asked.append((address, port))
        if address in self._failing:
            raise ConnectionRefusedError("no")
        with socket.socket() as never_connected:
            return never_connected


def dialer(*answers: list[str], guard: Guard = NOBODY, failing: tuple[str, ...] = ()) -> tuple[Dialer, Recording]:
    """A dialer whose resolver gives these answers, one after the other."""
    script, inner = list(answers), Recording(*failing)

    async def resolver(host: str, port: int) -> list[str]:
        return script.pop(0)

    return Dialer(guard, resolver, inner), inner


def connect(guarded: Dialer, host: str = "shop.example", port: int = 443) -> None:
    asyncio.run(guarded.dial(host, port))


def test_what_is_connected_to_is_the_address_that_was_looked_at() -> None:
    guarded, inner = dialer(["8.8.8.8"], ["127.0.0.1"])
    connect(guarded)
    with pytest.raises(Refused, match="loopback"):
        connect(guarded)
    assert inner.asked == [("8.8.8.8", 443)]


def test_one_bad_address_among_good_ones_is_enough() -> None:
    guarded, inner = dialer(["8.8.8.8", "10.0.0.1"])
    with pytest.raises(Refused, match=r"10\.0\.0\.1: private"):
        connect(guarded)
    assert inner.asked == []


def test_addresses_are_tried_in_their_order() -> None:
    guarded, inner = dialer(["8.8.8.8", "1.1.1.1"], failing=("8.8.8.8",))
    connect(guarded)
    assert inner.asked == [("8.8.8.8", 443), ("1.1.1.1", 443)]


def test_a_name_without_addresses_is_refused() -> None:
    guarded, _ = dialer([])
    with pytest.raises(Refused, match="no address"):
        connect(guarded)


@pytest.mark.parametrize(
    ("port", "allowed"), [(80, True), (443, True), (22, False), (25, False), (1, False), (8443, True)]
)
def test_ports_of_other_services_are_refused(port: int, allowed: bool) -> None:
    guarded, inner = dialer(["8.8.8.8"])
    if allowed:
        connect(guarded, port=port)
    else:
        with pytest.raises(Refused, match="port"):
            connect(guarded, port=port)
    assert bool(inner.asked) is allowed


@pytest.mark.parametrize("host", ["shop.example", "SHOP.example", "shop.example."])
def test_a_host_that_the_user_typed_may_be_anywhere(host: str) -> None:
    guarded, inner = dialer(["127.0.0.1"], guard=Guard(frozenset({"shop.example"})))
    connect(guarded, host, 22)
    assert inner.asked == [("127.0.0.1", 22)]


def test_typing_one_host_trusts_no_other() -> None:
    guarded, _ = dialer(["127.0.0.1"], guard=Guard(frozenset({"shop.example"})))
    with pytest.raises(Refused):
        connect(guarded, "evil.shop.example")


def test_a_resolver_that_hangs_is_waited_for_no_longer_than_anything_else() -> None:
    async def resolver(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    answer = send(Guard(), "http://shop.example/", resolver)
    assert isinstance(answer, Failure)
    assert answer.cause == "timeout"


def test_the_host_that_is_asked_for_stays_the_one_of_the_url() -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def run() -> str | None:
        guard = Guard(anywhere=True)
        async with Server(Reply()) as server, guarded_client(guard, QUICK, resolver) as client:
            await client.send(Request("GET", f"http://shop.example:{server.port}/"))
            return server.requests[0].header("host")

    assert (asyncio.run(run()) or "").startswith("shop.example:")


@pytest.mark.parametrize(
    ("script", "scheme", "cause"),
    [
        (Raw(b"junk!\r\n\r\n"), "http", "protocol"),
        (Raw(), "http", "protocol"),
        (Raw(b"HTTP/1.1 400 no"), "https", "tls"),
    ],
    ids=["no http", "nothing", "no tls"],
)
def test_the_reason_of_a_failure_is_told(script: Raw, scheme: str, cause: str) -> None:
    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(script.data)
        writer.close()

    async def run() -> Response | Failure:
        server = await asyncio.start_server(hello, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, guarded_client(Guard(anywhere=True), QUICK) as client:
            return await client.send(Request("GET", f"{scheme}://127.0.0.1:{port}/"))

    answer = asyncio.run(run())
    assert isinstance(answer, Failure)
    assert answer.cause == cause, answer


def test_a_name_that_does_not_resolve_is_told_as_that() -> None:
    async def resolver(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    answer = send(Guard(), "http://shop.example/", resolver)
    assert isinstance(answer, Failure)
    assert (answer.cause, answer.may_have_sent) == ("name", False)
