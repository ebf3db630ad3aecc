"""For commands that buy from an endpoint on this machine: its URL, its listing, and where it settles."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from x402_catalog.models import Listing
from x402_harness.cli.loading import fail, find, told
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.runs.sandboxes import Sandbox


def require_own(url: str) -> None:
    """A usage error unless ``url`` leads to this machine."""
    from x402_harness.runs.endpoints import is_on_this_machine

    if urlsplit(url).scheme not in {"http", "https"} or not is_on_this_machine(url):
        raise click.UsageError(
            f"{url!r} is not on this machine: a mock purchase never contacts a real host. "
            "Buy from its mock seller by its slug, or judge its 402 with testbuy probe."
        )


def own_listings(url: str, values: dict[str, Any]) -> list[Listing]:
    """The listings that ``--listing`` names, or the one that the endpoint's own 402 amounts to."""
    if values["listing"]:
        return told(find(values["listing"], values["catalogue"]))
    from x402_harness.probing.asking import Asker
    from x402_harness.runs.endpoints import NoTerms, declared_listing, typed_client

    async def ask() -> Listing:
        async with typed_client(url, values["timeout"]) as client:
            asker = Asker(client.send, asyncio.sleep, time.time)
            return await declared_listing(url, client, asker, values["seed"])

    try:
        return [asyncio.run(ask())]
    except NoTerms as error:
        fail(str(error), Exit.FAULT)


@contextmanager
def sandbox(values: dict[str, Any]) -> Iterator[Sandbox]:
    """The sandbox that the seller is to settle on: the one given, or one that is opened for the run."""
    from x402_harness.buying.remote import NoSandbox
    from x402_harness.runs.sandboxes import open_sandbox, running_sandbox
    from x402_harness.sandbox.server import CannotServe

    try:
        if values["sandbox"]:
            yield asyncio.run(running_sandbox(values["sandbox"]))
            return
        with open_sandbox(values["port"], seed=values["seed"], clock=time.time) as opened:
            if not values["quiet"]:
                click.echo(f"facilitator {opened.facilitator} · rpc {opened.url}/rpc/CHAIN", err=True)
            yield opened
    except NoSandbox as error:
        fail(str(error), Exit.FAULT)
    except CannotServe as error:
        fail(f"{error}. --sandbox uses a running one, --port another port.", Exit.USAGE)
