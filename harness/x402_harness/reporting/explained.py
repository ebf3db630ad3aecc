"""What may explain failures: the suspects of each listing, and the smallest request found that fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from x402_harness.reporting.view import RunView

MOST = 3  # suspects that are told, of each listing


def request_line(request: dict[str, Any]) -> str:
    """A request on one line: method, URL, and the body's text or its size."""
    body = request["body"]
    told = body.get("text") or (f"({body['bytes']} bytes)" if body["bytes"] else "")
    return f"{request['method']} {request['url']} {told}".strip()


def explanations(view: RunView) -> Iterator[tuple[str, str, str]]:
    """The listing's slug, what is told of it (``may explain`` or ``smallest``), and that in words."""
    for listing in view.listings.values():
        slug = str(listing.about["slug"])
        if named := [" with ".join(levels) for levels in listing.coverage.get("suspects", ())[:MOST]]:
            yield slug, "may explain", "; ".join(named)
        if found := listing.coverage.get("smallest"):
            broken = " ".join(found["rules"]) or "the purchase"
            count = found["purchases"]
            more = f"{count} purchase{'' if count == 1 else 's'} more"
            yield slug, "smallest", f"{request_line(found['request'])} breaks {broken} ({more})"
