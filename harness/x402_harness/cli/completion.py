"""``testbuy completion``."""

from __future__ import annotations

import click

from x402_harness.cli import app as group


@click.command("completion", short_help="The script that lets a shell complete commands and slugs.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of SHELL: commands, options, and slugs, hosts and categories of the catalogue.

    \b
    bash   eval "$(testbuy completion bash)"
    zsh    eval "$(testbuy completion zsh)"
    fish   testbuy completion fish | source
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(group.app, {}, "testbuy", "_TESTBUY_COMPLETE").source())
