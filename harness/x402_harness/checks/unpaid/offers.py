"""CHAL015, CHAL033, CHAL034 and CHAL039: the offers against each other, and header against body."""

from __future__ import annotations

import json

from x402_catalog.addresses import same_address
from x402_catalog.findings import Level
from x402_catalog.rules.registry import rule
from x402_harness.checks.unpaid.view import HEADER, Entry, Faults, Message, View

DISAGREE = rule(
    "CHAL015",
    Level.ERROR,
    "header and body disagree",
    why="Which terms a buyer gets depends on the version that its client speaks, or on where it looks first.",
    basis="specs/transports-v1/http.md, specs/transports-v2/http.md (both versions may be served at once)",
    mend="Make header and body from the same terms.",
)
REPEATED = rule(
    "CHAL033",
    Level.WARNING,
    "offer stands twice",
    why="The second one offers nothing; one of them was probably meant to differ.",
    basis="x402 v1 §5.1, v2 §5.1 (accepts)",
    mend="Remove one of them, or correct it.",
)
AMBIGUOUS = rule(
    "CHAL034",
    Level.WARNING,
    "offers on one network cannot be told apart",
    why="A version 1 payment names scheme and network only: the server cannot know which of them was taken.",
    basis="x402 v1 §5.2 (PaymentPayload)",
    mend="Keep one offer for each scheme and network, or move to version 2.",
)
TWO_PRICES = rule(
    "CHAL154",
    Level.WARNING,
    "the same offer stands at two prices",
    why="Nothing but the price differs, so every buyer takes the lower one and nobody the other.",
    basis="x402 v2 §5.1 (accepts)",
    mend="Keep one price, or say in the offers what the higher one buys.",
)
TEST_MONEY = rule(
    "CHAL039",
    Level.INFO,
    "every offer takes test money",
    why="What is sold for test money is a demonstration.",
    basis="table of networks",
    mend="Nothing, if it is a demonstration.",
)


def repeated(message: Message) -> Faults:
    """No offer stands twice, and version 1 offers of one network can be told apart."""
    for position, entry in enumerate(message.entries):
        for other in message.entries[:position]:
            if _terms(other) == _terms(entry):
                told = f"the same terms as offer {other.index}"
                yield entry.fault(REPEATED, "", told, observed=entry.network_name)
                break
            if message.version == 1 and entry.network_name is not None and _choice(entry) == _choice(other):
                told = f"same scheme and network as offer {other.index}, other terms"
                yield entry.fault(AMBIGUOUS, "", told, observed=entry.network_name)
                break
            if message.version == 2 and _but_the_price(entry) == _but_the_price(other):
                told = f"offer {other.index} again, at another price"
                yield entry.fault(TWO_PRICES, entry.price_name, told, observed=entry.raw.get(entry.price_name),
                                  expected=other.raw.get(other.price_name))  # fmt: skip
                break


def _terms(entry: Entry) -> str:
    names = ("scheme", "network", "asset", "payTo", entry.price_name, "extra", "outputSchema")
    return json.dumps([entry.raw.get(name) for name in names], sort_keys=True)


def _but_the_price(entry: Entry) -> str:
    rest = {name: value for name, value in entry.raw.items() if name != entry.price_name}
    return json.dumps(rest, sort_keys=True)


def _choice(entry: Entry) -> tuple[object, ...]:
    return (entry.scheme, entry.network_name)


def only_test_money(message: Message) -> Faults:
    """Some offer takes real money."""
    known = [entry.network for entry in message.entries if entry.network is not None]
    if known and len(known) == len(message.entries) and all(where.testnet for where in known):
        at = f"/accepts/{message.entries[0].index}/network"
        yield message.fault(TEST_MONEY, at, "a test network, like every other offer", observed=known[0].caip2)


def agreement(view: View) -> Faults:
    """Where terms stand in header and body, they are the same for the same network and asset."""
    header = next((message for message in view.messages if message.place == HEADER), None)
    for body in (message for message in view.messages if message.place != HEADER and header is not None):
        for entry in body.entries:
            assert header is not None  # that is what the loop is over
            others = [other for other in header.entries if _same_kind(entry, other)]
            if others and not any(_agree(entry, other) for other in others):
                yield from _differences(entry, others[0])
            elif others and entry.timeout not in (None, *(other.timeout for other in others)):
                told = f"the body gives {entry.timeout} seconds, the header {others[0].timeout}"
                yield entry.fault(DISAGREE, "maxTimeoutSeconds", told, observed=entry.timeout,
                                  expected=others[0].timeout, level=Level.INFO)  # fmt: skip
        if header is not None and header.entries and body.entries and not _meet(header, body):
            told = "no offer of the body is on a network and in an asset of the header's"
            yield body.fault(DISAGREE, "/accepts", told, observed=[entry.network_name for entry in body.entries],
                             expected=[entry.network_name for entry in header.entries])  # fmt: skip


def _meet(header: Message, body: Message) -> bool:
    return any(_same_kind(entry, other) for entry in body.entries for other in header.entries)


def _same_kind(left: Entry, right: Entry) -> bool:
    return (
        left.scheme == right.scheme
        and (left.network or left.network_name) == (right.network or right.network_name)
        and same_address(left.asset or "", right.asset or "")
    )


def _agree(left: Entry, right: Entry) -> bool:
    return left.amount == right.amount and same_address(left.pay_to or "", right.pay_to or "")


def _differences(entry: Entry, other: Entry) -> Faults:
    # A price that cannot be read is a defect of its own.
    if entry.amount != other.amount and None not in (entry.amount, other.amount):
        ours, theirs = entry.raw.get(entry.price_name), other.raw.get(other.price_name)
        told = f"the body asks {_shown(ours)}, the header {_shown(theirs)}"
        yield entry.fault(DISAGREE, entry.price_name, told, observed=ours, expected=theirs)
    if not same_address(entry.pay_to or "", other.pay_to or ""):
        told = "the body names another payee than the header"
        yield entry.fault(DISAGREE, "payTo", told, observed=entry.pay_to, expected=other.pay_to)


def _shown(value: object) -> str:
    return str(value)[:80]


MESSAGE_RULES = (repeated, only_test_money)
