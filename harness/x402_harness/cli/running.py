"""Running: a run with its reports, printed as a command is told, and the code that the command ends with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.records import Record
from x402_harness.cli import options
from x402_harness.cli.loading import fail, print_json
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.planning.cases import Plan
    from x402_harness.runs.purse import Purse
    from x402_harness.runs.runner import RunConfig
    from x402_harness.runs.venue import Venue


def finish(
    config: RunConfig, values: dict[str, Any], *, items: Iterable[Record | Listing | Finding] | None = None,
    venue: Venue | None = None,
    purse: Purse | None = None, planned: Plan | None = None, still_open: Callable[[], bool] = lambda: False,
) -> NoReturn:  # fmt: skip
    """Run ``config``, write and print its reports, and leave. ``still_open`` says whether money may yet move.

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
        code = done.exit_code(options.failing_level(values["fail_on"]))
        if code is not Exit.INTERRUPTED and still_open():
            code = Exit.UNKNOWN
    except OSError as error:
        fail(f"the report folder cannot be written: {error}", Exit.USAGE)
    except Unusable as error:
        fail(str(error), Exit.FAULT)
    done.write_reports(code)
    if values["format_"] == "json":
        print_json(done.document(code))
    else:
        done.print(code)
    raise SystemExit(int(code))
