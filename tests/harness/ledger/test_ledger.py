"""The ledger: every step on disk before it is taken, no step that is not allowed, no cap that can be passed."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.support.terms import BASE, BASE_USDC, NOW, authorization

from x402_catalog.money import UINT256_MAX, Asset, Money
from x402_harness.ledger import (
    DAY,
    MOVES,
    OPEN,
    AlreadySigned,
    Cap,
    CapReached,
    Entry,
    Ledger,
    LedgerError,
    Unusable,
    spent,
)
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


def standing(ledger: Ledger, where: Entry, case: str = "case", *, run: str = "run") -> int:
    """An entry that has come to stand there."""
    if where is Entry.PLANNED:
        ledger.plan(run, [(case, Money(MICROS, USDC))])
        return ledger.rows()[-1].id
    entry = reserve(ledger, case, run=run)
    ledger.move(entry, *ROADS[where])
    return entry


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
        reserve(ledger, f"{run} a", 5, run=run)
        reserve(ledger, f"{run} b", 5, run=run)
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
    with pytest.raises(AlreadySigned, match="case case was signed for before: entry 1 of run, refused"):
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
    entry = standing(ledger, start)
    ledger.move(entry, target)
    assert state(ledger, entry) is target


@pytest.mark.parametrize(
    ("start", "target"), [(start, target) for start in Entry for target in Entry if target not in MOVES[start]]
)
def test_every_other_move_raises_and_changes_nothing(ledger: Ledger, start: Entry, target: Entry) -> None:
    entry = standing(ledger, start)
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
        (NOW + 1, Entry.RESERVED, "policy approved"),
        (NOW + 2, Entry.SIGNED, ""),
        (NOW + 3, Entry.SENT, ""),
        (NOW + 4, Entry.UNKNOWN, "hung up"),
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


def test_the_disk_has_everything_before_a_signature_may_leave_and_is_not_waited_for_otherwise(ledger: Ledger) -> None:
    told: list[str] = []
    ledger._db.set_trace_callback(told.append)  # how a connection commits is not seen from outside
    entry = reserve(ledger, "case")
    ledger.move(entry, Entry.SIGNED, Entry.SENT)
    ledger.move(entry, Entry.UNKNOWN)
    ledger.note(entry, "asked again")
    kept = [line for line in told if line.startswith("PRAGMA") or line == "COMMIT"]
    assert kept == [
        "PRAGMA synchronous = NORMAL", "COMMIT", "PRAGMA synchronous = FULL", "COMMIT",
        "PRAGMA synchronous = NORMAL", "COMMIT", "PRAGMA synchronous = FULL", "COMMIT",
    ]  # fmt: skip


def test_commits_wait_in_a_journal_that_others_can_read_beside(ledger: Ledger, path: Path) -> None:
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
        newer.execute("PRAGMA user_version = 3")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(Unusable, match=r"the ledger is of version 3, this program reads up to 2"):
        Ledger(path, lambda: NOW)
    assert path.read_bytes() == before


def test_what_is_spent_is_told_per_asset(ledger: Ledger) -> None:
    reserve(ledger, "a", 2)
    ledger.move(reserve(ledger, "b", 3), Entry.SIGNED, Entry.SENT, Entry.SETTLED)
    ledger.move(reserve(ledger, "c", 1), Entry.REFUSED)
    assert list(spent(ledger.rows())) == [((BASE, BASE_USDC, "USDC"), 5 * MICROS)]


@pytest.mark.parametrize("where", OPEN)
def test_no_run_signs_for_a_case_that_is_open_in_another(ledger: Ledger, where: Entry) -> None:
    entry = standing(ledger, where, run="yesterday")
    with pytest.raises(AlreadySigned, match=f"entry {entry} of yesterday, {where}") as caught:
        reserve(ledger, "case")
    assert caught.value.entry == entry


@pytest.mark.parametrize("where", sorted(set(Entry) - set(OPEN)))
def test_a_case_that_ended_may_be_bought_again_by_another_run(ledger: Ledger, where: Entry) -> None:
    standing(ledger, where, run="yesterday")
    assert reserve(ledger, "case")


def test_what_is_planned_holds_no_money_and_is_reserved_as_it_is_bought(ledger: Ledger) -> None:
    entry = standing(ledger, Entry.PLANNED)
    assert list(spent(ledger.rows())) == []
    (row,) = ledger.rows()
    assert (row.state, row.amount, row.nonce, row.digest, row.payer) == (Entry.PLANNED, MICROS, None, None, None)
    assert reserve(ledger, "case") == entry
    assert [state for _, state, _ in ledger.history(entry)] == [Entry.PLANNED, Entry.RESERVED]


def test_what_is_planned_is_bought_for_what_is_asked_not_for_what_was_planned(ledger: Ledger) -> None:
    ledger.plan("run", [("case", Money(5 * MICROS, USDC))])
    reserve(ledger, "case", 2)
    assert [row.amount for row in ledger.rows()] == [2 * MICROS]


def test_a_plan_is_entered_whole_or_not_at_all(ledger: Ledger) -> None:
    with pytest.raises(AlreadySigned, match="case b of run run is entered already"):
        ledger.plan("run", [("a", Money(1, USDC)), ("b", Money(1, USDC)), ("b", Money(1, USDC))])
    assert ledger.rows() == []


def test_what_was_planned_can_be_declined_and_nothing_else_can(ledger: Ledger) -> None:
    planned, reserved = standing(ledger, Entry.PLANNED), reserve(ledger, "other")
    for case in ("case", "other", "unheard of"):
        ledger.decline("run", case, "too dear")
    assert (state(ledger, planned), state(ledger, reserved)) == (Entry.REFUSED, Entry.RESERVED)
    assert ledger.history(planned)[-1][2] == "too dear"


def test_the_authorization_of_an_entry_is_kept(ledger: Ledger) -> None:
    entry = reserve(ledger, "case")
    nonce = b"runcase".rjust(32, b"\0")
    assert ledger.authorization(entry) == authorization(nonce=nonce, value=MICROS)
    with pytest.raises(LedgerError, match="no authorization"):
        ledger.authorization(standing(ledger, Entry.PLANNED, "planned"))


def test_what_was_signed_and_what_happened_cannot_be_rewritten(ledger: Ledger, path: Path) -> None:
    standing(ledger, Entry.SENT)
    ledger.close()
    with sqlite3.connect(path) as other:
        for statement in (
            "DELETE FROM purchase", "DELETE FROM transition", "UPDATE transition SET reason = 'x'",
            "UPDATE purchase SET amount = '1'", "UPDATE purchase SET digest = NULL", "UPDATE purchase SET micros = 0",
            "UPDATE purchase SET \"authorization\" = '{}'",
        ):  # fmt: skip
            with pytest.raises(sqlite3.IntegrityError):
                other.execute(statement)
    other.close()


def test_the_transaction_that_was_named_is_kept(ledger: Ledger) -> None:
    entry = standing(ledger, Entry.SENT)
    ledger.move(entry, Entry.SETTLED, transaction="0x" + "ab" * 32)
    assert ledger.row(entry).transaction == "0x" + "ab" * 32
    assert ledger.row(entry).at == ledger.history(entry)[-1][0]


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


WINDOW = 300  # seconds, of every authorization here


@pytest.fixture
def timed(path: Path) -> Iterator[tuple[Ledger, Clock]]:
    clock = Clock()
    with Ledger(path, clock) as opened:
        yield opened, clock


DAILY = Caps(5 * MICROS, 50 * MICROS, 10 * MICROS)


def test_the_cap_for_a_day_holds_over_runs(timed: tuple[Ledger, Clock]) -> None:
    ledger, _ = timed
    reserve(ledger, "a", 5, run="one", caps=DAILY)
    reserve(ledger, "b", 5, run="two", caps=DAILY)
    with pytest.raises(CapReached) as caught:
        reserve(ledger, "c", 1, run="three", caps=DAILY)
    assert caught.value.cap is Cap.DAY


def test_each_cap_is_named_when_it_is_reached(ledger: Ledger) -> None:
    for caps, cap in (
        (Caps(MICROS - 1, MICROS, MICROS), Cap.CALL),
        (Caps(MICROS, MICROS - 1, MICROS), Cap.RUN),
        (Caps(MICROS, MICROS, MICROS - 1), Cap.DAY),
    ):
        with pytest.raises(CapReached) as caught:
            reserve(ledger, "case", 1, caps=caps)
        assert caught.value.cap is cap


def test_settled_money_leaves_the_day_24_hours_after_it_could_last_move(timed: tuple[Ledger, Clock]) -> None:
    ledger, clock = timed
    ledger.move(reserve(ledger, "a", 5, run="one", caps=DAILY), *ROADS[Entry.SETTLED])
    ledger.move(reserve(ledger, "b", 5, run="one", caps=DAILY), *ROADS[Entry.SETTLED])
    clock.now = NOW + WINDOW + DAY - 1
    with pytest.raises(CapReached):
        reserve(ledger, "c", 1, run="two", caps=DAILY)
    clock.now += 1
    assert reserve(ledger, "c", 5, run="two", caps=DAILY)


@pytest.mark.parametrize("where", OPEN)
def test_open_money_stays_in_the_day_until_it_is_ended(timed: tuple[Ledger, Clock], where: Entry) -> None:
    ledger, clock = timed
    ledger.move(reserve(ledger, "a", 5, run="one"), *ROADS[where])
    clock.now = NOW + 30 * DAY
    with pytest.raises(CapReached):
        reserve(ledger, "b", 5, run="two", caps=Caps(5 * MICROS, 50 * MICROS, 9 * MICROS))


def test_a_clock_that_is_set_back_frees_nothing(timed: tuple[Ledger, Clock]) -> None:
    ledger, clock = timed
    ledger.move(reserve(ledger, "a", 5, run="one"), *ROADS[Entry.SETTLED])
    clock.now = NOW - 365 * DAY
    with pytest.raises(CapReached):
        reserve(ledger, "b", 5, run="two", caps=Caps(5 * MICROS, 50 * MICROS, 9 * MICROS))


@pytest.mark.parametrize(
    ("where", "end"),
    [
        (Entry.RESERVED, Entry.REFUSED), (Entry.SIGNED, Entry.REFUSED),
        (Entry.SENT, Entry.EXPIRED), (Entry.UNKNOWN, Entry.EXPIRED),
    ],
)  # fmt: skip
def test_a_person_releases_what_is_open(timed: tuple[Ledger, Clock], where: Entry, end: Entry) -> None:
    ledger, clock = timed
    entry = standing(ledger, where)
    clock.now = NOW + WINDOW
    assert ledger.release(entry, "looked it up") is end
    assert state(ledger, entry) is end
    assert ledger.history(entry)[-1][2] == "released by a person: looked it up"
    assert list(spent(ledger.rows())) == []
    assert reserve(ledger, "case", run="again")


@pytest.mark.parametrize("where", [Entry.SENT, Entry.UNKNOWN])
def test_nothing_is_released_while_it_can_still_be_settled(timed: tuple[Ledger, Clock], where: Entry) -> None:
    ledger, clock = timed
    entry = standing(ledger, where)
    clock.now = NOW + WINDOW - 1
    with pytest.raises(LedgerError, match="can still be settled for 1 seconds"):
        ledger.release(entry, "hurry")
    assert state(ledger, entry) is where


@pytest.mark.parametrize("where", sorted(set(Entry) - set(OPEN)))
def test_what_is_not_open_cannot_be_released(ledger: Ledger, where: Entry) -> None:
    with pytest.raises(LedgerError, match="nothing to release"):
        ledger.release(standing(ledger, where), "why not")
