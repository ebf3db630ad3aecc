"""Fetching: the pages of feeds, before they are imported."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import urlsplit

import click

from x402_catalog.store import Catalogue
from x402_harness.cli.loading import fail
from x402_harness.edge.client import Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.feeds.following import FeedError, Follower
from x402_harness.feeds.pages import Pages
from x402_harness.probing.asking import Asker
from x402_harness.runs.outcome import Exit

MOST_BYTES = 64 * 1024 * 1024  # of a page


def fetched(catalogue: Catalogue, urls: list[str], values: dict[str, Any]) -> None:
    """Fetch every page of the feeds at ``urls`` into the catalogue file; where one cannot be, the command ends."""
    for url in urls:
        _check(url)

    async def run() -> None:
        limits = Limits(body=MOST_BYTES, timeout=values["timeout"], total=values["timeout"])
        async with guarded_client(Guard(anywhere=values["allow_private"]), limits) as client:
            asker = Asker(client.send, asyncio.sleep, time.time, patience=60.0)
            told = _silent if values["quiet"] else _progress
            follower = Follower(asker, asyncio.sleep, values["pause"], told)
            for url in urls:
                await follower.follow(url, Pages(catalogue.connection, url))

    try:
        asyncio.run(run())
    except FeedError as error:
        fail(f"{error}. Nothing was imported; run the same again to go on from there.", Exit.FAULT)


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        fine = bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        fine = False
    if not fine:
        raise click.UsageError(f"{url!r} is no absolute http(s) URL.")
    if parts.username is not None or parts.password is not None:
        raise click.UsageError("A URL with a user name or a password is not fetched: it would be kept in the file.")


def _progress(pages: int, size: int) -> None:
    if pages == 1 or pages % 10 == 0:
        click.echo(f"page {pages} · {size:,} bytes", err=True)


def _silent(pages: int, size: int) -> None:
    pass
