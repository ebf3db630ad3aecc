"""Replay: what was recorded is judged as it was when it was bought, and nothing is bought or asked."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.harness.support.listings import PATHS, hints, listing, load, offer
from tests.harness.support.running import Street, ran, replayed

from x402_catalog.models import Listing
from x402_catalog.rules.judge import Evidence
from x402_harness.protocol.exchange import Response
from x402_harness.protocol.headers import decode
from x402_harness.protocol.withholding import PAYMENT_HEADERS
from x402_harness.runs.cassettes.exchanges import Unplayable
from x402_harness.runs.cassettes.keeping import Keeping
from x402_harness.sandbox.behaviour import Fault, Side, Visit
from x402_harness.sandbox.faults import FAULTS

CHOICE = {"type": "string", "enum": ["x", "y", "z"], "required": True}
ECHO = {"type": "object", "required": ["ok", "q"], "properties": {"ok": {"type": "boolean"}, "q": {"type": "string"}}}


def shop(**changes: Any) -> Listing:
    return listing(offer(hints=hints(ECHO, queryParams={"q": CHOICE}), **changes))


# Its receipt repeats the signature, and what repeats one is withheld: the recording cannot show what was there.
ECHOED = "attack-receipt-echo"


@pytest.mark.parametrize("name", [name for name in FAULTS if name != ECHOED])
def test_a_faulty_seller_s_purchases_are_judged_again_as_they_were(tmp_path, name):
    fault = FAULTS[name]
    versions = [version for version in (1, 2) if fault.fits(shop(), version)]
    if not versions:
        pytest.skip("the listing leaves no room for it")
    first = ran(tmp_path, [shop()], venue=Street(fault, version=versions[-1]), rows=1)
    again = replayed(tmp_path)
    assert again.judged == first.judged
    assert again.summary.spent == []
    assert (again.summary.settled, again.summary.unknown) == (first.summary.settled, first.summary.unknown)


def test_a_receipt_that_repeats_the_signature_is_told_to_be_unreadable_and_ends_the_same(tmp_path):
    first = ran(tmp_path, [shop()], venue=Street(FAULTS[ECHOED], version=2), rows=1)
    again = replayed(tmp_path)
    assert (again.summary.settled, again.summary.unknown) == (first.summary.settled, first.summary.unknown)
    (observed,) = [found["observed"] for _, _, found in again.judged["findings"] if found["rule"] == "PAY002"]
    assert observed == "(withheld)"


def test_the_purchases_of_every_listing_of_the_project_are_judged_again_as_they_were(tmp_path):
    listings = [load(path) for path in PATHS]
    first = ran(tmp_path, listings, rows=1)
    again = replayed(tmp_path)
    assert not again.of("skip")
    bought = {one["case"] for one in first.of("case.end")}
    assert len(bought) >= len(PATHS) - 4
    assert sorted(again.judged["ends"].items()) == sorted(first.judged["ends"].items())
    told = [{case: [f for _, c, f in run.judged["findings"] if c == case] for case in bought} for run in (first, again)]
    assert told[0] == told[1]
    assert all(claims in first.judged["claims"] for claims in again.judged["claims"])


def test_a_replay_says_that_it_is_one_and_whose_evidence_it_is(tmp_path):
    ran(tmp_path, [shop()])
    again = replayed(tmp_path)
    (started,) = again.of("run.start")
    assert (started["recorded"], started["evidence"]) == (True, "simulated")
    assert all(one["recorded"] for one in again.of("case.end"))


def test_a_recording_of_a_purchase_at_the_seller_s_own_endpoint_stays_evidence_about_it(tmp_path):
    own = Street()
    own.evidence = Evidence.PAID
    first = ran(tmp_path, [shop()], venue=own)
    again = replayed(tmp_path)
    assert again.of("run.start")[0]["evidence"] == "paid"
    assert {claim["evidence"] for claims in again.judged["claims"] for claim in claims} >= {"paid"}
    assert again.judged == first.judged
    ran(tmp_path, [listing(offer(hints=hints()), slug="other", url="https://other.example/")])
    assert replayed(tmp_path).of("run.start")[0]["evidence"] == "simulated"


def test_what_was_simulated_does_not_stand_in_for_a_purchase(tmp_path):
    ran(tmp_path, [shop()])
    own = Street()
    own.evidence = Evidence.PAID
    assert ran(tmp_path, [shop()], venue=own, keeping=Keeping.NEW).summary.settled == own.visits / 2 == 2


def echoing(response: Response, visit: Visit) -> Response:
    """The payment told back, in a body that is too long to stand in a recording."""
    (sent,) = (value for name, value in visit.request.headers if name.lower() in PAYMENT_HEADERS)
    signature = decode(sent)[0]["payload"]["signature"]
    return replace(response, body=f"{sent} {signature} ".encode() + b"." * 20_000)


def test_no_signature_is_in_any_file_of_a_run_whatever_the_seller_echoes(tmp_path):
    venue = Street(Fault("echo", Side.ANSWER, "tells the payment", (), deliver=echoing))
    ran(tmp_path, [shop()], venue=venue)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(venue.payments) == 2
    assert any(b"(withheld)" in content and len(content) > 20_000 for content in written)
    for sent in venue.payments:
        signature = decode(sent)[0]["payload"]["signature"].removeprefix("0x")
        assert not any(sent.encode() in content or signature.encode() in content.lower() for content in written)


def test_what_was_recorded_is_played_instead_of_being_bought_again(tmp_path):
    first = ran(tmp_path, [shop()], rows=2, keeping=Keeping.NEW)
    venue = Street()
    again = ran(tmp_path, [shop()], rows=3, keeping=Keeping.NEW, venue=venue)
    assert [one["recorded"] for one in again.of("case.end")] == [True, True, False]
    assert venue.visits == 2
    assert len(first.summary.spent) == 1
    assert again.summary.spent[0]["atomic"] == "20000"
    assert again.summary.settled == 3


def test_of_a_listing_that_was_recorded_once_nothing_more_is_bought(tmp_path):
    ran(tmp_path, [shop()], rows=2, keeping=Keeping.ONCE)
    venue = Street()
    again = ran(tmp_path, [shop()], rows=3, keeping=Keeping.ONCE, venue=venue)
    assert (venue.visits, again.summary.planned, again.summary.settled) == (0, 2, 2)


def test_everything_is_bought_again_where_all_is_recorded_and_kept_once(tmp_path):
    ran(tmp_path, [shop()])
    kept = sorted(path.name for path in (tmp_path / "tapes").rglob("*"))
    venue = Street()
    ran(tmp_path, [shop()], venue=venue)
    assert venue.visits == 4
    assert sorted(path.name for path in (tmp_path / "tapes").rglob("*")) == kept


def test_nothing_is_kept_where_nothing_is_to_be_recorded(tmp_path):
    ran(tmp_path, [shop()], keeping=Keeping.NONE)
    assert not (tmp_path / "tapes").exists()


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (shop(max_amount_required_atomic="30000"), "the price was 0.020000 USDC, and is 0.030000 USDC now"),
        (shop(max_timeout_seconds=60), "the terms are others now"),
        (
            listing(offer(hints=hints(ECHO, queryParams={"q": {**CHOICE, "enum": ["a"]}}))),
            "does not satisfy the declared",
        ),
        (listing(offer(hints=hints(ECHO, queryParams={"q": CHOICE})), url="https://shop.example/v2"), "goes elsewhere"),
        (listing(accepts=[]), "its offer is gone"),
        (listing(slug="another"), "the listing is gone"),
    ],
)
def test_a_recording_of_a_listing_that_changed_is_stale(tmp_path, now, told):
    ran(tmp_path, [shop()])
    again = replayed(tmp_path, [now])
    (skip,) = again.of("skip")
    assert len(skip["reasons"]) == 2
    assert all("is stale" in reason and told in reason for reason in skip["reasons"])
    assert again.of("case.end") == []


def test_a_recording_is_judged_by_what_the_listing_declares_now(tmp_path):
    ran(tmp_path, [shop()])
    output = {"type": "object", "required": ["never"]}
    again = replayed(tmp_path, [listing(offer(hints=hints(output, queryParams={"q": CHOICE})))])
    assert len(again.of("case.end")) == 2
    assert all("RESP003" in one["failed"] for one in again.of("case.end"))


def test_a_long_body_is_kept_whole_beside_its_recording(tmp_path):
    output = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 40_000}}}
    first = ran(tmp_path, [listing(offer(hints=hints(output)))], rows=1)
    assert first.summary.settled == 1
    body = first.of("exchange")[-1]["exchange"]["response"]["body"]
    assert body["cut"]
    assert (tmp_path / "tapes" / "bodies" / body["stored"]).stat().st_size == body["bytes"]
    assert replayed(tmp_path).judged == first.judged


def test_a_recording_that_was_tampered_with_is_refused(tmp_path):
    ran(tmp_path, [shop()], rows=1)
    (path,) = (tmp_path / "tapes").glob("*.json")
    told = json.loads(path.read_bytes())
    for change, message in (
        ({"schema_version": 9}, "no recording of version"),
        ({"listing": {**told["listing"], "text": "../../secret"}}, "no name of a body"),
        ({"listing": {**told["listing"], "text": "0" * 64}}, "cannot be read"),
    ):
        path.write_text(json.dumps({**told, **change}))
        with pytest.raises(Unplayable, match=message):
            replayed(tmp_path)
    path.write_text("[" * 5000)
    with pytest.raises(Unplayable, match="no recording"):
        replayed(tmp_path)
