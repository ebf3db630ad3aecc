"""The exchanges of a run as an HTTP Archive, HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), for browsers'
developer tools and API clients.

It is made of the events, so it is redacted as they are: header values by an allow-list, no signature, bodies up to
their cut. What HAR has no member for stands in ``_x402``, as its section on custom fields asks.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, TextIO
from urllib.parse import parse_qsl, urlsplit

from x402_catalog.__about__ import __version__
from x402_harness.reporting.view import CaseView, ListingView, RunView

Json = dict[str, Any]


def write_har(view: RunView, out: TextIO) -> None:
    """Write the archive."""
    # A lone surrogate is no text: strict readers refuse the whole file for it.
    for chunk in json.JSONEncoder(indent=1, ensure_ascii=False).iterencode(archive(view)):
        out.write(chunk.encode("utf-8", "backslashreplace").decode("utf-8"))
    out.write("\n")


def archive(view: RunView) -> Json:
    """The archive as JSON: each purchase's legs, in order."""
    entries = [
        _entry(exchange, case, listing)
        for listing in view.listings.values()
        for case in listing.cases
        for exchange in case.exchanges
    ]
    known = ("run", "mode", "evidence", "seed")
    about = {name: view.started.get(name) for name in known} | {"exit_code": view.exit_code, "gates": view.gates}
    creator = {"name": "testbuy", "version": __version__}
    return {"log": {"version": "1.2", "creator": creator, "pages": [], "entries": entries, "_x402": about}}


def _entry(exchange: Json, case: CaseView, listing: ListingView) -> Json:
    milliseconds = max(0.0, exchange["elapsed"] * 1000)
    failure = exchange["failure"]
    about = {
        "listing": listing.about["slug"],
        "case": case.started["case"],
        "leg": exchange["leg"],
        "state": case.state,
    }
    return {
        "startedDateTime": _date(exchange["started"]),
        "time": milliseconds,
        "request": _request(exchange["request"]),
        "response": _response(exchange["response"], failure),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_x402": about | ({"failure": failure} if failure else {}),
    }


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _request(request: Json) -> Json:
    body = request["body"]
    told: Json = {
        "method": request["method"],
        "url": request["url"],
        **_message(request),
        "queryString": _named(_query(request["url"])),
    }
    if body["bytes"]:
        kind, noted = _header(request, "content-type") or "application/octet-stream", _cut(body)
        told["postData"] = {"mimeType": kind, "params": [], "text": _text(body), **noted}
    return told


def _response(response: Json | None, failure: Json | None) -> Json:
    if response is None:  # as browsers write an answer that never came
        content = {"size": 0, "mimeType": "x-unknown"}
        empty = {"httpVersion": "HTTP/1.1", "cookies": [], "headers": [], "headersSize": -1, "bodySize": -1}
        told = {"_error": failure["cause"]} if failure else {}
        return {"status": 0, "statusText": "", **empty, "content": content, "redirectURL": "", **told}
    body = response["body"]
    content = {
        "size": body["bytes"],
        "mimeType": _header(response, "content-type") or "x-unknown",
        **({"text": body["base64"], "encoding": "base64"} if "base64" in body else {"text": body["text"]}),
        **_cut(body),
    }
    told = {"status": response["status"], "statusText": "", **_message(response)}
    return {**told, "bodySize": response["received"], "content": content, "redirectURL": _header(response, "location")}


def _message(message: Json) -> Json:
    headers = _named(message["headers"])
    return {
        "httpVersion": "HTTP/1.1", "cookies": [], "headers": headers, "headersSize": -1,
        "bodySize": message["body"]["bytes"],
    }  # fmt: skip


def _named(pairs: Any) -> list[Json]:
    return [{"name": name, "value": value} for name, value in pairs]


def _header(message: Json, wanted: str) -> str:
    return next((value for name, value in message["headers"] if name.lower() == wanted), "")


def _text(body: Json) -> str:
    return str(body.get("text", f"(base64) {body.get('base64')}"))


def _cut(body: Json) -> Json:
    return {"comment": f"cut; sha256 of all {body['bytes']} bytes: {body['sha256']}"} if body["cut"] else {}


def _query(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return []
