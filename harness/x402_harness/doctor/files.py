"""Files of the user's own: the data folder, the ledger and the keystores, and who else may reach them."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from x402_harness.doctor.examining import Check, Status, fine

_OTHERS = 0o077


def files(home: Path) -> Iterator[Check]:
    """The modes of everything in the data folder ``home``, and whether its ledger opens."""
    if not home.exists():
        yield fine("data folder", f"{home} is not there yet; it is made, for you alone, when it is needed")
        return
    if not home.is_dir():
        yield Check("data folder", Status.ERROR, f"{home} is no folder", "name another with TESTBUY_HOME")
        return
    if os.name == "posix":
        yield from modes(home)
    else:
        yield Check("data folder", Status.UNTOLD, f"{home}: who may read it is not told by a mode on this system")
    yield from ledger(home)


def modes(home: Path) -> Iterator[Check]:
    """One check for each that others can reach, or one that nothing is."""
    wrong = list(_wrong(home))
    for path, why, remedy in wrong:
        yield Check("file modes", Status.ERROR, f"{path} {why}", remedy)
    if not wrong:
        yield fine("file modes", f"{home} and what is in it is out of others' reach")


def _wrong(home: Path) -> Iterator[tuple[Path, str, str]]:
    closed = not home.stat().st_mode & _OTHERS
    wallets = home / "wallets"
    kept = sorted(wallets.glob("*.json")) if wallets.is_dir() else []
    # A file with a key is refused whatever its folder's mode is; the books are safe in a folder that is closed.
    books = [] if closed else [path for path in sorted(home.glob("ledger.db*")) if path.is_file()]
    for path in [home, *([wallets] if kept and not closed else []), *books, *kept]:
        try:
            about = path.stat()
        except OSError as error:
            yield path, f"cannot be looked at: {error.strerror}", "mend it or take it away"
            continue
        if about.st_uid not in {os.geteuid(), 0}:
            yield path, "belongs to somebody else", f"chown it to yourself: chown {os.geteuid()} '{path}'"
        elif about.st_mode & _OTHERS:
            mode = f"can be reached by others (mode {stat.S_IMODE(about.st_mode):04o})"
            yield path, mode, f"chmod {'700' if path.is_dir() else '600'} '{path}'"


def ledger(home: Path) -> Iterator[Check]:
    """Whether the books can be used, and whether something in them is open."""
    from x402_harness.ledger import OPEN, Ledger, Unusable
    from x402_harness.wallet import ledger_path

    path = ledger_path(home)
    if not path.exists():
        yield fine("ledger", "nothing was bought with other money than the sandbox's yet")
        return
    try:
        with Ledger(path, time.time) as books:
            rows = books.rows()
    except Unusable as error:
        yield Check("ledger", Status.ERROR, str(error), "put a copy of it in its place, or name another TESTBUY_HOME")
        return
    still = sum(row.state in OPEN for row in rows)
    if still:
        told = f"{still} of {len(rows)} entries are open: their money may yet move"
        yield Check("ledger", Status.WARNING, told, "testbuy ledger reconcile --rpc NETWORK=URL")
    else:
        yield fine("ledger", f"{path} has {len(rows)} entries, none open")
