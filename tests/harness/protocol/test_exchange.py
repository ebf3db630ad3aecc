"""Exchanges: what requests and responses say of themselves."""

from __future__ import annotations

import pytest

from x402_harness.protocol.exchange import Exchange, Leg, Request, Response, Transcript


def test_a_header_is_found_whatever_its_case_and_the_first_one_counts() -> None:
    response = Response(200, (("X-A", "1"), ("x-a", "2")))
    assert (response.header("x-A"), response.header("x-b")) == ("1", None)


def test_a_header_takes_the_place_of_those_of_its_name() -> None:
    request = Request("POST", "http://shop.example/", (("X-Payment", "old"), ("accept", "*/*")), b"{}")
    paid = request.with_header("X-PAYMENT", "new")
    assert paid == Request("POST", "http://shop.example/", (("accept", "*/*"), ("X-PAYMENT", "new")), b"{}")
    assert request.headers[0] == ("X-Payment", "old")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Application/JSON; charset=utf-8", "application/json"), ("text/plain", "text/plain"), ("", None)],
)
def test_a_media_type_is_bare_and_in_lower_case(value: str, expected: str | None) -> None:
    assert Response(200, (("Content-Type", value),)).media_type == expected


def test_a_transcript_gives_the_last_exchange_of_a_leg() -> None:
    request = Request("GET", "http://shop.example/")
    first, last = Exchange(Leg.UNPAID, request), Exchange(Leg.UNPAID, request, started=1.0)
    transcript = Transcript((first, last))
    assert transcript.leg(Leg.UNPAID) is last
    assert transcript.leg(Leg.PAID) is None
