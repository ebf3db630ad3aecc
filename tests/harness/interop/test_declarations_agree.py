"""Whatever the official SDK's facilitator refuses of a bazaar declaration, the rules over a 402 find too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.harness.support.terms import in_header, option_v2, required_v2

from x402_catalog.findings import Level
from x402_harness.checks.exchange import judge_exchange
from x402_harness.protocol.exchange import Exchange, Leg, Request

VALID = Path(__file__).parent.parent / "checks" / "corpus" / "challenge" / "valid"
ODD: tuple[Any, ...] = (None, 0, "", [], {}, "x", True, "GET", "OPTIONS", "json")
LOOSE = {"type": "object", "properties": {"input": {"type": "object"}}, "required": ["input"]}
# Python's truth takes the empty schema for a missing one; as a JSON Schema it accepts everything.
EMPTY_SCHEMA = "inputSchema is required"


def variants(value: Any) -> Iterator[Any]:
    """The value with each of its members in turn left out, or replaced by something odd."""
    for key in value if isinstance(value, dict) else ():
        yield {name: child for name, child in value.items() if name != key}
        yield from ({**value, key: odd} for odd in ODD)
        yield from ({**value, key: changed} for changed in variants(value[key]))


def refused(declaration: dict[str, Any]) -> list[str]:
    """What the SDK's two validators say; that they fall over is a refusal too."""
    facilitator = pytest.importorskip("x402.extensions.bazaar.facilitator")
    checks = (facilitator.validate_discovery_extension, facilitator.validate_discovery_extension_spec)
    try:
        return [error for check in checks for error in check(declaration).errors]
    except TypeError as error:
        return [str(error)]


def is_found(declaration: dict[str, Any]) -> bool:
    """Whether the rules find an error or a warning."""
    answer = in_header(required_v2(option_v2(), extensions={"bazaar": declaration}))
    exchange = Exchange(Leg.UNPAID, Request("POST", "https://shop.example/gen"), answer)
    return any(finding.level is not Level.INFO for finding in judge_exchange(exchange).findings)


@pytest.mark.parametrize("name", ["v2-bazaar-body", "v2-bazaar-query", "v2-bazaar-mcp-full"])
@pytest.mark.parametrize("loose", [False, True], ids=["its own schema", "a loose schema"])
def test_what_the_facilitator_refuses_is_found(name: str, loose: bool) -> None:
    terms = json.loads((VALID / f"{name}.json").read_bytes())["response"]["terms"]["header"]
    declared = terms["extensions"]["bazaar"]
    assert not refused(declared)
    missed = []
    for info in variants(declared["info"]):
        changed = {"info": info, "schema": LOOSE if loose else declared["schema"]}
        errors = [error for error in refused(changed) if EMPTY_SCHEMA not in error or info["input"].get("inputSchema")]
        if errors and not is_found(changed):
            missed.append((errors, info))
    assert missed == []
