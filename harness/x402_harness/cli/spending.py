"""Spending test money or real money, as a command is told: caps, networks, and the nodes that are asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click

from x402_catalog.networks import Network, network
from x402_harness.cli import options

if TYPE_CHECKING:
    from x402_harness.buying.nodes import Nodes
    from x402_harness.policy import Caps, Mode

F = TypeVar("F", bound=Callable[..., Any])

RPC_VARIABLE = "TESTBUY_RPC_"  # and the network's name: TESTBUY_RPC_BASE_SEPOLIA


def rpc(function: F) -> F:
    """``--rpc``, ``--confirmations`` and ``--settle-wait``; see :func:`chosen_nodes`."""
    decorators = (
        click.option(
            "--rpc", multiple=True, metavar="NETWORK=URL",
            help="Ask this node about payments on NETWORK; may be repeated. Also TESTBUY_RPC_BASE, and so on.",
        ),
        click.option(
            "--confirmations", type=click.IntRange(1, 10_000), default=1, show_default=True,
            help="Blocks that must stand before a settlement counts as shown.",
        ),
        click.option(
            "--settle-wait", type=click.FloatRange(0, 600), default=20.0, show_default=True, metavar="SECONDS",
            help="Most that a settlement may take to show on a chain.",
        ),
    )  # fmt: skip
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def caps(function: F) -> F:
    """``--per-call-max``, ``--budget`` and ``--per-day-max``, all required."""
    for name, what in (
        ("--per-day-max", "Cap for any 24 hours, over everything in the ledger."),
        ("--budget", "Cap for the whole plan."),
        ("--per-call-max", "Cap for one purchase."),
    ):
        function = options.dollars(name, help=what, required=True)(function)
    return function


def endpoints(function: F) -> F:
    """``--allow-private`` and ``--allow-side-effects``."""
    decorators = (
        click.option(
            "--allow-private", is_flag=True, help="Let listings lead to private and local addresses: test money only."
        ),
        click.option(
            "--allow-side-effects", is_flag=True,
            help="Also buy what suggests that a call transfers, orders or sends something.",
        ),
    )  # fmt: skip
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def taken_caps(values: dict[str, Any]) -> Caps:
    """The caps among a command's arguments, which are taken out of ``values``."""
    from x402_harness.policy import Caps

    return Caps(values.pop("per_call_max"), values.pop("budget"), values.pop("per_day_max"))


def chosen_networks(mode: Mode, names: tuple[str, ...]) -> frozenset[str]:
    """Where a mode may pay, of the networks named or by itself. One that the mode does not have is a usage error."""
    from x402_harness.policy import allowed_networks

    try:
        return allowed_networks(mode, names or None)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def chosen_nodes(values: dict[str, Any], *, local: bool = False) -> Nodes | None:
    """The nodes that the options and the environment name, taken out of ``values``; ``None`` if they name none.

    A node of a test network may be anywhere; one of a main network speaks https at a public address, unless ``local``
    says that the money is a sandbox's. Messages show no URL: it may hold a key.
    """
    from x402_harness.buying.nodes import Nodes
    from x402_harness.edge.rpc import Rpc

    named = {**dict(nodes_of_environment(os.environ)), **dict(nodes_of_options(values.pop("rpc")))}
    confirmations, patience = values.pop("confirmations"), values.pop("settle_wait")
    if not named:
        return None
    nodes = {where.caip2: Rpc(url, client(where, url, local)) for where, url in named.items()}
    return Nodes(nodes, confirmations, patience)


def nodes_of_options(given: tuple[str, ...]) -> Iterator[tuple[Network, str]]:
    """The nodes that ``--rpc`` names. One that is none is a usage error."""
    for value in given:
        name, sign, url = value.partition("=")
        if not sign:
            raise click.UsageError("--rpc is written NETWORK=URL, such as base-sepolia=https://…")
        yield _checked(name.strip(), url.strip(), "--rpc")


def nodes_of_environment(environ: Mapping[str, str]) -> Iterator[tuple[Network, str]]:
    """The nodes that ``TESTBUY_RPC_NETWORK`` name. One that is none is a usage error."""
    for variable, url in environ.items():
        if variable.startswith(RPC_VARIABLE) and url:
            name = variable.removeprefix(RPC_VARIABLE).lower().replace("_", "-")
            yield _checked(name, url, variable)


def _checked(name: str, url: str, said: str) -> tuple[Network, str]:
    where = network(name)
    if where is None or where.chain_id is None:
        raise click.UsageError(f"{said}: {name[:40]!r} is no EVM network of the table.")
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        fine = False
    if not fine:
        raise click.UsageError(f"{said}: what is given for {where.v1_name or where.caip2} is no absolute http(s) URL.")
    return where, url


def client(where: Network, url: str, local: bool) -> Any:
    """What a node of a network may be asked by. A usage error where it may not be asked."""
    from x402_harness.edge.direct import guarded_client
    from x402_harness.edge.guard import Guard
    from x402_harness.edge.rpc import RPC_LIMITS

    if where.testnet or local:
        return guarded_client(Guard(frozenset({urlsplit(url).hostname or ""})), RPC_LIMITS)
    if urlsplit(url).scheme != "https":
        raise click.UsageError(
            f"the node of {where.v1_name or where.caip2} must be spoken to over https: it tells of real money."
        )
    return guarded_client(Guard(), RPC_LIMITS)
