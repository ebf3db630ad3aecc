"""A buyer with everything passed in, and the end of one purchase as a test sees it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.harness.support.terms import KEY, NOW

from x402_catalog.models import Listing
from x402_catalog.rules.judge import Evidence, Judge
from x402_harness.buying.buyer import Bought, Buyer, ChainReader
from x402_harness.checks.context import Scene
from x402_harness.generation.requests import Source
from x402_harness.ledger import Ledger, Row
from x402_harness.planning.cases import Case, plan_listing
from x402_harness.policy import MICROS, Caps, Policy
from x402_harness.wallet import ThrowawayWallet

CAPS = Caps(per_call=100 * MICROS, per_run=1_000 * MICROS)


@dataclass(frozen=True)
class Books:
    """What a ledger says after a purchase: its rows, and the states that each entry went through."""

    rows: list[Row]
    states: list[list[str]]


def clock(now: float = NOW) -> Callable[[], float]:
    """A clock that stands still."""
    return lambda: now


def nonces() -> Callable[[], bytes]:
    """Different nonces, always the same ones."""
    counter = itertools.count(1)
    return lambda: next(counter).to_bytes(32, "big")


def buyer(ledger: Ledger, *, caps: Caps = CAPS, chain: ChainReader | None = None, run: str = "run") -> Buyer:
    """A buyer with a known key."""
    wallet = ThrowawayWallet(KEY)
    return Buyer(run, wallet, Policy(caps, wallet.address), ledger, clock(), nonces(), chain)


def case(listing: Listing, caps: Caps = CAPS) -> Case:
    """The first case of a listing's plan."""
    made = plan_listing(listing, rows=1, seed=0, caps=caps)
    assert isinstance(made, tuple), made
    return made[0]


def books(path: Path) -> Books:
    """Read the ledger again from its file."""
    with Ledger(path, clock()) as ledger:
        rows = ledger.rows()
        return Books(rows, [[str(state) for _, state, _ in ledger.history(row.id)] for row in rows])


def scene(bought: Bought) -> Scene:
    """A purchase as the checks see it."""
    made = bought.case
    return Scene(
        listing=made.listing,
        offer=made.offer,
        expected=made.expected,
        declared=made.response,
        example=made.source is Source.EXAMPLE,
        purchase=bought.purchase,
        transcript=bought.transcript,
        judge=Judge(made.listing, Evidence.SIMULATED),
    )
