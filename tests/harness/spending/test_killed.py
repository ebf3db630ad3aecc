"""Applying that is killed in the middle, and started again: nothing is paid twice, and what is open is said to be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.harness.support.testnet import Testnet

from x402_harness.ledger import OPEN, Entry

PRICE, CALLS = 20_000, 4
pytestmark = pytest.mark.skipif(os.name != "posix", reason="no signals to kill with")


def started(net: Testnet, root: Path) -> subprocess.Popen[bytes]:
    """Apply, in a process of its own."""
    approved = ("--approve", net.digest(), "--no-input", *net.key, "-q", "--reports", net.folder / "reports")
    return subprocess.Popen(
        [sys.executable, "-m", "x402_harness", "apply", net.folder / "buy.plan", *map(str, approved)],
        cwd=root, env={**os.environ, "TESTBUY_HOME": str(net.home)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def killed_at(net: Testnet, root: Path, state: Entry, count: int) -> int:
    """Apply until so many entries came to a state, and kill it then. What it ended with."""
    with started(net, root) as process:
        while process.poll() is None and sum(row.state is state for row in net.rows()) < count:
            time.sleep(0.001)
        process.kill()
    return process.returncode


@pytest.mark.parametrize(("state", "count"), [(Entry.PLANNED, CALLS), (Entry.SENT, 1), (Entry.SETTLED, 2)])
def test_what_was_begun_before_a_kill_is_not_bought_again(net: Testnet, root: Path, state: Entry, count: int) -> None:
    net.plan("--rows", str(CALLS))
    assert killed_at(net, root, state, count) in (-signal.SIGKILL, 0)
    before = {row.case: row for row in net.rows() if row.state is not Entry.PLANNED}
    again = net.apply()
    rows = {row.case: row for row in net.rows()}
    assert len(rows) == CALLS
    assert all(rows[case] == row for case, row in before.items()), "what was begun is left as it was"
    assert all(row.state is Entry.SETTLED for case, row in rows.items() if case not in before)
    still = any(row.state in OPEN for row in rows.values())
    assert again.returncode == (6 if still else 4 if len(before) == CALLS else 0), again.stdout
    net.testbuy("ledger", "reconcile", "--rpc", net.rpc)
    settled = sum(row.state is Entry.SETTLED for row in net.rows())
    assert net.earned == settled * PRICE
    assert net.earned >= (CALLS - 1) * PRICE
