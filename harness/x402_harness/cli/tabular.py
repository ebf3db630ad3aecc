"""Tabular results: ``--format``, ``--columns`` and ``--output`` of commands whose result is rows."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

import click

from x402_harness.cli.writing import result
from x402_harness.reporting.tables import TABLE_FORMATS, Column, print_csv, print_lines, print_table

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


def tabular(function: F) -> F:
    """``--format``, ``--columns`` and ``--output``."""
    options = (
        click.option(
            "--format", "format_", type=click.Choice(TABLE_FORMATS), default="table", show_default=True,
            envvar="TESTBUY_OUTPUT",
            help="table (or text) for people, json for one document, jsonl for a row a line, csv for spreadsheets.",
        ),
        click.option("--columns", metavar="NAME,...", help="Which columns, in this order; for table, jsonl and csv."),
        click.option("-o", "--output", metavar="FILE", help="Write the result there instead of to stdout."),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def picked(columns: dict[str, Column[T]], names: str | None, default: Sequence[str]) -> list[Column[T]]:
    """The columns that ``--columns`` names. A usage error for an unknown one."""
    wanted = [name.strip() for name in names.split(",")] if names else list(default)
    for name in wanted:
        if name not in columns:
            close = get_close_matches(name, columns, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(columns)}."
            raise click.UsageError(f"--columns: no column {name!r}; {hint}")
    return [columns[name] for name in wanted]


def print_rows(columns: Sequence[Column[T]], rows: Sequence[T], format_: str, output: str | None) -> None:
    """Print rows as a table, as lines of JSON or as CSV."""
    with result(output, for_people=format_ in ("table", "text")) as out:
        if format_ == "jsonl":
            print_lines(columns, rows, out)
        elif format_ == "csv":
            print_csv(columns, rows, out)
        elif rows:
            print_table(columns, rows, out, width(output))


def width(output: str | None = None) -> int | None:
    """How wide a table may be: as the terminal; ``None``, which is any width, where it is not for one."""
    return shutil.get_terminal_size().columns if output is None and sys.stdout.isatty() else None
