"""What the session says of itself: one line before, a few after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from x402_harness.pytest_plugin import options
from x402_harness.pytest_plugin.market import Market, market_of

_COUNTS = ("testbuy_findings", "testbuy_invalid", "testbuy_forged")


def header(config: pytest.Config) -> str | None:
    """Whose money, which sellers, which listings; nothing where no listing is tested."""
    roots = options.roots(config)
    if not roots and not options.text(config, "url") and not options.text(config, "app"):
        return None
    shown = ", ".join(_shown(root, config) for root in roots) or "none"
    return f"testbuy: {_mode(config)} · seed {options.text(config, 'seed')} · listings {shown}"


def _mode(config: pytest.Config) -> str:
    settings = market_of(config).settings
    if settings.spending is not None:
        from x402_harness.planning.planfile import dollars
        from x402_harness.runs.purse import MONEY

        caps, mode = market_of(config).budget.caps, settings.spending.mode
        told = (
            f"{dollars(caps.per_call)} a call, {dollars(caps.per_run)} in all, {dollars(caps.per_day or 0)} in 24 hours"
        )
        seen = (
            ", the key in the environment, where every program can read it"
            if settings.spending.key.in_environment
            else ""
        )
        return f"mode {mode} (the listings' own endpoints, {MONEY[mode]}, at most {told}{seen})"
    if settings.recorded is not None and settings.recorded.plays:
        return "mode replay" if settings.recorded.only else "mode replay, and mock (simulated sellers) for the rest"
    own = settings.url or settings.app
    return f"mode mock ({f'seller {own}' if own else 'simulated sellers'})"


def _shown(path: Path, config: pytest.Config) -> str:
    return path.relative_to(config.rootpath).as_posix() if path.is_relative_to(config.rootpath) else path.name


def lines(terminalreporter: Any, config: pytest.Config) -> Iterator[str]:
    """What was bought and spent over all workers, what it showed, and what was found."""
    told = list(_properties(terminalreporter))
    pairs = [pair for one in told for pair in one]
    market = market_of(config)
    if not told and not (market.has_books and market.money is None):
        return
    from x402_harness.reporting.escape import printable

    yield from (printable(line, 500) for line in _bought(market, pairs))
    counted = {name: sum(int(value) for key, value in pairs if key == name) for name in _COUNTS}
    shown, of = _coverage([dict(one) for one in told])
    parts = [f"{shown} of {of} levels shown"] if of else []
    parts += [f"{counted['testbuy_invalid']} invalid requests"] if counted["testbuy_invalid"] else []
    parts += [f"{counted['testbuy_forged']} payments to refuse"] if counted["testbuy_forged"] else []
    codes = sorted({code for key, value in pairs if key == "testbuy_rules" for code in str(value).split()})
    rules = f" ({', '.join(codes)})" if codes else ""
    yield " · ".join([*parts, f"{counted['testbuy_findings']} findings{rules}"])


def _bought(market: Market, pairs: list[tuple[str, Any]]) -> Iterator[str]:
    replayed = sum(key == "testbuy_recorded" for key, _ in pairs)
    if replayed:
        yield f"{replayed} replayed: bought before, judged again, nothing paid"
    for key, reason in pairs:
        if key == "testbuy_stale":
            yield f"not judged: {reason}"
    budget = market.budget
    if not replayed or budget.settled:
        yield f"{budget.settled} settled ({_whose(market)})"
    if unknown := pairs.count(("testbuy_state", "unknown")):
        more = ": money may yet move; testbuy ledger reconcile" if market.money is not None else ""
        yield f"{unknown} of unknown outcome{more}"
    for row in budget.spent:
        yield f"spent {row['amount'] or row['atomic'] + ' atomic'} {row['symbol']} on {row['network']}"


def _whose(market: Market) -> str:
    from x402_harness.runs.purse import MONEY

    money = MONEY[market.budget.mode]
    if market.money is not None:
        return f"{money}, at the listings' own endpoints"
    if market.settings.at_own_seller or market.counter.is_simulated is False:
        return f"{money}, at the seller's own endpoint"
    return f"{money}, sellers made from the listings" if market.counter.is_simulated else money


def _properties(terminalreporter: Any) -> Iterator[list[tuple[str, Any]]]:
    for reports in terminalreporter.stats.values():
        for report in reports:
            found = [pair for pair in getattr(report, "user_properties", ()) if str(pair[0]).startswith("testbuy_")]
            if found and getattr(report, "when", "") == "call":
                yield found


def _coverage(told: list[dict[str, Any]]) -> tuple[int, int]:
    """How many levels were shown, of how many, over all listings that were bought."""
    shown: dict[str, set[str]] = {}
    of: dict[str, int] = {}
    for one in told:
        if "testbuy_levels" in one:
            slug = str(one["testbuy_listing"])
            shown.setdefault(slug, set()).update(filter(None, str(one["testbuy_levels"]).split("; ")))
            of[slug] = int(one["testbuy_levels_of"])
    return sum(map(len, shown.values())), sum(of.values())
