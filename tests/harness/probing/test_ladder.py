"""The ladder: what is asked, in which order, and when it stops. No sockets: exchanges are handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.harness.support.listings import FOLDER, hints, listing, load, offer, with_input
from tests.harness.support.terms import in_header, option_v2, required_v2

from x402_harness.probing.ladder import Talk, climb
from x402_harness.probing.targets import Target, authority, rungs
from x402_harness.protocol.exchange import Exchange, Failure, Leg, Request, Response

URL = "https://shop.example/gen"
PAY = in_header(required_v2(option_v2()))
Server = Callable[[Request], Response | Failure]


def talk(target: Target, server: Server) -> tuple[Talk, list[Request]]:
    """The whole conversation, and every request in it."""
    conversation, asked = climb(rungs(target)), []
    try:
        request = next(conversation)
        while True:
            asked.append(request)
            given = server(request)
            kind: dict[str, Any] = {"response": given} if isinstance(given, Response) else {"failure": given}
            request = conversation.send(Exchange(Leg.UNPAID, request, **kind))
    except StopIteration as end:
        return end.value, asked


def methods(asked: list[Request]) -> list[tuple[str, bytes]]:
    return [(request.method, request.body) for request in asked]


def sells(method: str, *, body: bool = False) -> Server:
    """A server that answers 402 to one method, if need be only with a JSON object."""

    def answer(request: Request) -> Response:
        if request.method != method:
            return Response(405)
        return PAY if not body or request.body.startswith(b"{") else Response(422)

    return answer


DECLARED = with_input(method="POST", bodyType="json", bodyFields={"n": {"type": "integer", "required": True}})
SHOWN = with_input(
    method="POST", bodyType="json", bodyFields={"n": {"type": "integer", "required": True}}, example={"n": 7}
)


def test_a_402_ends_the_climb_and_is_asked_for_again() -> None:
    told, asked = talk(Target(URL), sells("GET"))
    assert methods(asked) == [("GET", b"")] * 2
    assert told.found is not None
    assert told.again is not None


def test_a_route_of_post_alone_is_found() -> None:
    told, asked = talk(Target(URL), sells("POST"))
    assert methods(asked) == [("GET", b""), ("POST", b""), ("POST", b"")]
    assert told.found is told.steps[-1]


def test_a_route_that_validates_first_is_found_by_an_empty_object() -> None:
    _, asked = talk(Target(URL), sells("POST", body=True))
    assert methods(asked) == [("GET", b""), ("POST", b""), ("POST", b"{}"), ("POST", b"{}")]


def test_a_given_body_is_sent_where_plain_requests_get_no_402() -> None:
    _, asked = talk(Target(URL, method="post", body=b'{"a":1}'), sells("POST", body=True))
    assert methods(asked) == [("POST", b""), ("POST", b'{"a":1}'), ("POST", b'{"a":1}')]


def test_a_declared_body_is_sent_where_plain_requests_get_no_402() -> None:
    _, asked = talk(Target(URL, listing=SHOWN), sells("POST", body=True))
    assert methods(asked)[:2] == [("POST", b""), ("POST", b'{"n": 7}')]
    assert ("content-type", "application/json") in asked[1].headers


def test_a_body_is_made_where_none_is_shown() -> None:
    _, asked = talk(Target(URL, listing=DECLARED), sells("POST", body=True))
    assert methods(asked)[0] == ("POST", b"")
    assert b'"n"' in asked[1].body


@pytest.mark.parametrize("given", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_tried_only_where_given(given: str) -> None:
    _, asked = talk(Target(URL, method=given), lambda _: Response(404))
    assert methods(asked) == [(given, b""), ("GET", b""), ("POST", b""), ("POST", b"{}")]


def test_a_given_method_comes_before_the_declared_one() -> None:
    _, asked = talk(Target(URL, method="PUT", listing=DECLARED), lambda _: Response(404))
    assert [method for method, _ in methods(asked)] == ["PUT", "POST", "POST", "GET"]


@pytest.mark.parametrize("declared", ["CONNECT", "TRACE", "GET or POST", "GET /evil HTTP/1.1\r\nx:"])
def test_a_listing_may_not_name_any_method(declared: str) -> None:
    odd = with_input(method=declared)
    assert Target(odd.url, False, listing=odd).methods == ("GET", "POST")


@pytest.mark.parametrize("answer", [Failure("timeout", "", True), Response(429), Response(503)])
def test_an_endpoint_that_does_not_answer_is_not_asked_differently(answer: Response | Failure) -> None:
    told, asked = talk(Target(URL), lambda _: answer)
    assert len(asked) == 1
    assert told.found is None


@pytest.mark.parametrize(
    ("answers", "telling"),
    [
        ({"GET": 405, "POST": 422}, 422), ({"GET": 200, "POST": 404}, 200), ({"GET": 404, "POST": 401}, 401),
        ({"GET": 500, "POST": 404}, 500), ({"GET": 301, "POST": 404}, 301), ({"GET": 405, "POST": 405}, 405),
    ],
)  # fmt: skip
def test_without_a_402_the_answer_nearest_to_one_is_judged(answers: dict[str, int], telling: int) -> None:
    told, _ = talk(Target(URL), lambda request: Response(answers[request.method]))
    assert told.telling.status == telling


def test_headers_are_those_that_were_given() -> None:
    _, asked = talk(Target(URL, headers=(("Accept", "text/plain"), ("x-key", "1"))), sells("POST", body=True))
    for request in asked:
        assert ("x-key", "1") in request.headers
        assert [value for name, value in request.headers if name.lower() == "accept"] == ["text/plain"]


def test_a_listing_alone_makes_one_request_and_its_repeat() -> None:
    _, asked = talk(Target(SHOWN.url, False, listing=SHOWN), sells("POST", body=True))
    assert methods(asked) == [("POST", b'{"n": 7}')] * 2
    _, asked = talk(Target(SHOWN.url, False, listing=SHOWN), lambda _: Response(404))
    assert len(asked) == 1


@pytest.mark.parametrize(
    "members", [{"risk_notes": ["Sends money."]}, {"title": "Send an email"}, {"summary": "Transfer tokens anywhere"}]
)
@pytest.mark.parametrize("typed", [True, False])
def test_no_body_is_sent_where_side_effects_are_suggested(members: dict[str, Any], typed: bool) -> None:
    declared = hints(method="POST", bodyType="json", bodyFields={"to": {"type": "string", "required": True}})
    acting = listing(offer(hints=declared), example_request_body={"to": "a"}, **members)
    _, asked = talk(Target(acting.url, typed, listing=acting), lambda _: Response(422))
    assert asked
    assert all(request.body == b"" for request in asked)


def test_a_body_that_was_given_is_sent_whatever_is_suggested() -> None:
    acting = listing(offer(hints=hints(method="POST")), risk_notes=["Sends money."])
    _, asked = talk(Target(URL, body=b'{"to":"me"}', listing=acting), sells("POST", body=True))
    assert asked[-1].body == b'{"to":"me"}'


def test_path_parameters_are_filled_in() -> None:
    told = load(FOLDER / "api-pastewell-example-v1-pastes-paste-id.json")
    _, asked = talk(Target(told.url, False, listing=told), lambda _: Response(404))
    assert asked
    assert all("{" not in request.url for request in asked)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_listing_of_the_project_can_be_asked_once(path: Any) -> None:
    told = load(path)
    _, asked = talk(Target(told.url, False, listing=told), lambda _: Response(404))
    assert [request.method for request in asked] == [told.method]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Shop.example/a", "shop.example:443"), ("http://shop.example./a", "shop.example:80"),
        ("http://u:p@shop.example:8080/", "shop.example:8080"), ("http://[::1]:1/", "::1:1"),
        ("http://[bad", "http://[bad"), ("http://a:99999/", "http://a:99999/"), ("", ":80"),
    ],
)  # fmt: skip
def test_requests_are_queued_by_authority(url: str, expected: str) -> None:
    assert authority(url) == expected
