"""``testbuy replay``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x402_harness.cli import helping, options, reporting
from x402_harness.cli.loading import fail, load, told
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.runs.cassettes.recording import Recording

_CASE = re.compile(r"[0-9a-f]{12}")


@helping.command(
    "replay",
    examples=(
        "testbuy replay reports/20260301-120000-ab12",
        "testbuy replay 0123456789ab --against listings/",
    ),
)
@click.argument("target", metavar="RUN|CASE")
@click.option("--cassettes", metavar="DIR", help="Where the recordings of CASE are, besides those of the runs.")
@click.option("--against", metavar="SRC", help="Judge by the listings there as they are now, and tell what is stale.")
@reporting.gates
@options.output_format
@reporting.reports
@options.quiet
def command(target: str, **values: Any) -> None:
    """Judge the purchases of RUN (its name or folder, or a folder of cassettes), or the newest of CASE, by the rules of
    today. Nothing is bought, signed or asked: what was answered then is all there is.
    """
    from x402_harness.reporting.session import replay_and_report
    from x402_harness.runs.cassettes.exchanges import Unplayable
    from x402_harness.runs.config import RunConfig

    accepted = reporting.some(values, 1)
    now = told(load([values["against"]])) if values["against"] else None
    try:
        found = _found(target, Path(values["reports"]), values["cassettes"])
        if not found:
            fail(
                f"nothing was recorded of {target!r}: neither a run, nor a folder of cassettes, nor a case.",
                Exit.NOTHING,
            )
        config = RunConfig(sources=(target,), command="replay", rows=None)
        done = replay_and_report(config, values["reports"], found, now=now, quiet=values["quiet"])
    except Unplayable as error:
        fail(str(error), Exit.USAGE)
    except OSError as error:
        fail(f"the report folder cannot be written: {error}", Exit.USAGE)
    reporting.finish(done, values, accepted)


def _found(target: str, reports: Path, cassettes: str | None) -> list[Recording]:
    from x402_harness.runs.cassettes.store import CASSETTES, Store

    for folder in (Path(target), reports / target):
        if folder.is_dir():
            inner = folder / CASSETTES
            return list(Store(inner if inner.is_dir() else folder).recordings())
    if _CASE.fullmatch(target) is None:
        return []
    folders = [*([Path(cassettes)] if cassettes else []), *sorted(reports.glob(f"*/{CASSETTES}"))]
    every = [recording for folder in folders for recording in Store(folder).recordings(target)]
    return sorted(every, key=lambda recording: recording.at)[-1:]
