"""Keys: the options of commands that may stand in a configuration, and those that only a person may say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import click

from x402_harness.cli.configuration.places import Key

Commands = Mapping[str, click.Command]

# Keys that may stand at the top for every command that has them. Each means the same wherever it is an option.
SHARED = ("baseline", "catalogue", "fail-on", "max-record-size", "quiet", "reports", "seed", "timeout")


@dataclass(frozen=True, slots=True)
class Closed:
    """Why an option is taken from no file, and, if ``environment`` says so, from no variable either.

    ``commands`` are those that it is closed for, all if there are none. Where it is ``consent``, a variable that names
    the option and no command (``TESTBUY_MODE``) is refused as well, for whoever set it meant something by it.
    """

    why: str
    commands: frozenset[str] = frozenset()
    environment: bool = True
    consent: bool = False


_MONEY = Closed("whose money is spent is said by a person, on the command line, each time", consent=True)
_KEY = Closed("which key signs, and what opens it, is said by a person, on the command line, each time", consent=True)
_CAPS = Closed(
    "what may be spent of other money than the sandbox's is said by a person, on the command line, each time",
    frozenset({"buy", "plan"}), consent=True,
)  # fmt: skip
_CONSENT = Closed("this is agreed to by a person, on the command line, each time", consent=True)
_WRITES = Closed("what is there already is written over only where that is said on the command line")
_SENT = Closed("it is sent to whatever URL is typed, and may hold a secret: it is said with the URL")
_CONTACT = Closed("a file, which may be somebody else's, chooses no host that is contacted", environment=False)
_NODE = Closed(
    "a node decides what counts as paid: it is named by --rpc, or by TESTBUY_RPC_BASE and so on, by network",
)  # fmt: skip

CLOSED: dict[str, Closed] = {
    "mode": _MONEY,
    "approve": _CONSENT,
    "no-input": _CONSENT,
    "account": _KEY,
    "keystore": _KEY,
    "password-file": _KEY,
    "unsafe-env-key": _KEY,
    "payer": _MONEY,
    "per-call-max": _CAPS,
    "budget": _CAPS,
    "per-day-max": _CAPS,
    "network": Closed(
        "where other money than the sandbox's may be paid is said by a person, on the command line, each time",
        frozenset({"buy", "plan"}), consent=True,
    ),
    "allow-private": _CONSENT,
    "allow-side-effects": _CONSENT,
    "allow-paid-negative": _CONSENT,
    "active": Closed("whom forged payments and malformed requests may be sent to is said by a person, each time",
                     consent=True),
    "reason": Closed("an entry of the books is ended on a person's word, given for that entry", consent=True),
    "ledger": Closed("whose books are meant is said on the command line"),
    "rpc": _NODE,
    "sandbox": _CONTACT,
    "anvil": Closed("a file, which may be somebody else's, chooses no program that is started", environment=False),
    "header": _SENT,
    "data": _SENT,
    "force": _WRITES,
    "replace": _WRITES,
    "write": _WRITES,
    "write-baseline": _WRITES,
}  # fmt: skip


def keys_of(command: click.Command) -> dict[str, click.Option]:
    """Every option of a command by its key, closed ones too: its first long name without the dashes."""
    options = (one for one in command.params if isinstance(one, click.Option) and one.expose_value)
    return {next(name for name in one.opts if name.startswith("--"))[2:]: one for one in options}


def leaves(commands: Commands, path: Key = ()) -> Iterator[tuple[Key, click.Command]]:
    """Every command that does something, those in groups too, with its path."""
    for name, command in commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command.commands, (*path, name))
        else:
            yield (*path, name), command


def closed(command: Key, key: str) -> Closed | None:
    """Why a key of a command is closed to files; ``None`` if it is not."""
    found = CLOSED.get(key)
    return found if found is not None and (not found.commands or command[0] in found.commands) else None


def variable(command: Key, key: str) -> str:
    """The variable of a command's key; of no command, that of a shared key."""
    return "_".join(("TESTBUY", *command, key)).replace("-", "_").upper()
