"""``testbuy explain``."""

from __future__ import annotations

from difflib import get_close_matches

import click

from x402_harness.cli import helping, options
from x402_harness.cli.loading import fail, print_json
from x402_harness.rulebook import every_rule
from x402_harness.runs.outcome import Exit


@helping.command(
    "explain",
    examples=(
        "testbuy explain PRICE001",
        "testbuy explain",
    ),
)
@click.argument("code", required=False)
@options.output_format
def command(code: str | None, format_: str) -> None:
    """Explain the rule CODE, or list every rule."""
    rules = {rule.code: rule for rule in every_rule()}
    if code is None:
        chosen = list(rules.values())
    elif code.upper() in rules:
        chosen = [rules[code.upper()]]
    else:
        close = get_close_matches(code.upper(), rules, n=3)
        fail(f"no rule {code!r}." + (f" Did you mean {', '.join(close)}?" if close else ""), Exit.USAGE)
    if format_ == "json":
        from x402_harness.reporting.document import document

        told = [
            {"code": r.code, "level": str(r.level), "title": r.title, "why": r.why, "basis": r.basis, "mend": r.mend}
            for r in chosen
        ]
        print_json(document("explain", {"listings": 0, "errors": 0, "warnings": 0}, [], rules=told))
    elif code is None:
        for rule in chosen:
            click.echo(f"{rule.code:<9} {rule.level!s:<8} {rule.title}")
    else:
        rule = chosen[0]
        click.echo(
            f"{rule.code} ({rule.level}): {rule.title}\n\nWhy    {rule.why}\nBasis  {rule.basis}\nMend   {rule.mend}"
        )
