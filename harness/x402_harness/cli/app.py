"""The command group. Commands are imported when they are called, so that each pays for its own imports only."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from x402_catalog.__about__ import __version__
from x402_harness.cli import helping

COMMANDS = {
    "run": ("x402_harness.cli.run", "The main job: read, validate, audit, plan, buy (mock), check, report."),
    "validate": ("x402_harness.cli.validate", "All rules over each listing; nothing is bought."),
    "audit": ("x402_harness.cli.audit", "Rules over a whole catalogue: prices among their peers, copies."),
    "probe": ("x402_harness.cli.probe", "Ask endpoints for their 402 and judge it; nothing is signed."),
    "check": ("x402_harness.cli.check", "A seller's one step: probe, refusals, sandbox purchases, one verdict."),
    "buy": ("x402_harness.cli.buy", "Test buys: a listing's mock seller, an endpoint on this machine, or test money."),
    "plan": ("x402_harness.cli.plan", "Price purchases with test money or real money; nothing is signed."),
    "apply": ("x402_harness.cli.apply", "Spend exactly what a plan says."),
    "replay": ("x402_harness.cli.replay", "Judge recorded purchases again; nothing is bought."),
    "sandbox": ("x402_harness.cli.sandbox", "Sellers, facilitator and chain on this machine, for listings."),
    "generate": ("x402_harness.cli.generate", "Requests that a listing's fields allow, or that they forbid."),
    "claims": ("x402_harness.cli.claims", "The truth sheet of a listing."),
    "fix": ("x402_harness.cli.fix", "Mend what is certain in listing files, as a diff or in place."),
    "import": ("x402_harness.cli.import_", "Put listings of files and URLs into a catalogue file."),
    "search": ("x402_harness.cli.search", "Find listings by words and filters."),
    "show": ("x402_harness.cli.show", "One listing: terms, request, answer, price among its peers, findings."),
    "compare": ("x402_harness.cli.compare", "Listings side by side, or beside those that are like one."),
    "stats": ("x402_harness.cli.stats", "Prices by category, network or host, and what is far off."),
    "diff": ("x402_harness.cli.diff", "What appeared, vanished and changed between two catalogues."),
    "report": ("x402_harness.cli.report", "A recorded run: show it, convert it, compare it with another."),
    "serve": ("x402_harness.cli.serve", "The catalogue as pages for a browser on this machine."),
    "ledger": ("x402_harness.cli.ledger", "What was spent, what is open, and how it is ended."),
    "wallet": ("x402_harness.cli.wallet", "Accounts of your own for test money and real money."),
    "init": ("x402_harness.cli.init", "A starting configuration, test and CI job for a listing or an endpoint."),
    "completion": ("x402_harness.cli.completion", "The script that lets a shell complete commands and slugs."),
    "config": ("x402_harness.cli.config", "What is configured, whether it is valid, and its JSON Schema."),
    "doctor": ("x402_harness.cli.doctor", "Whether everything that testbuy needs is here and works."),
    "explain": ("x402_harness.cli.explain", "What a rule means, why it matters, how to mend it."),
}


class LazyGroup(helping.Group):
    """A group whose commands live in modules of their own."""

    def invoke(self, ctx: click.Context) -> Any:
        """As click does, but Ctrl-C ends with 130 in every command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            raise SystemExit(130) from None
        except click.UsageError as error:
            from x402_harness.cli.configuration.applying import explained

            raise explained(error) from None
        except Exception as error:
            _damaged(error)
            raise

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which a person meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown command comes with a suggestion."""
        from difflib import get_close_matches

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else f" Commands: {', '.join(COMMANDS)}."
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        from x402_harness.cli.configuration.applying import default_map

        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            ctx.default_map = default_map(ctx, name, command, rest, list(COMMANDS), lambda: every_command(ctx))
        return name, command, rest


def every_command(ctx: click.Context) -> dict[str, click.Command]:
    """All commands by name, which imports them."""
    group = ctx.find_root().command
    assert isinstance(group, LazyGroup)
    found = {name: group.get_command(ctx, name) for name in COMMANDS}
    return {name: command for name, command in found.items() if command is not None}


def _damaged(error: Exception) -> None:
    """End with 5 for a catalogue file that proves damaged while it is used."""
    from sqlite3 import DatabaseError

    if isinstance(error, click.ClickException):
        return
    from x402_catalog.store.schema import StoreError

    if isinstance(error, (StoreError, DatabaseError)):
        click.echo(f"testbuy: the catalogue file cannot be used: {error}", err=True)
        raise SystemExit(5) from None


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]},
    examples=("testbuy run listings/", "testbuy COMMAND --help"),
)  # fmt: skip
@click.version_option(__version__, prog_name="testbuy", message="%(prog)s %(version)s")
@click.option(
    "--config",
    envvar="TESTBUY_CONFIG",
    metavar="FILE",
    help="Take options from this file, not from the nearest testbuy.toml or [tool.testbuy]. Also TESTBUY_CONFIG.",
)
@click.option("--no-config", is_flag=True, help="Take options from no file.")
def app(config: str | None, no_config: bool) -> None:
    """Checks what x402 catalogue listings promise, and says which claims hold and by what evidence."""
