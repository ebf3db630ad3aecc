"""An honest seller of the reference listing, as somebody else would write it, with one switchable lie for each claim.

FastAPI, the official middleware and Pillow; nothing of this project is imported. The facilitator takes every payment:
this seller is about what is sold, not about how it is paid for.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import FastAPI, Request, Response
from PIL import Image
from x402 import x402ResourceServer
from x402.http.middleware.fastapi import payment_middleware
from x402.mechanisms.evm.exact import register_exact_evm_server
from x402.schemas import SettleResponse, SupportedKind, SupportedResponse, VerifyResponse

PATH = "/api/v1/images/generations"
NETWORK = "eip155:8453"
PAY_TO = "0x2670B922ef37C7Df47158725C0CC407b5382293F"
EXAMPLE_TIME = 1713833628  # what the listing shows for ``created``
DAY = 86_400


class Willing:
    """A facilitator that takes every payment and settles it at once."""

    def __init__(self) -> None:
        self.settled = 0

    def get_supported(self) -> SupportedResponse:
        """One kind of payment."""
        kind = SupportedKind(x402_version=2, scheme="exact", network=NETWORK)
        return SupportedResponse(kinds=[kind], extensions=[], signers={})

    async def verify(self, payload: Any, requirements: Any) -> VerifyResponse:
        """Valid, whatever it is."""
        return VerifyResponse(is_valid=True, payer=_payer(payload))

    async def settle(self, payload: Any, requirements: Any) -> SettleResponse:
        """Settled, in a transaction of its own."""
        self.settled += 1
        transaction = "0x" + hashlib.sha256(b"%d" % self.settled).hexdigest()
        return SettleResponse(success=True, transaction=transaction, network=NETWORK, payer=_payer(payload))


def _payer(payload: Any) -> str:
    return str(payload.payload["authorization"]["from"])


@dataclass(frozen=True)
class Order:
    """What is to be made, read from a request."""

    width: int
    height: int
    format: str
    count: int
    branch: str
    created: int


@dataclass
class Sent:
    """What goes out."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


Document = dict[str, Any]


@dataclass(frozen=True)
class Lie:
    """One way not to keep the listing's word, at one of three stages."""

    order: Callable[[Order], Order] = lambda order: order
    document: Callable[[Document], Any] = lambda document: document
    sent: Callable[[Sent], Sent] = lambda sent: sent
    picture: Callable[[bytes], bytes] = lambda picture: picture


TRUTH = Lie()


class Seller:
    """The endpoint at :data:`PATH`. ``lie`` names one of :data:`LIES`, or is empty; it can be switched at any time."""

    def __init__(self, lie: str = "", clock: Callable[[], float] = time.time) -> None:
        self.lie = lie
        self._clock = clock
        server = register_exact_evm_server(x402ResourceServer(Willing()), NETWORK)
        accepts = {
            "scheme": "exact", "payTo": PAY_TO, "price": "$10.00", "network": NETWORK, "maxTimeoutSeconds": 300,
        }  # fmt: skip
        routes: Any = {f"POST {PATH}": {"accepts": accepts, "description": "Images", "mimeType": "application/json"}}
        self.app = FastAPI()
        self.app.middleware("http")(payment_middleware(routes, server))
        self.app.add_api_route(PATH, self._generate, methods=["POST"], response_class=Response)

    async def _generate(self, request: Request) -> Response:
        lie = LIES[self.lie] if self.lie else TRUTH
        order = lie.order(read_order(await request.json(), int(self._clock())))
        document = lie.document(made(order, lie.picture))
        text = document if isinstance(document, str) else json.dumps(document)
        sent = lie.sent(Sent(text.encode(), {"content-type": "application/json"}))
        return finished(sent, request.headers.get("accept-encoding", ""))


def read_order(body: dict[str, Any], now: int) -> Order:
    """What the body asks for, with the listing's defaults; one picture a request is all that is made."""
    size = body.get("size", "1024x1024")
    width, height = (1024, 1024) if size == "auto" else map(int, size.split("x"))
    return Order(width, height, body.get("output_format", "png"), 1, body.get("response_format", "b64_json"), now)


def made(order: Order, change: Callable[[bytes], bytes]) -> Document:
    """The answer as the listing declares it."""
    return {"created": order.created, "data": [item(order, change, number) for number in range(order.count)]}


def item(order: Order, change: Callable[[bytes], bytes], number: int) -> Document:
    """One picture in the branch that was asked for."""
    text = base64.b64encode(change(picture(order, number))).decode()
    if order.branch == "url":
        return {"url": f"data:image/{order.format};base64,{text}"}
    return {"b64_json": text}


def picture(order: Order, number: int) -> bytes:
    """A picture of one colour, encoded by Pillow."""
    buffer = io.BytesIO()
    colour = ((40 + 60 * number) % 256, 90, 160)
    Image.new("RGB", (order.width, order.height), colour).save(buffer, order.format)
    return buffer.getvalue()


def finished(sent: Sent, asked: str) -> Response:
    """The response, in gzip where that was asked for; a lie may have coded it already.

    The listing names ``br`` too: a buyer who does not ask for it gets none.
    """
    if sent.body and "content-encoding" not in sent.headers and "gzip" in asked:
        sent = Sent(gzip.compress(sent.body, 1), {**sent.headers, "content-encoding": "gzip"})
    return Response(sent.body, 200, headers=sent.headers)


