"""Validation: every rule over one listing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

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


def validate(listing: Listing, *, keep_held: bool = True) -> Judge:
    """What every rule says of ``listing``, the text's own faults first.

    ``keep_held`` keeps the judgements that a truth sheet needs; findings are kept in any case. Without it, a family of
    rules that one look shows to have nothing to find is passed over.
    """
    judge = Judge(listing, Evidence.LISTING, keep_held)
    judge.findings.extend(listing.record.faults)
    quiet = () if keep_held else tuple([look for look in _LOOKS if look(listing, judge)])
    for check in _left(quiet):
        check(listing, judge)
    judge.close()
    return judge


@cache  # few of the 512 combinations are ever met
def _left(quiet: tuple[Look, ...]) -> tuple[Check, ...]:
    """The rules of the families that none of ``quiet`` speaks for."""
    return tuple(check for module in _MODULES if LOOKS.get(module) not in quiet for check in module.CHECKS)
