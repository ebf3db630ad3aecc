"""Attacks on the wire: bytes that no honest server sends, and connections that end where they should not."""

from __future__ import annotations

import base64
import gzip
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from x402_harness.protocol.exchange import Response
from x402_harness.protocol.headers import PAYMENT_REQUIRED, PAYMENT_RESPONSE, X_PAYMENT_RESPONSE
from x402_harness.sandbox.asgi import Pace
from x402_harness.sandbox.faults.attacks.thief import attack, keeps, ninefold, once_more
from x402_harness.sandbox.wire import Pause, Piece, Reset, Wire, head, plain

_RECEIPTS = {PAYMENT_RESPONSE.lower(), X_PAYMENT_RESPONSE.lower()}
_TWICE = "the price, and once more where it is tried again"
_BUSY = "a buyer that is busy until it runs out of memory"
_MANY = 500
_BLOCK = bytes(65_536)
_EMPTY_BLOCK = b"\x00\x00\x00\xff\xff" * 13_000  # stored blocks of deflate that hold nothing


def _bytes(make: Callable[[Response], bytes]) -> Wire:
    return lambda response: [make(response)]


def _without_receipt(response: Response) -> Response:
    return replace(response, headers=tuple(row for row in response.headers if row[0].lower() not in _RECEIPTS))


def _dearer(response: Response) -> Response:
    """A 402 that asks for ten times as much."""

    def tenfold(text: bytes) -> bytes:
        return re.sub(rb'("(?:amount|maxAmountRequired)":\s*"\d+)', rb"\g<1>0", text)

    rows = tuple(
        (name, base64.b64encode(tenfold(base64.b64decode(value))).decode() if name == PAYMENT_REQUIRED else value)
        for name, value in response.headers
    )
    return replace(response, headers=rows, body=tenfold(response.body))


def _informed(status: int, response: Response) -> bytes:
    return head(Response(status, response.headers))


def _flooded(response: Response) -> Iterator[Piece]:
    early = head(Response(103, (("link", "</style.css>; rel=preload"),)))
    yield early * _MANY
    yield plain(response)


def _without_end(piece: bytes) -> Wire:
    return lambda response: itertools.repeat(piece)


def _endless(*rows: tuple[str, str], begin: bytes = b"", more: bytes = _BLOCK) -> Wire:
    def pieces(response: Response) -> Iterator[Piece]:
        yield head(response, *rows) + begin
        yield from itertools.repeat(more)

    return pieces


def _dripping(response: Response) -> Iterator[Piece]:
    yield head(response, ("content-length", "1000000"))
    while True:
        yield Pause(0.05)
        yield b" "


def _dripping_head(response: Response) -> Iterator[Piece]:
    yield b"HTTP/1.1 200 OK\r\n"
    for byte in itertools.cycle(b"x-slow: a\r\n"):
        yield bytes([byte])
        yield Pause(0.05)


def _cut(at: Callable[[bytes], int]) -> Wire:
    """The answer as far as ``at``, and then a reset."""

    def pieces(response: Response) -> Iterator[Piece]:
        whole = plain(response)
        yield whole[: at(whole)]
        yield Pause(0.01)  # a reset overtakes what has not been read
        yield Reset()

    return pieces


def _in_receipt(whole: bytes) -> int:
    return whole.lower().index(b"payment-response: ") + 40


def _behind_head(whole: bytes) -> int:
    return whole.index(b"\r\n\r\n") + 4


def _chunked(response: Response, chunks: bytes, *rows: tuple[str, str]) -> bytes:
    return head(response, ("transfer-encoding", "chunked"), *rows) + chunks


def _in_trailer(response: Response) -> bytes:
    receipt = next(f"{name}: {value}" for name, value in response.headers if name.lower() in _RECEIPTS)
    size = f"{len(response.body):x}".encode()
    chunks = size + b"\r\n" + response.body + b"\r\n0\r\n" + receipt.encode() + b"\r\n\r\n"
    return _chunked(_without_receipt(response), chunks)


def _split(response: Response) -> bytes:
    """A header that a careless reader takes for the end of the head and a second answer."""
    return head(response, ("x-note", "a\n\nHTTP/1.1 200 OK\nx: y"), ("content-length", "0"))


def _stacked(response: Response) -> bytes:
    coding = ", ".join(["gzip"] * 4_000)
    body = gzip.compress(response.body)
    return head(response, ("content-encoding", coding), ("content-length", str(len(body)))) + body


def _bomb(response: Response) -> bytes:
    body = gzip.compress(gzip.compress(bytes(40_000_000)))
    return head(response, ("content-encoding", "gzip, gzip"), ("content-length", str(len(body)))) + body


def _paid(wire: Wire, **hooks: Any) -> dict[str, Any]:
    return {"pace": Pace(wire=wire), **hooks}


def _unpaid(wire: Wire) -> dict[str, Any]:
    return {"unpaid_pace": Pace(wire=wire)}


