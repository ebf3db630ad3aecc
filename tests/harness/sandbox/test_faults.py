"""Faults: each is found by a check that is meant for it, at its level, and honest sellers are not blamed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.support.inspection import PATIENT, QUICK, Place, bought, opened, probed
from tests.harness.support.listings import PATHS, hints, listing, load, offer

from x402_catalog.findings import Finding, Level
from x402_catalog.models import Listing
from x402_catalog.rules.registry import REGISTRY
from x402_harness.rulebook import every_rule
from x402_harness.sandbox.behaviour import Fault, Side
from x402_harness.sandbox.faults import FAULTS, UnknownFault, faults

# An answer that every keyword says something of.
SINK = {
    "type": "object",
    "required": ["one"],
    "additionalProperties": False,
    "minProperties": 2,
    "maxProperties": 12,
    "properties": {
        "one": {"const": 1},
        "kind": {"enum": ["a", "b"]},
        "share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 10, "multipleOf": 0.5},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "code": {"type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[A-Z]+$", "example": "ABC"},
        "at": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3, "uniqueItems": True},
    },
}
LISTINGS = [made for made in map(load, PATHS) if any(offer.amount for offer in made.offers)]
LISTINGS.append(listing(offer(hints=hints(output=SINK)), slug="shop-sink", url="https://shop.example/sink"))
# Where a fault is tried: the first of these that leaves room for it.
HOSTS = ["api-venice-ai", "api-amberfeed", "render-plotpress", "api-tidewhistle", "api-linguaport"]
SLOW = {name for name, fault in FAULTS.items() if fault.pace is not None and fault.pace.delay > 1}
TRIED = [
    (name, version) for name, fault in FAULTS.items() for version in (1, 2)
    if fault.side is not Side.ATTACK and any(fault.fits(made, version) for made in LISTINGS)
]  # fmt: skip
# Rules about a paid leg that no seller of the sandbox can break, and why.
WITHOUT_A_FAULT = {
    **{f"PAY0{number}": "it is about what a node of the network says" for number in range(23, 30)},
    "PAY022": "it is about who was asked, not about what a seller does",
    "RESP007": "it takes a listing whose schema is a trap",
}


@pytest.fixture(scope="module", params=[1, 2], ids=["v1", "v2"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """All sellers, speaking one version."""
    with opened(LISTINGS, request.param) as made:
        yield made


@pytest.fixture(scope="module")
def places() -> Iterator[dict[int, Place]]:
    """Both streets at once."""
    with opened(LISTINGS, 1) as first, opened(LISTINGS, 2) as second:
        yield {1: first, 2: second}


def host(fault: Fault, version: int) -> Listing:
    fitting = [made for made in LISTINGS if fault.fits(made, version)]
    return next((made for name in HOSTS for made in fitting if made.slug.startswith(name)), fitting[0])


def found(place: Place, fault: Fault, version: int) -> list[Finding]:
    """What a probe and a purchase find at a seller with that fault."""
    made = host(fault, version)
    url = place.of(made, fault.name)
    limits = QUICK if (fault.pace or fault.unpaid_pace) and fault.name not in SLOW else PATIENT
    judged = bought(place, made, url, tries_refusals=fault.side is Side.PAYMENT, limits=limits)
    if fault.side is Side.UNPAID or fault.unpaid_pace is not None:
        judged += probed(made, url, active=fault.name.startswith("garbage"), limits=limits)
    return judged


def _marks(name: str, version: int) -> list[pytest.MarkDecorator]:
    """Each fault is tried in one version, the two of them by turns; in the other one where there is more time."""
    versions = [other for known, other in TRIED if known == name]
    usual = versions[list(FAULTS).index(name) % len(versions)]
    return [pytest.mark.long] if name in SLOW or version != usual else []


@pytest.mark.parametrize(("name", "version"), [pytest.param(*row, marks=_marks(*row)) for row in TRIED])
def test_a_fault_is_found_by_a_check_that_is_meant_for_it(places: dict[int, Place], name: str, version: int) -> None:
    fault = FAULTS[name]
    judged = found(places[version], fault, version)
    caught = [one for one in judged if one.rule in fault.caught_by]
    assert caught, sorted({one.rule for one in judged})
    assert all(one.level.rank <= REGISTRY[one.rule].level.rank or one.level is Level.INFO for one in caught)
    assert all(one.message and one.help and one.location.url for one in caught)


@pytest.mark.parametrize("path", [*PATHS[:4], *(pytest.param(path, marks=pytest.mark.long) for path in PATHS[4:])],
                         ids=lambda path: path.stem)  # fmt: skip
def test_an_honest_seller_is_not_blamed(place: Place, path: Path) -> None:
    made = next((one for one in LISTINGS if one.slug == path.stem), None)
    if made is None:
        pytest.skip("it sells nothing")
    url = place.of(made)
    judged = bought(place, made, url, rows=2) + probed(made, url)
    loud = {one.rule: one.message for one in judged if one.level is not Level.INFO}
    # The listing names its real host; this seller stands on this machine, and says where it stands.
    assert set(loud) <= {"CHAL093"} | ({"CHAL014", "CHAL048"} if "{" in made.url or made.url else set())


def test_every_check_of_a_paid_leg_has_its_fault() -> None:
    meant = {code for fault in FAULTS.values() for code in fault.caught_by}
    rules = {rule.code for rule in every_rule()}
    judging = {code for code in rules if code.startswith(("PAY", "NET", "RESP00", "REQ00"))}
    assert judging - meant == set(WITHOUT_A_FAULT)
    assert meant <= rules


def test_every_fault_is_tried() -> None:
    tried = {name for name, _ in TRIED}
    assert {name for name, fault in FAULTS.items() if fault.side is not Side.ATTACK} - tried == set()
    assert len(FAULTS) >= 60


def test_an_unknown_fault_is_named() -> None:
    with pytest.raises(UnknownFault, match="nonsense"):
        faults(("free-content", "nonsense"))
