"""SPEND060 to SPEND068: what keeps a plan from being made of a listing, or from being applied."""

from __future__ import annotations

from x402_catalog.findings import Level
from x402_catalog.rules.registry import rule

ALTERED = rule(
    "SPEND060",
    Level.ERROR,
    "plan is not what was written",
    why="Its digest covers every member: what was looked at is not what would be bought.",
    basis="plan file (digest)",
    mend="Plan again: testbuy plan.",
)
EXPIRED = rule(
    "SPEND061",
    Level.ERROR,
    "plan has expired",
    why="Prices and payees of a day ago are not those of today.",
    basis="plan file (created, expires): 24 hours",
    mend="Plan again: testbuy plan.",
)
APPLIED = rule(
    "SPEND062",
    Level.ERROR,
    "plan is applied already",
    why="Every purchase of it stands in the ledger: applying it again would pay twice.",
    basis="plan file (digest); the ledger's entries of the plan",
    mend="Plan again for another round of purchases.",
)
CHANGED = rule(
    "SPEND063",
    Level.ERROR,
    "listing is not the one that was planned",
    why="The row was changed or removed, so the approved purchase no longer follows from it.",
    basis="plan file (calls[].row, calls[].request)",
    mend="Look at what changed, then plan again.",
)
OTHER_MODE = rule(
    "SPEND064",
    Level.ERROR,
    "plan is of another mode or payer",
    why="What was approved for test money must not become real money, nor be paid from another account.",
    basis="plan file (mode, payer); --mode; --account, --keystore",
    mend="Apply it in its own mode with its own payer, or plan again.",
)
UNAPPROVED = rule(
    "SPEND065",
    Level.ERROR,
    "plan is not approved",
    why="Money is only spent on a plan whose total was typed, or whose digest was given.",
    basis="plan file (total, digest); --approve",
    mend="Type the total that is shown, or give --approve DIGEST --no-input.",
)
SIDE_EFFECTS = rule(
    "SPEND066",
    Level.ERROR,
    "purchase may act on the world",
    why="Its risk notes or its fields suggest that a call transfers, orders or sends something.",
    basis="listing risk_notes, hints.input",
    mend="Look at what a call does, then give --allow-side-effects.",
)
NOT_PRICED = rule(
    "SPEND067",
    Level.ERROR,
    "endpoint asks for no payment that could be planned",
    why="Without terms of its own there is no price to approve.",
    basis="x402 v1 §5.1, v2 §5.1",
    mend="Look at the answer: testbuy probe.",
)
