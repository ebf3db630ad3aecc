"""Examining: checks that are made one after the other, whatever each of them meets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

REINSTALL = "pip install --force-reinstall x402-testbuy"


class Status(StrEnum):
    """How a check ended; ``FAULT`` is the doctor's own."""

    FINE = "fine"
    WARNING = "warning"
    ERROR = "error"
    FAULT = "fault"
    UNTOLD = "not judged"


SIGNS = {Status.FINE: "✓", Status.WARNING: "!", Status.ERROR: "✗", Status.FAULT: "✗", Status.UNTOLD: "–"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its name, how it is, in words, and what to do about it, empty if nothing."""

    name: str
    status: Status
    message: str
    remedy: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "status": str(self.status)}


def fine(name: str, message: str) -> Check:
    """A check that found nothing."""
    return Check(name, Status.FINE, message)


Room = tuple[str, Callable[[], Iterable[Check]]]


def examined(rooms: Iterable[Room]) -> Iterator[Check]:
    """What each room finds. One that breaks is told by its name, and the next is gone to."""
    for name, look in rooms:
        try:
            yield from look()
        except ImportError as error:
            missing = error.name or str(error)
            yield Check(name, Status.ERROR, f"needs {missing}, which cannot be imported: {error}", REINSTALL)
        except Exception as error:  # whatever is wrong with a machine, the rest of it is looked at
            told = f"could not be looked at: {type(error).__name__}: {error}"
            yield Check(name, Status.FAULT, told, "this is a fault of testbuy: please report it")
