"""Active probing: what an endpoint must refuse. Only for hosts that the user typed; nothing here can be settled."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace

from x402_catalog.findings import Finding
from x402_harness.checks.exchange import declared_answer
from x402_harness.checks.refusals import Attempt, judge_refusals
from x402_harness.planning.forgeries import Forgery
from x402_harness.probing import rules
from x402_harness.probing.ladder import Provocation, Provoked, Talk
from x402_harness.probing.passive import Seen
from x402_harness.probing.targets import WITH_BODY
from x402_harness.protocol.exchange import Exchange, Request
from x402_harness.protocol.headers import PAYMENT_SIGNATURE, X_PAYMENT, encode

_OWN = {rules.BAD_PAYMENT, rules.BAD_REQUEST}  # malformed, so that no seller's checks of a payment are tried
OVERSIZE = 64 * 1024  # characters: more than servers take, less than what a load balancer calls an attack
_EMPTY = encode({"x402Version": 2, "accepted": {}, "payload": {}})
_NO_PAYMENT = {
    "a payment that is no base64": "!not-a-payment!",
    "a payment that is no JSON": "bm90IGpzb24=",
    "a payment that is no object": "W10=",
    "a payment with nothing in it": _EMPTY,
    f"a payment of {OVERSIZE} characters": "A" * OVERSIZE,
}
_NO_BODY = {
    "a body that is no JSON": b"{",
    "a body that is no object": b"[]",
    "a body of other types": b'{"":[null,{"\\u0000":1e400}]}',
}


# The forged payments for what a 402 asks for; none where nothing can be signed.
Forge = Callable[[Exchange], Iterable[Forgery]]


def provocations(paid: Request) -> Iterator[Provocation]:
    """All that is tried at an endpoint which answered ``paid`` with a 402."""
    for method in ("HEAD", "OPTIONS"):
        if method != paid.method:
            made = replace(paid, method=method, body=b"")
            yield Provocation(f"{method}", rules.BAD_REQUEST, made, wants_content=False)
    for what, value in _NO_PAYMENT.items():
        made = paid.with_header(X_PAYMENT, value).with_header(PAYMENT_SIGNATURE, value)
        yield Provocation(what, rules.BAD_PAYMENT, made)
    padded = paid.with_header("x-testbuy-padding", "a" * OVERSIZE)
    yield Provocation(f"a header of {OVERSIZE} characters", rules.BAD_REQUEST, padded)
    if paid.method in WITH_BODY:
        for what, body in _NO_BODY.items():
            made = replace(paid.with_header("content-type", "application/json"), body=body)
            yield Provocation(what, rules.BAD_REQUEST, made)


def no_forgeries(exchange: Exchange) -> Iterable[Forgery]:
    """Nothing is forged."""
    return ()


def provoke(talk: Talk, forge: Forge = no_forgeries) -> Generator[Request, Exchange, Talk]:
    """The talk, and the answers to every provocation, in their order; nothing is tried where there was no 402."""
    if talk.found is None:
        return talk
    forged = (Provocation(made.what, made.rule, made.request) for made in forge(talk.found.exchange))
    answers = []
    for each in (*provocations(talk.found.rung.request), *forged):
        answers.append(Provoked(each, (yield each.request)))
    return replace(talk, provoked=tuple(answers))


def refusals(seen: Seen) -> Iterator[Finding]:
    """Each provocation was refused: no content, no server error. A connection that is closed is a refusal too."""
    attempts: list[Attempt] = []
    for one in seen.talk.provoked:
        each = one.provocation
        if each.rule in _OWN:
            yield from _malformed(seen, each, one.exchange)
        else:
            attempts.append(Attempt(each.what, each.rule, one.exchange))
    for fault in judge_refusals(tuple(attempts), declared_answer(seen.exchange, seen.target.listing)):
        yield seen.finding(fault.rule, fault.message, fault.attempt.exchange, observed=fault.observed)


def _malformed(seen: Seen, each: Provocation, exchange: Exchange) -> Iterator[Finding]:
    answer = exchange.response
    if answer is None or not _is_wrong(answer.status, each.wants_content):
        return
    got = "content" if answer.status < 300 else f"a server error ({answer.status})"
    yield seen.finding(
        each.rule, f"{each.what} got {got}", exchange, observed=answer.status, expected="402 or another 4xx"
    )


def _is_wrong(status: int, wants_content: bool) -> bool:
    return (status >= 500 and status not in {501, 503, 505}) or (wants_content and 200 <= status < 300)
