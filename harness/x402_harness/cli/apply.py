"""``testbuy apply``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from x402_harness.cli import helping, keys, options, reporting, spending
from x402_harness.cli.loading import fail, load, print_json
from x402_harness.cli.plan import print_plan
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.cli.baselines import Baselines
    from x402_harness.planning.cases import Case
    from x402_harness.planning.planfile import PlanFile
    from x402_harness.runs.applying import Application, PlanRefused


@helping.command(
    "apply",
    examples=(
        "testbuy apply buy.plan --account main --rpc base=https://node.example",
        "testbuy apply buy.plan --account main --password-file password --approve DIGEST --no-input",
    ),
)
@click.argument("plan", type=click.Path(path_type=Path), metavar="PLAN")
@click.option("--mode", type=click.Choice(["testnet", "live"]), help="Refuse a plan of another mode.")
@click.option("--approve", metavar="DIGEST", help="The plan's digest, in place of typing the total.")
@click.option("--no-input", is_flag=True, help="Ask nothing; needs --approve, and a password from a file.")
@keys.signer
@spending.rpc
@options.timeout
@reporting.gates
@options.output_format
@reporting.reports
@options.quiet
def command(plan: Path, **values: Any) -> None:
    """Buy what PLAN says, and nothing else, with the account that it was made for.

    On a terminal the total is typed by a person; elsewhere it is approved by the plan's digest. A plan that has
    expired, was altered, was applied before, or whose listings changed is refused as a whole. A price or a payee that
    moved since refuses that call. Applied again after it was stopped, it goes on with what was not begun.
    """
    from x402_harness.runs.applying import PlanRefused

    found = _read(plan)
    _require_input(values)
    accepted = reporting.some(values, len(found.calls))
    try:
        applied = _application(found, values)
        left = _left(applied)
        _approve(applied, left, values)
        _buy(applied, left, values, accepted)
    except PlanRefused as refused:
        _refuse(refused, values)


def _read(path: Path) -> PlanFile:
    from x402_harness.planning.planfile import BadPlan
    from x402_harness.runs.applying import plan_in

    try:
        return plan_in(path)
    except BadPlan as error:
        raise click.UsageError(str(error)) from error


def _require_input(values: dict[str, Any]) -> None:
    if values["no_input"] and values["password_file"] is None and not values["unsafe_env_key"]:
        raise click.UsageError("--no-input asks for no password: give --password-file.")
    if values["no_input"] != (values["approve"] is not None):
        raise click.UsageError("--approve DIGEST and --no-input belong together.")


def _application(found: PlanFile, values: dict[str, Any]) -> Application:
    from x402_harness.edge.client import Limits
    from x402_harness.policy import Mode
    from x402_harness.runs.applying import Application
    from x402_harness.wallet import home

    asked, nodes = values["mode"], spending.chosen_nodes(values)
    limits = Limits(timeout=values["timeout"], total=values["timeout"])
    try:
        return Application.of(
            found, lambda files: load(files).listings, home(), time.time, mode=Mode(asked) if asked else None,
            limits=limits, witness=nodes,
        )  # fmt: skip
    except ValueError as error:
        raise click.UsageError(f"the plan cannot be applied: {error}") from None


def _left(applied: Application) -> tuple[Case, ...]:
    from x402_harness.ledger import Unusable

    try:
        return applied.left()
    except Unusable as error:
        fail(str(error), Exit.FAULT)


def _approve(applied: Application, left: tuple[Case, ...], values: dict[str, Any]) -> None:
    """Have the plan approved by its digest, or by the total of what is left of it, typed at a terminal."""
    from x402_harness.policy.planrules import UNAPPROVED
    from x402_harness.runs.applying import PlanRefused, total_of

    if values["approve"] is not None:
        applied.require_approval(values["approve"])
        return
    if not sys.stdin.isatty():
        raise PlanRefused(UNAPPROVED.finding("there is no terminal to type at, and no --approve"))
    print_plan(applied.plan, err=True)
    if begun := len(applied.plan.calls) - len(left):
        click.echo(f"\n{begun} of them were begun before and are not bought again.", err=True)
    _type(total_of(left), applied.plan)


def _type(total: int, found: PlanFile) -> None:
    from x402_catalog.money import micro_dollars
    from x402_harness.planning.planfile import dollars
    from x402_harness.policy.planrules import UNAPPROVED
    from x402_harness.runs.applying import PlanRefused
    from x402_harness.runs.purse import MONEY

    asked = f"\nType {dollars(total)} to spend it in {MONEY[found.spent_in]}"
    try:
        typed = click.prompt(asked, default="", show_default=False, err=True)
    except click.Abort:  # Ctrl-C or the end of the input: no approval either
        typed = ""
    if micro_dollars(typed) != total:
        told = "another amount was typed"
        raise PlanRefused(UNAPPROVED.finding(told, observed=typed[:40], expected=dollars(total)))


def _buy(applied: Application, left: tuple[Case, ...], values: dict[str, Any], accepted: Baselines) -> NoReturn:
    from x402_harness.cli.running import finish
    from x402_harness.ledger import Unusable
    from x402_harness.planning.cases import Plan
    from x402_harness.runs.applying import KeyIsPublic
    from x402_harness.runs.config import RunConfig
    from x402_harness.wallet import private_folder

    try:
        purse = applied.purse(keys.chosen_wallet(values))
        private_folder(applied.books)
        applied.enter(left)
    except KeyIsPublic as error:
        fail(str(error), Exit.REFUSED)
    except Unusable as error:
        fail(str(error), Exit.FAULT)
    found = applied.plan
    config = RunConfig(
        sources=tuple(dict.fromkeys(call.row.file for call in found.calls)), command="apply", seed=found.seed,
        rows=found.rows, caps=applied.caps,
    )  # fmt: skip
    items = list({id(case.listing): case.listing for case in left}.values())
    finish(
        config, values, accepted, items=items, venue=applied.venue, purse=purse, planned=Plan(left, ()),
        still_open=applied.may_still_move,
    )  # fmt: skip


def _refuse(refused: PlanRefused, values: dict[str, Any]) -> NoReturn:
    """Say all that stands against the plan, and leave."""
    findings, code = refused.findings, int(refused.code)
    if values["format_"] == "json":
        from x402_harness.reporting.document import document

        summary = {"listings": 0, "errors": len(findings), "warnings": 0}
        print_json(document("apply", summary, findings, exit_code=code))
    else:
        from x402_harness.reporting.terminal import console, print_findings

        print_findings(findings, console())
    click.echo("testbuy: the plan is refused; nothing was signed.", err=True)
    raise SystemExit(code)
