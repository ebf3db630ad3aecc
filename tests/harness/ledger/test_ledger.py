"""The ledger: every step on disk before it is taken, no step that is not allowed, no cap that can be passed."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.support.terms import BASE, BASE_USDC, NOW, authorization

from x402_catalog.money import UINT256_MAX, Asset, Money
from x402_harness.ledger import MOVES, CapReached, Entry, Ledger, LedgerError, spent
from x402_harness.policy import MICROS, Caps

USDC = Asset(BASE, BASE_USDC, "USDC", 6)
CAPS = Caps(per_call=5 * MICROS, per_run=10 * MICROS)
ROADS: dict[Entry, tuple[Entry, ...]] = {
    Entry.RESERVED: (),
    Entry.SIGNED: (Entry.SIGNED,),
    Entry.SENT: (Entry.SIGNED, Entry.SENT),
    Entry.SETTLED: (Entry.SIGNED, Entry.SENT, Entry.SETTLED),
    Entry.REFUSED: (Entry.REFUSED,),
    Entry.UNKNOWN: (Entry.SIGNED, Entry.SENT, Entry.UNKNOWN),
    Entry.EXPIRED: (Entry.SIGNED, Entry.SENT, Entry.UNKNOWN, Entry.EXPIRED),
}

MAY_HAVE_MOVED = {Entry.RESERVED, Entry.SIGNED, Entry.SENT, Entry.SETTLED, Entry.UNKNOWN}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    ticks = itertools.count(NOW)
    with Ledger(path, lambda: float(next(ticks))) as opened:
        yield opened


def reserve(ledger: Ledger, case: str, dollars: int = 1, *, run: str = "run", caps: Caps = CAPS) -> int:
    nonce = (run + case).encode().rjust(32, b"\0")
    return ledger.reserve(
        run=run, case=case, price=Money(dollars * MICROS, USDC), caps=caps,
        authorization=authorization(nonce=nonce, value=dollars * MICROS), digest=nonce,
    )  # fmt: skip


def state(ledger: Ledger, entry: int) -> Entry:
    return next(row.state for row in ledger.rows() if row.id == entry)


def test_a_reservation_is_told_as_it_was_made(ledger: Ledger) -> None:
    entry = reserve(ledger, "case", 3)
    (row,) = ledger.rows("run")
    assert (row.id, row.run, row.case, row.state) == (entry, "run", "case", Entry.RESERVED)
    assert (row.network, row.asset, row.symbol, row.amount) == (BASE, BASE_USDC, "USDC", 3 * MICROS)
    assert row.nonce == row.digest == "0x" + b"runcase".hex().rjust(64, "0")


def test_a_price_over_the_cap_for_one_call_is_not_reserved(ledger: Ledger) -> None:
    with pytest.raises(CapReached):
        reserve(ledger, "case", 6)
    assert ledger.rows() == []


def test_the_cap_of_a_run_is_reached_exactly_and_not_passed(ledger: Ledger) -> None:
    reserve(ledger, "a", 5)
    reserve(ledger, "b", 5)
    with pytest.raises(CapReached):
        reserve(ledger, "c", 1)
    assert [row.case for row in ledger.rows()] == ["a", "b"]


def test_every_run_has_its_own_cap(ledger: Ledger) -> None:
    for run in ("one", "two"):
        reserve(ledger, "a", 5, run=run)
        reserve(ledger, "b", 5, run=run)
    assert len(ledger.rows()) == 4
    assert len(ledger.rows("one")) == 2


@pytest.mark.parametrize("end", sorted(set(ROADS) - MAY_HAVE_MOVED))
def test_money_that_did_not_move_can_be_reserved_again(ledger: Ledger, end: Entry) -> None:
    ledger.move(reserve(ledger, "a", 5, caps=Caps(5 * MICROS, 5 * MICROS)), *ROADS[end])
    assert reserve(ledger, "b", 5, caps=Caps(5 * MICROS, 5 * MICROS))


@pytest.mark.parametrize("standing", sorted(MAY_HAVE_MOVED))
def test_money_that_may_have_moved_stays_spent(ledger: Ledger, standing: Entry) -> None:
    ledger.move(reserve(ledger, "a", 5), *ROADS[standing])
    with pytest.raises(CapReached):
        reserve(ledger, "b", 5, caps=Caps(5 * MICROS, 9 * MICROS))


@pytest.mark.parametrize("atomic", [UINT256_MAX, 2**63, 2**62 + 1])
def test_a_price_beyond_any_integer_of_the_file_is_over_the_cap(ledger: Ledger, atomic: int) -> None:
    with pytest.raises(CapReached):
        ledger.reserve(
            run="run", case="case", price=Money(atomic, USDC), caps=Caps(UINT256_MAX, UINT256_MAX),
            authorization=authorization(), digest=b"\1" * 32,
        )  # fmt: skip


def test_caps_beyond_any_integer_of_the_file_are_caps_still(ledger: Ledger) -> None:
    assert reserve(ledger, "case", 5, caps=Caps(UINT256_MAX, UINT256_MAX))


def test_a_case_is_signed_for_once(ledger: Ledger) -> None:
    ledger.move(reserve(ledger, "case"), Entry.REFUSED)
    with pytest.raises(LedgerError, match="case case of run run was signed for before"):
        reserve(ledger, "case")
    assert reserve(ledger, "case", run="another")


def test_a_digest_is_signed_once_whichever_the_case(ledger: Ledger) -> None:
    for case, allowed in (("a", True), ("b", False)):

        def again(case: str = case) -> int:
            return ledger.reserve(
                run="run", case=case, price=Money(1, USDC), caps=CAPS, authorization=authorization(), digest=b"\1" * 32
            )

        if allowed:
            again()
        else:
            with pytest.raises(LedgerError):
                again()


@pytest.mark.parametrize(("start", "target"), [(start, target) for start in MOVES for target in sorted(MOVES[start])])
def test_every_move_of_the_table_can_be_made(ledger: Ledger, start: Entry, target: Entry) -> None:
    entry = reserve(ledger, "case")
    ledger.move(entry, *ROADS[start])
    ledger.move(entry, target)
    assert state(ledger, entry) is target


@pytest.mark.parametrize(
    ("start", "target"), [(start, target) for start in Entry for target in Entry if target not in MOVES[start]]
)
def test_every_other_move_raises_and_changes_nothing(ledger: Ledger, start: Entry, target: Entry) -> None:
    entry = reserve(ledger, "case")
    ledger.move(entry, *ROADS[start])
    before = ledger.history(entry)
    with pytest.raises(LedgerError, match=f"entry {entry} cannot go from {start} to {target}"):
        ledger.move(entry, target)
    assert (state(ledger, entry), ledger.history(entry)) == (start, before)


def test_moves_are_made_together_or_not_at_all(ledger: Ledger) -> None:
    entry = reserve(ledger, "case")
    with pytest.raises(LedgerError):
        ledger.move(entry, Entry.SIGNED, Entry.SENT, Entry.EXPIRED)
    assert state(ledger, entry) is Entry.RESERVED


def test_an_entry_that_is_not_there_cannot_be_moved(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="no entry 402"):
        ledger.move(402, Entry.SIGNED)


def test_the_history_of_an_entry_says_when_and_why(ledger: Ledger) -> None:
    entry = reserve(ledger, "case")
    ledger.move(entry, Entry.SIGNED, Entry.SENT)
    ledger.move(entry, Entry.UNKNOWN, reason="hung up")
    assert ledger.history(entry) == [
        (NOW, Entry.RESERVED, "policy approved"),
        (NOW + 1, Entry.SIGNED, ""),
        (NOW + 2, Entry.SENT, ""),
        (NOW + 3, Entry.UNKNOWN, "hung up"),
    ]


def test_everything_is_there_after_reopening(ledger: Ledger, path: Path) -> None:
    entry = reserve(ledger, "case", 5)
    ledger.move(entry, Entry.SIGNED, Entry.SENT)
    told = (ledger.rows(), ledger.history(entry))
    ledger.close()
    with Ledger(path, lambda: NOW) as again:
        assert (again.rows(), again.history(entry)) == told
        reserve(again, "next", 5)
        with pytest.raises(CapReached):
            reserve(again, "last", 1)


def test_a_commit_is_on_disk_before_the_next_step(ledger: Ledger, path: Path) -> None:
    (synchronous,) = ledger._db.execute("PRAGMA synchronous").fetchone()  # of the connection, so not seen from outside
    assert synchronous == 2, "FULL"
    with sqlite3.connect(path) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()


def test_what_is_reserved_is_seen_by_others_at_once(ledger: Ledger, path: Path) -> None:
    with Ledger(path, lambda: NOW) as other:
        reserve(ledger, "case", 5)
        assert [row.case for row in other.rows()] == ["case"]


def test_the_signature_is_nowhere_in_the_file(ledger: Ledger, path: Path) -> None:
    reserve(ledger, "case")
    ledger.close()
    connection = sqlite3.connect(path)
    columns = {row[1] for row in connection.execute("PRAGMA table_info(purchase)")}
    connection.close()
    assert "authorization" in columns
    assert not {name for name in columns if "signature" in name}


def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(path: Path) -> None:
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 2")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=r"the ledger is of version 2, this program reads up to 1"):
        Ledger(path, lambda: NOW)
    assert path.read_bytes() == before


def test_what_is_spent_is_told_per_asset(ledger: Ledger) -> None:
    reserve(ledger, "a", 2)
    ledger.move(reserve(ledger, "b", 3), Entry.SIGNED, Entry.SENT, Entry.SETTLED)
    ledger.move(reserve(ledger, "c", 1), Entry.REFUSED)
    assert list(spent(ledger.rows())) == [((BASE, BASE_USDC, "USDC"), 5 * MICROS)]
