"""What a seller did with payments that it must refuse is recorded, and judged again as it was."""

from __future__ import annotations

import json

import pytest
from tests.harness.support.listings import hints, listing, offer
from tests.harness.support.running import Street, ran, replayed

from x402_harness.protocol.headers import decode
from x402_harness.runs.cassettes.exchanges import Unplayable
from x402_harness.runs.cassettes.keeping import Keeping
from x402_harness.sandbox.behaviour import Side
from x402_harness.sandbox.faults import FAULTS

ECHO = {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}}
SHOP = listing(offer(hints=hints(ECHO, queryParams={"q": {"type": "string", "required": True}})))
TRIED = [name for name, fault in FAULTS.items() if fault.side is Side.PAYMENT]


class Trying(Street):
    """Mock sellers with whom what they must refuse is tried too."""

    tries_refusals = True


def told(done):
    """The attempts and what was found, as events have them."""
    attempts = [{k: v for k, v in one.items() if k != "at"} for one in done.of("attempt")]
    return attempts, [one["finding"] for one in done.of("finding")]


@pytest.mark.parametrize("name", [None, *TRIED])
@pytest.mark.parametrize("version", [1, 2])
def test_what_was_tried_is_judged_again_as_it_was(tmp_path, name, version):
    faults = [] if name is None else [FAULTS[name]]
    if not all(fault.fits(SHOP, version) for fault in faults):
        pytest.skip("the listing leaves no room for it")
    venue = Trying(*faults, version=version)
    first = ran(tmp_path, [SHOP], venue=venue, rows=2)
    again = replayed(tmp_path)
    assert told(again) == told(first)
    assert name is None or not faults[0].caught_by or told(first)[1]
    assert len({one["case"] for one in first.of("attempt")}) <= 1


def test_no_signature_of_what_was_tried_is_kept(tmp_path):
    venue = Trying()
    ran(tmp_path, [SHOP], venue=venue, rows=1)
    kept = [path.read_text() for path in (tmp_path / "tapes").rglob("*") if path.is_file()]
    signatures = {decode(sent)[0]["payload"]["signature"].removeprefix("0x") for sent in venue.payments}
    assert len(signatures) > 10
    assert list((tmp_path / "tapes" / "refusals").glob("*.json"))
    for signature in filter(None, signatures):
        assert not any(signature.lower() in text.lower() for text in kept)


def test_what_was_tried_is_played_with_a_purchase_that_is_not_made_again(tmp_path):
    first = ran(tmp_path, [SHOP], venue=Trying(FAULTS["amount-unchecked"]), rows=1)
    venue = Trying(FAULTS["amount-unchecked"])
    again = ran(tmp_path, [SHOP], venue=venue, rows=1, keeping=Keeping.NEW)
    assert venue.visits == 0
    assert told(again) == told(first)


def test_nothing_that_was_tried_is_kept_where_nothing_is_to_be_recorded(tmp_path):
    ran(tmp_path, [SHOP], venue=Trying(), rows=1, keeping=Keeping.NONE)
    assert not (tmp_path / "tapes").exists()


@pytest.mark.parametrize("broken", [{"rule": "PAY999"}, {"exchange": {}}, {"sent": None, "exchange": None}])
def test_what_was_tampered_with_is_a_fault_of_that_purchase_alone(tmp_path, broken):
    ran(tmp_path, [SHOP], venue=Trying(), rows=1)
    (path,) = (tmp_path / "tapes" / "refusals").glob("*.json")
    document = json.loads(path.read_text())
    document["attempts"][0] |= broken
    path.write_text(json.dumps(document))
    again = replayed(tmp_path)
    assert again.summary.settled == 1
    assert again.summary.faults == 1
    assert not again.of("attempt")


def test_a_file_that_is_none_is_told(tmp_path):
    ran(tmp_path, [SHOP], venue=Trying(), rows=1)
    (path,) = (tmp_path / "tapes" / "refusals").glob("*.json")
    path.write_text("{")
    with pytest.raises(Unplayable, match=path.name):
        replayed(tmp_path)
