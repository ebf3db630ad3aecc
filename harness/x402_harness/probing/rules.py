"""CHAL080 to CHAL099: what takes more than one exchange to see, or lies in the transport."""

from __future__ import annotations

from x402_catalog.findings import Level
from x402_catalog.rules.registry import rule

UNREACHABLE = rule(
    "CHAL080",
    Level.ERROR,
    "endpoint cannot be reached",
    why="Nobody can buy from it: its URL leads nowhere, it refuses connections, or its certificate is not valid.",
    basis="RFC 9110 §4.3; RFC 8446",
    mend="Put the server back, or take the listing down.",
)
SILENT = rule(
    "CHAL081",
    Level.ERROR,
    "endpoint does not answer in time",
    why="Buyers' clients give up; what an unpaid request takes is no work for a server.",
    basis="RFC 9110 §15.5.9; --timeout",
    mend="Answer 402 before any work is done.",
)
MALFORMED = rule(
    "CHAL082",
    Level.ERROR,
    "answer breaks HTTP or every reasonable limit",
    why="Clients drop it: the head is too long, the body has no end or is not encoded as it says.",
    basis="RFC 9112; RFC 9110 §8.4",
    mend="Send a well-formed answer; the terms of a 402 take a few kilobytes.",
)
REFUSED = rule(
    "CHAL083",
    Level.ERROR,
    "URL leads away from the public internet",
    why="Whoever asks such an endpoint asks their own network; it was not asked.",
    basis="RFC 6890 (special-purpose addresses)",
    mend="List a public address; to test one of your own, type its URL or give --allow-private.",
)
PRICE_MOVES = rule(
    "CHAL084",
    Level.ERROR,
    "price differs between two equal requests",
    why="A payment signed for the first answer is refused by the terms of the second.",
    basis="x402 v1 maxAmountRequired, v2 amount; reference servers match payments with fresh terms",
    mend="Let the price depend on the request alone.",
)
PAYEE_MOVES = rule(
    "CHAL085",
    Level.WARNING,
    "payee differs between two equal requests",
    why="Unless the server remembers every address that it named, a payment to the first is refused.",
    basis="x402 payTo",
    mend="Name one payee, or remember those that were named for maxTimeoutSeconds.",
)
ASSET_MOVES = rule(
    "CHAL086",
    Level.ERROR,
    "asset differs between two equal requests",
    why="A payment signed for the first answer is refused by the terms of the second.",
    basis="x402 asset",
    mend="Offer the same assets each time; several can stand side by side in accepts.",
)
NETWORK_MOVES = rule(
    "CHAL087",
    Level.ERROR,
    "network differs between two equal requests",
    why="A payment signed for the first answer is refused by the terms of the second.",
    basis="x402 network",
    mend="Offer the same networks each time; several can stand side by side in accepts.",
)
ANSWER_MOVES = rule(
    "CHAL088",
    Level.ERROR,
    "same request is answered with 402 once and otherwise the next time",
    why="Whether the content is paid for is a matter of luck.",
    basis="specs/transports-v1/http.md, specs/transports-v2/http.md",
    mend="Answer every unpaid request alike, on every instance behind the name.",
)
EXPOSURE = rule(
    "CHAL089",
    Level.WARNING,
    "browsers cannot read the payment header",
    why="Scripts of other origins do not see PAYMENT-REQUIRED or the answer at all, so they cannot pay.",
    basis="Fetch standard, CORS-exposed header names; specs/transports-v2/http.md",
    mend="Allow the origin, and send Access-Control-Expose-Headers: PAYMENT-REQUIRED, PAYMENT-RESPONSE.",
)
CACHEABLE = rule(
    "CHAL090",
    Level.WARNING,
    "402 may be stored by caches",
    why="A cache would hand old terms to new buyers, and a 402 to those who paid.",
    basis="RFC 9111 §3; RFC 9110 §15.1",
    mend="Send Cache-Control: no-store with the 402.",
)
REDIRECT = rule(
    "CHAL091",
    Level.ERROR,
    "endpoint redirects",
    why="A buyer must not carry a payment to another URL, so careful clients stop here.",
    basis="RFC 9110 §15.4; x402 resource",
    mend="List the URL that answers 402 itself.",
)
PAYWALL = rule(
    "CHAL092",
    Level.ERROR,
    "JSON client gets a paywall page",
    why="The page is for people in browsers; a program that asks for JSON finds no terms in it.",
    basis="specs/transports-v1/http.md (body); reference servers send the page to browsers only",
    mend="Send the page only where Accept asks for text/html and the user agent is a browser.",
)
PLAIN_HTTP = rule(
    "CHAL093",
    Level.WARNING,
    "endpoint is reached over plain http",
    why="Whoever stands between can change price and payee, and read what was bought.",
    basis="x402 v2 §10 (transport security); RFC 9110 §17.1",
    mend="Serve it over https and list that URL.",
)
SLOW = rule(
    "CHAL094",
    Level.WARNING,
    "402 comes slowly",
    why="Each purchase waits for it, and clients with short timeouts never get to pay.",
    basis="judged by the faster of two answers",
    mend="Answer 402 before any work is done.",
)
OVERLOADED = rule(
    "CHAL095",
    Level.WARNING,
    "endpoint was overloaded, its terms were not seen",
    why="Buyers are turned away too while this lasts.",
    basis="RFC 6585 §4 (429); RFC 9110 §15.6.4 (503), §10.2.3 (Retry-After)",
    mend="Nothing, if the limit is meant; probe again later.",
)
OTHER_METHOD = rule(
    "CHAL096",
    Level.ERROR,
    "endpoint sells by another method than the one declared",
    why="A buyer who asks as the listing says gets no terms.",
    basis="listing accepts[].hints.input.method; bazaar info.input.method",
    mend="Declare the method that answers 402.",
)
BODY_FIRST = rule(
    "CHAL097",
    Level.WARNING,
    "request is validated before payment is asked for",
    why="A buyer cannot see the price without a valid request; directories that ask plainly hold it for broken.",
    basis="specs/transports-v1/http.md, specs/transports-v2/http.md: the plain request is answered with 402",
    mend="Ask for payment first, validate then; refuse an invalid request before settling.",
)
BAD_PAYMENT = rule(
    "CHAL098",
    Level.ERROR,
    "payment that is none is not refused",
    why="Content without payment is the seller's loss; a server error tells a buyer nothing and hides a crash.",
    basis="specs/transports-v2/http.md (400 or 402 for a payment that cannot be read)",
    mend="Refuse whatever cannot be read as a payment with 402 and the terms, or 400.",
)
BAD_REQUEST = rule(
    "CHAL099",
    Level.ERROR,
    "malformed unpaid request breaks the endpoint or gets content",
    why="A server error is a crash that strangers can cause; content without payment is the seller's loss.",
    basis="RFC 9110 §15.5; specs/transports-v2/http.md",
    mend="Answer 402, or the 4xx that fits.",
)