_GZIP = ("content-encoding", "gzip")
FAULTS = (
    attack("two-answers", "sends a 402 and a second answer with a receipt behind it",
           "a payment that is thought to have ended, or begins again", "PAY016", units=once_more, settle=keeps,
           **_paid(lambda response: [head(Response(402, (("content-length", "0"),))), plain(response)])),
    attack("two-terms", "sends a second 402, ten times as dear, behind the first",
           "nine prices more, where the second is read by whoever uses the connection next", units=ninefold,
           **_unpaid(lambda response: [plain(response), plain(_dearer(response))])),
    attack("early-terms", "sends dearer terms in an answer before the answer", "nine prices more, where they are read",
           units=ninefold, **_unpaid(lambda response: [_informed(103, _dearer(response)), plain(response)])),
    attack("early-receipt", "sends a receipt in an answer before the answer, and breaks",
           "a payment that is thought to have ended", "PAY001", units=once_more, settle=keeps,
           **_paid(lambda response: [_informed(103, response), plain(Response(500))])),
    attack("early-flood", "sends five hundred answers before the answer", _BUSY, **_unpaid(_flooded)),
    attack("early-endless", "sends answers before the answer without end", _BUSY, "NET002", units=once_more,
           **_paid(_without_end(b"HTTP/1.1 102 Processing\r\n\r\n"))),
    attack("continues", "tells the buyer to continue, again and again, without an answer", _BUSY, "NET002",
           units=once_more, **_paid(_without_end(b"HTTP/1.1 100 Continue\r\n\r\n"))),
    attack("switches", "changes the protocol in place of an answer", _TWICE, "PAY001", units=once_more, settle=keeps,
           **_paid(lambda response: [b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
                                     plain(response)])),
    attack("reset-at-once", "resets the connection when it has the payment", _TWICE, "NET003", units=once_more,
           **_paid(_cut(lambda whole: 0))),
    attack("reset-in-status", "resets the connection within the status line", _TWICE, "NET003", units=once_more,
           **_paid(_cut(lambda whole: 11))),
    attack("reset-in-receipt", "resets the connection within the receipt", _TWICE, "NET003", units=once_more,
           **_paid(_cut(_in_receipt))),
    attack("reset-behind-head", "resets the connection when the head has been sent", _TWICE, "NET003",
           units=once_more, **_paid(_cut(_behind_head))),
    attack("reset-in-body", "resets the connection within the body", _TWICE, "NET003", units=once_more,
           **_paid(_cut(lambda whole: len(whole) - 1))),
    attack("reset-unpaid", "resets the connection within the terms", "nothing: no payment is out", "NET001",
           **_unpaid(_cut(lambda whole: 60))),
    attack("closes", "closes the connection politely when it has the payment", _TWICE, "NET002", units=once_more,
           **_paid(_bytes(lambda response: b""))),
    attack("junk", "answers the payment with what is no HTTP", _TWICE, "NET002", units=once_more,
           **_paid(_bytes(lambda response: b"\x16\x03\x01\x02\x00\x01\r\n\r\n"))),
    attack("status-long", "answers with a status of four digits", _TWICE, "NET002", units=once_more,
           **_paid(_bytes(lambda response: plain(response).replace(b" 200 ", b" 2000 ", 1)))),
    attack("header-split", "hides an answer within a header", "a payment that is thought to have ended", "NET002",
           units=once_more, settle=keeps, **_paid(_bytes(lambda response: _split(_without_receipt(response))))),
    attack("length-twice", "gives two lengths", _TWICE, "NET002", units=once_more,
           **_paid(_bytes(lambda response: head(response, ("content-length", "2"), ("content-length", "90")) + b"{}"))),
    attack("length-and-chunks", "gives a length and chunks, which two readers cut in different places",
           "what the next reader of the connection is told", "NET002", units=once_more, **_paid(_bytes(
               lambda response: _chunked(response, b"2\r\n{}\r\n0\r\n\r\nHTTP/1.1 402 X\r\n\r\n",
                                         ("content-length", "2"))))),
    attack("length-too-long", "gives a greater length than it sends", _TWICE, "NET002", units=once_more,
           **_paid(_bytes(lambda response: head(response, ("content-length", "5000")) + response.body))),
    attack("chunk-size", "gives a chunk of more bytes than 64 bits count", _TWICE, "NET002", units=once_more,
           **_paid(_bytes(lambda response: _chunked(response, b"f" * 20 + b"\r\n{}")))),
    attack("receipt-in-trailer", "sends the receipt behind the body", _TWICE, "PAY002", units=once_more,
           **_paid(_bytes(_in_trailer))),
    attack("head-endless", "sends headers without end", _BUSY, "NET002", units=once_more, **_paid(
        lambda response: itertools.chain([b"HTTP/1.1 200 OK\r\n"], itertools.repeat(b"x: " + b"y" * 8_000 + b"\r\n")))),
    attack("head-slow", "sends its headers byte by byte without end", _TWICE, "NET003", units=once_more,
           **_paid(_dripping_head)),
    attack("body-slow", "sends its body byte by byte without end", _TWICE, "NET003", units=once_more,
           **_paid(_dripping)),
    attack("body-endless", "sends a body without end", _BUSY, "RESP006", units=once_more, **_paid(_endless())),
    attack("terms-endless", "sends a 402 without end", _BUSY, **_unpaid(_endless(more=b" " * 65_536))),
    attack("bomb", "sends a small answer that unfolds into a huge one, twice", _BUSY, "RESP006",
           units=once_more, **_paid(_bytes(_bomb))),
    attack("bomb-unpaid", "sends a small 402 that unfolds into a huge one", _BUSY, **_unpaid(_bytes(_bomb))),
    attack("gzip-tail", "sends bytes without end behind the end of a compressed answer", _BUSY, "RESP006",
           units=once_more,
           **_paid(_endless(_GZIP, begin=gzip.compress(b'{"ok": true}')))),
    attack("gzip-empty", "sends compressed blocks without end, in which there is nothing", _BUSY, "RESP006",
           units=once_more,
           **_paid(_endless(("content-encoding", "deflate"), more=_EMPTY_BLOCK))),
    attack("gzip-stacked", "names four thousand codings, one around the other", _BUSY, "RESP011", units=once_more,
           **_paid(_bytes(_stacked))),
)  # fmt: skip
