"""Errors of the ledger.

::

    LedgerError
    ├── CapReached       the reservation would exceed a cap; ``cap`` says which
    ├── AlreadySigned    an earlier entry of the case stands in the way; ``entry`` is its id
    └── Unusable         the file cannot be opened, written or trusted
"""

from __future__ import annotations

from enum import StrEnum


class Cap(StrEnum):
    """Which of the caps."""

    CALL = "one call"
    RUN = "the run"
    DAY = "24 hours"


class LedgerError(Exception):
    """The books do not allow the step; the message says which entry and why."""


class CapReached(LedgerError):
    """The reservation would exceed a cap; nothing was reserved."""

    def __init__(self, price: str, cap: Cap) -> None:
        super().__init__(f"{price} would exceed the cap for {cap}")
        self.cap = cap


class AlreadySigned(LedgerError):
    """The case has an entry for which a signature may be out, or had one in this run; nothing was reserved."""

    def __init__(self, message: str, entry: int) -> None:
        super().__init__(message)
        self.entry = entry


class Unusable(LedgerError):
    """The file cannot be opened, written or trusted; what was committed before stands."""
