"""The guard: who may ask, and what browsers are told about the answers. It stands before everything else.

The server is on a port of the loopback interface, which every program and every web page that the user visits can
reach. So a request must be a GET for this very address (a page of another site whose name was made to point here sends
its own name as ``Host``), and carry the token: at first in the URL, then in a cookie that no other site can send.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from html import escape
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
_HEADERS = (
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "private, no-cache"),
)
_NAMES = ("127.0.0.1", "localhost")
DATA = (".json", ".csv")  # what programs ask for, which need no cookie to go on with

Application = Callable[..., Awaitable[None]]
Scope = dict[str, Any]


class Guard:
    """An ASGI application that lets requests through to ``app`` if they carry ``token``."""

    def __init__(self, app: Application, token: str) -> None:
        self._app = app
        self._token = token
        self._tickets: set[str] = set()

    def ticket(self) -> str:
        """A token that is good once: for a command line, which other users of the machine can read."""
        made = secrets.token_urlsafe(32)
        self._tickets.add(made)
        return made

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer, or let the application answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        if scope["type"] != "http":
            return
        headers = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        if not _is_ours(headers, scope["server"]):
            await _say(send, 421, "This address is not served here.")
        elif scope["method"] != "GET":
            await _say(send, 405, "Only GET is answered.", ("allow", "GET"))
        else:
            await self._admit(scope, headers, receive, send)

    async def _admit(self, scope: Scope, headers: list[tuple[bytes, str]], receive: Any, send: Any) -> None:
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in pairs if name == "token"]
        rest = urlencode([pair for pair in pairs if pair[0] != "token"])
        name = f"testbuy-{scope['server'][1]}"  # cookies do not tell ports apart
        is_good = any(map(self._is_good, given))
        if is_good and not scope["path"].endswith(DATA):
            cookie = f"{name}={self._token}; HttpOnly; SameSite=Strict; Path=/"
            await _welcome(send, quote(scope["path"]) + (f"?{rest}" if rest else ""), cookie)
        elif is_good or self._carries(name, headers):
            await self._app({**scope, "query_string": rest.encode()}, receive, _with_headers(send))
        else:
            await _say(send, 403, "This page needs a token: follow the link that testbuy serve printed.")

    def _is_good(self, given: str) -> bool:
        if secrets.compare_digest(given.encode(), self._token.encode()):
            return True
        used = given in self._tickets
        self._tickets.discard(given)
        return used

    def _carries(self, name: str, headers: list[tuple[bytes, str]]) -> bool:
        given = [value.removeprefix("Bearer ") for key, value in headers if key == b"authorization"]
        given += [found for key, value in headers if key == b"cookie" for found in _cookies(value, name)]
        return any(secrets.compare_digest(one.encode(), self._token.encode()) for one in given)


def _is_ours(headers: list[tuple[bytes, str]], server: tuple[str, int]) -> bool:
    hosts = [value for name, value in headers if name == b"host"]
    ours = {f"{name}:{server[1]}" for name in _NAMES} | (set(_NAMES) if server[1] == 80 else set())
    return len(hosts) == 1 and hosts[0].lower() in ours


def _cookies(value: str, name: str) -> list[str]:
    try:
        found = SimpleCookie(value).get(name)
    except CookieError:
        return []
    return [found.value] if found else []


def _with_headers(send: Any) -> Any:
    async def sending(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            mine = [(name.encode(), value.encode()) for name, value in _HEADERS]
            message = {**message, "headers": [*message["headers"], *mine]}
        await send(message)

    return sending


async def _welcome(send: Any, target: str, cookie: str) -> None:
    # Not a redirect: where a page of another site led here, a redirect would go without the cookie.
    path = escape("/" + target.lstrip("/\\"))
    page = (
        f'<!doctype html><html lang="en"><head><title>testbuy</title><link rel="icon" href="data:,">'
        f'<meta http-equiv="refresh" content="0; url={path}"></head>'
        f'<body><main><h1>testbuy</h1><p><a href="{path}">Go on to the explorer</a></p></main></body></html>'
    )
    await _answer(send, 200, page, ("content-type", "text/html; charset=utf-8"), ("set-cookie", cookie))


async def _say(send: Any, status: int, text: str, *headers: tuple[str, str]) -> None:
    await _answer(send, status, text + "\n", ("content-type", "text/plain; charset=utf-8"), *headers)


async def _answer(send: Any, status: int, text: str, *headers: tuple[str, str]) -> None:
    body = text.encode()
    told = [*headers, ("content-length", str(len(body)))]
    start = {
        "type": "http.response.start", "status": status,
        "headers": [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in told],
    }  # fmt: skip
    await _with_headers(send)(start)
    await send({"type": "http.response.body", "body": body})
