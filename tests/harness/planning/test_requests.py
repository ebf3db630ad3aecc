"""Requests: the listing's own example first, then what its fields allow, each part in its encoding."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.message import MIMEPart
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.listings import with_input

from x402_catalog.hints import RequestShape, request_shape
from x402_catalog.models import Listing
from x402_harness.generation.encoding import Values, encode, encode_body
from x402_harness.generation.requests import Candidate, Source, Unrequestable
from x402_harness.planning.rows import rows_for
from x402_harness.protocol.exchange import Request

URL = "https://shop.example/gen"
TEXT = st.text(max_size=8)
PATH_TEXT = TEXT.filter(bool)
OPTIONAL = {"a": {"type": "integer"}, "b": {"type": "string", "enum": ["x"]}}
REQUIRED = {"a": {"type": "integer", "required": True}, "b": {"type": "string", "enum": ["x"]}}


def candidates(listing: Listing, count: int = 4, seed: int = 3) -> list[Candidate]:
    return [row.candidate for row in rows_for(listing, request_shape(listing, listing.offers[0]), count, seed).rows]


def first(listing: Listing) -> Candidate:
    return candidates(listing)[0]


def told(part: MIMEPart) -> tuple[str, str]:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return str(part.get_param("name", header="content-disposition")), payload.decode()


def shape(**members: Any) -> RequestShape:
    return RequestShape(**{"method": "POST", "url": URL, **members})


def header(request: Request, name: str) -> str | None:
    return next((value for key, value in request.headers if key == name), None)


def test_the_listing_s_example_comes_first_and_verbatim() -> None:
    example = {"b": "x", "a": 1}
    made = candidates(with_input(method="POST", bodyFields=REQUIRED, example=example))
    assert made[0].source is Source.EXAMPLE
    assert made[0].request.body == json.dumps(example).encode()
    assert {one.source for one in made[1:]} == {Source.GENERATED}
    assert all("a" in json.loads(one.request.body) for one in made)


@pytest.mark.parametrize("example", [{"b": "x"}, {"a": "1"}, {"a": 1, "b": "y"}, {"a": 1, "unknown": 1}, [], "x", 5])
def test_an_example_that_breaks_its_own_fields_is_not_sent(example: Any) -> None:
    made = candidates(with_input(method="POST", bodyFields=REQUIRED, example=example))
    assert {one.source for one in made} == {Source.GENERATED}
    assert json.dumps(example).encode() not in {one.request.body for one in made}


def test_an_example_fills_query_and_path() -> None:
    listing = with_input(
        "https://shop.example/pastes/{id}",
        method="GET",
        pathParams={"id": {"type": "string"}},
        queryParams={"why": {"type": "string", "required": True}},
        example={"id": "a/b", "why": "so & so"},
    )
    one = first(listing)
    assert one.source is Source.EXAMPLE
    assert one.request.url == "https://shop.example/pastes/a%2Fb?why=so+%26+so"
    assert one.request.body == b""


def test_an_example_without_a_path_parameter_takes_the_one_that_is_shown() -> None:
    listing = with_input(
        "https://shop.example/{id}/gen", method="POST", bodyFields=OPTIONAL, example={"a": 1},
        pathParams={"id": {"type": "string", "example": "seven"}},
    )  # fmt: skip
    assert first(listing).request.url == "https://shop.example/seven/gen"


def test_an_example_is_sent_with_the_headers_that_are_required() -> None:
    fields = {
        "X-Region": {"type": "string", "enum": ["eu"], "required": True},
        "X-Version": {"type": "string", "required": True, "example": "2026-01-01"},
        "X-Optional": {"type": "string"},
        "Authorization": {"type": "string", "required": True},
    }
    request = first(with_input(method="POST", bodyFields=OPTIONAL, headerFields=fields, example={"a": 1})).request
    assert (header(request, "x-region"), header(request, "x-version")) == ("eu", "2026-01-01")
    assert header(request, "x-optional") is None
    assert header(request, "authorization") is None


def test_a_generated_header_is_one_that_can_be_sent() -> None:
    listing = with_input(method="GET", headerFields={"X-Client": {"type": "string", "required": True}},
                         queryParams={"n": {"type": "integer", "required": True}})  # fmt: skip
    values = [header(one.request, "x-client") for one in candidates(listing, 8)]
    assert len(set(values)) > 1
    for value in values:
        assert value
        assert value.isascii()
        assert value.isprintable()
        assert value == value.strip()


def test_no_header_of_transport_or_payment_is_taken_from_a_listing() -> None:
    names = ("Host", "Content-Length", "X-PAYMENT", "Cookie", "User-Agent", "Transfer-Encoding")
    fields = {name: {"type": "string", "required": True, "default": "x"} for name in names}
    request = first(with_input(method="GET", headerFields=fields)).request
    assert [name for name, _ in request.headers] == ["accept"]


def test_where_every_field_is_optional_an_empty_object_is_sent_too() -> None:
    few = {"b": {"type": "string", "enum": ["x"]}}
    bodies = {one.request.body for one in candidates(with_input(method="POST", bodyFields=few))}
    assert bodies == {b'{"b": "x"}', b"{}"}


def test_a_body_without_fields_is_an_empty_object() -> None:
    (one,) = candidates(with_input(method="POST", bodyFields={}))
    assert (one.request.body, header(one.request, "content-type")) == (b"{}", "application/json")


def test_a_request_without_fields_is_bare() -> None:
    (one,) = candidates(with_input(method="GET"))
    assert (one.source, one.request) == (
        Source.BARE,
        Request("GET", URL, (("accept", "application/json, */*;q=0.5"),)),
    )


def test_no_two_requests_are_the_same() -> None:
    made = candidates(with_input(method="POST", bodyFields=OPTIONAL), 10)
    assert len({one.request for one in made}) == len(made) > 3


def test_the_same_seed_gives_the_same_requests() -> None:
    listing = with_input(method="POST", bodyFields=OPTIONAL)
    assert candidates(listing, seed=1) == candidates(listing, seed=1) != candidates(listing, seed=2)


def test_fields_that_nothing_satisfies_are_told() -> None:
    with pytest.raises(Unrequestable):
        candidates(with_input(method="GET", queryParams={"n": {"enum": ["a"], "pattern": "^b", "required": True,
                                                               "type": "string"}}))  # fmt: skip


@given(st.dictionaries(TEXT, TEXT | st.lists(TEXT, min_size=1, max_size=3), max_size=4))
def test_a_query_says_what_was_meant(values: dict[str, Any]) -> None:
    url = encode(shape(method="GET"), Values(query=values)).url
    pairs = [(name, item) for name, value in values.items() for item in (value if isinstance(value, list) else [value])]
    assert url.isascii()
    assert parse_qsl(urlsplit(url).query, keep_blank_values=True) == pairs


def test_a_query_is_appended_to_the_one_that_is_there() -> None:
    made = encode(shape(method="GET", url=URL + "?v=1#top"), Values(query={"a": 1, "b": True, "c": None, "d": [1, 2]}))
    assert made.url == URL + "?v=1&a=1&b=true&d=1&d=2#top"


@given(PATH_TEXT, PATH_TEXT)
def test_a_path_parameter_cannot_change_the_path(one: str, two: str) -> None:
    url = encode(shape(url="https://shop.example/{a}/x/{b}"), Values(path={"a": one, "b": two})).url
    parts = urlsplit(url)
    assert (parts.netloc, parts.query, parts.fragment) == ("shop.example", "", "")
    assert [unquote(part) for part in parts.path.split("/")] == ["", one, "x", two]


@given(st.dictionaries(TEXT, TEXT, max_size=4))
def test_a_form_says_what_was_meant(values: dict[str, str]) -> None:
    media_type, body = encode_body(values, "application/x-www-form-urlencoded")
    assert media_type == "application/x-www-form-urlencoded"
    assert parse_qsl(body.decode("ascii"), keep_blank_values=True) == list(values.items())


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_.\[\]-]{1,8}", fullmatch=True), st.from_regex(r"[a-zü€😀 ]{0,8}", fullmatch=True)
    )
)
def test_a_multipart_body_says_what_was_meant(values: dict[str, str]) -> None:
    media_type, body = encode_body(values, "multipart/form-data")
    message = message_from_bytes(f"Content-Type: {media_type}\r\n\r\n".encode() + body, policy=HTTP)
    parts = list(message.iter_parts()) if values else []
    assert dict(map(told, parts)) == values


@pytest.mark.parametrize(
    ("value", "media_type", "sent_type", "body"),
    [
        ("hi ü", "text/plain", "text/plain; charset=utf-8", "hi ü".encode()),
        ({"a": 1}, "text/plain", "text/plain; charset=utf-8", b'{"a": 1}'),
        ("raw", "application/octet-stream", "application/octet-stream", b"raw"),
        ({"a": "ü"}, "application/json", "application/json", '{"a": "ü"}'.encode()),
        (["a"], "application/x-www-form-urlencoded", "application/x-www-form-urlencoded", b'["a"]'),
        (None, "application/json", "application/json", b"null"),
    ],
)
def test_a_body_is_sent_in_its_media_type(value: Any, media_type: str, sent_type: str, body: bytes) -> None:
    assert encode_body(value, media_type) == (sent_type, body)


@pytest.mark.parametrize(
    ("body_type", "media_type"),
    [
        ("json", "application/json"), ("form-data", "application/x-www-form-urlencoded"),
        ("multipart-form-data", "multipart/form-data"), ("text", "text/plain"), ("binary", "application/octet-stream"),
    ],
)  # fmt: skip
def test_the_declared_body_type_decides_the_content_type(body_type: str, media_type: str) -> None:
    sent = first(with_input(method="POST", bodyType=body_type, bodyFields=REQUIRED, example={"a": 1})).request
    assert str(header(sent, "content-type")).startswith(media_type)
