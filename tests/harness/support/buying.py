"""A buyer with everything passed in, and the end of one purchase as a test sees it."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.harness.support.listings import hints, listing, offer
from tests.harness.support.servers import Reply
from tests.harness.support.terms import KEY, NOW, header, option_v2, receipt, required_v2

from x402_catalog.models import Listing
from x402_harness.buying.buyer import Buyer, ChainReader
from x402_harness.ledger import Ledger, Row
from x402_harness.planning.cases import Case, plan_listing
from x402_harness.policy import MICROS, Caps, Policy
from x402_harness.wallet import ThrowawayWallet

OK = b'{"ok": true}'
CAPS = Caps(per_call=100 * MICROS, per_run=1_000 * MICROS)


@dataclass(frozen=True)
class Books:
    """What a ledger says after a purchase: its rows, and the states that each entry went through."""

    rows: list[Row]
    states: list[list[str]]


def clock(now: float = NOW) -> Callable[[], float]:
    """A clock that stands still."""
    return lambda: now


def nonces(start: int = 1) -> Callable[[], bytes]:
    """Different nonces, always the same ones."""
    counter = itertools.count(start)
    return lambda: next(counter).to_bytes(32, "big")


def buyer(
    ledger: Ledger,
    *,
    caps: Caps = CAPS,
    chain: ChainReader | None = None,
    run: str = "run",
    now: Callable[[], float] | None = None,
    nonce: Callable[[], bytes] | None = None,
) -> Buyer:
    """A buyer with a known key."""
    wallet = ThrowawayWallet(KEY)
    return Buyer(run, wallet, Policy(caps, wallet.address), ledger, now or clock(), nonce or nonces(), chain)


def challenge(*entries: dict[str, Any], leaves: bool = False) -> Reply:
    """A 402 with these entries of ``accepts``, version 2, or with the usual one."""
    message = required_v2(*(entries or (option_v2(),)))
    return Reply(402, (("PAYMENT-REQUIRED", header(message)),), b"{}", leaves)


def paid(status: int = 200, **changes: Any) -> Reply:
    """An answer with a receipt of success, or with what ``changes`` makes of it."""
    rows = (("content-type", "application/json"), ("PAYMENT-RESPONSE", header(receipt(**changes))))
    return Reply(status, rows, OK)


@functools.lru_cache
def cases(url: str, count: int) -> tuple[Case, ...]:
    """So many different cases of one listing."""
    many = {"query": {"n": {"type": "integer", "minimum": 0, "maximum": 9}}}
    made = plan_listing(listing(offer(hints=hints(**many)), url=url), rows=count, seed=1, caps=CAPS)
    assert isinstance(made, tuple), made
    assert len(made) == count
    return made


def moved(one: Case, url: str) -> Case:
    """The same case at another server."""
    request = one.candidate.request
    _, separator, query = request.url.partition("?")
    return replace(one, candidate=replace(one.candidate, request=replace(request, url=url + separator + query)))


def case(made: Listing, caps: Caps = CAPS) -> Case:
    """The first case of a listing's plan."""
    planned = plan_listing(made, rows=1, seed=0, caps=caps)
    assert isinstance(planned, tuple), planned
    return planned[0]


def books(path: Path) -> Books:
    """Read the ledger again from its file."""
    with Ledger(path, clock()) as ledger:
        rows = ledger.rows()
        return Books(rows, [[str(state) for _, state, _ in ledger.history(row.id)] for row in rows])
