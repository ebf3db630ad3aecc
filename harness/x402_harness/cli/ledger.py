"""``testbuy ledger``: what was spent, what is open, and how it is ended."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x402_harness.cli import helping, options, spending
from x402_harness.cli.loading import fail, print_json
from x402_harness.cli.writing import result
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.buying.nodes import NodeOracle, Nodes
    from x402_harness.ledger import Ledger, Row

_FIELDS = (
    "id", "run", "case", "state", "at", "network", "asset", "symbol", "amount", "payer", "nonce", "digest",
    "valid_before", "transaction",
)  # fmt: skip


@helping.group(
    "ledger",
    examples=(
        "testbuy ledger show --open",
        "testbuy ledger reconcile --rpc base=https://node.example",
    ),
)
def command() -> None:
    """The books of test money and real money. They are in the user's data folder (TESTBUY_HOME), those of mock runs in
    each run's own; --ledger names another file.
    """


_ledger = click.option(
    "--ledger", "path", type=click.Path(path_type=Path), metavar="FILE", help="The ledger; the user's own unless given."
)


@command.command(
    "show",
    examples=(
        "testbuy ledger show --open",
        "testbuy ledger show --ledger reports/20260301-120000-ab12/ledger.db --format json",
    ),
)
@_ledger
@click.option("--run", help="Only entries of this run.")
@click.option("--open", "only_open", is_flag=True, help="Only entries whose money may yet move.")
@options.output_format
def show(path: Path | None, run: str | None, only_open: bool, format_: str) -> None:
    """List the entries and what they hold."""
    from x402_harness.ledger import OPEN

    with _opened(path) as ledger:
        rows = [row for row in ledger.rows(run) if not only_open or row.state in OPEN]
    if format_ == "json":
        _print_document("ledger show", rows, entries=[_told(row) for row in rows])
    else:
        _print_table(rows)
    raise SystemExit(int(Exit.CLEAN if rows else Exit.NOTHING))


@command.command("reconcile", examples=("testbuy ledger reconcile --rpc base=https://node.example --confirmations 3",))
@_ledger
@spending.rpc
@options.output_format
def reconcile(path: Path | None, format_: str, **values: Any) -> None:
    """Say of each open entry where it stands; end those that a chain tells the end of.

    A node is asked by the entry's nonce: settled is what was paid, expired what is unused or canceled for good.
    Without a node of its network, what is open stays open, and its money held, until it is released. Ends with 6 while
    money may have moved that the books do not know of.
    """
    from x402_harness.ledger import OPEN
    from x402_harness.ledger import reconcile as reconciled

    nodes = spending.chosen_nodes(values, local=_is_named(path))
    with _opened(path) as ledger:
        done = asyncio.run(reconciled(ledger, _oracle(ledger, nodes)))
        rows = ledger.rows()
    if format_ == "json":
        told = [{**_told(one.before), "was": str(one.before.state), "state": str(one.after), "reason": one.reason}
                for one in done]  # fmt: skip
        _print_document("ledger reconcile", rows, entries=told)
    else:
        for one in done:
            click.echo(f"{one.before.id:>6}  {one.before.state} → {one.after}  {one.reason}")
        click.echo(f"{len(done)} were open, {sum(one.after in OPEN for one in done)} are", err=True)
    raise SystemExit(int(Exit.UNKNOWN if any(one.after in OPEN for one in done) else Exit.CLEAN))


def _is_named(path: Path | None) -> bool:
    """Whether the books are others than the user's own: those of a mock run, whose money is no main network's."""
    from x402_harness.wallet import home, ledger_path

    return path is not None and path.resolve() != ledger_path(home()).resolve()


def _oracle(ledger: Ledger, nodes: Nodes | None) -> NodeOracle | None:
    from x402_harness.buying.nodes import NodeOracle
    from x402_harness.ledger import OPEN

    if nodes is None:
        return None
    opened = [row for row in ledger.rows() if row.state in OPEN]
    return NodeOracle(nodes, {row.nonce: ledger.authorization(row.id) for row in opened if row.nonce})


@command.command(
    "release", examples=("testbuy ledger release 7 --reason 'authorizationState is false and the window is over'",)
)
@click.argument("entry", type=int)
@_ledger
@click.option("--reason", required=True, help="How it is known that the money did not move; it is kept.")
def release(entry: int, path: Path | None, reason: str) -> None:
    """End the open ENTRY on your word: its money counts no longer, and its case may be bought again.

    Look the nonce up on a chain first (authorizationState): what was paid after all would be missing in the books.
    """
    from x402_harness.ledger import LedgerError

    with _opened(path) as ledger:
        try:
            state = ledger.release(entry, reason)
        except LedgerError as error:
            fail(str(error), Exit.USAGE)
    click.echo(f"entry {entry} is {state}")


@command.command(
    "export",
    examples=(
        "testbuy ledger export -o books.csv",
        "testbuy ledger export --format jsonl",
    ),
)
@_ledger
@click.option("--run", help="Only entries of this run.")
@click.option("--format", "format_", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to stdout.")
def export(path: Path | None, run: str | None, format_: str, output: str | None) -> None:
    """Write every transition of every entry, oldest entry first: when, where to, and why."""
    with _opened(path) as ledger:
        lines = list(_transitions(ledger, run))
    with result(output, for_people=False) as stream:
        stream.write(_csv(lines) if format_ == "csv" else "".join(json.dumps(line) + "\n" for line in lines))


@contextmanager
def _opened(path: Path | None) -> Iterator[Ledger]:
    from x402_harness.ledger import Ledger, Unusable
    from x402_harness.wallet import home, ledger_path

    found = path or ledger_path(home())
    if not found.is_file():
        fail(f"there is no ledger {found}: nothing was bought yet", Exit.NOTHING)
    try:
        # A file that is named may stand anywhere: what is refused there is buying.
        with Ledger(found, time.time, sandbox=path is not None) as ledger:
            yield ledger
    except Unusable as error:
        fail(str(error), Exit.FAULT)


def _told(row: Row) -> dict[str, Any]:
    return {name: str(value) if name in ("amount", "state") else value for name, value in _members(row)}


def _members(row: Row) -> Iterator[tuple[str, Any]]:
    yield from ((name, getattr(row, name)) for name in _FIELDS)


def _transitions(ledger: Ledger, run: str | None) -> Iterator[dict[str, Any]]:
    for row in ledger.rows(run):
        for at, state, reason in ledger.history(row.id):
            yield {**_told(row), "at": at, "state": str(state), "reason": reason}


def _csv(lines: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, (*_FIELDS, "reason"))
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in line.items()} for line in lines)
    return text.getvalue()


def _cell(value: Any) -> Any:
    # What begins like a formula is one to the programs that open such files, and reasons are written by strangers.
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _print_document(name: str, rows: list[Row], **more: Any) -> None:
    from x402_harness.reporting.document import document
    from x402_harness.runs.outcome import spending

    counted = [str(row.state) for row in rows]
    purchases = {state: counted.count(state) for state in ("planned", "settled", "refused", "unknown")}
    summary = {
        "listings": 0, "errors": 0, "warnings": 0, "purchases": purchases | {"unsold": counted.count("expired")},
        "spent": spending(rows),
    }  # fmt: skip
    print_json(document(name, summary, [], **more))


def _print_table(rows: list[Row]) -> None:
    from x402_harness.ledger import OPEN
    from x402_harness.reporting.escape import printable
    from x402_harness.runs.outcome import spending

    for row in rows:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(row.at))
        where = f"{row.amount} {row.symbol} on {row.network}"
        click.echo(
            f"{row.id:>6}  {when}  {row.state:<9} {where}  {printable(row.case, 20)} of {printable(row.run, 30)}"
        )
    for line in spending(rows):
        click.echo(f"held: {line['amount'] or line['atomic']} {line['symbol']} on {line['network']}")
    still = sum(row.state in OPEN for row in rows)
    if still:
        click.echo(f"{still} open: testbuy ledger reconcile", err=True)
