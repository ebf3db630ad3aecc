"""Header codecs: strict in what is written, liberal in what is read, and every fault is theirs."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.headers import MAX_HEADER, decode, encode, parse_object
from x402_harness.protocol.parsing import MAX_DEPTH

TEXT = st.text(st.characters(codec=None, exclude_categories=()))  # half surrogate pairs too: JSON can carry them
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)
MESSAGES = st.dictionaries(TEXT, VALUES, max_size=4)
TWO_PLUS = {"a": "~~~???>>>"}  # its base64 has both letters that the alphabets differ in


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


@given(MESSAGES)
def test_what_is_encoded_decodes_to_itself_without_notes(message: dict[str, Any]) -> None:
    assert decode(encode(message)) == (message, ())


@given(MESSAGES)
def test_what_is_encoded_is_one_line_of_standard_base64(message: dict[str, Any]) -> None:
    value = encode(message)
    assert base64.b64encode(base64.b64decode(value, validate=True)).decode() == value
    assert value.isascii()
    assert value.isprintable()


@given(MESSAGES)
def test_the_url_safe_alphabet_without_padding_is_read_too(message: dict[str, Any]) -> None:
    value = base64.urlsafe_b64encode(json.dumps(message).encode()).decode().rstrip("=")
    assert decode(value)[0] == message


def test_the_url_safe_alphabet_is_noted() -> None:
    value = b64(json.dumps(TWO_PLUS)).replace("+", "-").replace("/", "_")
    assert {"-", "_"} & set(value)
    assert decode(value) == (TWO_PLUS, ("URL-safe base64 alphabet",))


def test_missing_padding_is_noted() -> None:
    assert decode(b64('{"a":1}').rstrip("=")) == ({"a": 1}, ("base64 without padding",))


def test_blanks_around_a_value_are_no_fault() -> None:
    assert decode(f"  {b64('{}')} ") == ({}, ())


@pytest.mark.parametrize("value", ["", "!", "%%%%", "abcde", "a b=", "ключ", "e30=e30=", "\x00"])
def test_what_is_no_base64_is_their_fault(value: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode(value, place="X-PAYMENT-RESPONSE")
    assert caught.value.place == "X-PAYMENT-RESPONSE"


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "hello", "{'a':1}", '{"a":NaN}', '{"a":Infinity}', '{"a":-Infinity}', '{"a":1e999}', "{}{}",
        '{"a":' + "9" * 5000 + "}", "[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_json_is_their_fault(text: str) -> None:
    with pytest.raises(RemoteProtocolError, match="not JSON"):
        decode(b64(text))


@pytest.mark.parametrize("text", ["[]", "null", "true", "1", '"{}"'])
def test_json_that_is_no_object_is_their_fault(text: str) -> None:
    with pytest.raises(RemoteProtocolError, match="not a JSON object"):
        decode(b64(text))


def test_bytes_that_are_no_text_are_their_fault() -> None:
    with pytest.raises(RemoteProtocolError, match="not JSON"):
        decode(b64(b"\xff\xfe\xfa"))


def test_a_value_that_is_too_long_is_not_even_decoded() -> None:
    with pytest.raises(RemoteProtocolError, match="longer than"):
        decode("A" * (MAX_HEADER + 1))


def test_nesting_is_bounded_so_that_what_is_read_can_be_echoed() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' * levels + b"1" + b"}" * levels

    assert parse_object(nested(MAX_DEPTH), place="body")
    with pytest.raises(RemoteProtocolError, match="nested"):
        parse_object(nested(MAX_DEPTH + 1), place="body")


@given(st.text() | st.binary().map(lambda raw: base64.b64encode(raw).decode()))
def test_no_value_at_all_raises_anything_else(value: str) -> None:
    try:
        message, _ = decode(value)
    except RemoteProtocolError:
        return
    assert isinstance(message, dict)
