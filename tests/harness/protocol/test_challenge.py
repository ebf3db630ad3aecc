"""Challenges: terms of both versions, wherever they stand, and what keeps them from being read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.terms import (
    BASE,
    BASE_USDC,
    PAYEE,
    PRICE,
    header,
    in_body,
    in_header,
    option_v1,
    option_v2,
    required_v1,
    required_v2,
)

from x402_harness.protocol.challenge import MAX_OPTIONS, read_challenge
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Response

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_version_1_stands_in_the_body() -> None:
    challenge = read_challenge(in_body(required_v1(option_v1())))
    (option,) = challenge.options
    assert (challenge.version, challenge.notes, challenge.unreadable) == (1, (), ())
    assert (option.scheme, option.network, option.caip2, option.amount) == ("exact", "base", BASE, PRICE)
    assert (option.asset, option.pay_to, option.timeout) == (BASE_USDC, PAYEE.lower(), 300)
    assert option.extra == {"name": "USD Coin", "version": "2"}


def test_version_2_stands_in_the_header() -> None:
    challenge = read_challenge(in_header(required_v2(option_v2())))
    assert (challenge.version, challenge.notes, len(challenge.options)) == (2, (), 1)
    assert challenge.resource == required_v2()["resource"]
    assert challenge.options[0].raw == option_v2()


def test_the_header_wins_where_both_versions_are_served() -> None:
    both = Response(402, (("payment-required", header(required_v2(option_v2()))),), in_body(required_v1()).body)
    assert read_challenge(both).version == 2


def test_the_name_of_the_header_has_no_case() -> None:
    rows = (("pAyMeNt-ReQuIrEd", header(required_v2(option_v2()))),)
    assert read_challenge(Response(402, rows)).version == 2


def test_version_2_in_the_body_is_tolerated_and_noted() -> None:
    challenge = read_challenge(in_body(required_v2(option_v2())))
    assert challenge.version == 2
    assert challenge.notes == ("version 2 terms in the body instead of the header",)


def test_a_header_without_padding_is_tolerated_and_noted() -> None:
    value = header(required_v2(option_v2(), pad="")).rstrip("=")
    while len(value) % 4 == 0:
        value = header(required_v2(option_v2(), pad="x" * (len(value) % 7 + 1))).rstrip("=")
    assert read_challenge(Response(402, (("PAYMENT-REQUIRED", value),))).notes == ("base64 without padding",)


def test_explicit_nulls_stand_for_absent_members() -> None:
    entry = option_v1(description=None, mimeType=None, outputSchema=None, extra=None)
    challenge = read_challenge(in_body(required_v1(entry, error=None)))
    assert challenge.options[0].extra == {}
    assert challenge.options[0].raw["extra"] is None
    nulls = required_v2(option_v2(extra=None), error=None, resource=None, extensions=None)
    assert read_challenge(in_header(nulls)).resource is None


def test_of_entries_without_end_some_are_read_and_the_rest_is_counted() -> None:
    challenge = read_challenge(in_body(required_v2(*[0] * MAX_OPTIONS, option_v2(), 0)))
    assert (len(challenge.unreadable), challenge.options, challenge.unread) == (MAX_OPTIONS, (), 2)
    assert read_challenge(in_body(required_v2(*[option_v2()] * MAX_OPTIONS))).unread == 0


def test_an_unreadable_entry_is_kept_apart_from_readable_ones() -> None:
    entries = [option_v2(amount=5), option_v2(), "free", option_v2(payTo=None), {}]
    challenge = read_challenge(in_header(required_v2(*entries)))
    assert [option.index for option in challenge.options] == [1]
    assert [entry.index for entry in challenge.unreadable] == [0, 2, 3, 4]
    assert challenge.unreadable[0].error.pointer == "/accepts/0/amount"
    assert challenge.unreadable[0].error.observed == 5


def test_entries_are_read_in_the_version_of_their_message() -> None:
    challenge = read_challenge(in_body(required_v1(option_v2())))
    assert challenge.options == ()
    assert challenge.unreadable[0].error.pointer == "/accepts/0/maxAmountRequired"


@pytest.mark.parametrize("version", [True, "1", "2", 3, 0, -1, 1.0, 2.5, None, [1], {"v": 1}])
def test_another_version_is_not_read(version: Any) -> None:
    for make in (in_body, in_header):
        with pytest.raises(RemoteProtocolError) as caught:
            read_challenge(make({**required_v1(option_v1()), "x402Version": version}))
        assert caught.value.pointer == "/x402Version"


def test_a_message_without_version_is_not_read() -> None:
    with pytest.raises(RemoteProtocolError, match="neither 1 nor 2"):
        read_challenge(in_body({"accepts": [option_v1()]}))


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 403, 500])
def test_terms_come_with_402_only(status: int) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        read_challenge(in_body(required_v1(option_v1()), status))
    assert (caught.value.place, caught.value.observed) == ("status", status)


@pytest.mark.parametrize("accepts", [None, {}, "x", 3])
def test_accepts_is_a_list(accepts: Any) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        read_challenge(in_body({"x402Version": 1, "accepts": accepts}))
    assert caught.value.pointer == "/accepts"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"\xff"])
def test_a_body_that_is_no_message_is_their_fault(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        read_challenge(Response(402, (), body))
    assert caught.value.place == "body"


def test_a_body_that_was_cut_is_not_guessed_at() -> None:
    with pytest.raises(RemoteProtocolError, match="longer than the limit"):
        read_challenge(Response(402, (), in_body(required_v1(option_v1())).body, truncated=True))


def test_a_junk_header_is_not_passed_over_for_the_body() -> None:
    junk = Response(402, (("PAYMENT-REQUIRED", "junk!"),), in_body(required_v1(option_v1())).body)
    with pytest.raises(RemoteProtocolError) as caught:
        read_challenge(junk)
    assert caught.value.place == "PAYMENT-REQUIRED"


@given(JSON, st.lists(JSON, max_size=3), st.sampled_from([1, 2]))
def test_nothing_they_send_raises_anything_else(value: Any, entries: list[Any], version: int) -> None:
    for message in (value, {"x402Version": version, "accepts": entries}):
        for make in (in_body, in_header):
            try:
                challenge = read_challenge(make(message))
            except RemoteProtocolError:
                continue
            assert len(challenge.options) + len(challenge.unreadable) == len(challenge.message["accepts"])
