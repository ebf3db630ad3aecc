"""Baselines on the command line: files read and written, with faults told as errors of usage."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

import click

from x402_catalog.findings import Identity
from x402_catalog.rules.registry import FAMILIES
from x402_catalog.rules.selection import Selection
from x402_catalog.search import Filters
from x402_harness.cli.loading import fail
from x402_harness.reporting.baseline import BadBaseline, Entry, read_baseline, write_baseline
from x402_harness.reporting.escape import printable
from x402_harness.reporting.findings import Told
from x402_harness.reporting.suppression import Renewal, Suppression
from x402_harness.runs.outcome import Exit


class Baselines:
    """What ``--baseline`` suppresses and ``--write-baseline`` accepts in one run that judges ``families`` of rules."""

    def __init__(
        self, values: dict[str, Any], families: tuple[str, ...], rules: Selection, filters: Filters, query: str = ""
    ) -> None:
        self._file: str | None = values.pop("baseline")
        self._target: str | None = values.pop("write_baseline")
        judges_all = not query and filters == Filters(seed=filters.seed, sort=filters.sort)

        def judged(identity: Identity) -> bool:
            family = identity.rule.rstrip("0123456789")
            return judges_all and identity.rule in rules and (family in families or family not in FAMILIES)

        entries, today = _entries(self._file), date.today()
        previous = entries if self._file is not None else _entries(self._target, may_be_absent=True)
        self.suppression = Suppression(entries, today, judged)
        self._renewal = None if self._target is None else Renewal(previous, today, judged)

    def renews(self, told: Told) -> bool:
        """Take in a finding, suppressed or not; whether the baseline that is being written accepts it."""
        return self._renewal is not None and self._renewal.accepts(told)

    def to_dict(self) -> dict[str, Any] | None:
        """The ``baseline`` of the JSON document; ``None`` where none was given."""
        return None if self._file is None else self.suppression.to_dict(self._file)

    def write(self) -> None:
        """Write the new baseline, if one is wanted."""
        if self._renewal is None or self._target is None:
            return
        entries = self._renewal.entries()
        try:
            write_baseline(self._target, entries)
        except OSError as error:
            fail(f"{printable(self._target)} cannot be written: {os.strerror(error.errno or 0)}", Exit.USAGE)
        click.echo(
            f"testbuy: {len(entries)} entries written to {printable(self._target)}; give each its reason", err=True
        )


def _entries(path: str | None, *, may_be_absent: bool = False) -> list[Entry]:
    if path is None or (may_be_absent and not os.path.exists(path)):
        return []
    try:
        return read_baseline(path)
    except BadBaseline as error:
        raise click.UsageError(printable(error, 2000)) from error
    except OSError as error:
        raise click.UsageError(f"{printable(path)} cannot be read: {os.strerror(error.errno or 0)}") from error
