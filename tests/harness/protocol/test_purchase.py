"""The purchase machine: the steps of the table and no others, messages echoed verbatim, money believed to a receipt."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.harness.support.terms import (
    PAYEE,
    PAYER,
    SEPOLIA,
    STRANGER,
    authorization,
    header,
    in_body,
    in_header,
    option,
    option_v1,
    option_v2,
    receipt,
    required_v1,
    required_v2,
)

from x402_harness.protocol.errors import LocalProtocolError
from x402_harness.protocol.exchange import Failure, Request, Response
from x402_harness.protocol.headers import decode
from x402_harness.protocol.purchase import ENDS, TRANSITIONS, Purchase, State, Step
from x402_harness.protocol.receipts import read_receipt

REQUEST = Request("POST", "https://shop.example/gen", (("content-type", "application/json"),), b'{"n":1}')
SIGNATURE = bytes(range(65))
TERMS = in_header(required_v2(option_v2()))
SENT = Failure("connection", "hung up", may_have_sent=True)
NOT_SENT = Failure("connection", "refused", may_have_sent=False)


def with_receipt(message: Any, status: int = 200, name: str = "PAYMENT-RESPONSE") -> Response:
    return Response(status, ((name, header(message)),), b'{"ok":true}')


PAID = with_receipt(receipt())
FAILED = with_receipt(receipt(success=False, transaction="", errorReason="insufficient_funds"), 402)


def authorize(purchase: Purchase) -> None:
    first = purchase.challenge.options[0] if purchase.challenge else option(option_v2())
    purchase.authorize(first, authorization())


# How each step is taken, on a purchase that stands where the table allows it.
TAKE: dict[Step, Callable[[Purchase], object]] = {
    Step.ASK: Purchase.ask,
    Step.TERMS: lambda purchase: purchase.answered(TERMS),
    Step.CONTENT: lambda purchase: purchase.answered(Response(200, (), b"{}")),
    Step.NO_TERMS: lambda purchase: purchase.answered(Response(500)),
    Step.AUTHORIZE: authorize,
    Step.REFUSE: lambda purchase: purchase.refuse("too dear"),
    Step.PAY: lambda purchase: purchase.pay(SIGNATURE),
    Step.RECEIPT: lambda purchase: purchase.paid(PAID),
    Step.NO_RECEIPT: lambda purchase: purchase.paid(Response(200)),
    Step.NOT_SENT: lambda purchase: purchase.lost(NOT_SENT),
    Step.CHAIN: Purchase.shown_by_chain,
}
ROADS: dict[State, tuple[Step, ...]] = {
    State.READY: (),
    State.ASKED: (Step.ASK,),
    State.CHALLENGED: (Step.ASK, Step.TERMS),
    State.AUTHORIZED: (Step.ASK, Step.TERMS, Step.AUTHORIZE),
    State.PAYING: (Step.ASK, Step.TERMS, Step.AUTHORIZE, Step.PAY),
    State.SETTLED: (Step.ASK, Step.TERMS, Step.AUTHORIZE, Step.PAY, Step.RECEIPT),
    State.UNKNOWN: (Step.ASK, Step.TERMS, Step.AUTHORIZE, Step.PAY, Step.NO_RECEIPT),
    State.NOT_SETTLED: (Step.ASK, Step.TERMS, Step.AUTHORIZE, Step.PAY, Step.NOT_SENT),
    State.FREE: (Step.ASK, Step.CONTENT),
    State.ABANDONED: (Step.ASK, Step.TERMS, Step.REFUSE),
}


def purchase_in(state: State) -> Purchase:
    purchase = Purchase(REQUEST)
    for step in ROADS[state]:
        TAKE[step](purchase)
    assert purchase.state is state
    return purchase


def challenged(*entries: Any, **members: Any) -> Purchase:
    message = required_v1 if "maxAmountRequired" in entries[0] else required_v2
    purchase = Purchase(REQUEST)
    purchase.ask()
    purchase.answered((in_body if message is required_v1 else in_header)(message(*entries, **members)))
    return purchase


def paid_header(purchase: Purchase, name: str) -> Any:
    authorize(purchase)
    request = purchase.pay(SIGNATURE)
    assert (request.method, request.url, request.body) == (REQUEST.method, REQUEST.url, REQUEST.body)
    assert request.headers[: len(REQUEST.headers)] == REQUEST.headers
    (value,) = [value for key, value in request.headers if key == name]
    return decode(value)[0]


@pytest.mark.parametrize(("state", "step"), TRANSITIONS)
def test_every_step_of_the_table_leads_where_it_says(state: State, step: Step) -> None:
    purchase = purchase_in(state)
    TAKE[step](purchase)
    assert purchase.state is TRANSITIONS[state, step]


@pytest.mark.parametrize(("state", "step"), sorted(set(product(State, Step)) - set(TRANSITIONS)))
def test_every_other_step_is_our_fault_and_changes_nothing(state: State, step: Step) -> None:
    purchase = purchase_in(state)
    before = dict(vars(purchase))
    with pytest.raises(LocalProtocolError):
        TAKE[step](purchase)
    assert vars(purchase) == before


def test_the_ends_are_the_states_that_nothing_leads_out_of() -> None:
    assert {state for state, step in TRANSITIONS if step is not Step.CHAIN} == set(State) - ENDS
    assert set(State) == {State.READY} | set(TRANSITIONS.values())


def test_a_failure_after_which_something_may_be_sent_leaves_it_unknown() -> None:
    purchase = purchase_in(State.PAYING)
    purchase.lost(SENT)
    assert (purchase.state, purchase.reason) == (State.UNKNOWN, "hung up")


def test_an_unpaid_request_without_answer_is_abandoned() -> None:
    purchase = purchase_in(State.ASKED)
    purchase.unanswered(SENT)
    assert (purchase.state, purchase.reason) == (State.ABANDONED, "hung up")


def test_terms_that_cannot_be_read_end_it_and_say_where() -> None:
    purchase = purchase_in(State.ASKED)
    purchase.answered(Response(402, (), b"<html>"))
    assert purchase.state is State.ABANDONED
    assert purchase.error is not None
    assert purchase.error.place == "body"


def test_version_1_pays_in_its_own_header_and_names_scheme_and_network() -> None:
    message = paid_header(challenged(option_v1()), "X-PAYMENT")
    assert set(message) == {"x402Version", "scheme", "network", "payload"}
    assert (message["x402Version"], message["scheme"], message["network"]) == (1, "exact", "base")
    assert message["payload"]["signature"] == "0x" + SIGNATURE.hex()


def test_version_2_echoes_the_accepted_entry_verbatim() -> None:
    entry = option_v2(
        payTo=PAYEE.lower(),
        extra={"name": "USD Coin", "version": "2", "memo": None, "ratio": 1e-7, "text": "ü€😀\ud800"},
        outputSchema=None,
        added={"deep": [None, {"x": 10**30}]},
    )
    message = paid_header(challenged(entry), "PAYMENT-SIGNATURE")
    assert message["accepted"] == entry
    assert list(message["accepted"]) == list(entry)


def test_the_authorization_is_checksummed_where_the_terms_are_not() -> None:
    message = paid_header(challenged(option_v2(payTo=PAYEE.lower())), "PAYMENT-SIGNATURE")
    assert message["accepted"]["payTo"] == PAYEE.lower()
    assert message["payload"]["authorization"]["to"] == PAYEE


def test_version_2_echoes_resource_and_extensions_verbatim() -> None:
    extensions: dict[str, Any] = {"bazaar": {"info": None, "schema": {}}}
    resource = {"url": "https://shop.example/gen", "mimeType": None, "tags": ["a"]}
    purchase = challenged(option_v2(), resource=resource, extensions=extensions)
    message = paid_header(purchase, "PAYMENT-SIGNATURE")
    assert (message["resource"], message["extensions"]) == (resource, extensions)


def test_version_2_echoes_no_member_that_is_not_there() -> None:
    message = paid_header(challenged(option_v2(), resource=None), "PAYMENT-SIGNATURE")
    assert set(message) == {"x402Version", "payload", "accepted"}


@pytest.mark.parametrize("changes", [{"value": 20_001}, {"value": 19_999}, {"payee": STRANGER}])
def test_an_authorization_for_other_terms_is_not_taken(changes: dict[str, Any]) -> None:
    purchase = purchase_in(State.CHALLENGED)
    assert purchase.challenge is not None
    with pytest.raises(LocalProtocolError):
        purchase.authorize(purchase.challenge.options[0], authorization(**changes))
    assert purchase.state is State.CHALLENGED


def test_an_option_of_another_challenge_is_not_taken() -> None:
    other = challenged(option_v2(network="eip155:84532")).challenge
    assert other is not None
    purchase = purchase_in(State.CHALLENGED)
    with pytest.raises(LocalProtocolError):
        purchase.authorize(other.options[0], authorization())


def test_an_empty_signature_is_not_sent() -> None:
    purchase = purchase_in(State.AUTHORIZED)
    with pytest.raises(LocalProtocolError):
        purchase.pay(b"")
    assert purchase.state is State.AUTHORIZED


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (FAILED, "receipt of failure: insufficient_funds"),
        (with_receipt({"success": False, "transaction": "", "network": "base"}), "receipt of failure: no reason given"),
        (with_receipt({"success": True}), "status 200 without a readable receipt"),
        (Response(200, (("PAYMENT-RESPONSE", "junk!"),)), "status 200 without a readable receipt"),
        (Response(500), "status 500 without a readable receipt"),
        (TERMS, "status 402 without a readable receipt"),
    ],
)
def test_anything_but_a_receipt_of_success_leaves_it_unknown(response: Response, reason: str) -> None:
    purchase = purchase_in(State.PAYING)
    purchase.paid(response)
    assert (purchase.state, purchase.reason) == (State.UNKNOWN, reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"network": SEPOLIA}, "it names another network"),
        ({"network": "nowhere"}, "it names another network"),
        ({"payer": STRANGER}, "it names another payer"),
        ({"payer": "me"}, "it names another payer"),
        ({"amount": "19999"}, "it names another amount"),
        ({"amount": "20001"}, "it names another amount"),
        ({"transaction": ""}, "it names no transaction"),
        ({"transaction": "0x" + "0" * 64}, "it names no transaction"),
        ({"transaction": "0x" + "ab" * 31}, "it names no transaction"),
        ({"transaction": "0x" + "ab" * 32 + "\n"}, "it names no transaction"),
        ({"transaction": "pending"}, "it names no transaction"),
    ],
)
def test_a_receipt_of_another_payment_proves_nothing(changes: dict[str, Any], reason: str) -> None:
    purchase = purchase_in(State.PAYING)
    purchase.paid(with_receipt(receipt(**changes)))
    assert (purchase.state, purchase.reason) == (State.UNKNOWN, f"receipt of success, but {reason}")


@pytest.mark.parametrize(
    "changes",
    [{"network": "base"}, {"payer": None}, {"payer": PAYER.lower()}, {"amount": "20000"}, {"amount": "020000"}],
)
def test_a_receipt_may_say_the_same_in_other_words(changes: dict[str, Any]) -> None:
    purchase = purchase_in(State.PAYING)
    purchase.paid(with_receipt(receipt(**changes)))
    assert purchase.state is State.SETTLED


def test_a_receipt_counts_though_the_rest_of_the_answer_is_lost() -> None:
    purchase = purchase_in(State.PAYING)
    purchase.lost(Failure("connection", "hung up", may_have_sent=True, partial=PAID))
    assert (purchase.state, purchase.reason) == (State.SETTLED, "receipt of success")
    assert purchase.receipt is not None


@pytest.mark.parametrize("partial", [Response(200), with_receipt(receipt(payer=STRANGER)), FAILED])
def test_a_lost_answer_without_a_receipt_for_us_leaves_it_unknown(partial: Response) -> None:
    purchase = purchase_in(State.PAYING)
    purchase.lost(Failure("connection", "hung up", may_have_sent=True, partial=partial))
    assert purchase.state is State.UNKNOWN


def test_a_place_can_be_refused_before_anything_is_asked() -> None:
    purchase = Purchase(REQUEST)
    purchase.refuse("not there")
    assert (purchase.state, purchase.reason) == (State.ABANDONED, "not there")


def test_a_receipt_is_believed_whatever_the_status() -> None:
    purchase = purchase_in(State.PAYING)
    purchase.paid(with_receipt(receipt(), status=500))
    assert purchase.state is State.SETTLED


@pytest.mark.parametrize("name", ["X-PAYMENT-RESPONSE", "PAYMENT-RESPONSE", "payment-response"])
def test_a_receipt_is_read_from_the_header_of_either_version(name: str) -> None:
    found = read_receipt(with_receipt(receipt(), name=name))
    assert found.response is not None
    assert found.response.success


def test_a_receipt_that_cannot_be_read_says_why() -> None:
    found = read_receipt(Response(200, (("PAYMENT-RESPONSE", header({"success": True, "network": "base"})),)))
    assert found.response is None
    assert found.error is not None
    assert found.error.pointer == "/transaction"


ANSWERS = st.builds(
    Response,
    st.sampled_from([200, 204, 301, 402, 404, 500]),
    st.lists(
        st.tuples(
            st.sampled_from(["PAYMENT-RESPONSE", "X-PAYMENT-RESPONSE", "PAYMENT-REQUIRED", "X-OTHER"]),
            st.sampled_from(
                [
                    header(receipt()),
                    header(receipt(success=False)),
                    header({"success": "true"}),
                    header(required_v2(option_v2())),
                    "junk!",
                ]
            ),
        ),
        max_size=2,
    ).map(tuple),
    st.sampled_from([b"", b'{"ok":true}', in_body(required_v1(option_v1())).body]),
)


class AnySequence(RuleBasedStateMachine):
    """Whatever is answered, and in whichever order things are called."""

    def __init__(self) -> None:
        super().__init__()
        self.purchase = Purchase(REQUEST)
        self.proven = False

    def attempt(self, step: Callable[[], object]) -> None:
        before = self.purchase.state
        try:
            step()
        except LocalProtocolError:
            assert self.purchase.state is before

    @rule()
    def asks(self) -> None:
        self.attempt(self.purchase.ask)

    @rule(answer=ANSWERS)
    def is_answered(self, answer: Response) -> None:
        self.attempt(lambda: self.purchase.answered(answer))

    @rule()
    def takes_the_first_option(self) -> None:
        challenge = self.purchase.challenge
        if challenge is not None and challenge.options:
            self.attempt(lambda: authorize(self.purchase))

    @rule()
    def pays(self) -> None:
        self.attempt(lambda: self.purchase.pay(SIGNATURE))

    @rule(answer=ANSWERS)
    def is_answered_after_paying(self, answer: Response) -> None:
        told = read_receipt(answer).response
        if self.purchase.state is State.PAYING and told is not None:
            self.proven = told.success
        self.attempt(lambda: self.purchase.paid(answer))

    @rule(failure=st.sampled_from([SENT, NOT_SENT]))
    def is_lost(self, failure: Failure) -> None:
        self.attempt(lambda: self.purchase.lost(failure))

    @rule()
    def refuses(self) -> None:
        self.attempt(lambda: self.purchase.refuse("no"))

    @invariant()
    def is_settled_by_a_receipt_of_success_only(self) -> None:
        assert (self.purchase.state is State.SETTLED) == self.proven


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)
