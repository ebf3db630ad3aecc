"""Spending test money or real money, as a command is told: caps, networks, and the nodes that are asked."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from x402_harness.cli import options

if TYPE_CHECKING:
    from x402_harness.buying.nodes import Nodes
    from x402_harness.policy import Caps, Mode

F = TypeVar("F", bound=Callable[..., Any])


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

    ``local`` says that the money is a sandbox's, whose node of a main network is on this machine.
    """
    from x402_harness.runs.nodes import BadNode, named_nodes

    given, confirmations, patience = values.pop("rpc"), values.pop("confirmations"), values.pop("settle_wait")
    try:
        return named_nodes(given, os.environ, confirmations=confirmations, patience=patience, local=local)
    except BadNode as error:
        raise click.UsageError(str(error)) from None
