"""PAY040 to PAY056: payments that must be refused, and what was done with them.

Pure: an :class:`Attempt` is a payment that must not buy anything, with the answer that it got. They are signed with
throwaway keys; on a stranger's endpoint by one without funds, so that nothing can be settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from x402_catalog.findings import Level
from x402_catalog.hints import Declared, ResponseShape
from x402_catalog.jsonschemas import BadSchema, Checker
from x402_catalog.models import Json
from x402_catalog.rules.registry import Rule, rule
from x402_harness.protocol.challenge import read_challenge
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Exchange, Request, Response
from x402_harness.protocol.parsing import loads
from x402_harness.protocol.receipts import read_receipt

_VERIFY = "x402 v1 §6.1.2, v2 §6.1.2 (verification steps of the exact scheme); specs/schemes/exact/scheme_exact_evm.md"


def _unchecked(code: str, title: str, why: str, mend: str, basis: str = _VERIFY) -> Rule:
    return rule(code, Level.ERROR, title, why=why, basis=basis, mend=mend)


SIGNATURE = _unchecked(
    "PAY040",
    "signature of a payment is not checked",
    "Anybody can make a payment in somebody else's name: the content is free.",
    "Recover the signer of the authorization and compare it with its payer, or let a facilitator verify it.",
)
AMOUNT = _unchecked(
    "PAY041",
    "amount of a payment is not checked",
    "Buyers set the price themselves.",
    "Compare the authorization's value with the price.",
)
RECIPIENT = _unchecked(
    "PAY042",
    "recipient of a payment is not checked",
    "The content is paid for to somebody else.",
    "Compare the authorization's recipient with payTo.",
)
EXPIRED = _unchecked(
    "PAY043",
    "payment that has expired is taken",
    "No chain will settle it any more: the content is free.",
    "Compare validBefore with the present time, with some seconds to spare for settling.",
)
EARLY = _unchecked(
    "PAY044",
    "payment that is not valid yet is taken",
    "No chain settles it now: the content is delivered on a promise.",
    "Compare validAfter with the present time.",
)
NETWORK = _unchecked(
    "PAY045",
    "payment on another network is taken",
    "Test money buys real content.",
    "Compare the payment's network with the offered one.",
)
DOMAIN = _unchecked(
    "PAY046",
    "payment signed for another chain is taken",
    "The token's contract refuses the signature: the content is free.",
    "Verify the signature under the EIP-712 domain of the offered asset on the offered network.",
)
TERMS = _unchecked(
    "PAY047",
    "terms that were never offered are taken",
    "Buyers write the terms themselves.",
    "Compare the accepted terms with those that are offered, member by member.",
    "specs/transports-v2/http.md; x402 v2 §5.2 (accepted)",
)
SCHEME = _unchecked(
    "PAY048",
    "payment of an unknown scheme is taken",
    "What was never verified cannot be settled.",
    "Refuse every scheme that is not offered.",
)
REPLAY = _unchecked(
    "PAY049",
    "settled payment buys a second time",
    "One payment buys the content for ever.",
    "Remember settled nonces, or settle before answering: the token takes each nonce once.",
    "EIP-3009 (authorizationState); x402 v1 §10, v2 §10 (replay)",
)
RACE = _unchecked(
    "PAY050",
    "one payment buys twice when it is sent twice at once",
    "Between verifying and settling there is a gap, through which one payment buys many times.",
    "Claim the nonce before the work begins, or answer only after settling.",
    "EIP-3009 (authorizationState); x402 v1 §10, v2 §10 (replay)",
)
SECOND_TRY = _unchecked(
    "PAY051",
    "refused payment is taken when it is sent again",
    "A refusal is remembered as if it had been a purchase.",
    "Verify every payment anew; remember only what was settled.",
)
FUNDS = _unchecked(
    "PAY052",
    "payer's balance is not checked",
    "A key without money buys the content; the settlement will fail.",
    "Let the facilitator verify before the work, and settle before the answer.",
)
LEAK = _unchecked(
    "PAY053",
    "refusal carries the content",
    "Whoever reads the body of the 402 has what others pay for.",
    "Send the terms and nothing else until the payment is settled.",
    "specs/transports-v1/http.md, specs/transports-v2/http.md",
)
CRASH = _unchecked(
    "PAY054",
    "payment that must be refused breaks the server",
    "A server error tells a buyer nothing, hides a crash, and may come after the money has moved.",
    "Catch what cannot be verified and answer 402 with the terms.",
    "RFC 9110 §15.6; specs/transports-v2/http.md",
)
SILENT = rule(
    "PAY055",
    Level.WARNING,
    "refusal of a payment does not tell the terms",
    why="The buyer's client cannot tell what was wrong, nor pay again as it should.",
    basis="specs/transports-v1/http.md, specs/transports-v2/http.md (402 with the terms and the reason)",
    mend="Answer a refused payment with 402, the terms, and the reason as error.",
)
TAKEN = _unchecked(
    "PAY056",
    "refused payment is settled all the same",
    "The buyer pays and is turned away.",
    "Settle nothing that is refused.",
    "x402 v1 §10, v2 §10",
)


_HONEST_ERRORS = frozenset({501, 503, 505})  # they say that something is not done, not that it broke


@dataclass(frozen=True, slots=True)
class Attempt:
    """A payment that must be refused: ``what`` it is, the ``rule`` that taking it breaks, and the ``exchange``.

    ``settled`` is what the chain says of it afterwards; ``None`` where none was asked.
    """

    what: str
    rule: Rule
    exchange: Exchange
    settled: bool | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What an attempt brought to light."""

    rule: Rule
    message: str
    attempt: Attempt
    observed: object = None


