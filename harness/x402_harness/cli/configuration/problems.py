"""Problems of a configuration: where, which key, what is wrong with it, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Any

import click

_SHOWN = 1000  # characters of a problem; values in it are cut before


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file; ``line`` and ``column`` count from 1 and are absent where nothing in particular is meant."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a place with ``key``, which is empty where it is the file as a whole."""

    place: Place | Variable
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.key}: {self.message}" if self.key else f"{self.place}: {self.message}"

    def to_dict(self) -> dict[str, Any]:
        """For JSON: ``file``, ``line`` and ``column``, or ``variable``; ``key`` and ``message``."""
        return {**whence(self.place), "key": self.key or None, "message": self.message}


def whence(place: Place | Variable) -> dict[str, Any]:
    """A place for JSON."""
    if isinstance(place, Variable):
        return {"variable": place.name}
    return {"file": place.file, "line": place.line, "column": place.column}


class BadConfiguration(click.ClickException):
    """The configuration cannot be used; every problem that was found is told, and the exit code is 2."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def show(self, file: IO[Any] | None = None) -> None:
        """A line on stderr for each problem."""
        from x402_harness.reporting.escape import printable

        for problem in self.problems:
            click.echo(f"testbuy: {printable(problem, _SHOWN)}", err=True)


def key_name(path: Iterable[str]) -> str:
    """A key as a person writes it: ``seed``, ``[run] rows``, ``[ledger.show] format``."""
    *tables, key = path
    return f"[{'.'.join(tables)}] {key}" if tables else key


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """``; did you mean …?``, or all that is known if nothing is close and it is little."""
    from difflib import get_close_matches

    names = sorted(known)
    close = get_close_matches(wrong.lower().replace("_", "-"), names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; there are {', '.join(names)}" if 0 < len(names) <= 15 else ""
