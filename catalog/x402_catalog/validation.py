"""Validation: every rule over one listing."""

from __future__ import annotations

from collections.abc import Callable

from x402_catalog.models import Listing
from x402_catalog.rules import fields, hints, identity, offers, page, prices, repairs, shape, terms, texts, urls
from x402_catalog.rules.judge import Evidence, Judge

Check = Callable[[Listing, Judge], None]

_MODULES = (shape, identity, urls, page, offers, terms, hints, repairs, fields, prices, texts)
CHECKS: tuple[Check, ...] = tuple(check for module in _MODULES for check in module.CHECKS)


def validate(listing: Listing, *, keep_held: bool = True) -> Judge:
    """What every rule says of ``listing``, the text's own faults first.

    ``keep_held`` keeps the judgements that a truth sheet needs; findings are kept in any case.
    """
    judge = Judge(listing, Evidence.LISTING, keep_held)
    judge.findings.extend(listing.record.faults)
    for check in CHECKS:
        check(listing, judge)
    return judge
