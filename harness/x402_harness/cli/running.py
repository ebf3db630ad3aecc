"""Running: a run of a command that ends with its reports."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.records import Record
from x402_harness.cli import reporting
from x402_harness.cli.loading import fail
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.cli.baselines import Baselines
    from x402_harness.planning.cases import Plan
    from x402_harness.reporting.gates import Gate
    from x402_harness.runs.config import RunConfig
    from x402_harness.runs.purse import Purse
    from x402_harness.runs.venue import Venue


def finish(
    config: RunConfig, values: dict[str, Any], accepted: Baselines, *,
    items: Iterable[Record | Listing | Finding] | None = None, venue: Venue | None = None, purse: Purse | None = None,
    planned: Plan | None = None, still_open: Callable[[], bool] | None = None,
) -> NoReturn:  # fmt: skip
    """Run ``config`` and leave as every run is left; see :func:`~x402_harness.cli.reporting.finish`. ``still_open``
    says whether money may yet move, which is a gate of its own.

    Raises :class:`~x402_catalog.search.BadFilter`.
    """
    from x402_harness.ledger import Unusable
    from x402_harness.reporting.session import run_and_report
    from x402_harness.runs.cassettes.keeping import Keeping

    try:
        done = run_and_report(
            config, values["reports"], quiet=values["quiet"], clock=time.time, randomness=os.urandom,
            items=items, venue=venue, purse=purse, planned=planned,
            keeping=Keeping(values.get("record") or Keeping.ALL), cassettes=values.get("cassettes"),
        )  # fmt: skip
        own = [] if still_open is None else [_closed(still_open())]
    except OSError as error:
        fail(f"the report folder cannot be written: {error}", Exit.USAGE)
    except Unusable as error:
        fail(str(error), Exit.FAULT)
    reporting.finish(done, values, accepted, more=lambda view: own)


def _closed(still_open: bool) -> Gate:
    from x402_harness.reporting.gates import Gate

    observed = "some may" if still_open else "none may"
    return Gate("closed", "no payment of the plan may yet move", observed, 1, not still_open, Exit.UNKNOWN)
