"""Files of version 1: everything in them is kept, and the guards of today hold over it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.harness.support.terms import BASE, BASE_USDC, NOW, PAYER, authorization

from x402_catalog.money import Asset, Money
from x402_harness.ledger import AlreadySigned, CapReached, Entry, Ledger
from x402_harness.policy import MICROS, Caps

USDC = Asset(BASE, BASE_USDC, "USDC", 6)
CAPS = Caps(5 * MICROS, 10 * MICROS, 10 * MICROS)
VERSION_1 = """
CREATE TABLE purchase (
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL, "case" TEXT NOT NULL, state TEXT NOT NULL,
  network TEXT NOT NULL, asset TEXT NOT NULL, symbol TEXT NOT NULL, amount TEXT NOT NULL, micros INTEGER NOT NULL,
  "authorization" TEXT NOT NULL, digest TEXT NOT NULL UNIQUE, nonce TEXT NOT NULL,
  UNIQUE (run, "case")
) STRICT;
CREATE TABLE transition (
  purchase INTEGER NOT NULL REFERENCES purchase (id), at REAL NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL
) STRICT;
PRAGMA user_version = 1;
"""
STATES = ("reserved", "signed", "sent", "settled", "refused", "expired", "unknown")


def nonce(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger as version 1 left it, with an entry in each of its states."""
    path = tmp_path / "ledger.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.executescript(VERSION_1)
    for number, state in enumerate(STATES, start=1):
        made = authorization(nonce=nonce(number), value=MICROS)
        row = (number, "old", state, state, BASE, BASE_USDC, "USDC", str(MICROS), MICROS, json.dumps(made.wire()))
        hashes = ("0x" + nonce(number).hex(), made.nonce)
        db.execute(f"INSERT INTO purchase VALUES ({', '.join('?' * 12)})", (*row, *hashes))
        db.execute("INSERT INTO transition VALUES (?, ?, ?, ?)", (number, NOW + number, state, f"why {state}"))
    db.commit()
    db.close()
    return path


def reserve(ledger: Ledger, case: str, dollars: int) -> int:
    return ledger.reserve(
        run="new", case=case, price=Money(dollars * MICROS, USDC), caps=CAPS,
        authorization=authorization(nonce=nonce(99), value=dollars * MICROS), digest=nonce(99),
    )  # fmt: skip


def test_every_entry_and_its_history_is_there(old: Path) -> None:
    with Ledger(old, lambda: NOW) as ledger:
        rows = ledger.rows()
        assert [(row.id, row.case, row.state, row.amount) for row in rows] == [
            (number, state, Entry(state), MICROS) for number, state in enumerate(STATES, start=1)
        ]
        assert {(row.payer, row.valid_before, row.transaction) for row in rows} == {(PAYER, NOW + 300, None)}
        assert ledger.history(3) == [(NOW + 3, Entry.SENT, "why sent")]
        assert ledger.authorization(3) == authorization(nonce=nonce(3), value=MICROS)


def test_old_money_counts_against_the_caps_of_today(old: Path) -> None:
    with Ledger(old, lambda: NOW) as ledger:
        assert reserve(ledger, "a", 5)  # five dollars are held already
        with pytest.raises(CapReached):
            reserve(ledger, "b", 1)


def test_old_cases_that_are_open_are_not_signed_again(old: Path) -> None:
    with Ledger(old, lambda: NOW) as ledger, pytest.raises(AlreadySigned):
        reserve(ledger, "unknown", 1)


def test_opening_it_again_changes_nothing(old: Path) -> None:
    with Ledger(old, lambda: NOW) as ledger:
        told = [(row, ledger.history(row.id)) for row in ledger.rows()]
    with Ledger(old, lambda: NOW + 9) as ledger:
        assert [(row, ledger.history(row.id)) for row in ledger.rows()] == told


def test_a_migration_that_fails_leaves_the_old_file(old: Path) -> None:
    db = sqlite3.connect(old)
    db.execute("CREATE TABLE of_run (stands_in_the_way)")
    db.commit()
    db.close()
    with pytest.raises(Exception, match="of_run"):
        Ledger(old, lambda: NOW)
    db = sqlite3.connect(old)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    assert db.execute("SELECT COUNT(*) FROM purchase").fetchone() == (len(STATES),)
    db.close()
