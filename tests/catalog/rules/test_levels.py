"""Levels: how much a rule matters is the reader's choice."""

from __future__ import annotations

import pytest

from x402_catalog.findings import Finding, Level
from x402_catalog.rules.levels import BadLevel, levels

KNOWN = ("PRICE001", "PRICE020", "DUP001")


def test_the_longer_name_counts_and_other_rules_keep_theirs():
    chosen = levels(["PRICE=info", "price020=ERROR"], KNOWN)
    told = [chosen.of(Finding(code, Level.WARNING, "")).level for code in KNOWN]
    assert told == ["info", "error", "warning"]


@pytest.mark.parametrize(
    "setting", ["PRICE020", "PRICE020=", "PRICE020=fatal", "PRIZE=error", "=error", "PRICE,DUP=info"]
)
def test_what_is_no_level_is_said_to_be_none(setting):
    with pytest.raises(BadLevel):
        levels([setting], KNOWN)