def _items(change: Callable[[Document], Document]) -> Callable[[Document], Document]:
    return lambda document: {**document, "data": [change(one) for one in document["data"]]}


def _texts(change: Callable[[str], str]) -> Callable[[Document], Document]:
    return _items(lambda one: {name: change(text) for name, text in one.items()})


def _typed(media_type: str) -> Lie:
    return Lie(sent=lambda sent: Sent(sent.body, {**sent.headers, "content-type": media_type}))


def _coded(coding: str, change: Callable[[bytes], bytes] = lambda body: body) -> Lie:
    return Lie(sent=lambda sent: Sent(change(sent.body), {**sent.headers, "content-encoding": coding}))


def _bodied(change: Callable[[bytes], bytes]) -> Lie:
    return Lie(sent=lambda sent: Sent(change(sent.body), sent.headers))


def _without(name: str) -> Lie:
    return Lie(document=lambda document: {key: value for key, value in document.items() if key != name})


def _created(when: Callable[[int], Any]) -> Lie:
    return Lie(document=lambda document: {**document, "created": when(document["created"])})


def _swapped(order: Order) -> Order:
    return replace(order, branch={"url": "b64_json", "b64_json": "url"}[order.branch])


def _both(one: Document) -> Document:
    return {"url": "data:image/png;base64,iVBORw0KGgo=", **one} if "b64_json" in one else {"b64_json": "aGk=", **one}


LIES: dict[str, Lie] = {
    # the picture
    "always png": Lie(order=lambda order: replace(order, format="png")),
    "half the size": Lie(order=lambda order: replace(order, width=order.width // 2, height=order.height // 2)),
    "a pixel short": Lie(order=lambda order: replace(order, height=order.height - 1)),
    "sides swapped": Lie(order=lambda order: replace(order, width=order.height, height=order.width)),
    "a smaller default": Lie(order=lambda order: replace(order, width=512, height=512)),
    "no picture in it": Lie(picture=lambda _: b'{"error":"out of memory"}'),
    "encoded twice": Lie(picture=base64.b64encode),
    "bytes reversed": Lie(picture=lambda data: data[::-1]),
    # how many
    "two for one": Lie(order=lambda order: replace(order, count=2)),
    "nothing made": Lie(order=lambda order: replace(order, count=0)),
    # base64
    "the listing's own example": Lie(document=_texts(lambda _: "iVBORw0KGgoAAAANSUhEUgAA...")),
    "base64 cut": Lie(document=_texts(lambda text: text[: -(len(text) % 4 or 4) - 3])),
    "base64 for URLs": Lie(document=_texts(lambda text: "_-" + text[2:])),
    "base64 in quotes": Lie(document=_texts(lambda text: f'"{text}"')),
    "an empty text": Lie(document=_texts(lambda _: "")),
    # URLs
    "data URL of another type": Lie(document=_texts(lambda url: url.replace("image/png", "image/webp", 1))),
    "data URL cut": Lie(document=_texts(lambda url: url[:-3])),
    "data URL with nothing": Lie(document=_texts(lambda url: url.split(",")[0] + ",")),
    "data URL without comma": Lie(document=_texts(lambda url: url.replace(",", ";"))),
    "an http URL": Lie(document=_texts(lambda _: "http://cdn.seller.example/1.png")),
    "an https URL": Lie(document=_texts(lambda _: "https://cdn.seller.example/1.png")),
    "a relative URL": Lie(document=_texts(lambda _: "/pictures/1.png")),
    # the branch
    "the other branch": Lie(order=_swapped),
    "both branches": Lie(document=_items(_both)),
    "neither branch": Lie(document=_items(lambda _: {"image": "aGk="})),
    # the time
    "created in milliseconds": _created(lambda now: now * 1000),
    "created yesterday": _created(lambda now: now - DAY),
    "created as in the listing": _created(lambda _: EXAMPLE_TIME),
    "created the day after tomorrow": _created(lambda now: now + 2 * DAY),
    "created as text": _created(str),
    "created with fractions": _created(lambda now: now + 0.5),
    # the document
    "created missing": _without("created"),
    "data missing": _without("data"),
    "a member more": Lie(document=lambda document: {**document, "model": "flux"}),
    "data is no list": Lie(document=lambda document: {**document, "data": document["data"][0]}),
    "wrapped once more": Lie(document=lambda document: {"result": document}),
    "JSON in a string": Lie(document=lambda document: json.dumps(json.dumps(document))),
    "JSON cut": _bodied(lambda body: body[: len(body) // 2]),
    "JSON in single quotes": _bodied(lambda body: body.replace(b'"', b"'")),
    "a page for people": _bodied(lambda _: b"<!doctype html><title>Done</title>"),
    "no body": _bodied(lambda _: b""),
    # the header
    "called HTML": _typed("text/html"),
    "called PNG": _typed("image/png"),
    "a charset that is none": _typed("application/json; charset=utf-9"),
    "called UTF-16": _typed("application/json; charset=utf-16-le"),
    "brotli unasked": _coded("br"),
    "zstd unasked": _coded("zstd"),
    "deflate, which is not listed": _coded("deflate", zlib.compress),
    "called gzip": _coded("gzip"),
    "gzip cut": _coded("gzip", lambda body: gzip.compress(body)[:-20]),
    "gzip twice, said once": _coded("gzip", lambda body: gzip.compress(gzip.compress(body))),
}
