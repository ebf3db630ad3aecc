"""``testbuy report``: recorded runs shown, converted and compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x402_harness.cli import helping, options, reporting
from x402_harness.cli.loading import fail, print_json
from x402_harness.reporting.formats import REPORTS
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.reporting.view import RunView

RUN = "A run is its folder, its events.ndjson, or its id in --reports; last is the latest there."


@helping.group(
    "report",
    examples=(
        "testbuy report show",
        "testbuy report convert last --to junit=junit.xml",
    ),
    epilog=RUN,
)
def command() -> None:
    """Reports of recorded runs, made of their events alone: nothing is read, planned or bought again.

    A run that was killed is shown as far as it went. The gates that a run was judged by stay with it.
    """


_where = click.option("--reports", default="reports", show_default=True, metavar="DIR", help="Where ids are looked up.")


@command.command(
    "show",
    short_help="Print a run as it was printed.",
    examples=(
        "testbuy report show",
        "testbuy report show 20260301-120000-ab12 --format json",
    ),
    epilog=RUN,
)
@click.argument("run", default="last", metavar="[RUN]")
@options.output_format
@_where
def show(run: str, format_: str, reports: str) -> None:
    """Print a run as it was printed when it ended, and leave with the same exit code."""
    view, journal = recorded(run, reports)
    if format_ == "json":
        from x402_harness.reporting.document import run_document

        print_json(run_document(view))
    else:
        from x402_harness.reporting.terminal import console, print_run

        print_run(view, console(), {"events": journal.as_posix()})
    raise SystemExit(view.exit_code)


@command.command(
    "convert",
    short_help="Write a run's reports in other formats.",
    examples=(
        "testbuy report convert --to junit=junit.xml,sarif=-",
        "testbuy report convert 20260301-120000-ab12 --to html",
    ),
    epilog=RUN,
)
@click.argument("run", default="last", metavar="[RUN]")
@click.option("--to", "report", multiple=True, required=True, callback=reporting.wanted, metavar="FORMAT[=FILE],...",
              help=f"Which reports: {', '.join(REPORTS)}; may be repeated.")  # fmt: skip
@click.option("-o", "--output", metavar="DIR", help="Where they are written; the run's folder if not given.")
@_where
def convert(run: str, report: Any, output: str | None, reports: str) -> None:
    """Write reports of a run. FILE may be - for stdout. The exit code tells whether they could be written, not what the
    run ended with."""
    view, journal = recorded(run, reports)
    folder, paths = Path(output) if output else journal.parent, dict[str, str]()
    if not folder.is_dir():
        raise click.UsageError(f"there is no folder {output}.")
    code = reporting.written(view, report, folder, paths)
    for path in paths.values():
        click.echo(path, err=True)
    raise SystemExit(int(code))


@command.command(
    "diff",
    short_help="What is different in a later run.",
    examples=("testbuy report diff 20260301-120000-ab12 last --fail-on warning",),
    epilog=RUN,
)
@click.argument("before", metavar="RUN")
@click.argument("after", metavar="RUN2")
@options.fail_on
@options.output_format
@_where
def diff(before: str, after: str, fail_on: str, format_: str, reports: str) -> None:
    """What RUN2 found that RUN did not, what is gone, which claims have another verdict, and the figures of both.

    New findings at or above --fail-on end with 1.
    """
    from x402_harness.reporting.rundiff import compare_runs
    from x402_harness.runs.outcome import Summary

    (old, _), (new, _) = recorded(before, reports), recorded(after, reports)
    found = compare_runs(old, new)
    summary = Summary(listings=len(new.listings))
    for finding in found.new:
        summary.levels[finding.level] += 1
    code = summary.exit_code(options.failing_level(fail_on))
    if format_ == "json":
        from x402_harness.reporting.document import document

        counts = {name: summary.to_dict()[name] for name in ("listings", "errors", "warnings")}
        told = {key: value for key, value in found.to_dict().items() if key != "new"}
        print_json(document("report diff", counts, list(found.new), **told, exit_code=int(code)))
    else:
        from x402_harness.reporting.runprint import print_diff
        from x402_harness.reporting.terminal import console

        print_diff(found, console())
    raise SystemExit(int(code))


def recorded(run: str, reports: str) -> tuple[RunView, Path]:
    """A recorded run and its journal; one that was never judged is judged as if no gate had been asked for.

    A run that is not there, or no journal of this program, ends the command.
    """
    from x402_harness.reporting.recorded import read_run
    from x402_harness.runs.events import BrokenJournal
    from x402_harness.runs.recorded import NoSuchRun, journal_of

    try:
        journal = journal_of(run, Path(reports))
        return read_run(journal), journal
    except NoSuchRun as error:
        fail(str(error), Exit.NOTHING)
    except BrokenJournal as error:
        fail(f"{journal} cannot be read: {error}", Exit.USAGE)
    except OSError as error:
        fail(f"{run} cannot be read: {error}", Exit.USAGE)
