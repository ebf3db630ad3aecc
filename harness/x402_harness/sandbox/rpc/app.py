"""JSON-RPC 2.0 over HTTP: ``POST /8453`` speaks to the chain with that id, one call or a batch at a time."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from x402_catalog.networks import network
from x402_harness.sandbox.chains import Chain, Chains
from x402_harness.sandbox.rpc.errors import INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR, RpcError
from x402_harness.sandbox.rpc.methods import perform
from x402_harness.sandbox.serving import BadBody, answer, json_body

LARGEST_BODY = 1024 * 1024  # bytes
LARGEST_BATCH = 100  # calls


def rpc_app(chains: Chains) -> Starlette:
    """The ASGI application. A chain is made when it is first spoken to."""

    async def speak(request: Request) -> Response:
        where = network("eip155:" + request.path_params["chain_id"])
        if where is None or where.chain_id is None:
            return answer({"error": "the table has no network with that chain id"}, 404)
        try:
            message = await json_body(request, LARGEST_BODY)
        except BadBody as error:
            return answer(_failed(None, RpcError(PARSE_ERROR, error.message)), error.status)
        # In a thread: a chain that is a process of its own is waited for.
        chain = await run_in_threadpool(chains.by_id, where.chain_id)
        said = await run_in_threadpool(respond, chain, message)
        return Response(status_code=204) if said is None else answer(said)

    return Starlette(routes=[Route("/{chain_id}", speak, methods=["POST"])])


def respond(chain: Chain, message: Any) -> Any:
    """The answer to a decoded call or batch; ``None`` where nothing is to be answered."""
    if not isinstance(message, list):
        return _one(chain, message)
    if not message or len(message) > LARGEST_BATCH:
        return _failed(None, RpcError(INVALID_REQUEST, f"a batch has 1 to {LARGEST_BATCH} calls"))
    said = [one for call in message if (one := _one(chain, call)) is not None]
    return said or None


def _one(chain: Chain, call: Any) -> dict[str, Any] | None:
    if not isinstance(call, dict) or call.get("jsonrpc") != "2.0" or not isinstance(call.get("method"), str):
        return _failed(None, RpcError(INVALID_REQUEST, "not a call of JSON-RPC 2.0"))
    name = call.get("id")
    if not (name is None or isinstance(name, (str, int, float))):
        return _failed(None, RpcError(INVALID_REQUEST, "an id is a string or a number"))
    params = call.get("params", [])
    try:
        if not isinstance(params, list):
            raise RpcError(INVALID_PARAMS, "params are a list")
        result = perform(chain, call["method"], params)
    except RpcError as error:
        return _failed(name, error) if "id" in call else None
    return {"jsonrpc": "2.0", "id": name, "result": result} if "id" in call else None


def _failed(name: Any, error: RpcError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": name, "error": error.wire()}
