"""``testbuy wallet``: accounts of the user's own, kept in encrypted files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x402_harness.cli import helping, keys, options
from x402_harness.cli.loading import fail, print_json
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.wallet import Keystore


@helping.group(
    "wallet",
    examples=(
        "testbuy wallet new main",
        "testbuy wallet list",
    ),
)
def command() -> None:
    """Accounts are kept in Web3 keystore files, encrypted with a password, in the user's data folder (TESTBUY_HOME).

    Mock runs make their own key and use none of these.
    """


@command.command(
    "new",
    examples=(
        "testbuy wallet new main",
        "testbuy wallet new ci --password-file password",
    ),
)
@click.argument("name")
@keys.password_file
def new(name: str, password_file: Path | None) -> None:
    """Make a new account NAME and print its address."""
    _keep(name, os.urandom(32), password_file)


@command.command(
    "import",
    examples=(
        "testbuy wallet import main --keystore key.json",
        "testbuy wallet import main",
    ),
)
@click.argument("name")
@click.option(
    "--keystore", type=click.Path(path_type=Path), metavar="FILE", help="Take the key out of this keystore file."
)
@click.option(
    "--unsafe-env-key", is_flag=True,
    help="Take the key in TESTBUY_PRIVATE_KEY, which every program that you start can read.",
)  # fmt: skip
@keys.password_file
def import_(name: str, keystore: Path | None, unsafe_env_key: bool, password_file: Path | None) -> None:
    """Keep a key that there is already as account NAME; it is asked for unless an option says where it is.

    A keystore file keeps its password.
    """
    from x402_harness.wallet import KeyRefused, decrypt, from_environment, from_hex

    if keystore is not None and unsafe_env_key:
        raise click.UsageError("Name one key: --keystore FILE or --unsafe-env-key.")
    try:
        if keystore is not None:
            phrase = keys.password(password_file)
            _keep(name, decrypt(keystore, phrase), password_file, phrase)
            return
        if unsafe_env_key:
            key = from_environment(os.environ)
        else:
            key = from_hex(click.prompt("Private key, in hex", hide_input=True, err=True))
    except (KeyRefused, OSError) as error:
        fail(keys.told(error), Exit.USAGE)
    _keep(name, key, password_file)


@command.command(
    "list",
    examples=(
        "testbuy wallet list",
        "testbuy wallet list --format json",
    ),
)
@options.output_format
def list_(format_: str) -> None:
    """List the accounts. Addresses are what their files state."""
    found = _keystore().accounts()
    if format_ == "json":
        from x402_harness.reporting.document import document

        told = [{"name": one.name, "address": one.address, "file": str(one.path)} for one in found]
        print_json(document("wallet list", {"listings": 0, "errors": 0, "warnings": 0}, [], accounts=told))
    else:
        for one in found:
            click.echo(f"{one.address or 'unreadable':<42}  {one.name}")
    raise SystemExit(int(Exit.CLEAN if found else Exit.NOTHING))


@command.command("address", examples=("testbuy wallet address --account main",))
@keys.signer
def address(**values: Any) -> None:
    """Open a key, which shows that the password fits, and print its address."""
    wallet = keys.chosen_wallet(values)
    click.echo(wallet.address)
    _warn(wallet.is_public)


def _keystore() -> Keystore:
    from x402_harness.wallet import Keystore, home

    return Keystore(home() / "wallets")


def _keep(name: str, key: bytes, given: Path | None, phrase: str | None = None) -> None:
    from x402_harness.wallet import KeyRefused, UserWallet

    try:
        store = _keystore()
        store.path(name)  # a name that cannot be is said before a password is asked for
        made = store.add(name, key, phrase or keys.password(given, new=True))
    except (KeyRefused, OSError) as error:
        fail(keys.told(error), Exit.USAGE)
    click.echo(made.address)
    click.echo(f"kept in {made.path}", err=True)
    _warn(UserWallet(key).is_public)


def _warn(is_public: bool) -> None:
    if is_public:
        click.echo("testbuy: everybody has this key: it pays on test networks only", err=True)
