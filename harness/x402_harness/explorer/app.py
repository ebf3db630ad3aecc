"""The application: pages by path, each as HTML, as JSON, and some as CSV."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from x402_catalog.search import BadFilter
from x402_catalog.store import StoreError
from x402_harness.explorer.answers import Answer, NotThere, Page
from x402_harness.explorer.asked import Asked, BadQuery
from x402_harness.explorer.pages import compare, home, host, listing, runs, stats
from x402_harness.explorer.shelf import Shelf
from x402_harness.reporting.html import environment

# A page of its own, such as that of an audit, is a module that makes an Answer, and a line here.
PAGES = (
    Page("/", home.NAMES, home.page, "Listings", has_csv=True),
    Page("/listing", listing.NAMES, listing.page),
    Page("/compare", compare.NAMES, compare.page),
    Page("/host", host.NAMES, host.page),
    Page("/stats", stats.NAMES, stats.page, "Statistics"),
    Page("/runs", runs.NAMES, runs.page, "Runs"),
    Page("/run", runs.RUN_NAMES, runs.run_page),
)
_STYLES = {"report.css": "x402_harness.reporting", "explorer.css": "x402_harness.explorer"}
_ERRORS: tuple[tuple[type[Exception], int, str], ...] = (
    (BadFilter, 400, "This cannot be understood"),
    (BadQuery, 400, "This cannot be understood"),
    (NotThere, 404, "Not found"),
    (StoreError, 503, "The catalogue file cannot be used"),
    (sqlite3.DatabaseError, 503, "The catalogue file cannot be used"),
)


def explorer(shelf: Shelf) -> Starlette:
    """The application over ``shelf``, to be put behind a :class:`~x402_harness.explorer.guard.Guard`."""
    routes = [Route(page.path, _endpoint(page, shelf, _html), methods=["GET"]) for page in PAGES]
    routes += [Route(page.twin("json"), _endpoint(page, shelf, _json), methods=["GET"]) for page in PAGES]
    routes += [Route(page.twin("csv"), _endpoint(page, shelf, _csv), methods=["GET"]) for page in PAGES if page.has_csv]
    routes += [Route(f"/static/{name}", _style(name), methods=["GET"]) for name in _STYLES]
    return Starlette(routes=routes, exception_handlers={404: _nowhere})


Teller = Callable[[Page, Asked, Shelf, Answer], Response]
Endpoint = Callable[[Request], Response]


def _endpoint(page: Page, shelf: Shelf, tell: Teller) -> Endpoint:
    # Not async: it runs in a thread of its own and waits for the database there.
    def endpoint(request: Request) -> Response:
        try:
            asked = Asked.of(page.path, request.url.query, page.names)
            return tell(page, asked, shelf, page.make(asked, shelf))
        except tuple(kind for kind, _, _ in _ERRORS) as error:
            status, title = next((code, title) for kind, code, title in _ERRORS if isinstance(error, kind))
            near = error.near if isinstance(error, NotThere) else ()
            return _failed(status, title, str(error), near, as_page=tell is _html)

    return endpoint


def _html(page: Page, asked: Asked, shelf: Shelf, answer: Answer) -> Response:
    context = {
        **answer.context, "title": answer.title, "asked": asked, "command": answer.command,
        "json": asked.href(page.twin("json")), "csv": asked.href(page.twin("csv")) if page.has_csv else None,
        "catalogue": shelf.name,
    }  # fmt: skip
    return _rendered(answer.template, page.path, context)


def _json(page: Page, asked: Asked, shelf: Shelf, answer: Answer) -> Response:
    return _data(answer.document())


def _csv(page: Page, asked: Asked, shelf: Shelf, answer: Answer) -> Response:
    text = answer.csv() if answer.csv else ""
    return Response(text.encode("utf-8", "backslashreplace"), media_type="text/csv")


def _rendered(template: str, path: str, context: dict[str, Any], status: int = 200) -> Response:
    navigation = [(page.path, page.label, page.path == path) for page in PAGES if page.label]
    made = environment("x402_harness.explorer").get_template(template)
    text = made.render({**context, "navigation": navigation})
    return Response(text.encode("utf-8", "backslashreplace"), status, media_type="text/html")


def _data(told: dict[str, Any], status: int = 200) -> Response:
    # All in ASCII: a listing may hold halves of characters. Integers may have any size.
    return Response(json.dumps(told, indent=2), status, media_type="application/json")


def _failed(status: int, title: str, message: str, near: tuple[str, ...] = (), *, as_page: bool = True) -> Response:
    if not as_page:
        return _data({"error": message, "near": list(near)}, status)
    links = [(slug, Asked("/listing").named(slug)) for slug in near]
    context = {"title": title, "message": message, "near": links, "asked": Asked("/"), "command": ""}
    return _rendered("message.html.j2", "", {**context, "json": None, "csv": None, "catalogue": ""}, status)


def _nowhere(request: Request, error: Exception) -> Response:
    as_page = not request.url.path.endswith(".json")
    return _failed(404, "Not found", f"there is no page {request.url.path[:200]}", as_page=as_page)


def _style(name: str) -> Endpoint:
    folder = "templates" if name == "report.css" else "static"
    text = (files(_STYLES[name]) / folder / name).read_text(encoding="utf-8")

    def endpoint(request: Request) -> Response:
        return Response(text, media_type="text/css")

    return endpoint
