"""Disks that fill up, files that cannot be written or trusted: nothing is signed, nothing written is lost."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.support.terms import BASE, BASE_USDC, NOW, authorization

from x402_catalog.money import Asset, Money
from x402_harness.ledger import Entry, Ledger, Unusable
from x402_harness.ledger.filesystem import network_filesystem
from x402_harness.policy import Caps

USDC = Asset(BASE, BASE_USDC, "USDC", 6)

# Buys until it cannot write any more, and tells what it was promised. What is imported is imported while it still can.
BUYS = """
import json, os, resource, signal, sys, time
from pathlib import Path
from x402_catalog.money import Asset, Money
from x402_harness.ledger import Entry, Ledger, Unusable
from x402_harness.policy import Caps
from x402_harness.protocol.eip3009 import authorize

price = Money(1, Asset("eip155:8453", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USDC", 6))
promised, failure = [], None

def reserve(ledger, number):
    nonce = number.to_bytes(32, "big")
    signed = authorize(payer="0x" + "11" * 20, payee="0x" + "22" * 20, value=1, now=1, timeout=60, nonce=nonce)
    return ledger.reserve(
        run="run", case=str(number), price=price, caps=Caps(1, 10**9), authorization=signed, digest=nonce)

def buy(path, times):
    global failure
    try:
        with Ledger(path, time.time) as ledger:
            for number in range(1, times + 1):
                entry = reserve(ledger, number)
                promised.append("reserved")
                for state in (Entry.SIGNED, Entry.SENT, Entry.SETTLED):
                    ledger.move(entry, state)
                    promised[-1] = str(state)
    except Unusable as error:
        failure = str(error)
    print(json.dumps({"promised": promised, "failure": failure}))
"""
FILLS = (
    BUYS
    + """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
buy(Path(sys.argv[1]), 2000)
"""
)
AS_NOBODY = (
    BUYS
    + """
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
buy(Path(sys.argv[1]), 1)
"""
)


def run(program: str, path: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
def test_a_disk_that_fills_up_stops_the_buying_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    told = run(FILLS, path)
    assert "cannot be used" in str(told["failure"])
    promised = told["promised"]
    assert isinstance(promised, list)
    assert 10 < len(promised) < 2000
    with Ledger(path, lambda: NOW) as ledger:
        rows = ledger.rows()
        assert [str(row.state) for row in rows] == promised
        assert all(ledger.history(row.id)[-1][1] is row.state for row in rows)
        assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="no users to be another one of")
@pytest.mark.parametrize(("file", "folder"), [(0o444, 0o755), (0o000, 0o755), (None, 0o755)])
def test_what_may_not_be_written_is_refused_before_anything_is_promised(
    public: Path, file: int | None, folder: int
) -> None:
    path = public / "ledger.db"
    if file is not None:
        with Ledger(path, lambda: NOW):
            pass
        path.chmod(file)
    public.chmod(folder if os.getuid() == 0 else 0o555)
    told = run(AS_NOBODY, path)
    public.chmod(0o755)
    assert told["promised"] == []
    assert "cannot be used" in str(told["failure"])


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be looked at" * 3, b"SQLite format 3\0junk"]
)
def test_a_file_that_is_no_ledger_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    with pytest.raises(Unusable):
        Ledger(path, lambda: NOW)
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="unable to open"):
        Ledger(tmp_path / "nowhere" / "ledger.db", lambda: NOW)


def mounts(tmp_path: Path, *rows: tuple[str, str]) -> Path:
    """A table of mounts as the kernel writes it, of mount points and types."""
    table = tmp_path / "mountinfo"
    lines = [
        f"{number} 1 0:{number} / {point} rw,relatime shared:1 - {kind} source rw"
        for number, (point, kind) in enumerate(rows, start=20)
    ]
    table.write_text("\n".join(["rubbish", *lines]) + "\n")
    return table


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.s3fs", "virtiofs", "ceph"])
def test_a_network_file_system_is_refused_for_money_that_is_not_of_the_sandbox(tmp_path: Path, kind: str) -> None:
    table = mounts(tmp_path, ("/", "ext4"), (str(tmp_path.resolve()), kind))
    path = tmp_path / "ledger.db"
    with pytest.raises(Unusable, match=f"is on {kind}"):
        Ledger(path, lambda: NOW, mounts=table)
    assert not path.exists()
    Ledger(path, lambda: NOW, sandbox=True, mounts=table).close()


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "apfs", "fuseblk"])
def test_a_file_system_of_this_machine_is_taken(tmp_path: Path, kind: str) -> None:
    table = mounts(tmp_path, ("/", "nfs"), (str(tmp_path.resolve()), kind))
    Ledger(tmp_path / "ledger.db", lambda: NOW, mounts=table).close()


def test_the_deepest_and_the_latest_mount_decides(tmp_path: Path) -> None:
    here = str(tmp_path.resolve())
    for rows, expected in (
        ([("/", "nfs"), (here, "ext4")], None),
        ([(here, "nfs"), ("/", "ext4")], "nfs"),
        ([(here, "ext4"), (here, "nfs")], "nfs"),
        ([(here + "/sub", "nfs"), ("/", "ext4")], None),
        ([(here + "x", "nfs"), ("/", "ext4")], None),
    ):
        assert network_filesystem(tmp_path / "ledger.db", mounts(tmp_path, *rows)) == expected


def test_a_link_is_judged_by_where_it_leads(tmp_path: Path) -> None:
    away = tmp_path / "a share"
    away.mkdir()
    (tmp_path / "link").symlink_to(away)
    table = mounts(tmp_path, ("/", "ext4"), (str(away.resolve()).replace(" ", "\\040"), "nfs"))
    assert network_filesystem(tmp_path / "link" / "ledger.db", table) == "nfs"


def test_where_there_is_no_table_nothing_is_said(tmp_path: Path) -> None:
    assert network_filesystem(tmp_path, tmp_path / "nowhere") is None


def test_a_step_that_cannot_be_written_leaves_the_entry_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path, lambda: NOW) as ledger:
        entry = ledger.reserve(
            run="run", case="case", price=Money(1, USDC), caps=Caps(1, 1), authorization=authorization(value=1),
            digest=b"\1" * 32,
        )  # fmt: skip
        ledger._db.execute("PRAGMA query_only = 1")
        with pytest.raises(Unusable):
            ledger.move(entry, Entry.SIGNED, Entry.SENT)
        ledger._db.execute("PRAGMA query_only = 0")
        assert ledger.row(entry).state is Entry.RESERVED
        ledger.move(entry, Entry.SIGNED, Entry.SENT)
