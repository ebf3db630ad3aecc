"""Validation: every rule over one listing."""

from __future__ import annotations

from collections.abc import Callable

from x402_catalog.models import Listing
from x402_catalog.rules import (
    bazaar,
    fields,
    hints,
    identity,
    offers,
    page,
    prices,
    repairs,
    schemas,
    shape,
    terms,
    texts,
    urls,
)
from x402_catalog.rules.judge import Evidence, Judge
from x402_catalog.rules.ordinary import LOOKS, Look

Check = Callable[[Listing, Judge], None]

_MODULES = (shape, identity, urls, page, offers, terms, hints, bazaar, repairs, schemas, fields, prices, texts)
CHECKS: tuple[Check, ...] = tuple(check for module in _MODULES for check in module.CHECKS)
_PLAN = tuple((LOOKS.get(module), module.CHECKS) for module in _MODULES)


def validate(listing: Listing, *, keep_held: bool = True) -> Judge:
    """What every rule says of ``listing``, the text's own faults first.

    ``keep_held`` keeps the judgements that a truth sheet needs; findings are kept in any case. Without it, a family of
    rules that one look shows to have nothing to find is passed over.
    """
    judge = Judge(listing, Evidence.LISTING, keep_held)
    judge.findings.extend(listing.record.faults)
    said: dict[Look, bool] = {}  # one look may speak for several families
    for look, checks in _PLAN:
        if look is not None and not keep_held:
            if look not in said:
                said[look] = look(listing, judge)
            if said[look]:
                continue
        for check in checks:
            check(listing, judge)
    judge.close()
    return judge