# Who does not look at the one does not look at the other either: the first says it all.
_IMPLIED = {DOMAIN: SIGNATURE, RACE: REPLAY}


def judge_refusals(attempts: tuple[Attempt, ...], shape: ResponseShape | None) -> list[Fault]:
    """What is wrong with how these attempts were answered; ``shape`` is the declared answer, if one is known."""
    served = {
        attempt.exchange.request for attempt in attempts if attempt.rule is not SECOND_TRY and _is_served(attempt)
    }
    found = [fault for attempt in attempts for fault in _judged(attempt, shape, served)]
    rules = {fault.rule for fault in found}
    return _together(fault for fault in found if _IMPLIED.get(fault.rule) not in rules)


def _together(found: Iterable[Fault]) -> list[Fault]:
    """One fault of each rule: the first, which tells how many more there were."""
    alike: dict[Rule, list[Fault]] = {}
    for fault in found:
        alike.setdefault(fault.rule, []).append(fault)
    return [
        first if not more else replace(first, message=f"{first.message}, and {len(more)} more like it")
        for first, *more in alike.values()
    ]


def _judged(attempt: Attempt, shape: ResponseShape | None, served: set[Request]) -> Iterator[Fault]:
    answer = attempt.exchange.response
    if answer is None:
        return  # a connection that is closed is a refusal too
    if _is_served(attempt):
        if attempt.rule is not SECOND_TRY or attempt.exchange.request not in served:
            yield Fault(attempt.rule, f"{attempt.what} was answered with {answer.status}", attempt, answer.status)
    elif answer.status >= 500 and answer.status not in _HONEST_ERRORS:
        yield Fault(CRASH, f"{attempt.what} was answered with {answer.status}", attempt, answer.status)
    else:
        yield from _refused(attempt, answer, shape)


def _is_served(attempt: Attempt) -> bool:
    answer = attempt.exchange.response
    return answer is not None and 200 <= answer.status < 300


def _refused(attempt: Attempt, answer: Response, shape: ResponseShape | None) -> Iterator[Fault]:
    if attempt.settled:
        yield Fault(TAKEN, f"{attempt.what} was refused, and settled", attempt, answer.status)
    if shape is not None and carries_content(answer, shape):
        yield Fault(LEAK, f"the refusal of {attempt.what} carries the declared answer", attempt, answer.status)
    if answer.status == 402 and not _tells(answer):
        yield Fault(SILENT, f"the refusal of {attempt.what} has neither terms nor a receipt", attempt)


def _tells(answer: Response) -> bool:
    try:
        read_challenge(answer)
    except RemoteProtocolError:
        return read_receipt(answer).response is not None
    return True


def carries_content(answer: Response, shape: ResponseShape) -> bool:
    """Whether a refusal has the declared answer in it, as its whole body or as a member.

    A declaration that an empty object satisfies tells nothing apart, so by it nothing is held to be content.
    """
    kind = (shape.media_type or "application/json").split(";", 1)[0].strip().lower()
    if not (kind == "application/json" or kind.endswith("+json")):
        return bool(answer.body) and answer.media_type == kind and not kind.startswith("text/")
    try:
        value = loads(answer.body)
    except ValueError:
        return False
    return any(_is_content(part, shape) for part in _parts(value))


def _parts(value: Json) -> Iterator[Json]:
    yield value
    if isinstance(value, dict):
        # What a 402 has of its own describes the answer, often with an example of it.
        own = {"accepts", "resource", "extensions", "error", "x402Version"}
        yield from (member for name, member in value.items() if name not in own)


def _is_content(value: Json, shape: ResponseShape) -> bool:
    if shape.declared is Declared.EXAMPLE:
        example = shape.example
        names = set(example) if isinstance(example, dict) else set()
        return len(names) > 1 and isinstance(value, dict) and names <= set(value)
    if shape.declared is not Declared.SCHEMA or shape.schema is None or not isinstance(value, (dict, list)):
        return False
    try:
        checker = Checker(shape.schema)
        return not checker.is_valid({}) and not checker.is_valid([]) and checker.is_valid(value)
    except BadSchema:
        return False
