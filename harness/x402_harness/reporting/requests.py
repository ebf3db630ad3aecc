"""Requests written down for other programs: curl, Python, pytest and HAR.

What is in them comes from listings: every text is quoted for the language that it is written in, and nothing that moves
a cursor or hides is printed as it is.
"""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from x402_catalog.__about__ import __version__
from x402_harness.protocol.exchange import Request
from x402_harness.reporting.escape import printable
from x402_harness.reporting.numbering import Numbering

Named = Sequence[tuple[str, Request]]

_NEVER = "1970-01-01T00:00:00.000Z"


def curl(named: Named) -> str:
    """A shell script: one curl command a request, each behind a comment with its name."""
    return "".join(f"# {printable(name)}\n{curl_line(request)}\n" for name, request in named)


def curl_line(request: Request) -> str:
    """The command that sends a request unpaid, as a shell takes it."""
    # --globoff: braces in a URL are braces; --data-raw: an @ in front of a body names no file.
    words = ["curl", "--silent", "--show-error", "--include", "--globoff", "--request", request.method]
    words += ["--url", safe_url(request.url)]
    for name, value in request.headers:
        words += ["--header", f"{name}: {value}"]
    text = _plain_text(request.body)
    before = ""
    if request.body and text is None:
        encoded = base64.b64encode(request.body).decode()
        before, words = f"printf %s {encoded} | base64 -d | ", [*words, "--data-binary", "@-"]
    elif request.body:
        words += ["--data-raw", str(text)]
    return before + " ".join(map(shlex.quote, words))


def _plain_text(body: bytes) -> str | None:
    """The body as text, if it can stand in a script as it is."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if printable(text, len(text)) == text else None


def safe_url(url: str) -> str:
    """``url`` in the characters that a URL may have."""
    return quote(url, safe="!#$%&'()*+,/:;=?@[]~-._{}|^`", errors="backslashreplace")


def python(named: Named) -> str:
    """A Python program that sends each request, unpaid, and prints the answers."""
    return f"""import httpx

REQUESTS = {_literal(named)}

for name, (method, url, headers, body) in REQUESTS.items():
    answer = httpx.request(method, url, headers=headers, content=body)
    print(name, answer.status_code, ascii(answer.text[:500]))
"""


def pytest(named: Named, *, negative: bool) -> str:
    """A test module: unpaid, valid requests are answered with 402, invalid ones neither served nor a server error."""
    wanted = "answer.status_code in range(400, 500)" if negative else "answer.status_code == 402"
    name = "test_an_invalid_request_is_refused" if negative else "test_an_unpaid_request_is_answered_with_the_terms"
    return f"""import httpx
import pytest

REQUESTS = {_literal(named)}


@pytest.mark.parametrize("name", REQUESTS)
def {name}(name):
    method, url, headers, body = REQUESTS[name]
    answer = httpx.request(method, url, headers=headers, content=body)
    assert {wanted}
"""


def _literal(named: Named) -> str:
    """The requests as a dict in Python's own notation, in ASCII."""
    key = Numbering("{} ({})")  # listings of two sources may share a name: a dict keeps the last of equal keys alone
    rows = [(key(printable(name)), (r.method, safe_url(r.url), list(r.headers), r.body)) for name, r in named]
    return "{\n" + "".join(f"    {name!a}: {request!a},\n" for name, request in rows) + "}"


def har(named: Named) -> str:
    """An HTTP archive (HAR 1.2) of requests that have not been sent: each answer has status 0."""
    log = {
        "version": "1.2",
        "creator": {"name": "testbuy", "version": __version__},
        "entries": [_entry(name, request) for name, request in named],
    }
    return json.dumps({"log": log}, indent=2) + "\n"


def _entry(name: str, request: Request) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "method": request.method,
        "url": safe_url(request.url),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [{"name": key, "value": value} for key, value in request.headers],
        "queryString": [
            {"name": key, "value": value}
            for key, value in parse_qsl(urlsplit(safe_url(request.url)).query, keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        sent["postData"] = {"mimeType": _media_type(request), **_posted(request.body)}
    return {
        "startedDateTime": _NEVER,
        "time": 0,
        "request": sent,
        "response": {
            "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [], "redirectURL": "",
            "headersSize": -1, "bodySize": -1, "content": {"size": 0, "mimeType": ""},
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
        "comment": printable(name),
    }  # fmt: skip


def _media_type(request: Request) -> str:
    return next((value for key, value in request.headers if key == "content-type"), "")


def _posted(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "comment": "base64"}
