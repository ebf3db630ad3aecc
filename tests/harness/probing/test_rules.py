"""CHAL080 to CHAL099: each finds what it is for, and nothing where there is nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.harness.support.listings import hints, listing, offer, with_input
from tests.harness.support.terms import (
    BASE,
    NOW,
    SEPOLIA,
    SEPOLIA_USDC,
    STRANGER,
    header,
    in_body,
    in_header,
    option_v1,
    option_v2,
    required_v1,
    required_v2,
)

from x402_catalog.findings import Finding
from x402_harness.planning.forgeries import Forgery, forge
from x402_harness.probing.active import Forge, no_forgeries, provocations, provoke, refusals
from x402_harness.probing.ladder import Step, Talk
from x402_harness.probing.passive import CHECKS, Seen, leak
from x402_harness.probing.stability import stable
from x402_harness.probing.targets import Rung, Target
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Exchange, Failure, Leg, Request, Response
from x402_harness.protocol.headers import decode

URL = "https://shop.example/gen"
PAY = in_header(required_v2(option_v2()))
PAY_V1 = in_body(required_v1(option_v1()))
PLAIN = Target(URL)
MOVED = (("location", "https://evil.example/"),)


def exchange(answer: Response | Failure, method: str = "GET", url: str = URL, elapsed: float = 0.1) -> Exchange:
    kind: dict[str, Any] = {"response": answer} if isinstance(answer, Response) else {"failure": answer}
    return Exchange(Leg.UNPAID, Request(method, url), elapsed=elapsed, **kind)


def step(answer: Response | Failure, method: str = "GET", *, bare: bool = True, **more: Any) -> Step:
    made = exchange(answer, method, **more)
    return Step(Rung(made.request, bare), made)


def found(*steps: Step, again: Exchange | None = None, target: Target = PLAIN, slow: float = 5.0) -> list[Finding]:
    if again is None and steps[-1].status == 402:
        again = steps[-1].exchange
    seen = Seen(target, Talk(steps, again), slow)
    return [finding for check in (*CHECKS, stable, refusals) for finding in check(seen)]


def codes(findings: list[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


def with_headers(*rows: tuple[str, str], answer: Response = PAY) -> Response:
    return Response(answer.status, (*answer.headers, *rows), answer.body)


@pytest.mark.parametrize("answer", [PAY, in_body(required_v1(option_v1()))], ids=["v2", "v1"])
def test_a_plain_402_has_no_findings(answer: Response) -> None:
    assert found(step(answer)) == []


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        ("connection", "CHAL080"), ("tls", "CHAL080"), ("name", "CHAL080"), ("timeout", "CHAL081"),
        ("protocol", "CHAL082"), ("request", "CHAL080"), ("refused", "CHAL083"),
    ],
)  # fmt: skip
def test_no_answer_is_told_by_its_cause(cause: str, code: str) -> None:
    (one,) = found(step(Failure(cause, "why", True)))
    assert (one.rule, one.observed, one.location.url) == (code, "why", URL)


ALLOW, EXPOSE, CACHE = "Access-Control-Allow-Origin", "access-control-expose-headers", "Cache-Control"
HTML = Response(402, (("Content-Type", "text/html; charset=utf-8"),), b"<html>")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response(402, PAY.headers, b"x", truncated=True), "CHAL082"),
        (Response(402, (*PAY.headers, ("content-encoding", "gzip")), undecoded="incorrect header check"), "CHAL082"),
        (Response(429, (("retry-after", "9"),)), "CHAL095"),
        (Response(503), "CHAL095"),
        *((Response(status, MOVED), "CHAL091") for status in (301, 302, 303, 307, 308)),
        (Response(302), "CHAL091"),
        (HTML, "CHAL092"),
        (Response(402, (("content-type", "application/xhtml+xml"),)), "CHAL092"),
        (with_headers((ALLOW, "*")), "CHAL089"),
        (with_headers((ALLOW, "*"), (EXPOSE, "content-length, x-payment-response")), "CHAL089"),
        (with_headers((CACHE, "public")), "CHAL090"),
        (with_headers((CACHE, "max-age=60")), "CHAL090"),
        (with_headers((CACHE, 's-maxage="9"')), "CHAL090"),
        (with_headers((CACHE, "must-revalidate"), (CACHE, "Max-Age=1")), "CHAL090"),
        (with_headers((CACHE, "public"), answer=PAY_V1), "CHAL090"),
    ],
)  # fmt: skip
def test_one_answer_shows_it(answer: Response, code: str) -> None:
    assert codes(found(step(answer))) == [code]


@pytest.mark.parametrize(
    "answer",
    [
        Response(304),
        Response(200, (("content-type", "text/html"),), b"<html>"),
        with_headers(("content-type", "text/html")),
        with_headers((ALLOW, "*"), (EXPOSE, "X-A, payment-required")),
        with_headers((ALLOW, "*"), (EXPOSE, "X-A"), (EXPOSE, "PAYMENT-REQUIRED")),
        with_headers((ALLOW, "*"), (EXPOSE, "*")),
        with_headers((EXPOSE, "X-A")),
        with_headers((CACHE, "no-store")),
        with_headers((CACHE, "no-cache, max-age=60")),
        with_headers((CACHE, "private, max-age=60")),
        with_headers((CACHE, "max-age=0")),
        with_headers((CACHE, "max-age=")),
        with_headers((CACHE, ",,=,")),
    ],
)
def test_one_answer_does_not_show_it(answer: Response) -> None:
    assert found(step(answer)) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://shop.example/", ["CHAL093"]), ("http://8.8.8.8/", ["CHAL093"]), ("https://shop.example/", []),
        ("http://localhost:1/", []), ("http://127.0.0.1/", []), ("http://a.localhost/", []), ("http://[::1]/", []),
    ],
)  # fmt: skip
def test_plain_http_is_told_beyond_this_machine(url: str, expected: list[str]) -> None:
    assert codes(found(step(PAY, url=url))) == expected


@pytest.mark.parametrize(("first", "second", "expected"), [(6, 7, ["CHAL094"]), (6, 1, []), (1, 6, []), (5, 5, [])])
def test_a_402_is_slow_where_both_were(first: float, second: float, expected: list[str]) -> None:
    assert codes(found(step(PAY, elapsed=first), again=exchange(PAY, elapsed=second))) == expected


def v2(**changes: Any) -> dict[str, Any]:
    return option_v2(**changes)


SEP = v2(network=SEPOLIA, asset=SEPOLIA_USDC)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([v2()], [v2(amount="20001")], ["CHAL084"]),
        ([v2()], [v2(payTo=STRANGER)], ["CHAL085"]),
        ([v2()], [v2(asset=SEPOLIA_USDC)], ["CHAL086"]),
        ([v2()], [SEP], ["CHAL087"]),
        ([v2(), SEP], [v2()], ["CHAL087"]),
        ([v2()], [v2(amount="5", payTo=STRANGER)], ["CHAL084", "CHAL085"]),
        ([v2(), SEP], [v2(amount="5"), SEP], ["CHAL084"]),
        ([v2(), SEP], [SEP, v2()], []),
        ([v2()], [v2(payTo=v2()["payTo"].lower())], []),
        ([v2()], [v2(maxTimeoutSeconds=60)], []),
        ([v2()], [v2(extra={"name": "USD Coin", "version": "2", "nonce": "1"})], []),
    ],
)
def test_the_second_answer_is_held_against_the_first(first: list[Any], second: list[Any], expected: list[str]) -> None:
    one, other = in_header(required_v2(*first)), in_header(required_v2(*second))
    assert codes(found(step(one), again=exchange(other))) == expected


def test_a_moved_price_is_shown_with_both_values() -> None:
    again = exchange(in_header(required_v2(v2(amount="21000"))))
    (one,) = found(step(PAY), again=again)
    assert (one.observed, one.expected) == ("21000", "20000")
    assert BASE in one.message


def test_versions_may_name_a_network_differently() -> None:
    assert found(step(in_body(required_v1(option_v1()))), again=exchange(PAY)) == []


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (Response(200), ["CHAL088"]), (Response(404), ["CHAL088"]), (Failure("timeout", "", True), ["CHAL088"]),
        (Response(429), []), (Response(402, (), b"junk"), []),
    ],
)  # fmt: skip
def test_the_second_answer_is_a_402_too(second: Response | Failure, expected: list[str]) -> None:
    assert codes(found(step(PAY), again=exchange(second))) == expected


DECLARED = with_input(method="GET", queryParams={"q": {"type": "string"}})


def test_another_method_than_the_declared_one_is_told() -> None:
    steps = (step(Response(405)), step(PAY, "POST"))
    (one,) = found(*steps, target=Target(URL, listing=DECLARED))
    assert (one.rule, one.observed, one.expected) == ("CHAL096", "POST", "GET")
    assert found(*steps) == []


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((step(Response(422), "POST"), step(PAY, "POST", bare=False)), ["CHAL097"]),
        ((step(Response(400), "POST"), step(PAY, "POST", bare=False)), ["CHAL097"]),
        ((step(Response(404), "POST"), step(PAY, "POST", bare=False)), []),
        ((step(Response(422), "GET"), step(PAY, "POST", bare=False)), []),
        ((step(Response(422), "GET"), step(PAY, "POST")), []),
    ],
)
def test_a_route_that_validates_first_is_told(steps: tuple[Step, ...], expected: list[str]) -> None:
    assert codes(found(*steps)) == expected


def provoked(
    method: str, answer: Callable[[Request], Response | Failure], forge: Forge = no_forgeries
) -> list[Finding]:
    """What active probing finds at a server that answers so."""
    one = step(PAY, method)
    conversation = provoke(Talk((one,), one.exchange), forge)
    try:
        request = next(conversation)
        while True:
            given = answer(request)
            kind: dict[str, Any] = {"response": given} if isinstance(given, Response) else {"failure": given}
            request = conversation.send(Exchange(Leg.UNPAID, request, **kind))
    except StopIteration as end:
        return list(refusals(Seen(Target(URL), end.value)))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "answer", [PAY, Response(400), Response(431), Response(501), Failure("protocol", "closed", True)]
)
def test_refusing_is_right(method: str, answer: Response | Failure) -> None:
    assert provoked(method, lambda _: answer) == []


@pytest.mark.parametrize("status", [200, 204, 500, 502])
def test_content_and_crashes_are_wrong(status: int) -> None:
    every = list(provocations(Request("POST", URL)))
    got = provoked("POST", lambda _: Response(status))
    expected = [each.rule.code for each in every if status >= 500 or each.wants_content]
    assert codes(got) == expected
    assert {"CHAL098", "CHAL099"} == set(expected)


def test_a_payment_that_is_none_may_not_open_the_door() -> None:
    got = provoked("GET", lambda request: Response(200) if dict(request.headers).get("X-PAYMENT") == "W10=" else PAY)
    assert [(one.rule, one.message) for one in got] == [("CHAL098", "a payment that is no object got content")]


def forged(exchange: Exchange) -> Iterator[Forgery]:
    counter = itertools.count(1)
    return forge(exchange, now=int(NOW), entropy=lambda length: next(counter).to_bytes(length, "big"))


def test_a_seller_that_looks_at_nothing_is_told_each_thing_to_look_at() -> None:
    def takes_all(request: Request) -> Response:
        value = dict(request.headers).get("PAYMENT-SIGNATURE", "")
        try:
            return Response(200) if decode(value)[0]["payload"]["authorization"] else PAY
        except (KeyError, RemoteProtocolError):
            return PAY

    got = set(codes(provoked("GET", takes_all, forged)))
    assert got == {"PAY040", "PAY041", "PAY042", "PAY043", "PAY044", "PAY045", "PAY047", "PAY048"}


def test_forged_payments_that_are_refused_are_no_finding() -> None:
    assert provoked("GET", lambda _: PAY, forged) == []


def test_a_402_that_brings_the_answer_along_is_told() -> None:
    told = listing(offer(hints=hints(output={"type": "object", "required": ["ok"]})))
    leaking = replace(PAY, body=b'{"ok": true}')
    one = step(leaking)
    assert "PAY053" in codes(list(leak(Seen(Target(URL, listing=told), Talk((one,), one.exchange)))))


def test_nothing_is_provoked_where_nothing_is_sold() -> None:
    with pytest.raises(StopIteration):
        next(provoke(Talk((step(Response(200)),))))


def test_nothing_that_is_sent_could_be_settled() -> None:
    for each in provocations(Request("POST", URL)):
        for name, value in each.request.headers:
            assert "signature" not in value.lower(), name
    assert header({}) == "e30="
