"""CHAL001, CHAL002 and CHAL009 to CHAL019: the answer around the terms: status, header, encoding, JSON, version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from x402_catalog.findings import Level
from x402_catalog.reading.walking import walk
from x402_catalog.rules.registry import rule
from x402_harness.checks.unpaid.view import BODY, HEADER, Fault, Faults, Message, View
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Exchange, Response
from x402_harness.protocol.headers import parse_object, unwrap

_HTTP = "specs/transports-v1/http.md, specs/transports-v2/http.md"

STATUS = rule(
    "CHAL001",
    Level.ERROR,
    "unpaid request is not answered with 402",
    why="A buyer's client pays on a 402 only; free content, redirects and errors leave it without terms.",
    basis=_HTTP,
    mend="Answer 402 with the payment terms.",
)
TERMS = rule(
    "CHAL002",
    Level.ERROR,
    "402 carries no terms that can be read",
    why="Without terms no payment can be made.",
    basis="x402 v1 §5.1 (body), v2 §5.1 (PAYMENT-REQUIRED header)",
    mend="Send the terms as the version's transport says.",
)
TOLERATED = rule(
    "CHAL009",
    Level.WARNING,
    "402 is readable only by tolerant clients",
    why="Strict clients will not pay.",
    basis="specs/transports-v2/http.md (base64, header)",
    mend="Encode the terms as the specification says.",
)
VERSION = rule(
    "CHAL010",
    Level.ERROR,
    "x402Version is not the version of the terms",
    why="Clients choose by it how to read the terms; with a wrong one none of them can.",
    basis="x402 v1 §5.1, v2 §5.1 (x402Version)",
    mend="State the number 1 or 2, whichever the terms are written in.",
)
ACCEPTS = rule(
    "CHAL011",
    Level.ERROR,
    "accepts offers nothing",
    why="Without an entry there is no way to pay.",
    basis="x402 v1 §5.1, v2 §5.1 (accepts)",
    mend="Give accepts a list with at least one payment option.",
)
TRANSPORT = rule(
    "CHAL012",
    Level.ERROR,
    "version 1 terms stand in the version 2 header",
    why="Clients of version 1 read the body, those of version 2 cannot use what they find in the header.",
    basis=_HTTP,
    mend="Put version 1 terms into the body, or write them as version 2.",
)
SIZE = rule(
    "CHAL016",
    Level.WARNING,
    "header is longer than clients accept",
    why="Common clients and proxies refuse header lines over 8 KB, nearly all refuse 64 KB: they see no answer at all.",
    basis="RFC 9110 §5.4; limits of nginx, Node.js, aiohttp, http.client",
    mend="Shorten descriptions, and schemas in extensions.",
)
DUPLICATE = rule(
    "CHAL017",
    Level.ERROR,
    "member stands twice in the terms",
    why="Parsers disagree on which value counts, so two buyers can read two prices.",
    basis="RFC 8259 §4",
    mend="Keep one of them.",
)
MEDIA = rule(
    "CHAL018",
    Level.WARNING,
    "terms in the body are not declared as JSON",
    why="Clients that go by Content-Type do not parse them.",
    basis="specs/transports-v1/http.md (application/json)",
    mend="Send Content-Type: application/json.",
)
REPEATED = rule(
    "CHAL019",
    Level.ERROR,
    "PAYMENT-REQUIRED stands more than once",
    why="Clients take the first, the last or both joined with a comma, which is not base64.",
    basis="RFC 9110 §5.3; specs/transports-v2/http.md",
    mend="Send the header once.",
)

WARN_HEADER, MAX_HEADER = 8 * 1024, 64 * 1024  # bytes of the value
_ALIKE = frozenset(
    {"x-payment-required", "payment_required", "x-402", "x402", "paymentrequired", "x402-payment-required"}
)
_MARK = b"\xef\xbb\xbf"


def look(exchange: Exchange) -> View:
    """What is in the answer of an exchange, read by both versions; faults for what keeps it from being read."""
    response = exchange.response
    if response is None:
        return View(exchange)
    if response.status != 402:
        return View(exchange, faults=(_status(response),))
    messages: list[Message] = []
    faults: list[Fault] = list(_header(response, messages))
    faults += _body(response, messages)
    return View(exchange, tuple(messages), tuple(faults))


def _status(response: Response) -> Fault:
    message = f"answered {response.status}"
    if 200 <= response.status < 300:
        message += ": the content is free"
    if response.header(HEADER) is not None or b'"accepts"' in response.body[:65536]:
        message += ", although there are payment terms in it"
    return Fault(STATUS, message, "status", observed=response.status, expected=402)


def _header(response: Response, messages: list[Message]) -> Faults:
    values = [value for name, value in response.headers if name.lower() == HEADER.lower()]
    if not values:
        return
    if len(values) > 1:
        level = None if len(set(values)) > 1 else Level.WARNING
        yield Fault(
            REPEATED, f"the header stands {len(values)} times", HEADER, observed=len(values), expected=1, level=level
        )
    try:
        raw, notes = unwrap(values[0], place=HEADER)
        data = parse_object(raw, place=HEADER)
    except RemoteProtocolError as error:
        yield _unreadable(error, values[0])
        return
    if len(values[0]) > WARN_HEADER:
        grave = Level.ERROR if len(values[0]) > MAX_HEADER else None
        limit = MAX_HEADER if grave else WARN_HEADER
        yield Fault(
            SIZE,
            f"{len(values[0])} characters",
            HEADER,
            observed=len(values[0]),
            expected=f"at most {limit}",
            level=grave,
        )
    messages.append(_message(HEADER, raw, data, notes))


def _unreadable(error: RemoteProtocolError, value: str) -> Fault:
    plain = value.lstrip()[:1] in ("{", "[")
    message = "plain JSON, not base64 of it" if plain else error.message
    return Fault(TERMS, f"{error.place}: {message}", error.place, observed=error.observed)


def _body(response: Response, messages: list[Message]) -> Faults:
    alone = response.header(HEADER) is None
    try:
        if response.truncated:
            raise RemoteProtocolError(
                "the body is longer than the limit", place=BODY, observed=f"{len(response.body)} bytes"
            )
        data = parse_object(response.body, place=BODY)
    except RemoteProtocolError as error:
        if alone:
            yield Fault(TERMS, _no_terms(response, f"body: {error.message}"), BODY, observed=error.observed)
        return
    if not alone:
        messages.extend(_accompanying(data, response))
    elif "x402Version" not in data and "accepts" not in data:
        yield Fault(TERMS, _no_terms(response, "no terms in header or body"), BODY, observed=sorted(data)[:20])
    else:
        found = _message(BODY, response.body, data, ())
        if data.get("x402Version") == 2 == found.version:
            found = replace(found, notes=(*found.notes, "version 2 terms in the body instead of the header"))
        messages.append(found)


def _accompanying(data: dict[str, object], response: Response) -> Iterator[Message]:
    """A body beside the header is free; what there is in it for clients of version 1 is judged all the same."""
    if isinstance(data.get("accepts"), list) and data["accepts"]:
        yield replace(_message(BODY, response.body, data, ()), beside=data.get("x402Version") != 1)


def _message(place: str, raw: bytes, data: dict[str, object], notes: tuple[str, ...]) -> Message:
    if raw.startswith(_MARK):
        notes += ("a byte order mark before the JSON",)
    written = json.dumps(data, ensure_ascii=False) if b"\\u" in raw else ""  # only an escape can name half a pair
    if any("\ud800" <= character <= "\udfff" for character in written):
        # No UTF-8 carries it on, so the rules get to see what a client would: a stand-in.
        notes += ("an escape names half of a surrogate pair, which is no character",)
        data = json.loads(written.encode("utf-8", "replace"))
    return Message(place, raw, data, notes)


def _no_terms(response: Response, message: str) -> str:
    alike = next((name for name, _ in response.headers if name.lower() in _ALIKE), None)
    if alike is not None:
        return f"{message}; the header is called PAYMENT-REQUIRED, not {alike}"
    kind = response.media_type
    if kind == "text/html":
        return f"{message}; a page for people, without terms for programs"
    return message


def tolerated(message: Message) -> Faults:
    """The terms can be read without tolerance."""
    for note in message.notes:
        yield message.fault(TOLERATED, "", note)


def version(message: Message) -> Faults:
    """``x402Version`` is 1 or 2 and fits the terms and where they stand."""
    stated = message.data.get("x402Version")
    if message.stated is None:
        what = "is missing" if stated is None else "is neither 1 nor 2"
        yield message.fault(VERSION, "/x402Version", f"x402Version {what}", observed=stated, expected=message.version)
    elif message.stated != message.version:
        told = f"x402Version is {stated}, but the terms are written as version {message.version}"
        yield message.fault(VERSION, "/x402Version", told, observed=stated, expected=message.version)
    elif message.place == HEADER and message.stated == 1:
        yield message.fault(
            TRANSPORT, "/x402Version", "version 1 reads its terms from the body", observed=1, expected=2
        )


def accepts(message: Message) -> Faults:
    """``accepts`` is a list that offers something; a sign-in that lets former payers in may stand alone."""
    found = message.data.get("accepts")
    if isinstance(found, list) and found:
        return
    extensions = message.data.get("extensions")
    if found == [] and isinstance(extensions, dict) and isinstance(extensions.get("sign-in-with-x"), dict):
        return
    what = "is missing" if found is None else "is empty" if found == [] else "is not a list"
    yield message.fault(ACCEPTS, "/accepts", f"accepts {what}", observed=found, expected="a list of payment options")


def duplicates(message: Message) -> Faults:
    """No member stands twice."""
    raw = message.raw.removeprefix(_MARK)
    if not _repeats(raw):
        return
    told: set[str] = set()
    for step in walk(raw):
        if step.first is not None and (at := step.pointer()) not in told:
            told.add(at)
            yield message.fault(DUPLICATE, at, "the member stands there twice", observed=at.rpartition("/")[2])


def _repeats(raw: bytes) -> bool:
    """Whether any object repeats a member: the parser's word, which costs a tenth of finding the place."""
    repeated: list[int] = []

    def count(pairs: list[tuple[str, object]]) -> None:
        if len(dict(pairs)) < len(pairs):
            repeated.append(len(pairs))

    json.loads(raw, object_pairs_hook=count)  # parsed once already, so no deeper than that allowed
    return bool(repeated)


def media_type(view: View) -> Faults:
    """Terms in the body are declared as JSON."""
    response = view.exchange.response
    if response is None or not any(message.place == BODY and not message.beside for message in view.messages):
        return
    kind = response.media_type
    if kind is not None and kind != "application/json" and not kind.endswith("+json"):
        yield Fault(MEDIA, f"Content-Type is {kind}", BODY, observed=kind, expected="application/json")


MESSAGE_RULES = (tolerated, version, accepts, duplicates)
