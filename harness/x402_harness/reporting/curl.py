"""Curl: a request as a command line that a shell takes for exactly that, whatever a listing says."""

from __future__ import annotations

import json
import re
import shlex
from urllib.parse import quote

from x402_harness.protocol.exchange import Request

_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_METHOD = re.compile(r"[A-Za-z]{1,20}")


def curl_of(request: Request) -> str | None:
    """The command that sends ``request`` unpaid; ``None`` where its method or its URL is none that curl should get.

    What is not visible ASCII is percent-encoded in the URL and escaped in a JSON body, so that nothing in it moves a
    cursor; other bodies that hold such are left out.
    """
    if not _METHOD.fullmatch(request.method) or not request.url.startswith(("https://", "http://")):
        return None
    parts = ["curl", "-sS", "-i", "-X", request.method]
    for name, value in request.headers:
        header = f"{name}: {value}"
        if header.isascii() and header.isprintable():
            parts += ["-H", header]
    if body := _body(request.body):
        parts += ["--data-raw", body]
    parts += ["--", quote(request.url, safe=_VISIBLE)]
    return " ".join(map(shlex.quote, parts))


def _body(body: bytes) -> str | None:
    if not body:
        return None
    try:
        return json.dumps(json.loads(body))
    except (ValueError, RecursionError):
        text = body.decode("latin-1")
        return text if text.isascii() and text.isprintable() else None
