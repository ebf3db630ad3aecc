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
_LOOKS: tuple[Look, ...] = tuple(dict.fromkeys(LOOKS[module] for module in _MODULES if module in LOOKS))
_PLAN: tuple[tuple[Look | None, tuple[Check, ...]], ...] = tuple(
    (LOOKS.get(module), module.CHECKS) for module in _MODULES
)


def validate(listing: Listing, *, keep_held: bool = True) -> Judge:
    """What every rule says of ``listing``, the text's own faults first.

    ``keep_held`` keeps the judgements that a truth sheet needs; findings are kept in any case. Without it, a family of
    rules that one look shows to have nothing to find is passed over.
    """
    judge = Judge(listing, Evidence.LISTING, keep_held)
    judge.findings.extend(listing.record.faults)
    quiet = set() if keep_held else {look for look in _LOOKS if look(listing, judge)}
    for look, checks in _PLAN:
        if look not in quiet:
            for check in checks:
                check(listing, judge)
    judge.close()
    return judge
