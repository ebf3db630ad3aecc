"""Which key signs, as a command is told: an account of the keystore, a keystore file, or, unsafely, the environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from x402_harness.cli.loading import fail
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.wallet import UserWallet

F = TypeVar("F", bound=Callable[..., Any])


def password_file(function: F) -> F:
    """``--password-file``."""
    return click.option(
        "--password-file", type=click.Path(path_type=Path), metavar="FILE",
        help="Take the password from FILE, which nobody else may read, instead of asking for it.",
    )(function)  # fmt: skip


def signer(function: F) -> F:
    """``--account``, ``--keystore``, ``--password-file`` and ``--unsafe-env-key``; see :func:`chosen_wallet`."""
    decorators = (
        click.option("--account", metavar="NAME", help="Sign with this account of the keystore."),
        click.option(
            "--keystore", type=click.Path(path_type=Path), metavar="FILE", help="Sign with the key in this file."
        ),
        password_file,
        click.option(
            "--unsafe-env-key", is_flag=True,
            help="Sign with the key in TESTBUY_PRIVATE_KEY, which every program that you start can read.",
        ),
    )  # fmt: skip
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def chosen_wallet(values: dict[str, Any]) -> UserWallet:
    """The wallet that the options name, which are taken out of ``values``; anything wrong with it is a usage error."""
    from x402_harness.wallet import KeyChoice, KeyRefused

    chosen = KeyChoice(values.pop("account"), values.pop("keystore"), values.pop("unsafe_env_key"))
    given = values.pop("password_file")
    if not chosen.is_single:
        raise click.UsageError("Name one key: --account NAME, --keystore FILE or --unsafe-env-key.")
    try:
        if chosen.in_environment:
            click.echo("testbuy: the key is in the environment, where every program can read it", err=True)
        return chosen.open(lambda: password(given))
    except (KeyRefused, OSError) as error:
        fail(told(error), Exit.USAGE)


def password(path: Path | None, *, new: bool = False) -> str:
    """The password in a file, or the one that is typed, twice if it is ``new``. Raises ``KeyRefused``, ``OSError``."""
    from x402_harness.wallet import read_password

    if path is not None:
        return read_password(path)
    typed = click.prompt("Password", hide_input=True, confirmation_prompt=new, err=True)
    assert isinstance(typed, str)
    return typed


def told(error: Exception) -> str:
    """An error of a file in words."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)
