"""Every attack over real sockets: what moves is what was planned, once; the payment goes where it was meant to, once;
the books and the findings say what happened. What falling for one would cost is tried with a buyer that does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.harness.attacks.ends import ATTACKS, ENDLESS, LIES, NAMED, NOTHING, PATIENT_THIEVES, UNKNOWN, end
from tests.harness.support.attacks import CASES, IMPATIENT, PATIENT, Stage, Visited
from tests.harness.support.terms import PRICE

from x402_harness.ledger import Entry
from x402_harness.policy import Caps
from x402_harness.protocol.headers import decode
from x402_harness.rulebook import every_rule

EACH = [
    (name, version) for name, fault in ATTACKS.items() for version in (1, 2) if fault.fits(CASES[0].listing, version)
]
RAW = [
    name for name, fault in ATTACKS.items()
    if any(pace is not None and pace.wire is not None for pace in (fault.pace, fault.unpaid_pace))
]  # fmt: skip
# What a server must not be told of: a buyer has no memory, no passwords and no other place.
UNASKED = {"cookie", "authorization", "proxy-authorization", "referer", "upgrade", "early-data"}


def visit(stage: Stage, name: str, version: int, folder: Path, **more: bool) -> Visited:
    limits = IMPATIENT if name in ENDLESS else PATIENT
    purchases = 3 if name in PATIENT_THIEVES else 1
    return stage.visit(f"attack-{name}", version, folder / "ledger.db", purchases=purchases, limits=limits, **more)


def assert_harmless(name: str, version: int, went: Visited) -> None:
    """Nothing moved but what was planned, nothing was sent twice or elsewhere, and the books are right."""
    states = end(name, version)
    settled = 0 if name in LIES else states.count(Entry.SETTLED)
    assert [one for one in went.transfers if not one.is_as_planned] == []
    assert len(went.transfers) == settled
    assert len(went.payments) == len(states)
    assert went.led == ()
    assert tuple(row.state for row in went.rows) == states
    assert went.connections == len(went.requests)
    assert not any(UNASKED & one.keys() for one in went.requests)


@pytest.mark.parametrize(("name", "version"), EACH)
def test_an_attack_costs_nothing_and_is_found(attackers: Stage, tmp_path: Path, name: str, version: int) -> None:
    went = visit(attackers, name, version, tmp_path)
    assert_harmless(name, version, went)
    assert set(ATTACKS[name].caught_by) <= went.codes
    for payment in went.payments:
        value = payment.get("payment-signature") or payment["x-payment"]
        assert not any(decode(value)[0]["payload"]["signature"][2:] in reason for reason in went.reasons)


@pytest.mark.parametrize("name", RAW)
def test_what_is_no_http_does_no_more_harm_over_the_other_transport(
    attackers: Stage, tmp_path: Path, name: str
) -> None:
    limits = IMPATIENT if name in ENDLESS | {"early-endless", "continues"} else PATIENT
    went = attackers.visit(f"attack-{name}", 2, tmp_path / "ledger.db", plain=True, limits=limits)
    assert [one for one in went.transfers if not one.is_as_planned] == []
    assert len(went.transfers) <= len(went.payments) <= 1
    assert went.led == ()
    assert {row.state for row in went.rows} <= {Entry.SETTLED, Entry.UNKNOWN}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_seller_that_kept_a_signature_gets_no_second_one(attackers: Stage, tmp_path: Path, name: str) -> None:
    limits = IMPATIENT if name in ENDLESS else PATIENT
    ledger = tmp_path / "ledger.db"
    first = attackers.visit(f"attack-{name}", 2, ledger, limits=limits)
    again = attackers.visit(f"attack-{name}", 2, ledger, limits=limits, run="another")
    assert len(first.payments) == 1
    assert [one.refusal.rule for one in again.bought if one.refusal] == ["SPEND022"]
    assert (again.payments, again.transfers) == ([], ())


@pytest.mark.parametrize("version", [1, 2])
def test_calls_at_once_share_one_budget(attackers: Stage, tmp_path: Path, version: int) -> None:
    caps = Caps(per_call=PRICE, per_run=2 * PRICE)
    went = attackers.visit("attack-overlaps", version, tmp_path / "ledger.db", purchases=4, at_once=True, caps=caps)
    assert [one.is_as_planned for one in went.transfers] == [True, True]
    assert sorted(one.refusal.rule for one in went.bought if one.refusal) == ["SPEND012", "SPEND012"]
    assert len(went.payments) == 2


GULLIBLE = {
    "price-tenfold": 9 * PRICE, "price-one-more": 1, "twice-price-last": 9 * PRICE, "options-dearer-first": 9 * PRICE,
    "options-broken-first": 9 * PRICE, "dearer-in-header": 9 * PRICE, "first-header": 9 * PRICE,
    "payee": PRICE, "payee-look-alike": PRICE, "payee-token": None, "twice-payee-last": PRICE,
    "options-stranger-first": PRICE, "network-other": PRICE, "window-year": None, "asset-look-alike": None,
    "network-test": None,
}  # fmt: skip


@pytest.mark.parametrize(("name", "units"), GULLIBLE.items())
def test_a_buyer_that_signs_what_it_is_told_loses_what_is_said(
    attackers: Stage, tmp_path: Path, name: str, units: int | None
) -> None:
    went = attackers.visit(f"attack-{name}", 2, tmp_path / "ledger.db", gullible=True)
    stake = ATTACKS[name].stake
    assert len(went.transfers) == 1
    assert stake is not None
    if units is not None and stake.units is not None:
        (moved,) = went.transfers
        assert not moved.is_as_planned
        assert stake.units(PRICE) == units
        assert moved.amount == units + (0 if units == PRICE else PRICE)


def test_every_attack_is_told_where_it_ends() -> None:
    assert set(ATTACKS) == NAMED
    assert len(ATTACKS) >= 60
    assert not set(NOTHING) & set(UNKNOWN)


def test_every_attack_has_a_stake_and_rules_that_exist() -> None:
    codes = {rule.code for rule in every_rule()}
    for name, fault in ATTACKS.items():
        assert fault.stake is not None, name
        assert fault.stake.words, name
        assert set(fault.caught_by) <= codes, name


def test_what_is_refused_is_caught_by_a_rule() -> None:
    for name in NOTHING:
        assert ATTACKS[name.split("/")[0]].caught_by or "/" in name, name


def test_an_attack_is_no_attack_where_the_sellers_are_honest(attackers: Stage, tmp_path: Path) -> None:
    went = attackers.visit("", 2, tmp_path / "ledger.db")
    assert [one.is_as_planned for one in went.transfers] == [True]
    assert replace(went.transfers[0], amount=PRICE + 1).is_as_planned is False
