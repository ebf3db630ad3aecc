"""What each command prints, pinned."""

from __future__ import annotations

import pytest

SLUG = "api-venice-ai-api-v1-images-generations"

COMMANDS = {
    "help": ("--help",),
    "run-help": ("run", "--help"),
    "buy-help": ("buy", "--help"),
    "plan-help": ("plan", "--help"),
    "apply-help": ("apply", "--help"),
    "reconcile-help": ("ledger", "reconcile", "--help"),
    "search": ("search", "image"),
    "search-filtered": ("search", "--price", "<=0.005", "--sort", "price"),
    "show": ("show", SLUG),
    "claims": ("claims", SLUG),
    "claims-contradicted": ("claims", "api-filingdesk-example-v1-company-report", "--verdict", "contradicted"),
    "validate": ("validate", "listings"),
    "explain": ("explain", "PRICE003"),
    "explain-all": ("explain",),
    "usage-command": ("serch",),
    "usage-source": ("run", "nowhere"),
    "usage-price": ("search", "--price", "cheap"),
    "usage-size": ("run", "listings", "--max-record-size", "0"),
    "usage-budget": ("run", "listings", "--budget", "-3"),
    "unknown-slug": ("show", "api-venice-ai-images"),
    "unknown-rule": ("explain", "PRICE999"),
}
CODES = {"claims-contradicted": 1, "validate": 1, "unknown-slug": 3, "unknown-rule": 2}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_what_its_snapshot_shows(name, testbuy, matches_snapshot):
    done = testbuy(*COMMANDS[name])
    assert done.returncode == CODES.get(name, 2 if name.startswith("usage") else 0)
    assert "Traceback" not in done.stderr
    matches_snapshot(name, done.stdout + ("--- stderr\n" + done.stderr if done.stderr else ""))


def test_the_main_job_prints_each_listing_each_skip_and_a_verdict(testbuy, matches_snapshot, tmp_path):
    done = testbuy("run", "listings", "--reports", tmp_path)
    assert done.returncode == 1
    matches_snapshot("run", done.stdout)
    assert "listing 17/17 · 60 bought · 60 settled" in done.stderr
