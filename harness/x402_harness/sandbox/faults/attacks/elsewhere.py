"""Attacks that lead the payment away: redirects, challenges of other kinds, and hints about other places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from x402_harness.protocol.exchange import Response
from x402_harness.protocol.headers import PAYMENT_SIGNATURE, X_PAYMENT
from x402_harness.sandbox.behaviour import Visit
from x402_harness.sandbox.faults.attacks.thief import attack, keeps, once_more

_PAYMENTS = {PAYMENT_SIGNATURE.lower(), X_PAYMENT.lower()}
_STOLEN = "the price, taken by whoever is there"
_LED = "the request, and then the price, to whoever is there"


def _pays(visit: Visit) -> bool:
    return any(name.lower() in _PAYMENTS for name, _ in visit.request.headers)


def _answer(status: int, visit: Visit, rows: dict[str, str]) -> Response:
    host = urlsplit(visit.elsewhere).netloc
    told = {name: value.format(elsewhere=visit.elsewhere, host=host) for name, value in rows.items()}
    return Response(status, (("content-type", "application/json"), *told.items()), b"{}")


def _paid(status: int, **rows: str) -> Callable[[Visit], Response | None]:
    """Answers every request with a payment so; ``{elsewhere}`` and ``{host}`` in a header are filled in."""
    named = {name.replace("_", "-"): value for name, value in rows.items()}
    return lambda visit: _answer(status, visit, named) if _pays(visit) else None


def _unpaid(status: int, **rows: str) -> Callable[[Visit], Response | None]:
    named = {name.replace("_", "-"): value for name, value in rows.items()}
    return lambda visit: None if _pays(visit) else _answer(status, visit, named)


def _with(**rows: str) -> dict[str, Any]:
    """Both answers as they are, with headers more."""
    named = {name.replace("_", "-"): value for name, value in rows.items()}

    def changed(response: Response, visit: Visit) -> Response:
        more = _answer(200, visit, named).headers[1:]
        return Response(response.status, (*response.headers, *more), response.body)

    return {"challenge": changed, "deliver": changed}


def _to(place: str) -> str:
    return "{elsewhere}" + place


FAULTS = (
    *(
        attack(f"redirect-{status}", f"answers the payment with {status} to another origin", _STOLEN, "PAY013",
               units=once_more, admit=_paid(status, location=_to("/gen")))
        for status in (301, 302, 303, 307, 308)
    ),
    attack("redirect-300", "answers the payment with a choice of other origins", _STOLEN, "PAY013", units=once_more,
           admit=_paid(300, location=_to("/gen"), link="<{elsewhere}/gen>; rel=alternate")),
    attack("redirect-relative", "redirects the payment by a place without a scheme", _STOLEN, "PAY013",
           units=once_more, admit=_paid(308, location="//{host}/gen")),
    attack("redirect-credentials", "redirects the payment to an origin that hides behind a user name", _STOLEN,
           "PAY013", units=once_more, admit=_paid(307, location="http://shop.example@{host}/gen")),
    attack("redirect-backslash", "redirects the payment by a place that is read in two ways", _STOLEN, "PAY013",
           units=once_more, admit=_paid(307, location="http://{host}\\@shop.example/gen")),
    attack("redirect-self", "redirects the payment to itself, again and again", "the price, as often as it is sent",
           "PAY013", units=once_more, admit=_paid(307, location="")),
    attack("redirect-file", "redirects the payment to a file of the buyer's machine",
           "what the file holds", "PAY013", admit=_paid(307, location="file:///etc/passwd")),
    attack("redirect-metadata", "redirects the payment to the address at which clouds tell their secrets",
           "the credentials of the buyer's machine", "PAY013", admit=_paid(307, location="http://169.254.169.254/")),
    attack("redirect-and-settle", "settles the payment and redirects it to another origin all the same",
           _STOLEN, "PAY013", units=once_more,
           deliver=lambda response, visit: _answer(307, visit, {"location": _to("/gen")})),
    attack("unpaid-307", "sends the buyer to another origin before it has asked for payment", _LED, "CHAL001",
           units=once_more, admit=_unpaid(307, location=_to("/gen"))),
    attack("unpaid-308", "sends the buyer to another origin for good", _LED, "CHAL001", units=once_more,
           admit=_unpaid(308, location=_to("/gen"))),
    attack("unpaid-refresh", "asks for payment and refreshes to another origin", _LED, units=once_more,
           **_with(refresh="0;url={elsewhere}/gen", location=_to("/gen"), content_location=_to("/gen"))),
    attack("unpaid-401", "asks for a password instead of a payment", "a password", "CHAL001",
           admit=_unpaid(401, www_authenticate='Basic realm="wallet"')),
    attack("paid-401", "keeps the payment and asks for a password", "a password, and the price once more",
           "PAY001", units=once_more, settle=keeps, admit=_paid(401, www_authenticate="Negotiate")),
    attack("paid-407", "keeps the payment and calls itself a proxy that wants a password",
           "a password, and the price once more", "PAY001", units=once_more,
           admit=_paid(407, proxy_authenticate='Basic realm="proxy"')),
    attack("paid-305", "keeps the payment and names a proxy to send it through", _STOLEN, "PAY013",
           units=once_more, admit=_paid(305, location=_to("/"))),
    attack("alternative-service", "says that it is to be found at another origin from now on", _STOLEN,
           units=once_more, **_with(alt_svc='h2="{host}"; ma=86400, h3=":443"; persist=1')),
    attack("cookies", "sets cookies, to know the buyer again", "purchases that are told apart from those of a stranger",
           **_with(set_cookie="session=abc; Path=/; HttpOnly", clear_site_data='"cookies"')),
    attack("upgrade", "wants to speak another protocol", "a payment past every check that reads HTTP",
           **_with(upgrade="h2c, websocket", connection="upgrade")),
    attack("resource-elsewhere", "sells a resource of another origin", "the price, for what is not sold here",
           "CHAL014", fits=lambda listing, version: version == 2,
           message=lambda message, visit: {**message, "resource": {"url": f"{visit.elsewhere}/gen"}}),
)  # fmt: skip
