"""What a conversation shows besides the one answer: stability, transport, and where the 402 was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from x402_catalog.findings import Finding, Location
from x402_catalog.rules.registry import Rule
from x402_harness.checks.exchange import declared_answer
from x402_harness.checks.refusals import LEAK, carries_content
from x402_harness.probing import rules
from x402_harness.probing.ladder import OVERLOADED, Talk
from x402_harness.probing.targets import Target
from x402_harness.protocol.exchange import Exchange, Failure, Response
from x402_harness.protocol.headers import PAYMENT_REQUIRED

_VALIDATION = frozenset({400, 411, 415, 422})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CAUSES = {"timeout": rules.SILENT, "protocol": rules.MALFORMED, "refused": rules.REFUSED}


@dataclass(frozen=True)
class Seen:
    """A talk with a target; ``slow`` is how many seconds are too many."""

    target: Target
    talk: Talk
    slow: float = 5.0

    @cached_property
    def exchange(self) -> Exchange:
        """The exchange that says most."""
        return self.talk.telling.exchange

    def finding(self, rule: Rule, message: str, exchange: Exchange | None = None, **more: Any) -> Finding:
        """A finding at an exchange, the telling one unless given."""
        at = exchange or self.exchange
        listing = self.target.listing
        place = Location(listing=listing.slug if listing else None, url=at.request.url, leg=str(at.leg))
        return rule.finding(message, location=place, **more)


def silence(seen: Seen) -> Iterator[Finding]:
    """No answer at all, whatever the reason."""
    failure = seen.exchange.failure
    if failure is None:
        return
    rule = _CAUSES.get(failure.cause, rules.UNREACHABLE)
    yield seen.finding(rule, failure_text(failure), observed=failure.message)


def failure_text(failure: Failure) -> str:
    """Why there was no answer, in words."""
    texts = {
        "timeout": "no answer in time",
        "tls": "no secure connection could be made",
        "name": "the host's name has no address",
        "refused": "not connected to",
        "protocol": "the answer breaks HTTP",
        "request": "the URL cannot be asked",
    }
    return texts.get(failure.cause, "the connection failed")


def limits(seen: Seen) -> Iterator[Finding]:
    """A body longer than the limit, or not in the coding that it names."""
    answer = seen.exchange.response
    if answer is not None and answer.undecoded:
        coding = (answer.header("content-encoding") or "")[:40]
        message = f"the body is not in the coding {coding}: {answer.undecoded}"
        yield seen.finding(rules.MALFORMED, message, observed=answer.undecoded, expected=coding)
    if answer is not None and answer.truncated:
        message = f"the body is longer than {len(answer.body)} bytes and was cut there"
        yield seen.finding(rules.MALFORMED, message, observed=f"more than {len(answer.body)} bytes")


def overload(seen: Seen) -> Iterator[Finding]:
    """A server that went on saying that it is busy."""
    answer = seen.exchange.response
    if answer is not None and answer.status in OVERLOADED:
        after = answer.header("retry-after")
        message = f"answered {answer.status}" + (f", and to come back after {after}" if after else "")
        yield seen.finding(rules.OVERLOADED, message, observed=answer.status, expected=402)


def redirect(seen: Seen) -> Iterator[Finding]:
    """A redirect, which is not followed."""
    answer = seen.exchange.response
    if answer is not None and answer.status in _REDIRECTS:
        where = answer.header("location") or "nowhere"
        yield seen.finding(
            rules.REDIRECT,
            f"answered {answer.status}: not followed",
            observed=where,
            expected=seen.exchange.request.url,
        )


def paywall(seen: Seen) -> Iterator[Finding]:
    """A 402 whose terms are told in HTML alone."""
    answer = seen.exchange.response
    if answer is None or answer.status != 402 or answer.header(PAYMENT_REQUIRED) is not None:
        return
    if answer.media_type in {"text/html", "application/xhtml+xml"}:
        yield seen.finding(
            rules.PAYWALL, "the 402 is a page for browsers", observed=answer.media_type, expected="application/json"
        )


def exposure(seen: Seen) -> Iterator[Finding]:
    """An answer that other origins may read, but for the header that matters."""
    answer, origin = seen.exchange.response, origin_of(seen.exchange)
    if answer is None or answer.status != 402:
        return
    allowed = answer.header("access-control-allow-origin")
    if origin is not None and allowed not in {"*", origin}:
        yield seen.finding(
            rules.EXPOSURE, f"scripts of {origin} may not read the answer", observed=allowed, expected=origin
        )
    if allowed is None or answer.header(PAYMENT_REQUIRED) is None:
        return
    exposed = [name.strip().lower() for value in _all(answer, _EXPOSE) for name in value.split(",")]
    # A star counts for requests without credentials only, which those of a paying script are.
    if PAYMENT_REQUIRED.lower() not in exposed and "*" not in exposed:
        yield seen.finding(
            rules.EXPOSURE, "Access-Control-Expose-Headers does not name it",
            observed=", ".join(exposed) or None, expected=PAYMENT_REQUIRED,
        )  # fmt: skip


def origin_of(exchange: Exchange) -> str | None:
    """The origin that a request says it comes from: only the user says so, as some servers refuse foreign ones."""
    return next((value for name, value in exchange.request.headers if name.lower() == "origin"), None)


_EXPOSE = "access-control-expose-headers"


def caching(seen: Seen) -> Iterator[Finding]:
    """A 402 that says it may be stored; one that says nothing is not stored by any cache."""
    answer = seen.exchange.response
    if answer is None or answer.status != 402:
        return
    stated = ", ".join(_all(answer, "cache-control"))
    directives = dict(_directive(part) for part in stated.lower().split(",") if part.strip())
    if directives.keys() & {"no-store", "private", "no-cache"}:
        return
    ages = (directives.get("s-maxage"), directives.get("max-age"))
    if "public" in directives or any(age is not None and age.strip('"') not in {"", "0"} for age in ages):
        yield seen.finding(rules.CACHEABLE, "Cache-Control lets it be stored", observed=stated, expected="no-store")


def _directive(part: str) -> tuple[str, str]:
    name, _, value = part.strip().partition("=")
    return name.strip(), value.strip()


def _all(answer: Response, name: str) -> list[str]:
    return [value for key, value in answer.headers if key.lower() == name]


def plain_http(seen: Seen) -> Iterator[Finding]:
    """A URL of plain http; on this machine nothing stands between."""
    if seen.exchange.response is None:
        return
    parts = urlsplit(seen.exchange.request.url)
    if parts.scheme == "http" and not _is_local(parts.hostname or ""):
        yield seen.finding(rules.PLAIN_HTTP, "the scheme is http", observed="http", expected="https")


def _is_local(host: str) -> bool:
    return host in {"localhost", "::1"} or host.endswith(".localhost") or host.startswith("127.")


def slowness(seen: Seen) -> Iterator[Finding]:
    """Terms that take their time, twice."""
    if seen.talk.found is None or seen.talk.again is None or seen.talk.again.response is None:
        return
    fastest = min(seen.exchange.elapsed, seen.talk.again.elapsed)
    if fastest > seen.slow:
        yield seen.finding(
            rules.SLOW, f"took {fastest:.1f} s, and the other time no less", observed=f"{fastest:.1f} s",
            expected=f"at most {seen.slow:g} s",
        )  # fmt: skip


def method(seen: Seen) -> Iterator[Finding]:
    """A 402 by another method than the declared one."""
    listing, found = seen.target.listing, seen.talk.found
    if found is None or listing is None or not listing.input:
        return
    used = found.rung.request.method
    if used != listing.method:
        first = next((step.status for step in seen.talk.steps if step.rung.request.method == listing.method), None)
        message = f"{listing.method} is declared and was answered with {first}, {used} with 402"
        yield seen.finding(rules.OTHER_METHOD, message, observed=used, expected=listing.method)


def validation(seen: Seen) -> Iterator[Finding]:
    """A 402 that comes only to a request with a body, or with a query, after a plain one was found invalid."""
    found = seen.talk.found
    if found is None or found.rung.bare:
        return
    used = found.rung.request.method
    for step in seen.talk.steps:
        if step.rung.bare and step.rung.request.method == used and step.status in _VALIDATION:
            message = f"plain {used} was answered with {step.status}, one with what is declared with 402"
            yield seen.finding(rules.BODY_FIRST, message, step.exchange, observed=step.status, expected=402)


def leak(seen: Seen) -> Iterator[Finding]:
    """A 402 asks for payment; it does not bring along what is paid for."""
    answer = seen.exchange.response
    if answer is None or answer.status != 402:
        return
    shape = declared_answer(seen.exchange, seen.target.listing)
    if shape is not None and carries_content(answer, shape):
        yield seen.finding(LEAK, "the 402 carries the declared answer")


Check = Callable[[Seen], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    silence, limits, overload, redirect, paywall, exposure, caching, plain_http, slowness, method, validation, leak,
)  # fmt: skip
