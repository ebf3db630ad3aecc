"""At the seller's own endpoint: a server on loopback, or an application that no socket leads to."""

from __future__ import annotations

import asyncio
import shlex
import socket

import pytest
from tests.harness.plugin.conftest import REFERENCE
from tests.harness.support import shops

from x402_harness.edge.apps import Hosted, is_asgi
from x402_harness.protocol.exchange import Failure, Request

PLACE = "api.venice.ai/api/v1/images/generations"


@pytest.fixture(scope="module")
def own(listings):
    """A sandbox with the seller of the reference listing in it; its URL."""
    with shops.shop(listings / f"{REFERENCE}.json") as url:
        yield url


def test_a_server_is_bought_from_in_place_of_the_listed_host(run, shop, own):
    result = run("--testbuy-listings", f"shop/{REFERENCE}.json", "--testbuy-url", f"{own}/{PLACE}",
                 "--testbuy-sandbox", own, "-v")  # fmt: skip
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines_random(
        ["*[[]listing[]] PASSED*", "*[[]challenge[]] PASSED*", "*[[]invalid requests[]] PASSED*",
         "*[[]row01 example[]] PASSED*", "*[[]forged payments[]] PASSED*",
         "3 settled (sandbox money, at the seller's own endpoint)", "*invalid requests*payments to refuse*"]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "item", "rule"),
    [("price-differs", "challenge", "CHAL004"), ("answer-breaks-required", "row01", "RESP003"),
     ("signature-unchecked", "forged", "PAY")],
)  # fmt: skip
def test_a_fault_fails_the_item_that_is_about_it(run, shop, own, fault, item, rule):
    result = run("--testbuy-listings", f"shop/{REFERENCE}.json", "--testbuy-url", f"{own}/faults/{fault}/{PLACE}",
                 "--testbuy-sandbox", own, "-k", item)  # fmt: skip
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines([f"*{rule}*error*"])


def test_the_command_that_a_failure_names_fails_again(run, shop, own):
    result = run("--testbuy-listings", f"shop/{REFERENCE}.json", "--testbuy-sandbox", own, "-k", "row01",
                 "--testbuy-url", f"{own}/faults/answer-breaks-required/{PLACE}")  # fmt: skip
    (again,) = (line.split(" pytest ", 1)[1] for line in result.outlines if line.startswith("    again "))
    run(*shlex.split(again)).assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"    command   testbuy check {own}/* --sandbox {own} --rows 1 --seed 402"])


def test_a_server_that_does_not_answer_fails_what_needs_it_and_says_so(run, shop, own):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    result = run("--testbuy-listings", f"shop/{REFERENCE}.json", "--testbuy-url", f"http://127.0.0.1:{port}/x",
                 "--testbuy-sandbox", own, "--testbuy-wait", 0)  # fmt: skip
    result.assert_outcomes(passed=1, failed=5)
    result.stdout.fnmatch_lines(["*no answer from http://127.0.0.1:*", "*is the server running?*"])


def test_a_port_that_is_taken_is_a_usage_error_that_names_the_options(run, shop):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--testbuy-listings", "shop", "--testbuy-url", "http://127.0.0.1:9", "--testbuy-port", port)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--testbuy-sandbox uses a running one*"])


@pytest.mark.parametrize("named", ["nothing:app", "json:nothing"])
def test_an_application_that_cannot_be_loaded_is_named(run, shop, named):
    result = run("--testbuy-listings", "shop", "--testbuy-app", named, "--testbuy-port", 0)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--testbuy-app: '{named}' cannot be loaded*"])


def wsgi(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("402 Payment Required", [("content-type", "text/plain"), ("x-path", environ["PATH_INFO"])])
    return [b"got ", body]


class Living:
    """An ASGI application that says what happens to it."""

    def __init__(self, refuses: bool = False) -> None:
        self.events: list[str] = []
        self.refuses = refuses

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            self.events.append("startup")
            await send({"type": "lifespan.startup.failed" if self.refuses else "lifespan.startup.complete"})
            await receive()
            self.events.append("shutdown")
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.events.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


async def only_http(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def asked(app, *paths):
    async def ask():
        hosted = Hosted(app)
        answers = []
        for path in paths:
            async with hosted.client() as client:
                answers.append(await client.send(Request("POST", f"http://localhost{path}", (), b"body")))
        await hosted.close()
        return answers

    return asyncio.run(ask())


def test_a_wsgi_application_is_asked_without_a_socket():
    (answer,) = asked(wsgi, "/x")
    assert (answer.status, answer.body, answer.header("x-path")) == (402, b"got body", "/x")


def test_an_asgi_application_lives_from_the_first_request_to_the_end():
    app = Living()
    assert [answer.status for answer in asked(app, "/1", "/2")] == [200, 200]
    assert app.events == ["startup", "/1", "/2", "shutdown"]


def test_an_application_that_knows_no_lifespan_is_served_without():
    assert [answer.status for answer in asked(only_http, "/1", "/2")] == [204, 204]


def test_an_application_that_does_not_start_is_no_answer():
    (answer,) = asked(Living(refuses=True), "/1")
    assert isinstance(answer, Failure)
    assert "does not start" in answer.message


def test_what_can_be_served_is_told_apart():
    class Callable:
        def __call__(self, scope, receive, send):
            return only_http(scope, receive, send)

    assert [is_asgi(one) for one in (only_http, Living(), Callable(), wsgi)] == [True, True, True, False]
    with pytest.raises(TypeError, match="no ASGI or WSGI application"):
        is_asgi("seller:app")
