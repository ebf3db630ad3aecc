"""``testbuy apply``."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_harness.cli import helping, keys, options, reporting, spending
from x402_harness.cli.loading import fail, load, print_json
from x402_harness.cli.plan import print_plan
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.cli.baselines import Baselines
    from x402_harness.ledger import Row
    from x402_harness.planning.cases import Case
    from x402_harness.planning.planfile import PlanFile
    from x402_harness.runs.venue import RealVenue


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
    found = _read(plan)
    _require_input(values)
    accepted = reporting.some(values, len(found.calls))
    _stop_at(_objections(found, values["mode"]), values)
    venue = _venue(found, values)
    cases = _cases(found, venue, values)
    known = _booked(found)
    left = [case for case in cases if case.id not in known]
    if not left:
        _applied(found, known, values)
    _approve(found, left, values)
    _buy(found, cases, left, venue, values, accepted)


def _read(path: Path) -> PlanFile:
    from x402_harness.planning.planfile import LARGEST, BadPlan, read_plan

    try:
        with path.open("rb") as file:
            return read_plan(file.read(LARGEST + 1))
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}") from error
    except BadPlan as error:
        raise click.UsageError(f"{path} is no plan: {error}") from error


def _require_input(values: dict[str, Any]) -> None:
    if values["no_input"] and values["password_file"] is None and not values["unsafe_env_key"]:
        raise click.UsageError("--no-input asks for no password: give --password-file.")
    if values["no_input"] != (values["approve"] is not None):
        raise click.UsageError("--approve DIGEST and --no-input belong together.")


def _objections(found: PlanFile, mode: str | None) -> list[Finding]:
    from x402_harness.policy import Mode
    from x402_harness.runs.plans import objections

    return list(objections(found, time.time(), Mode(mode) if mode else None))


def _venue(found: PlanFile, values: dict[str, Any]) -> RealVenue:
    from x402_harness.edge.client import Limits
    from x402_harness.runs.venue import RealVenue

    nodes = spending.chosen_nodes(values)
    limits = Limits(timeout=values["timeout"], total=values["timeout"])
    try:
        return RealVenue(
            found.spent_in, limits, networks=frozenset(found.networks), private=found.allow_private,
            acts=found.allow_side_effects, witness=nodes,
        )  # fmt: skip
    except ValueError as error:
        raise click.UsageError(f"the plan cannot be applied: {error}") from None


def _cases(found: PlanFile, venue: RealVenue, values: dict[str, Any]) -> list[Case]:
    from x402_harness.runs.plans import approved_cases

    files = sorted({call.row.file for call in found.calls})
    made = approved_cases(found, _listings(files), venue)
    _stop_at([one for one in made if isinstance(one, Finding)], values)
    return [one for one in made if not isinstance(one, Finding)]


def _listings(files: Iterable[str]) -> list[Listing]:
    return load(file for file in files if Path(file).is_file()).listings


def _booked(found: PlanFile) -> dict[str, Row]:
    from x402_harness.ledger import Ledger, Unusable
    from x402_harness.runs.plans import entries
    from x402_harness.wallet import home, ledger_path

    path = ledger_path(home())
    if not path.exists():
        return {}
    try:
        with Ledger(path, time.time) as ledger:
            return entries(found, ledger)
    except Unusable as error:
        fail(str(error), Exit.FAULT)


def _applied(found: PlanFile, known: dict[str, Row], values: dict[str, Any]) -> NoReturn:
    from x402_harness.ledger import OPEN
    from x402_harness.policy.planrules import APPLIED

    states = sorted(str(row.state) for row in known.values())
    told = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    still = any(row.state in OPEN for row in known.values())
    finding = APPLIED.finding(f"its {len(known)} purchases stand in the ledger: {told}", observed=found.digest)
    _stop_at([finding], values, Exit.UNKNOWN if still else Exit.REFUSED)
    raise AssertionError("a finding stops it")


def _approve(found: PlanFile, left: list[Case], values: dict[str, Any]) -> None:
    """Have the plan approved by its digest, or by the total of what is left of it, typed at a terminal."""
    from x402_harness.policy.planrules import UNAPPROVED

    if values["approve"] is not None:
        if values["approve"].strip().lower() != found.digest:
            told = "the digest that was approved is another plan's"
            _stop_at([UNAPPROVED.finding(told, observed=values["approve"][:80], expected=found.digest)], values)
        return
    if not sys.stdin.isatty():
        _stop_at([UNAPPROVED.finding("there is no terminal to type at, and no --approve")], values)
    total = _total(left)
    print_plan(found, err=True)
    if len(left) < len(found.calls):
        click.echo(f"\n{len(found.calls) - len(left)} of them were begun before and are not bought again.", err=True)
    _typed(total, found, values)


def _typed(total: int, found: PlanFile, values: dict[str, Any]) -> None:
    from x402_catalog.money import from_decimal
    from x402_harness.planning.planfile import dollars
    from x402_harness.policy.planrules import UNAPPROVED
    from x402_harness.runs.purse import MONEY

    asked = f"\nType {dollars(total)} to spend it in {MONEY[found.spent_in]}"
    try:
        typed = click.prompt(asked, default="", show_default=False, err=True)
    except click.Abort:  # Ctrl-C or the end of the input: no approval either
        typed = ""
    if from_decimal(typed.strip().removeprefix("$"), 6) != total:
        told = "another amount was typed"
        _stop_at([UNAPPROVED.finding(told, observed=typed[:40], expected=dollars(total))], values)


def _total(cases: Iterable[Case]) -> int:
    from x402_harness.policy import dollars_micro

    return sum(dollars_micro(case.price) for case in cases)


def _buy(
    found: PlanFile, cases: list[Case], left: list[Case], venue: RealVenue, values: dict[str, Any], accepted: Baselines
) -> NoReturn:  # fmt: skip
    from x402_catalog.addresses import same_address
    from x402_harness.cli.running import finish
    from x402_harness.ledger import OPEN, AlreadySigned, Unusable
    from x402_harness.planning.cases import Plan
    from x402_harness.policy.planrules import APPLIED, OTHER_MODE
    from x402_harness.runs.plans import caps_of, enter, entries
    from x402_harness.runs.purse import Purse
    from x402_harness.runs.runner import RunConfig
    from x402_harness.wallet import home, ledger_path, private_folder

    wallet = keys.chosen_wallet(values)
    if not same_address(wallet.address, found.payer):
        told = "the key is another account's"
        _stop_at([OTHER_MODE.finding(told, observed=wallet.address, expected=found.payer)], values)
    if not wallet.may_pay(found.spent_in):
        fail(f"everybody has this key: it does not pay in {found.mode} runs.", Exit.REFUSED)
    books = ledger_path(private_folder(home()))
    purse = Purse(found.spent_in, wallet, books, found.run, frozenset(found.networks))
    try:
        with purse.open(time.time) as ledger:
            enter(found, left, ledger)
    except AlreadySigned as error:  # another process applies it at this moment
        _stop_at([APPLIED.finding(str(error), observed=found.digest)], values)
    except Unusable as error:
        fail(str(error), Exit.FAULT)
    config = RunConfig(
        sources=tuple(dict.fromkeys(call.row.file for call in found.calls)), command="apply", seed=found.seed,
        rows=found.rows, caps=caps_of(found, _total(cases)),
    )  # fmt: skip

    def still_open() -> bool:
        with purse.open(time.time) as ledger:
            return any(row.state in OPEN for row in entries(found, ledger).values())

    items = list({id(case.listing): case.listing for case in left}.values())
    finish(
        config, values, accepted, items=items, venue=venue, purse=purse, planned=Plan(tuple(left), ()),
        still_open=still_open,
    )  # fmt: skip


def _stop_at(findings: list[Finding], values: dict[str, Any], code: Exit = Exit.REFUSED) -> None:
    """Refuse the plan if there is anything against it: say it all, and leave."""
    if not findings:
        return
    if values["format_"] == "json":
        from x402_harness.reporting.document import document

        summary = {"listings": 0, "errors": len(findings), "warnings": 0}
        print_json(document("apply", summary, findings, exit_code=int(code)))
    else:
        from x402_harness.reporting.terminal import console, print_findings

        print_findings(findings, console())
    click.echo("testbuy: the plan is refused; nothing was signed.", err=True)
    raise SystemExit(int(code))
