"""Probing over real sockets: every kind of endpoint gets its own outcome, hosts are asked one request at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import pytest
from tests.harness.support.endpoints import endpoints
from tests.harness.support.listings import listing, with_input
from tests.harness.support.servers import Reply, Server
from tests.harness.support.terms import in_header, option_v2, required_v2

from x402_harness.checks.exchange import judge_exchange
from x402_harness.edge.client import Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.probing.asking import Asker
from x402_harness.probing.outcome import Probed
from x402_harness.probing.prober import Prober, Settings
from x402_harness.probing.targets import Target
from x402_harness.protocol.exchange import Exchange, Request, Response

LIMITS = Limits(body=100_000, timeout=1, total=1)
PAY = in_header(required_v2(option_v2()))


def probed(
    targets: Iterable[Target], settings: Settings | None = None, guard: Guard | None = None
) -> dict[str, Probed]:
    """The outcomes by URL."""
    found: dict[str, Probed] = {}

    async def run() -> None:
        async with guarded_client(guard or Guard(anywhere=True), LIMITS) as client:
            asker = Asker(client.send, asyncio.sleep, time.time, patience=1)
            prober = Prober(asker, judge_exchange, settings or Settings(slow=0.3))
            await prober.run(targets, lambda one: found.__setitem__(one.url, one))

    asyncio.run(run())
    return found


TOLD: dict[str, tuple[str, set[str]]] = {
    "good": ("payable", set()),
    "good-v1": ("payable", set()),
    "slow": ("payable", {"CHAL094"}),
    "hanging": ("unreachable", {"CHAL081"}),
    "resetting": ("unreachable", {"CHAL080"}),
    "bomb": ("not payable", {"CHAL082"}),
    "endless": ("not payable", {"CHAL082"}),
    "big-header": ("not payable", {"CHAL016"}),
    "huge-header": ("unreachable", {"CHAL082"}),
    "redirect": ("no terms", {"CHAL091"}),
    "busy": ("overloaded", {"CHAL095"}),
    "busy-once": ("payable", set()),
    "paywall": ("not payable", {"CHAL092"}),
    "post-only": ("payable", set()),
    "validating": ("payable", {"CHAL097"}),
    "price": ("payable", {"CHAL084"}),
    "payee": ("payable", {"CHAL085"}),
    "flapping": ("payable", {"CHAL088"}),
    "junk": ("unreachable", {"CHAL082"}),
    "free": ("free", {"CHAL001"}),
    "wide-open": ("payable", {"CHAL089"}),
    "cached": ("payable", {"CHAL090"}),
}


def loud(one: Probed) -> set[str]:
    """Codes of errors and warnings. The resource of these terms is another URL by its nature (CHAL014)."""
    return {finding.rule for finding in one.findings if finding.level != "info"} - {"CHAL014"}


def test_every_kind_of_endpoint_has_its_own_outcome() -> None:
    with endpoints(len(TOLD)) as hosts:
        urls = {kind: f"http://{host}/{kind}/1" for kind, host in zip(TOLD, hosts, strict=True)}
        found = probed([Target(url) for url in urls.values()])
    assert {kind: (found[url].verdict, loud(found[url])) for kind, url in urls.items()} == TOLD


def test_an_endpoint_that_answers_junk_to_tls_is_unreachable() -> None:
    with endpoints() as (host,):
        (one,) = probed([Target(f"https://{host}/good/1")]).values()
    assert (one.verdict, loud(one), one.words) == ("unreachable", {"CHAL080"}, "no secure connection could be made")


def test_active_probing_of_an_honest_endpoint_finds_nothing() -> None:
    with endpoints() as (host,):
        (one,) = probed([Target(f"http://{host}/post-only/2")], Settings(active=True)).values()
    assert one.requests > 10
    assert loud(one) == set()


def test_urls_of_listings_are_never_provoked_and_typed_ones_trust_no_others() -> None:
    settings, guard = Settings(active=True), Guard(frozenset({"127.0.0.1"}))
    with endpoints() as (host,):
        port = host.rsplit(":", 1)[1]
        inner = with_input(url=f"http://localhost:{port}/good/3")
        found = probed([Target(f"http://{host}/good/3"), Target(inner.url, False, listing=inner)], settings, guard)
        passive = probed([Target(inner.url, False, listing=inner)], settings)
    assert {one.typed: one.verdict for one in found.values()} == {True: "payable", False: "not asked"}
    assert loud(found[inner.url]) == {"CHAL083"}
    assert passive[inner.url].requests == 2


def test_a_host_gets_one_request_at_a_time_and_others_meanwhile() -> None:
    flying: dict[str, int] = {}
    most: dict[str, int] = {}

    async def send(request: Request) -> Response:
        host = request.url.split("/")[2]
        flying[host] = flying.get(host, 0) + 1
        most[host] = max(most.get(host, 0), flying[host])
        most["all"] = max(most.get("all", 0), sum(flying.values()))
        await asyncio.sleep(0.001)
        flying[host] -= 1
        return PAY

    targets = [Target(f"https://{number % 10}.example/{number}") for number in range(100)]
    asker, told = Asker(send, asyncio.sleep, time.time), []
    asyncio.run(Prober(asker, judge_exchange, Settings(parallel=4)).run(targets, told.append))
    assert len(told) == 100
    assert most.pop("all") == 4
    assert set(most.values()) == {1}


def test_the_rest_of_a_silent_host_is_not_asked() -> None:
    async def run() -> int:
        async with Server() as server:
            server._server.close()
            made = [with_input(url=f"http://127.0.0.1:{server.port}/{number}") for number in range(10)]
            targets = [Target(one.url, False, listing=one) for one in made]
            sent = []

            async with guarded_client(Guard(anywhere=True), LIMITS) as client:

                async def send(request: Request) -> object:
                    sent.append(request)
                    return await client.send(request)

                told: list[Probed] = []
                asker = Asker(send, asyncio.sleep, time.time)  # type: ignore[arg-type]
                await Prober(asker, judge_exchange).run(targets, told.append)
            assert {one.verdict for one in told} == {"unreachable"}
            assert {finding.rule for one in told for finding in one.findings} == {"CHAL080"}
            return len(sent)

    assert asyncio.run(run()) == 3


def test_a_fault_of_ours_is_the_outcome_of_one_endpoint_alone() -> None:
    def judge(exchange: Exchange, told: object) -> object:
        if exchange.request.url.endswith("/1"):
            raise RuntimeError("oops")
        return judge_exchange(exchange)

    async def send(request: Request) -> Response:
        return PAY

    told: list[Probed] = []
    targets = [Target("https://shop.example/1"), Target("https://shop.example/2")]
    prober = Prober(Asker(send, asyncio.sleep, time.time), judge)  # type: ignore[arg-type]
    asyncio.run(prober.run(targets, told.append))
    assert [one.verdict for one in told] == ["fault", "payable"]
    assert told[0].not_judged == (("everything", "own fault: RuntimeError: oops"),)


def test_a_listing_is_compared_with_what_its_endpoint_asks() -> None:
    async def run() -> Probed:
        async with Server(*[Reply(402, PAY.headers, PAY.body)] * 2) as server:
            told = listing(url=server.url)
            async with guarded_client(Guard(anywhere=True), LIMITS) as client:
                prober = Prober(Asker(client.send, asyncio.sleep, time.time), judge_exchange)
                return await prober.probe(Target(told.url, False, listing=told))

    one = asyncio.run(run())
    assert (one.listing, one.verdict, one.version) == ("shop-example-gen", "payable", 2)
    assert one.prices == ("0.020000 USDC on eip155:8453",)
    assert {finding.location.listing for finding in one.findings} <= {"shop-example-gen"}


@pytest.mark.parametrize("url", ["", "ftp://shop.example/", "http://", "http://[bad", "http://a:99999/"])
def test_a_listing_without_a_usable_url_is_an_outcome_too(url: str) -> None:
    (one,) = probed([Target(url, False, listing=with_input(url=url))]).values()
    assert one.verdict == "unreachable"
    assert loud(one) == {"CHAL080"}
