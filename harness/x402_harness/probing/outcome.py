"""Outcomes: what a probe made of one endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.money import Money
from x402_catalog.networks import token
from x402_harness.checks.exchange import Judged
from x402_harness.checks.unpaid.envelope import STATUS, TERMS
from x402_harness.probing import rules
from x402_harness.probing.active import refusals
from x402_harness.probing.ladder import OVERLOADED, Talk
from x402_harness.probing.passive import CHECKS, Seen, failure_text, origin_of
from x402_harness.probing.stability import stable, terms_of
from x402_harness.probing.targets import Target
from x402_harness.protocol.challenge import Option
from x402_harness.protocol.exchange import Exchange

UNREACHABLE, REFUSED, BUSY, FAULT = "unreachable", "not asked", "overloaded", "fault"
PAYABLE, NOT_PAYABLE, FREE, NO_TERMS = "payable", "not payable", "free", "no terms"
MAX_OPTIONS = 20  # that are told of one endpoint
# What a rule of a talk says better than the rule over its one exchange.
_SUPERSEDED = {
    rules.REDIRECT.code: {STATUS.code},
    rules.PAYWALL.code: {TERMS.code},
    rules.MALFORMED.code: {TERMS.code},
}


JudgeExchange = Callable[[Exchange, Listing | None], Judged]


@dataclass(frozen=True, slots=True)
class Probed:
    """One endpoint: the ``method`` and ``status`` that told most, its ``version`` and ``prices`` if it has terms.

    ``verdict`` says whether a careful client would pay (:data:`PAYABLE`, :data:`NOT_PAYABLE`), need not
    (:data:`FREE`) or cannot (:data:`NO_TERMS`); or why there was nothing to judge: :data:`UNREACHABLE`,
    :data:`REFUSED`, :data:`BUSY`, :data:`FAULT` (ours). ``words`` say it at length; ``not_judged`` are questions that
    could not be answered, each with its reason.
    """

    url: str
    typed: bool
    verdict: str
    words: str = ""
    listing: str | None = None
    method: str | None = None
    status: int | None = None
    version: int | None = None
    prices: tuple[str, ...] = ()
    elapsed: float = 0.0
    requests: int = 0
    findings: tuple[Finding, ...] = field(default=())
    not_judged: tuple[tuple[str, str], ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """The endpoint as the JSON document tells it; its findings stand in the document."""
        return {
            "url": self.url,
            "listing": self.listing,
            "method": self.method,
            "status": self.status,
            "version": self.version,
            "prices": list(self.prices),
            "verdict": self.verdict,
            "words": self.words,
            "elapsed": round(self.elapsed, 3),
            "requests": self.requests,
            "findings": len(self.findings),
            "not_judged": [{"what": what, "why": why} for what, why in self.not_judged],
        }


def concluded(target: Target, talk: Talk, judge: JudgeExchange, slow: float) -> Probed:
    """Every rule over a talk that has at least one step."""
    seen = Seen(target, talk, slow)
    own = [finding for check in (*CHECKS, stable, refusals) for finding in check(seen)]
    better = {code for finding in own for code in _SUPERSEDED.get(finding.rule, ())}
    verdict, judged = _judged(seen, judge)
    exchange, terms = seen.exchange, terms_of(seen.exchange)
    return Probed(
        url=target.url,
        typed=target.typed,
        listing=target.listing.slug if target.listing else None,
        verdict=verdict,
        words=judged.verdict.words if judged else failure_text(exchange.failure) if exchange.failure else "",
        method=exchange.request.method,
        status=exchange.response.status if exchange.response else None,
        version=terms.version if terms else None,
        prices=tuple(price(option) for option in terms.options[:MAX_OPTIONS]) if terms else (),
        elapsed=exchange.elapsed,
        requests=len(talk.steps) + (talk.again is not None) + len(talk.provoked),
        findings=(*(one for one in (judged.findings if judged else ()) if one.rule not in better), *own),
        not_judged=tuple(_open(seen, judged)) if judged else (),
    )


def _judged(seen: Seen, judge: JudgeExchange) -> tuple[str, Judged | None]:
    failure, answer = seen.exchange.failure, seen.exchange.response
    if failure is not None or answer is None:
        return (REFUSED if failure and failure.cause == "refused" else UNREACHABLE), None
    if answer.status in OVERLOADED:
        return BUSY, None
    judged = judge(seen.exchange, seen.target.listing)
    if answer.status != 402:
        return (FREE if answer.status < 300 else NO_TERMS), judged
    return (NOT_PAYABLE if judged.verdict.option is None else PAYABLE), judged


def _open(seen: Seen, judged: Judged) -> Iterator[tuple[str, str]]:
    # Of one exchange alone these two are open; a second answer, and headers for other origins, decide them here.
    decided = {"stability"} if seen.talk.again is not None else set()
    answer = seen.exchange.response
    allowed = answer is not None and answer.header("access-control-allow-origin") is not None
    if allowed or origin_of(seen.exchange) is not None:
        decided.add("cross-origin access")
    return (row for row in judged.not_judged if row[0] not in decided)


def price(option: Option) -> str:
    """What an option asks for, in whole units of a known token, in atomic units of any other."""
    known = token(option.caip2, option.asset) if option.caip2 else None
    if known is None:
        return f"{option.amount} atomic units of {option.asset} on {option.network}"
    return f"{Money(option.amount, known.asset)} on {option.network}"
