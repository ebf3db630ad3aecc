"""The copies of one listing, found by the index and judged by the audit."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from x402_catalog.audit import audit
from x402_catalog.models import Listing
from x402_catalog.records import Record
from x402_catalog.store import Catalogue

Make = Callable[..., Catalogue]
USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
TEXT = "Forecasts of wind and rain for every harbour of the northern coast, hour by hour, a week ahead"
OTHER = "Sheet music of forgotten composers engraved anew as vector graphics with parts for each player"


def listing(slug: str, atomic: int | None = 10_000, **more: Any) -> dict[str, Any]:
    offer = {"network": "base", "asset": USDC, "scheme": "exact", "pay_to": f"0x{slug}"}
    if atomic is not None:
        offer["max_amount_required_atomic"] = str(atomic)
    url = f"https://{slug}.example/v1/forecast"
    return {"slug": slug, "title": slug, "summary": TEXT, "url": url, "category": "data", "accepts": [offer], **more}


def cluster(catalogue: Catalogue, slug: str) -> tuple[dict[str, str], str | None]:
    found = catalogue.cluster(catalogue.ids(slug)[0])
    rules = {row.slug: found.copies[row.id].code for row in catalogue.rows(found.copies)}
    return rules, None if found.cheapest is None else catalogue.get(found.cheapest).slug


def test_copies_come_the_cheapest_first_whatever_their_category(catalogue: Make) -> None:
    made = catalogue(
        listing("dear", 30_000),
        listing("mine", 20_000),
        listing("cheap", 10_000, category="media"),
        listing("free", 0),
        listing("unpriced", None),
        listing("different", summary=OTHER),
    )
    copies, cheapest = cluster(made, "mine")
    assert list(copies) == ["free", "cheap", "dear", "unpriced"]
    assert set(copies.values()) == {"DUP002"}
    assert cheapest == "free"
    assert cluster(made, "different") == ({}, "different")


def test_each_copy_is_told_by_the_rule_that_found_it(catalogue: Make) -> None:
    made = catalogue(
        listing("mine", url="https://a.example/v1/price/17"),
        listing("again", url="https://A.example/v1/price/17/", summary=OTHER),
        listing("family", url="https://a.example/v1/price/18"),
        listing("nearly", summary=TEXT + " again"),
        listing("mirror", accepts=listing("mine")["accepts"]),
        listing("stranger", url="https://a.example/v2/price/17", summary=OTHER),
    )
    assert cluster(made, "mine")[0] == {
        "again": "DUP001", "family": "DUP004", "nearly": "DUP003", "mirror": "DUP005",
    }  # fmt: skip


def test_copies_are_those_of_the_snapshot_that_is_looked_at(catalogue: Make) -> None:
    made = catalogue(listing("mine"), listing("gone"))
    values = [listing("mine"), listing("come")]
    made.add([Record(value, json.dumps(value).encode(), "x") for value in values], ["x"], 1.0)
    assert list(cluster(made, "mine")[0]) == ["come"]
    assert list(cluster(made.at(1), "mine")[0]) == ["gone"]


def test_nothing_that_is_known_of_it_makes_no_copies(catalogue: Make) -> None:
    made = catalogue({"slug": "empty"}, {"slug": "bare"})
    assert cluster(made, "empty") == ({}, None)


def test_of_a_whole_catalogue_it_finds_what_an_audit_finds(catalogue: Make) -> None:
    chance = random.Random(402)
    known = [f"{first}{last}" for first in "bcdfgklmnprst" for last in ("arden", "ollow", "ister", "umble", "egan")]
    values = []
    for number in range(300):
        parent = chance.choice(values) if values and chance.random() < 0.5 else None
        value = listing(f"s{number}", 1000 * chance.randint(1, 9), summary=" ".join(chance.sample(known, 14)))
        if parent is not None:
            value |= {"summary": parent["summary"]} if chance.random() < 0.7 else {"url": parent["url"]}
            value["summary"] += chance.choice(("", "", " indeed"))
        values.append(value)
    made = catalogue(*values)
    ids = [key for key, _ in made.numbered()]
    for number in chance.sample(range(300), 40):
        every = [made.get(ids[number]), *(made.get(key) for key in ids if key != ids[number])]
        found = set(cluster(made, f"s{number}")[0])
        assert copies_of_the_first(every) <= found
        # Where the audit counts a copy of two listings for the other one, it is a copy of this one all the same.
        few = [one for one in every if one.slug in found]
        assert copies_of_the_first([every[0], *few]) == found


def copies_of_the_first(listings: list[Listing]) -> set[str]:
    clusters = [one.members[1:] for one in audit(listings).copies if one.members[0] == 0]
    return {listings[number].slug for members in clusters for number in members}
