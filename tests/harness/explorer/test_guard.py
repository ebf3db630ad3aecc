"""The guard: only the browser that was given the token, at this very address, and only to get."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from tests.harness.explorer.conftest import ADDRESS, TOKEN

from x402_harness.explorer import Guard, Shelf, explorer
from x402_harness.explorer.guard import POLICY


@pytest.fixture
def guard(shelf: Shelf) -> Guard:
    """The explorer behind its guard."""
    return Guard(explorer(shelf), TOKEN)


@pytest.fixture
def stranger(guard: Guard):
    """A client without the token."""
    with TestClient(guard, base_url=ADDRESS) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/index.json", "/static/report.css", "/listing?slug=x", "/nowhere", "/?token="])
def test_nothing_is_answered_without_the_token(stranger, path):
    answer = stranger.get(path)
    assert answer.status_code == 403
    assert "venice" not in answer.text.lower()


@pytest.mark.parametrize("token", ["a-token-of-the-test", TOKEN + "x", "é", "%00"])
def test_a_wrong_token_is_none(stranger, token):
    assert stranger.get(f"/?token={token}").status_code == 403
    assert stranger.get("/", headers={"authorization": b"Bearer " + token.encode()}).status_code == 403
    cookie = b"testbuy-8402=" + token.encode()
    assert stranger.get("/", headers={"cookie": cookie}).status_code == 403


def test_the_token_in_the_url_becomes_a_cookie_that_no_other_site_can_send(stranger):
    welcome = stranger.get(f"/stats?by=host&token={TOKEN}")
    cookie = welcome.headers["set-cookie"]
    assert welcome.status_code == 200
    assert 'content="0; url=/stats?by=host"' in welcome.text
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert stranger.get("/stats?by=host").status_code == 200  # the client keeps the cookie, as a browser does
    assert TOKEN not in stranger.get("/stats?by=host").text


def test_the_welcome_leads_to_no_other_host(stranger):
    welcome = stranger.get(f'{ADDRESS}//evil.example/"><script>?token={TOKEN}')
    assert "url=/evil.example" in welcome.text
    assert "<script" not in welcome.text


def test_a_program_sends_the_token_with_each_request(stranger):
    assert stranger.get("/index.json", headers={"authorization": f"Bearer {TOKEN}"}).json()["command"] == "search"
    assert stranger.get(f"/index.json?limit=2&token={TOKEN}").json()["summary"]["listings"] == 2


def test_a_ticket_is_good_once(guard, stranger):
    ticket = guard.ticket()
    assert stranger.get(f"/?token={ticket}").status_code == 200
    stranger.cookies.clear()
    assert stranger.get(f"/?token={ticket}").status_code == 403


OTHERS = ("evil.example", "evil.example:8402", "127.0.0.1", "127.0.0.1:8403", "localhost.evil.example:8402",
          "[::1]:8402", "", "127.0.0.1:8402@evil.example")  # fmt: skip


@pytest.mark.parametrize("host", OTHERS)
def test_a_name_that_was_made_to_point_here_is_turned_away(client, host):
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "Venice" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8402", "localhost:8402", "LocalHost:8402"])
def test_this_machine_s_own_names_are_answered(client, host):
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND"])
def test_only_get_is_answered(client, method):
    answer = client.request(method, "/")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("path", ["/", "/index.json", "/nowhere", "/static/explorer.css", "/?price=x", "/?token=no"])
def test_every_answer_says_what_browsers_may_do_with_it(client, path):
    answer = client.get(path)
    assert answer.headers["content-security-policy"] == POLICY
    assert POLICY.startswith("default-src 'none'; style-src 'self'; ")
    assert "script" not in POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_other_origins_get_no_leave(client):
    answer = client.get("/index.json", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
