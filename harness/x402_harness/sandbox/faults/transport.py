"""Faults of the transport: an answer that comes late, in drops, in part, or in a form that cannot be read."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any

from x402_harness.protocol.exchange import Response
from x402_harness.sandbox.asgi import Pace
from x402_harness.sandbox.behaviour import Fault, Side, Visit


def _fault(name: str, summary: str, *caught_by: str, **hooks: Any) -> Fault:
    return Fault(name, Side.TRANSPORT, summary, caught_by, **hooks)


def _with(*rows: tuple[str, str], body: Any = None) -> Any:
    def deliver(response: Response, visit: Visit) -> Response:
        names = {name for name, _ in rows}
        kept = tuple(row for row in response.headers if row[0] not in names)
        return replace(response, headers=(*kept, *rows), body=body(response.body) if body else response.body)

    return deliver


FAULTS = (
    _fault("paid-reset", "closes the connection in the middle of the paid answer", "NET002", "NET003",
           pace=Pace(cut=-3)),
    _fault("paid-hang", "never answers the paid request", "NET003", pace=Pace(hang=True)),
    _fault("paid-drip", "sends the paid answer byte by byte", "NET003", pace=Pace(drip=0.2)),
    _fault("paid-oversize-headers", "sends more headers than clients accept with the paid answer", "NET002",
           deliver=_with(("x-padding", "x" * 300_000))),
    _fault("paid-not-gzip", "says that the answer is compressed when it is not", "RESP011",
           deliver=_with(("content-encoding", "gzip"))),
    _fault("paid-gzip-bomb", "sends a small answer that unfolds into a huge one", "RESP006",
           deliver=_with(("content-encoding", "gzip"), body=lambda body: gzip.compress(bytes(40_000_000)))),
    _fault("unpaid-hang", "never answers a request without payment", "NET001", "CHAL081", unpaid_pace=Pace(hang=True)),
    _fault("unpaid-reset", "closes the connection in the middle of the 402", "NET001", "CHAL080", "CHAL082",
           unpaid_pace=Pace(cut=-1)),
)  # fmt: skip
