"""Behaviour: where a seller may act otherwise than it should. Each hook is one step of a visit; honest ones do nothing.

A :class:`Fault` is a named behaviour. Faults of one seller apply in their order, each to what the one before it made.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from x402_catalog.hints import RequestShape, ResponseShape
from x402_catalog.models import Listing
from x402_harness.generation.encoding import Values
from x402_harness.protocol.challenge import Option
from x402_harness.protocol.exchange import Request, Response
from x402_harness.protocol.messages import SettlementResponse, VerifyResponse
from x402_harness.sandbox.answers import Answer
from x402_harness.sandbox.asgi import Pace
from x402_harness.sandbox.facilitator import Facilitator, Payment

ELSEWHERE = "https://elsewhere.example"


class Side(StrEnum):
    """Which part of a visit a fault is in."""

    UNPAID = "unpaid"
    PAYMENT = "payment"
    SETTLEMENT = "settlement"
    RECEIPT = "receipt"
    ANSWER = "answer"
    TRANSPORT = "transport"
    ATTACK = "attack"


@dataclass(frozen=True, slots=True)
class Stake:
    """What falling for a fault would cost a buyer, in ``words``; ``units`` of a price tells it in atomic units.

    Units are those beyond what was agreed; ``None`` where no number can be told.
    """

    words: str
    units: Callable[[int], int] | None = None


@dataclass(slots=True)
class Memory:
    """What a faulty seller remembers between visits."""

    visits: int = 0
    unpaid: int = 0
    nonces: set[str] = field(default_factory=set)
    payers: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Visit:
    """One request at a seller, with what is known of it so far. ``clock`` gives the chain's time in seconds.

    ``elsewhere`` is an origin that is not the seller's, without a slash at the end.
    """

    listing: Listing
    version: int
    request: Request
    memory: Memory
    facilitator: Facilitator
    clock: Callable[[], float]
    elsewhere: str = ELSEWHERE
    offered: tuple[Option, ...] = ()
    values: Values = field(default_factory=Values)
    shape: RequestShape | None = None
    declared: ResponseShape | None = None
    payment: Payment | None = None
    option: Option | None = None
    settled: SettlementResponse | None = None

    @property
    def nonce(self) -> str:
        """The payment's nonce, in lower case."""
        return self.payment.payload.authorization.nonce.lower() if self.payment else ""


Verify = Callable[[Payment, Option], VerifyResponse]
Settle = Callable[[Payment, Option], SettlementResponse]


@dataclass(frozen=True, slots=True)
class Fault:
    """A named misbehaviour; ``caught_by`` are the codes of the rules that find it, ``stake`` what it is about.

    ``fits`` says whether a listing, asked in a version, leaves room for it. Hooks get the visit last:

    - ``admit`` may answer a request before anything else is looked at; ``message`` changes the terms, ``challenge``
      the whole 402, ``refusal`` the 402 that refuses a payment (it gets the answer that was bought, too);
    - ``verify`` and ``settle`` stand around the facilitator's own, ``pick`` around the choice of the option;
    - ``answer`` changes what was bought, ``receipt`` the settlement response (an object, text as it stands, or none),
      ``deliver`` the whole paid response, ``pace`` how it is sent (``unpaid_pace``: the 402).
    """

    name: str
    side: Side
    summary: str
    caught_by: tuple[str, ...]
    stake: Stake | None = None
    fits: Callable[[Listing, int], bool] = lambda listing, version: True
    admit: Callable[[Visit], Response | None] | None = None
    message: Callable[[dict[str, Any], Visit], dict[str, Any]] | None = None
    challenge: Callable[[Response, Visit], Response] | None = None
    pick: Callable[[Option | None, Visit], Option | None] | None = None
    verify: Callable[[Verify, Payment, Option, Visit], VerifyResponse] | None = None
    refusal: Callable[[Response, Answer, Visit], Response] | None = None
    before_settling: Callable[[Visit], Awaitable[None]] | None = None
    settle: Callable[[Settle, Payment, Option, Visit], SettlementResponse] | None = None
    answer: Callable[[Answer, Visit], Answer] | None = None
    receipt: Callable[[dict[str, Any], Visit], dict[str, Any] | str | None] | None = None
    deliver: Callable[[Response, Visit], Response] | None = None
    pace: Pace | None = None
    unpaid_pace: Pace | None = None
