"""The facilitator over HTTP: ``POST /verify``, ``POST /settle``, ``GET /supported``, ``GET /discovery/resources``.

``GET /asked/NONCE`` tells a buyer whether its seller came here. What is refused is said with status 200, as the
reference does; 400 is for what is no question at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from x402_harness.sandbox.facilitator.asked import Asked, NotAsked, read_asked
from x402_harness.sandbox.facilitator.discovery import BadQuery, Resource, page
from x402_harness.sandbox.facilitator.service import Facilitator
from x402_harness.sandbox.serving import BadBody, answer, json_body

LARGEST_BODY = 256 * 1024  # bytes


def facilitator_app(facilitator: Facilitator, resources: Sequence[Resource] = ()) -> Starlette:
    """The ASGI application. ``resources`` may grow while it runs."""

    async def verify(request: Request) -> Response:
        try:
            asked = await _asked(request)
        except NotAsked as error:
            refused = {"isValid": False, "invalidReason": error.reason, "invalidMessage": error.message}
            return answer(refused, 400)
        verified = await run_in_threadpool(facilitator.verify, asked.payment, asked.option)
        return answer(verified.wire())

    async def settle(request: Request) -> Response:
        try:
            asked = await _asked(request)
        except NotAsked as error:
            failed = {"success": False, "errorReason": error.reason, "errorMessage": error.message}
            return answer({**failed, "transaction": "", "network": ""}, 400)
        # In a thread: a chain that is a process of its own is waited for.
        settled = await run_in_threadpool(facilitator.settle, asked.payment, asked.option)
        return answer(settled.wire())

    async def supported(request: Request) -> Response:
        return answer(facilitator.supported())

    async def was_asked(request: Request) -> Response:
        return answer({"asked": facilitator.was_asked(request.path_params["nonce"])})

    async def discovery(request: Request) -> Response:
        try:
            return answer(page(resources, request.query_params))
        except BadQuery as error:
            return answer({"error": str(error)}, 400)

    routes = [
        Route("/verify", verify, methods=["POST"]),
        Route("/settle", settle, methods=["POST"]),
        Route("/supported", supported, methods=["GET"]),
        Route("/asked/{nonce}", was_asked, methods=["GET"]),
        Route("/discovery/resources", discovery, methods=["GET"]),
    ]
    return Starlette(routes=routes, exception_handlers={BadBody: _bad_body})


async def _asked(request: Request) -> Asked:
    return read_asked(await json_body(request, LARGEST_BODY))


def _bad_body(request: Request, error: Exception) -> Response:
    assert isinstance(error, BadBody)
    return answer({"error": error.message}, error.status)
