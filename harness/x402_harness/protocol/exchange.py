"""Exchanges: one request with its answer, as data. No sockets, no clocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from x402_harness.protocol.headers import PAYMENT_SIGNATURE, X_PAYMENT
from x402_harness.protocol.onchain import Settlement

Headers = tuple[tuple[str, str], ...]
_PAYMENTS = frozenset({X_PAYMENT.lower(), PAYMENT_SIGNATURE.lower()})

ACCEPTED_CODINGS = "gzip, deflate"  # what is asked for in Accept-Encoding unless the request itself says otherwise


class Leg(StrEnum):
    """Which part of a purchase an exchange is."""

    UNPAID = "unpaid"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request: absolute ``url``, ``headers`` as sent, ``body`` as bytes."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    def __repr__(self) -> str:
        # What is printed in a hurry, by an error or a failed assertion, must not hold what can be spent.
        shown = [(name, "(withheld)" if name.lower() in _PAYMENTS else value) for name, value in self.headers]
        return f"Request({self.method!r}, {self.url!r}, {shown!r}, {self.body!r})"

    def with_header(self, name: str, value: str) -> Request:
        """The same request with one header more, in place of any of that name."""
        kept = tuple(row for row in self.headers if row[0].lower() != name.lower())
        return Request(self.method, self.url, (*kept, (name, value)), self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response. ``truncated`` says that the body was longer than the limit and was cut there.

    ``body`` is without its content coding; ``undecoded`` says why one could not be undone, and then the body is what
    came out before that. ``received`` counts the bytes of the body as they came, ``None`` where nobody counted.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    truncated: bool = False
    undecoded: str = ""
    received: int | None = None

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case; ``None`` if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def media_type(self) -> str | None:
        """The media type of ``Content-Type`` without parameters, lower case."""
        value = self.header("content-type")
        return value.split(";", 1)[0].strip().lower() if value else None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there was no answer: the ``cause`` in a word, the ``message``, and whether bytes may have been sent.

    ``partial`` is the answer as far as it came, if its head did: its headers are whole, its body is not.
    """

    cause: str
    message: str
    may_have_sent: bool
    partial: Response | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One leg: the request and its answer, or the failure in its place. Times in seconds."""

    leg: Leg
    request: Request
    response: Response | None = None
    failure: Failure | None = None
    started: float = 0.0
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class Balances:
    """Payer's and payee's atomic balances of the asset, read from a chain."""

    payer: int
    payee: int


@dataclass(frozen=True, slots=True)
class ChainView:
    """What a chain said about a purchase: balances before and after, whether the nonce is used, and by which
    ``transaction``, if the chain tells."""

    before: Balances
    after: Balances
    nonce_used: bool
    transaction: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """Everything that happened in one purchase, in order. ``chain`` is ``None`` where no sandbox's chain was asked,
    ``settlement`` where no node of a public one was."""

    exchanges: tuple[Exchange, ...] = field(default=())
    chain: ChainView | None = None
    settlement: Settlement | None = None

    def leg(self, leg: Leg) -> Exchange | None:
        """The last exchange of that leg."""
        return next((exchange for exchange in reversed(self.exchanges) if exchange.leg is leg), None)
