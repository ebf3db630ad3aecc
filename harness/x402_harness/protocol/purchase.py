"""The purchase as a state machine without input or output (x402 HTTP transport, v1 and v2).

A driver sends what the machine hands out and feeds back what came. The machine knows no clock, key or socket; every
step that the table does not allow is a :class:`LocalProtocolError`, everything that the other side does wrong ends in a
state with a reason.
"""

from __future__ import annotations

from enum import StrEnum

from x402_harness.protocol.challenge import Challenge, Option, read_challenge
from x402_harness.protocol.errors import LocalProtocolError, RemoteProtocolError
from x402_harness.protocol.exchange import Failure, Request, Response
from x402_harness.protocol.messages import Authorization, ExactPayload
from x402_harness.protocol.payload import payment_header
from x402_harness.protocol.receipts import Receipt, foreign, read_receipt


class State(StrEnum):
    """Where a purchase stands. The last five are ends; of them, only what is unknown a chain may yet settle."""

    READY = "ready"
    ASKED = "asked"
    CHALLENGED = "challenged"
    AUTHORIZED = "authorized"
    PAYING = "paying"
    SETTLED = "settled"
    NOT_SETTLED = "not settled"
    UNKNOWN = "unknown"
    FREE = "free"
    ABANDONED = "abandoned"


class Step(StrEnum):
    """What can happen to a purchase."""

    ASK = "ask"
    TERMS = "terms"
    CONTENT = "content without payment"
    NO_TERMS = "no terms"
    AUTHORIZE = "authorize"
    REFUSE = "refuse"
    PAY = "pay"
    RECEIPT = "receipt of success"
    NO_RECEIPT = "no receipt of success"
    NOT_SENT = "nothing was sent"
    CHAIN = "the chain shows the transfer"


TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.READY, Step.ASK): State.ASKED,
    (State.READY, Step.REFUSE): State.ABANDONED,
    (State.ASKED, Step.TERMS): State.CHALLENGED,
    (State.ASKED, Step.CONTENT): State.FREE,
    (State.ASKED, Step.NO_TERMS): State.ABANDONED,
    (State.CHALLENGED, Step.AUTHORIZE): State.AUTHORIZED,
    (State.CHALLENGED, Step.REFUSE): State.ABANDONED,
    (State.AUTHORIZED, Step.PAY): State.PAYING,
    (State.PAYING, Step.RECEIPT): State.SETTLED,
    (State.PAYING, Step.NO_RECEIPT): State.UNKNOWN,
    (State.PAYING, Step.NOT_SENT): State.NOT_SETTLED,
    (State.UNKNOWN, Step.CHAIN): State.SETTLED,
}
ENDS = frozenset({State.SETTLED, State.NOT_SETTLED, State.UNKNOWN, State.FREE, State.ABANDONED})


class Purchase:
    """One purchase. ``state`` moves only by :data:`TRANSITIONS`; ``reason`` says why it ended as it did."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.state = State.READY
        self.reason = ""
        self.challenge: Challenge | None = None
        self.error: RemoteProtocolError | None = None
        self.option: Option | None = None
        self.authorization: Authorization | None = None
        self.receipt: Receipt | None = None

    def ask(self) -> Request:
        """The request to send without payment."""
        self._move(Step.ASK)
        return self.request

    def answered(self, response: Response) -> None:
        """The answer to the unpaid request: terms, content that was free, or neither."""
        self._expect(State.ASKED)
        if 200 <= response.status < 300:
            self._move(Step.CONTENT, f"answered {response.status} without payment")
            return
        try:
            self.challenge = read_challenge(response)
        except RemoteProtocolError as error:
            self.error = error
            self._move(Step.NO_TERMS, f"{error.place}: {error.message}")
            return
        self._move(Step.TERMS)

    def unanswered(self, failure: Failure) -> None:
        """The unpaid request got no answer."""
        self._move(Step.NO_TERMS, failure.message)

    def refuse(self, reason: str) -> None:
        """The terms are not taken."""
        self._move(Step.REFUSE, reason)

    def authorize(self, option: Option, authorization: Authorization) -> None:
        """The ``option`` is taken with this authorization, which must be for its payee and amount."""
        if self.challenge is None or option not in self.challenge.options:
            raise LocalProtocolError("the option is not one of this challenge")
        if int(authorization.value) != option.amount or authorization.to.lower() != option.pay_to.lower():
            raise LocalProtocolError("the authorization is not for the option's amount and payee")
        self._move(Step.AUTHORIZE)
        self.option, self.authorization = option, authorization

    def pay(self, signature: bytes) -> Request:
        """The request to send with payment: the same one with the payment header. From here on money may move."""
        if self.option is None or self.authorization is None:
            raise LocalProtocolError("nothing is authorized")
        if not signature:
            raise LocalProtocolError("an empty signature")
        self._move(Step.PAY)
        payload = ExactPayload(signature="0x" + signature.hex(), authorization=self.authorization)
        assert self.challenge is not None  # what is authorized was chosen from it
        return self.request.with_header(*payment_header(self.challenge, self.option, payload))

    def paid(self, response: Response) -> None:
        """The answer to the paid request.

        Only a receipt of success for this payment counts as settled. Without one the signature is in their hands,
        whatever the status says, so the outcome is unknown until a chain tells or the window is over.
        """
        self._expect(State.PAYING)
        self.receipt = read_receipt(response)
        self._conclude(f"status {response.status} without a readable receipt")

    def lost(self, failure: Failure) -> None:
        """The paid request got no whole answer: not settled only if surely nothing was sent.

        A receipt that came before the rest was lost is a receipt.
        """
        if not failure.may_have_sent:
            self._move(Step.NOT_SENT, failure.message)
            return
        self._expect(State.PAYING)
        self.receipt = read_receipt(failure.partial) if failure.partial else None
        self._conclude(failure.message)

    def _conclude(self, otherwise: str) -> None:
        told = self.receipt.response if self.receipt else None
        if told is None:
            self._move(Step.NO_RECEIPT, otherwise)
        elif not told.success:
            self._move(Step.NO_RECEIPT, f"receipt of failure: {told.error_reason or 'no reason given'}")
        else:
            assert self.option is not None and self.authorization is not None  # both stand since it was authorized
            objection = foreign(told, self.option, self.authorization)
            if objection is None:
                self._move(Step.RECEIPT, "receipt of success")
            else:
                self._move(Step.NO_RECEIPT, f"receipt of success, but {objection}")

    def _expect(self, state: State) -> None:
        # What is learnt from an answer is only kept where an answer is due.
        if self.state is not state:
            raise LocalProtocolError(f"no answer is due when {self.state}")

    def shown_by_chain(self) -> None:
        """A chain shows that the authorization was used: what was unknown is settled, whatever the seller said."""
        self._move(Step.CHAIN, f"{self.reason}; but the chain shows the transfer")

    def _move(self, step: Step, reason: str = "") -> None:
        target = TRANSITIONS.get((self.state, step))
        if target is None:
            raise LocalProtocolError(f"{step} is not possible when {self.state}")
        self.state = target
        self.reason = reason or self.reason
