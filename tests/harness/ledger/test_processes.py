"""The ledger between processes: all of them together spend what one may, and each step is taken by one of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.harness.support.terms import NOW

from x402_harness.ledger import Entry, Ledger

# Waits for the others, so that all of them open, reserve and move at the same moments. Prints how often it succeeded.
PRELUDE = """
import sys, time
from pathlib import Path
from x402_catalog.money import Asset, Money
from x402_harness.ledger import AlreadySigned, CapReached, Entry, Ledger, LedgerError
from x402_harness.policy import Caps
from x402_harness.protocol.eip3009 import authorize

path, name, start = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
price = Money(1, Asset("eip155:8453", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USDC", 6))

def reserve(ledger, case, nonce=None):
    nonce = (nonce or case).encode().rjust(32, b"0")
    signed = authorize(payer="0x" + "11" * 20, payee="0x" + "22" * 20, value=1, now=1, timeout=60, nonce=nonce)
    ledger.reserve(run=name, case=case, price=price, caps=Caps(1, 50, 50), authorization=signed, digest=nonce)

print("ready", flush=True)
while not start.exists():
    time.sleep(0.001)
won = 0
"""
OPENS = (
    PRELUDE
    + """
for number in range(40):
    Ledger(path.with_name(str(number)), time.time).close()
    won += 1
print(won)
"""
)
SPENDS = (
    PRELUDE
    + """
spent, shared, moved = 0, 0, 0
with Ledger(path, time.time) as ledger:
    for number in range(20):
        try:
            reserve(ledger, f"shared {number}", f"{name} {number}")
        except AlreadySigned:
            continue  # another one was first
        shared += 1
    for number in range(1000):
        try:
            reserve(ledger, name + str(number))
        except CapReached:
            break
        spent += 1
    for row in ledger.rows():
        try:
            ledger.move(row.id, Entry.SIGNED)
        except LedgerError:
            continue  # another one was first
        moved += 1
print(shared, spent, moved)
"""
)


def together(program: str, folder: Path, names: str) -> list[tuple[int, ...]]:
    """How often each of the processes succeeded; none of them may say anything else."""
    start = folder / f"start-{len(list(folder.iterdir()))}"
    command = [sys.executable, "-c", program, str(folder / "ledger.db")]
    running = [
        subprocess.Popen([*command, name, str(start)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for name in names
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    start.touch()
    told = [process.communicate(timeout=60) for process in running]
    assert [errors for _, errors in told] == [""] * len(names)
    return [tuple(map(int, output.split())) for output, _ in told]


def test_new_ledgers_can_be_opened_by_many_at_once(tmp_path: Path) -> None:
    assert together(OPENS, tmp_path, "abc") == [(40,)] * 3


@pytest.mark.parametrize("names", ["ab", "abcdefgh"], ids=["two", "eight"])
def test_processes_share_one_cap_and_each_case_and_step_is_taken_once(tmp_path: Path, names: str) -> None:
    counts = together(SPENDS, tmp_path, names)
    shared, spent, moved = (sum(column) for column in zip(*counts, strict=True))
    assert (shared, spent, moved) == (20, 30, 50)
    with Ledger(tmp_path / "ledger.db", lambda: NOW) as ledger:
        rows = ledger.rows()
        assert len({row.case for row in rows}) == len(rows) == 50
        assert [sum(row.run == name for row in rows) for name in names] == [won + own for won, own, _ in counts]
        assert {row.state for row in rows} == {Entry.SIGNED}
        assert all(len(ledger.history(row.id)) == 2 for row in rows)
