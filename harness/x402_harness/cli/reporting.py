"""Reports and gates on the command line: the options of every command that makes a run, and how it ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Protocol, TypeVar

import click

from x402_catalog.rules.selection import Selection
from x402_catalog.search import Filters
from x402_harness.cli import options
from x402_harness.cli.loading import print_json
from x402_harness.reporting.escape import printable
from x402_harness.reporting.formats import DEFAULT_REPORTS, REPORTS, UnknownFormat, Wanted, wanted_reports
from x402_harness.runs.outcome import Exit, worst

if TYPE_CHECKING:
    from x402_harness.cli.baselines import Baselines
    from x402_harness.reporting.gates import Asked, Thresholds
    from x402_harness.reporting.session import Session
    from x402_harness.reporting.view import RunView

F = TypeVar("F", bound=Callable[..., Any])
FAMILIES = ("CAT", "HINT", "PRICE", "CHAL", "PAY", "RESP", "REQ", "NET", "SPEND")  # of rules that a run judges


class Number(click.ParamType[Decimal]):
    """A decimal number of nought or more."""

    name = "NUMBER"
    schema: ClassVar = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The number."""
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal(-1)
        if not (number.is_finite() and 0 <= number <= 10**9):
            self.fail(f"{value!r} is no number such as 2.5", param, ctx)
        return number


class Percent(Number):
    """A number up to 100, with or without its sign."""

    schema: ClassVar = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 100}, {"type": "string"}]}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The number."""
        number = super().convert(str(value).strip().removesuffix("%"), param, ctx)
        if number > 100:
            self.fail(f"{value!r} is more than all: give a number up to 100", param, ctx)
        return number


def gates(function: F) -> F:
    """``--fail-on`` and the other gates; see :func:`thresholds`."""
    added = (
        options.fail_on,
        click.option("--max-p95", type=Number(), metavar="SECONDS",
                     help="Fail if 95 of 100 purchases take longer, both legs together."),
        click.option("--min-coverage", type=Percent(), metavar="PERCENT",
                     help="Fail if the purchases show less of the levels that their requests have."),
        options.dollars("--max-spend", help="Fail if more was spent; --budget keeps it from being spent."),
    )  # fmt: skip
    return _all(added, function)


def reports(function: F) -> F:
    """``--report``, ``--reports``, ``--baseline`` and ``--write-baseline``; see :func:`finish`."""
    added = (
        click.option("--report", "report", multiple=True, callback=wanted, metavar="FORMAT[=FILE],...",
                     help=f"Which reports are written: {', '.join(REPORTS)}; may be repeated. [default: html,json]"),
        click.option("--reports", default="reports", show_default=True, metavar="DIR",
                     help="Where the folders of runs are."),
        options.baseline,
    )  # fmt: skip
    return _all(added, function)


def thresholds(values: dict[str, Any]) -> Thresholds:
    """The gates among a command's arguments, which are taken out of ``values``."""
    from x402_harness.reporting.gates import Thresholds

    level = options.failing_level(values.pop("fail_on"))
    return Thresholds(level, values.pop("max_p95"), values.pop("min_coverage"), values.pop("max_spend"))


def baselines(values: dict[str, Any], filters: Filters, query: str = "") -> Baselines:
    """The baselines among a command's arguments, for a run over what ``filters`` and ``query`` choose."""
    from x402_harness.cli.baselines import Baselines

    return Baselines(values, FAMILIES, Selection(), filters, query)


def some(values: dict[str, Any], listings: int) -> Baselines:
    """The same for a run over so many listings, not over all that a baseline may speak of: nothing in it is stale."""
    return baselines(values, Filters(limit=listings))


class Told(Protocol):
    """What a command tells of a run that was judged, in one of two ways."""

    def document(self) -> dict[str, Any]:
        """The JSON document."""

    def print(self) -> None:
        """Print it on standard output."""


def finish(
    done: Session, values: dict[str, Any], accepted: Baselines, *, more: Asked | None = None, told: Told | None = None
) -> NoReturn:
    """Judge a run, write its reports and the new baseline, print the result and leave with the exit code.

    ``more`` are gates of the command's own; ``told`` is what is told in place of the run.
    """
    code, shown = done.conclude(thresholds(values), _accepting(accepted), more), told or done
    if not (done.view.ended or {}).get("interrupted"):
        accepted.write()
        for notice in accepted.suppression.notices():
            click.echo(f"testbuy: {notice}", err=True)
    code = worst([code, written(done.view, values["report"], done.folder, done.paths)])
    if values["format_"] == "json":
        print_json(shown.document())
    else:
        shown.print()
    raise SystemExit(int(code))


def written(view: RunView, wanted: Sequence[Wanted], folder: Path, paths: dict[str, str]) -> Exit:
    """Write reports and note in ``paths`` where. One that cannot be written is told and is a fault; the others are
    written all the same."""
    code = Exit.CLEAN
    for one in wanted:
        try:
            path = one.write(view, folder)
            if one.format.name == "github":
                _job_summary(view)
        except OSError as error:
            click.echo(f"testbuy: the {one.format.name} report cannot be written: {printable(error)}", err=True)
            code = Exit.FAULT
            continue
        if path is not None:
            paths[one.format.name] = path
    return code


def _job_summary(view: RunView) -> None:
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        from x402_harness.reporting.markdown import append_summary

        append_summary(view, Path(path))


def _accepting(accepted: Baselines) -> Callable[[RunView, Callable[..., None]], None]:
    def accept(view: RunView, emit: Callable[..., None]) -> None:
        for number, told in enumerate(view.told):
            entry, renewed = accepted.suppression.accepts(told), accepted.renews(told)
            if entry is not None:
                emit("suppress", finding=number, **entry.why())
            elif renewed:
                emit("suppress", finding=number, reason="accepted in this run", expires=None)
        if (told_of := accepted.to_dict()) is not None:
            emit("baseline", baseline=told_of)

    return accept


def _all(added: Sequence[Callable[[F], F]], function: F) -> F:
    for option in reversed(added):
        function = option(function)
    return function


def wanted(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> Sequence[Wanted]:
    """The reports that an option names."""
    try:
        chosen = wanted_reports(value) or DEFAULT_REPORTS
    except UnknownFormat as error:
        raise click.BadParameter(printable(error, 2000), ctx, param) from error
    for one in chosen:
        # Said before anything is bought, not after.
        if one.path not in {None, "-"} and not Path(one.path or "").absolute().parent.is_dir():
            raise click.BadParameter(f"the folder of {printable(one.path)} is not there", ctx, param)
    return chosen
