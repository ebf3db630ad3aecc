"""``testbuy doctor``."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from x402_harness.cli import helping
from x402_harness.cli.configuration.applying import document_of
from x402_harness.cli.configuration.problems import BadConfiguration, Problem
from x402_harness.cli.telling import output_format
from x402_harness.doctor.examining import Check, Room, Status, examined, fine

if TYPE_CHECKING:
    from x402_catalog.networks import Network

# Nothing else is imported here: what a broken installation lacks is told, not run into.


@helping.command(
    "doctor",
    examples=(
        "testbuy doctor",
        "testbuy doctor --rpc base-sepolia=https://node.example",
    ),
)
@click.option(
    "--rpc", multiple=True, metavar="[NETWORK=]URL",
    help="Ask this node for its chain and the time too; may be repeated. Also TESTBUY_RPC_BASE, and so on.",
)  # fmt: skip
@click.option("--anvil", metavar="PATH", help="The anvil command, if it is not on PATH.")
@output_format
@click.pass_context
def command(ctx: click.Context, /, format_: str, **values: Any) -> None:
    """Look at Python, testbuy and its dependencies, at the sandbox's chains, the clock, the disk, the loopback
    interface, the data folder with ledger and keystores, the configuration and the catalogue; each is tried.

    Nothing is contacted but this machine, and the nodes that are named. Ends with 1 if anything is wrong.
    """
    checks = []
    for check in examined(_rooms(ctx, values)):
        checks.append(check)
        if format_ == "text":
            _print(check)
    counts = {status: sum(check.status is status for check in checks) for status in Status}
    if format_ == "json":
        _print_document(checks, counts)
    else:
        click.echo(
            f"\n{counts[Status.ERROR] + counts[Status.FAULT]} wrong, {counts[Status.WARNING]} to look at", err=True
        )
    sys.exit(5 if counts[Status.FAULT] else 1 if counts[Status.ERROR] else 0)


def _rooms(ctx: click.Context, values: dict[str, Any]) -> list[Room]:
    from x402_harness.doctor import backends, files, libraries, machine, versions

    return [
        ("versions", versions.versions),
        ("compiled libraries", libraries.libraries),
        ("chains", lambda: backends.backends(time.time, values["anvil"])),
        ("clock", machine.clock),
        ("nodes", lambda: _nodes(values["rpc"])),
        ("loopback", machine.loopback),
        ("ports", lambda: machine.ports(_ports(ctx))),
        ("data folder", lambda: files.files(_home())),
        ("disk", lambda: machine.disk(_home())),
        ("configuration", lambda: _configuration(ctx)),
        ("catalogue", lambda: _catalogue(ctx)),
    ]


def _home() -> Any:
    from x402_harness.wallet import home

    return home()


def _nodes(given: tuple[str, ...]) -> Iterator[Check]:
    from x402_harness.doctor.nodes import node
    from x402_harness.edge.rpc import Rpc
    from x402_harness.runs.nodes import BadNode, nodes_of_environment

    try:
        for where, url in [*_named(given), *nodes_of_environment(os.environ)]:
            yield from node(where, Rpc(url, _client(where, url)), time.time)
    except BadNode as error:
        yield Check("nodes", Status.ERROR, str(error), "testbuy doctor --rpc base-sepolia=https://node.example")


def _named(given: tuple[str, ...]) -> Iterator[tuple[Network | None, str]]:
    """What ``--rpc`` names, a node of a network that is said, or of any."""
    from x402_harness.runs.nodes import nodes_of_options

    for text in given:
        if text.lower().startswith(("http://", "https://")):
            yield None, text
        else:
            yield from nodes_of_options((text,))


def _client(where: Network | None, url: str) -> Any:
    from urllib.parse import urlsplit

    from x402_harness.edge.direct import guarded_client
    from x402_harness.edge.guard import Guard
    from x402_harness.edge.rpc import RPC_LIMITS
    from x402_harness.runs.nodes import client

    if where is not None:
        return client(where, url, local=False)
    return guarded_client(Guard(frozenset({urlsplit(url).hostname or ""})), RPC_LIMITS)


def _ports(ctx: click.Context) -> dict[int, str]:
    """The ports that commands take where nothing else is said, each with these commands."""
    found: dict[int, list[str]] = {}
    for row in _effective(ctx):
        if row.key == "port" and int(row.value):
            found.setdefault(int(row.value), []).append(f"testbuy {row.command}")
    return {port: ", ".join(users) for port, users in found.items()}


def _configuration(ctx: click.Context) -> Iterator[Check]:
    from x402_harness.cli.app import every_command
    from x402_harness.cli.configuration.checking import check, check_variables

    commands, problems = every_command(ctx), list[Problem]()
    try:
        document = document_of(ctx)
        problems += check(document, commands) if document is not None else []
    except BadConfiguration as error:
        document, problems = None, list(error.problems)
    problems += check_variables(os.environ, commands)
    for problem in problems:
        yield Check("configuration", Status.ERROR, str(problem), "testbuy config schema tells what may be there")
    if document is None and not problems:
        yield fine("configuration", "no testbuy.toml here or above: options are as their commands' help says")
    elif not problems:
        yield fine("configuration", f"{document.name if document else ''} is valid")


def _catalogue(ctx: click.Context) -> Iterable[Check]:
    from x402_harness.cli.completing import default_catalogue
    from x402_harness.doctor.catalogue import catalogue

    row = next(row for row in _effective(ctx) if row.key == "catalogue")
    return catalogue(row.value or default_catalogue(), named=row.value is not None)


def _effective(ctx: click.Context) -> list[Any]:
    from x402_harness.cli.app import every_command
    from x402_harness.cli.configuration.showing import effective

    try:
        document = document_of(ctx)
    except BadConfiguration:  # told in its own place
        document = None
    return list(effective(document, every_command(ctx)))


def _print(check: Check) -> None:
    from x402_harness.doctor.examining import SIGNS
    from x402_harness.reporting.escape import printable

    click.echo(f"{SIGNS[check.status]} {printable(check.name):<18}  {printable(check.message, 1000)}")
    if check.remedy:
        click.echo(f"{'':<22}→ {printable(check.remedy)}")


def _print_document(checks: list[Check], counts: dict[Status, int]) -> None:
    from x402_harness.cli.loading import print_json
    from x402_harness.reporting.document import document

    wrong = counts[Status.ERROR] + counts[Status.FAULT]
    summary = {"listings": 0, "errors": wrong, "warnings": counts[Status.WARNING]}
    print_json(document("doctor", summary, [], checks=[check.to_dict() for check in checks]))
