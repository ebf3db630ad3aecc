"""A node over JSON-RPC, read only: one batch decides whether a payment was settled."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from x402_harness.edge.client import Client, Limits
from x402_harness.protocol.exchange import Failure, Request
from x402_harness.protocol.onchain import (
    Call,
    Settlement,
    Sought,
    Verdict,
    judge_nonce,
    judge_receipt,
    judge_search,
    nonce_calls,
    receipt_calls,
    search_call,
)
from x402_harness.protocol.parsing import loads

RPC_LIMITS = Limits(body=4 * 1024 * 1024, timeout=15.0, total=30.0)
BLOCKS = 10_000  # how far back a search looks: what public nodes allow at once
_HEADERS = (("content-type", "application/json"), ("accept", "application/json"))


_SHORTEST_KEY = 8  # characters; what is shorter in a URL opens nothing


class RpcError(Exception):
    """A node could not be asked, or did not answer as one.

    The message never holds its URL, which may hold a key, nor parts of it that the node repeats.
    """


class Rpc:
    """A node at ``url``, spoken to by ``client``, whose guard decides whether it may be connected to."""

    def __init__(self, url: str, client: Client) -> None:
        self._url = url
        self._client = client
        parts = {part for part in re.split(r"[/?&=:@#,;]", url) if len(part) >= _SHORTEST_KEY}
        longest_first = sorted(parts - {urlsplit(url).hostname or ""}, key=len, reverse=True)
        self._hidden = re.compile("|".join(map(re.escape, longest_first)) or "(?!)", re.IGNORECASE)

    async def ask(self, calls: Sequence[Call]) -> list[Any]:
        """The results of calls, in their order, asked in one batch. Raises :class:`RpcError`."""
        batch = [
            {"jsonrpc": "2.0", "id": place, "method": call.method, "params": call.params}
            for place, call in enumerate(calls)
        ]
        request = Request("POST", self._url, _HEADERS, json.dumps(batch).encode())
        answer = await self._client.send(request)
        if isinstance(answer, Failure):
            raise RpcError(f"the node cannot be reached ({answer.cause})")
        if answer.status != 200:
            raise RpcError(f"the node answers with status {answer.status}")
        if answer.truncated:
            raise RpcError("the node answers with more than the limit")
        return self._results(answer.body, calls)

    def _results(self, body: bytes, calls: Sequence[Call]) -> list[Any]:
        try:
            said = loads(body)
        except ValueError:
            raise RpcError("the node's answer is no JSON") from None
        if isinstance(said, dict):
            raise RpcError(f"the node refuses the batch: {self._words(said.get('error'))}")
        if not isinstance(said, list):
            raise RpcError("the node's answer is no batch")
        by_id = {one["id"]: one for one in said if isinstance(one, dict) and type(one.get("id")) is int}
        return [self._result(by_id.get(place), call) for place, call in enumerate(calls)]

    def _result(self, answer: dict[str, Any] | None, call: Call) -> Any:
        if answer is None:
            raise RpcError(f"{call.method}: not answered")
        if answer.get("error") is not None:
            raise RpcError(f"{call.method}: {self._words(answer['error'])}")
        return answer.get("result")

    def _words(self, error: Any) -> str:
        # A stranger's text: short, one line, and without the key that it was asked with.
        message = error.get("message") if isinstance(error, dict) else None
        shown = self._hidden.sub("(withheld)", str(message or "no reason given"))
        return " ".join("".join(one if one.isprintable() else " " for one in shown[:200]).split())


async def check_settlement(rpc: Rpc, sought: Sought, *, blocks: int = BLOCKS) -> Settlement:
    """What became of a payment: by its transaction if one is claimed, else by its nonce in the newest ``blocks``, of
    which a node is asked for :data:`BLOCKS` at once.

    A node that cannot be asked leaves it undecided.
    """
    try:
        if sought.transaction is not None:
            return judge_receipt(sought, await rpc.ask(receipt_calls(sought)))
        return await _search(rpc, sought, blocks)
    except RpcError as error:
        return Settlement(Verdict.UNDECIDED, str(error), sought.transaction)


async def _search(rpc: Rpc, sought: Sought, blocks: int) -> Settlement:
    head = judge_nonce(sought, await rpc.ask(nonce_calls(sought)))
    if isinstance(head, Settlement):
        return head
    for last in range(head, max(-1, head - blocks), -BLOCKS):
        (answer,) = await rpc.ask([search_call(sought, last - min(blocks, BLOCKS) + 1, last)])
        found = judge_search(sought, answer)
        if isinstance(found, Sought):
            return judge_receipt(found, await rpc.ask(receipt_calls(found)))
        if found.verdict is not Verdict.NOT_FOUND:
            return found
    return Settlement(Verdict.NOT_FOUND, "the nonce was used before the blocks looked at", nonce_used=True)
