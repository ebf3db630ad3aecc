"""Following: from one page of a feed to the next, to its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson

from x402_catalog.models import mapping
from x402_catalog.reading.pages import LISTS
from x402_harness.feeds.pages import Page, Pages
from x402_harness.probing.asking import Asker
from x402_harness.protocol.exchange import Failure, Headers, Request, Response

MOST_PAGES = 10_000
PAGE_SIZE = 100  # items that a discovery endpoint is asked for at once, which is the most that it gives
FRESH = 3600.0  # seconds for which a page of a sweep that broke off is taken as it is
_DISCOVERY = "/discovery/resources"

Sleep = Callable[[float], Awaitable[None]]
Told = Callable[[int, int], None]


class FeedError(Exception):
    """A feed that could not be followed to its end; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Follower:
    """Follows feeds over ``asker``; waits ``pause`` seconds between two pages. ``told`` hears how many pages and bytes
    there are so far."""

    asker: Asker
    sleep: Sleep
    pause: float
    told: Told = lambda pages, size: None

    async def follow(self, feed: str, pages: Pages) -> int:
        """Fetch every page of ``feed`` and return how many there are. Raises :class:`FeedError`; what was fetched until
        then is kept, and the next call goes on from there."""
        url: str | None = first_url(feed)
        number, size = 0, 0
        last: Page | None = None
        while url is not None:
            if number == MOST_PAGES:
                raise FeedError(f"{feed} has more than {MOST_PAGES} pages")
            page, asked = await self._page(url, number, pages)
            if last is not None and page.body == last.body:
                raise FeedError(f"{url} is the same as the page before it: the feed does not turn its pages")
            if number and not _items(_document(page.body)):
                break  # behind the end
            url, last = next_url(page), page
            number, size = number + 1, size + len(page.body)
            self.told(number, size)
            if asked and url is not None:
                await self.sleep(self.pause)
        pages.cut(number)
        return number

    async def _page(self, url: str, number: int, pages: Pages) -> tuple[Page, bool]:
        """The page, and whether the server was asked for it."""
        kept = pages.get(number)
        if kept is not None and kept.url != url:
            kept = None
        now = self.asker.clock()
        if kept is not None and kept.pending and now - kept.at < FRESH:
            return kept, False
        answer = await self._asked(url, kept)
        if answer.status == 304 and kept is not None:
            page = replace(kept, at=now, pending=True)
        else:
            etag, modified = answer.header("etag") or "", answer.header("last-modified") or ""
            page = Page(number, url, etag, modified, now, True, answer.body)
        if number and _items(_document(page.body)) is None:
            raise FeedError(f"{url} holds no list of items, as the pages before it do")
        pages.put(page)
        return page, True

    async def _asked(self, url: str, kept: Page | None) -> Response:
        exchange = await self.asker.ask(Request("GET", url, (("accept", "application/json"), *_conditions(kept))))
        if isinstance(exchange.failure, Failure):
            raise FeedError(f"{url} cannot be fetched: {exchange.failure.message}")
        answer = exchange.response
        assert answer is not None
        if answer.truncated:
            raise FeedError(f"{url} is larger than {len(answer.body):,} bytes: download it and import the file")
        if answer.status == 304 and kept is not None:
            return answer
        if answer.status != 200:
            where = answer.header("location")
            hint = f" to {where}, which is not followed: import that URL" if where else ""
            raise FeedError(f"{url} answers {answer.status}{hint}")
        return answer


def first_url(feed: str) -> str:
    """The URL of the first page: of a discovery endpoint with the largest pages, unless a size is asked for."""
    parts = urlsplit(feed)
    if parts.path.rstrip("/").endswith(_DISCOVERY) and "limit" not in dict(parse_qsl(parts.query)):
        return _with(feed, limit=str(PAGE_SIZE))
    return feed


def next_url(page: Page) -> str | None:
    """The URL of the page after ``page``; ``None`` where it is the last one, or no page of many."""
    document = _document(page.body)
    items, turning = _items(document), mapping(document.get("pagination"))
    if items is None or not turning:
        return None
    cursor = turning.get("cursor")
    if "cursor" in turning:
        return _with(page.url, cursor=cursor) if isinstance(cursor, str) and cursor else None
    limit, total = _count(turning.get("limit")), _count(turning.get("total"))
    offset = _count(turning.get("offset")) or 0
    asked = dict(parse_qsl(urlsplit(page.url).query)).get("offset", "0")
    if asked.isascii() and asked.isdigit() and len(asked) < 10 and int(asked) != offset:
        raise FeedError(f"{page.url} gives the items from {offset}: the feed does not turn its pages")
    through = offset + len(items)
    more = through < total if total is not None else limit is not None and len(items) >= limit
    return _with(page.url, offset=str(through)) if items and more else None


def _document(body: bytes) -> dict[str, Any]:
    try:
        return mapping(orjson.loads(body))
    except orjson.JSONDecodeError:
        return {}


def _items(document: dict[str, Any]) -> list[Any] | None:
    return next((document[name] for name in LISTS if isinstance(document.get(name), list)), None)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None


def _conditions(kept: Page | None) -> Headers:
    """RFC 9110 §13.1: a page that is still the same is not sent again."""
    if kept is None:
        return ()
    rows = (("if-none-match", kept.etag), ("if-modified-since", kept.modified))
    return tuple(row for row in rows if row[1])


def _with(url: str, **more: str) -> str:
    parts = urlsplit(url)
    query = [row for row in parse_qsl(parts.query, keep_blank_values=True) if row[0] not in more]
    return urlunsplit(parts._replace(query=urlencode([*query, *more.items()])))
