"""Following a feed over real sockets: to its end, politely, and on from where it broke off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.harness.support.servers import Raw, Reply, Server, Stall, Step

from x402_catalog.reading import Limits as ReadingLimits
from x402_catalog.store import Catalogue
from x402_harness.edge.client import Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.feeds.following import FRESH, FeedError, Follower, first_url, next_url
from x402_harness.feeds.pages import Page, Pages
from x402_harness.probing.asking import Asker


def item(number: int) -> dict[str, Any]:
    return {"resource": f"https://a.example/{number}", "type": "http", "x402Version": 2, "accepts": []}


def page(start: int, stop: int, total: int | None, *, limit: int = 2, **headers: str) -> Reply:
    turning = {"limit": limit, "offset": start, **({} if total is None else {"total": total})}
    body = {"x402Version": 2, "items": [item(n) for n in range(start, stop)], "pagination": turning}
    return Reply(200, tuple(headers.items()), json.dumps(body).encode())


@dataclass
class World:
    """A clock that only sleeping moves, the pages that are kept, and a follower over real sockets."""

    pages: Callable[[str], Pages]
    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def follow(self, url: str, body: int = 1_000_000, *, anywhere: bool = True) -> int:
        async with guarded_client(Guard(anywhere=anywhere), Limits(body=body, timeout=2, total=2)) as client:
            asker = Asker(client.send, self.sleep, lambda: self.now)
            return await Follower(asker, self.sleep, 0.25).follow(url, self.pages(url))

    def urls(self, url: str) -> list[str]:
        records = self.pages(url).records(ReadingLimits())
        return [record.value["resource"] for record in records]  # type: ignore[union-attr]


@pytest.fixture
def world() -> Iterator[World]:
    """A world with an empty catalogue in memory."""
    with Catalogue.memory() as catalogue:
        yield World(lambda feed: Pages(catalogue.connection, feed))


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def targets(server: Server) -> list[str]:
    return [request.target for request in server.requests]


def expected(count: int) -> list[str]:
    return [f"https://a.example/{number}" for number in range(count)]


def test_a_feed_is_followed_to_its_end_with_a_pause_between_its_pages(world: World) -> None:
    async def scenario() -> None:
        async with Server(page(0, 2, 5), page(2, 4, 5), page(4, 5, 5)) as server:
            assert await world.follow(server.url) == 3
            assert targets(server) == ["/gen", "/gen?offset=2", "/gen?offset=4"]
            assert world.urls(server.url) == expected(5)
            assert world.slept == [0.25, 0.25]
            assert server.requests[0].header("accept") == "application/json"

    run(scenario())


@pytest.mark.parametrize(
    "last",
    [page(2, 3, None), page(2, 2, None), page(2, 2, 99), page(2, 3, 3)],
    ids=["a short page", "an empty page", "an empty page before the total", "the total"],
)
def test_the_end_is_seen_however_it_is_told(world: World, last: Reply) -> None:
    async def scenario() -> None:
        async with Server(page(0, 2, None if b"total" not in last.body else 3), last) as server:
            await world.follow(server.url)
            assert len(server.requests) == 2
            assert world.urls(server.url) == expected(2 + last.body.count(b"resource"))

    run(scenario())


def test_a_cursor_is_followed_until_there_is_none(world: World) -> None:
    def turned(number: int, cursor: str | None) -> Reply:
        body = {"resources": [item(number)], "pagination": {"limit": 1, "cursor": cursor}}
        return Reply(200, (), json.dumps(body).encode())

    async def scenario() -> None:
        async with Server(turned(0, "a/b&c"), turned(1, None)) as server:
            assert await world.follow(server.url) == 2
            assert targets(server)[1] == "/gen?cursor=a%2Fb%26c"

    run(scenario())


def test_one_document_is_one_page(world: World) -> None:
    async def scenario() -> None:
        async with Server(Reply(200, (), json.dumps({"slug": "s", "accepts": []}).encode())) as server:
            assert await world.follow(server.url) == 1
            assert server.connections == 1
            assert world.slept == []

    run(scenario())


def test_what_has_not_changed_is_not_sent_again(world: World) -> None:
    async def scenario() -> None:
        first = [page(0, 2, 3, etag='"one"'), page(2, 3, 3, **{"last-modified": "Tue, 24 Nov 2026 10:00:00 GMT"})]
        then = [Reply(304), page(2, 4, 4, etag='"two"')]
        async with Server(*first, *then) as server:
            await world.follow(server.url)
            world.pages(server.url).close()
            assert await world.follow(server.url) == 2
            assert server.requests[2].header("if-none-match") == '"one"'
            assert server.requests[3].header("if-modified-since") == "Tue, 24 Nov 2026 10:00:00 GMT"
            assert world.urls(server.url) == expected(4)

    run(scenario())


def test_a_feed_that_broke_off_goes_on_where_it_stopped(world: World) -> None:
    async def scenario() -> None:
        broken = (page(0, 2, 6), page(2, 4, 6), Raw(b"HTTP/1.1 200 OK\r\n"))
        async with Server(*broken, page(4, 6, 6)) as server:
            with pytest.raises(FeedError, match=r"offset=4 cannot be fetched"):
                await world.follow(server.url)
            assert await world.follow(server.url) == 3
            assert targets(server) == ["/gen", "/gen?offset=2", "/gen?offset=4", "/gen?offset=4"]
            assert world.urls(server.url) == expected(6)

    run(scenario())


def test_pages_of_a_sweep_that_broke_off_long_ago_are_asked_for_again(world: World) -> None:
    async def scenario() -> None:
        async with Server(page(0, 2, 3, etag="e"), Reply(500), Reply(304), page(2, 3, 3)) as server:
            with pytest.raises(FeedError, match="answers 500"):
                await world.follow(server.url)
            world.now += FRESH
            assert await world.follow(server.url) == 2
            assert server.requests[2].header("if-none-match") == "e"

    run(scenario())


def test_a_feed_that_became_shorter_leaves_no_old_pages(world: World) -> None:
    async def scenario() -> None:
        async with Server(page(0, 2, 4), page(2, 4, 4), page(0, 1, 1)) as server:
            await world.follow(server.url)
            world.pages(server.url).close()
            await world.follow(server.url)
            assert world.urls(server.url) == expected(1)

    run(scenario())


def test_a_server_that_asks_for_patience_gets_it(world: World) -> None:
    async def scenario() -> None:
        async with Server(Reply(429, (("retry-after", "7"),)), page(0, 1, 1)) as server:
            assert await world.follow(server.url) == 1
            assert world.slept == [7.0]

    run(scenario())


BROKEN: dict[str, tuple[Step, str]] = {
    "a page that is not turned": (page(0, 2, 9), "does not turn its pages"),
    "an error": (Reply(403), "answers 403"),
    "a redirect": (Reply(302, (("location", "http://other.example/"),)), "to http://other.example/, which is not fol"),
    "a page of something else": (Reply(200, (), b"<html>"), "holds no list of items"),
    "a page without an end": (Reply(200, (), b"[" * 2_000_000), "is larger than"),
    "silence": (Stall(b"HTTP/1.1 200 OK\r\n"), "cannot be fetched"),
    "nothing new to one who has nothing": (Reply(304), "answers 304"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_feed_that_cannot_be_followed_is_told_and_what_was_fetched_is_kept(world: World, name: str) -> None:
    async def scenario() -> None:
        step, message = BROKEN[name]
        async with Server(page(0, 2, 9), step) as server:
            with pytest.raises(FeedError, match=message):
                await world.follow(server.url)
            assert world.urls(server.url)[:2] == expected(2)

    run(scenario())


def test_a_feed_on_this_machine_is_not_fetched_unless_that_is_allowed(world: World) -> None:
    async def scenario() -> None:
        async with Server(page(0, 1, 1)) as server:
            with pytest.raises(FeedError, match=r"127\.0\.0\.1"):
                await world.follow(server.url, anywhere=False)
            assert server.connections == 0

    run(scenario())


@pytest.mark.parametrize(
    ("feed", "first"),
    [
        ("https://a.example/discovery/resources", "https://a.example/discovery/resources?limit=100"),
        ("https://a.example/v2/x402/discovery/resources/?type=http",
         "https://a.example/v2/x402/discovery/resources/?type=http&limit=100"),
        ("https://a.example/discovery/resources?limit=7", "https://a.example/discovery/resources?limit=7"),
        ("https://a.example/listing.json", "https://a.example/listing.json"),
    ],
)  # fmt: skip
def test_a_discovery_endpoint_is_asked_for_its_largest_pages(feed: str, first: str) -> None:
    assert first_url(feed) == first


@pytest.mark.parametrize(
    "turning",
    [None, [], {}, {"offset": 0}, {"limit": "2", "offset": 0}, {"limit": True}, {"total": -1}, {"total": 2**70},
     {"cursor": ""}, {"cursor": 7}, {"limit": 3, "total": None}],
)  # fmt: skip
def test_a_page_that_names_no_next_one_is_the_last(turning: Any) -> None:
    body = json.dumps({"items": [item(0), item(1)], "pagination": turning}).encode()
    assert next_url(Page(0, "https://a.example/x", "", "", 0.0, True, body)) is None
