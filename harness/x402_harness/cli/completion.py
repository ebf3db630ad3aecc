"""``testbuy completion``."""

from __future__ import annotations

import click

from x402_harness.cli import app as group
from x402_harness.cli import helping


@helping.command(
    "completion",
    examples=(
        'eval "$(testbuy completion bash)"',
        'eval "$(testbuy completion zsh)"',
        "testbuy completion fish | source",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of SHELL: commands, options, and slugs, hosts and categories of the catalogue.

    Put the line of your shell into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish.
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(group.app, {}, "testbuy", "_TESTBUY_COMPLETE").source())
