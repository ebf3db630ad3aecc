"""Tests that ask for ``testbuy_listing`` or ``testbuy_case`` run once for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from x402_harness.pytest_plugin import names
from x402_harness.pytest_plugin.market import Market, market_of, near
from x402_harness.pytest_plugin.marking import Marked, marked

if TYPE_CHECKING:
    from x402_catalog.models import Listing
    from x402_harness.planning.cases import Case


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give a test its listings, or its cases together with theirs."""
    wanted = {"testbuy_listing", "testbuy_case"} & set(metafunc.fixturenames)
    options = _marked(metafunc.definition)
    if not wanted:
        return
    market = market_of(metafunc.config)
    listings = _listings(market, options, metafunc.definition.path)
    if "testbuy_case" not in wanted:
        unique = names.unique()
        ids = [unique(names.slug(one.slug)) for one in listings]
        metafunc.parametrize("testbuy_listing", listings, ids=ids, indirect=True)
        return
    _by_case(metafunc, market, listings, options)


def _by_case(metafunc: pytest.Metafunc, market: Market, listings: list[Listing], options: Marked) -> None:
    unique = names.unique()
    rows = [(one, case) for one in listings for case in _cases(market, one, options)]
    params = [
        pytest.param(listing, case, id=unique(f"{names.slug(listing.slug)}-{_row(case)}")) for listing, case in rows
    ]
    metafunc.parametrize(("testbuy_listing", "testbuy_case"), params, indirect=True)


def _row(case: Case | None) -> str:
    return "not bought" if case is None else names.row(case)


def _cases(market: Market, listing: Listing, options: Marked) -> tuple[Case | None, ...]:
    from x402_harness.shopping.shopper import NotBuyable

    try:
        return market.counter.cases(listing, options.max_buys, options.strength)
    except NotBuyable:
        return (None,)


def _marked(node: pytest.Item) -> Marked:
    try:
        return marked(node)
    except pytest.UsageError as error:
        raise pytest.Collector.CollectError(f"{node.nodeid}: {error}") from None


def _listings(market: Market, options: Marked, test: Path) -> list[Listing]:
    """Those of the catalogue, or the one that the marker names: by its slug there, or its file beside the test."""
    if options.listing is None:
        found = market.catalogue
        if not found:
            raise pytest.Collector.CollectError(
                "testbuy_listing and testbuy_case need listings: --testbuy-listings PATH, the ini option "
                "testbuy_listings, or @pytest.mark.testbuy(listing=…)"
            )
        return found
    named = [one for one in market.catalogue if one.slug == options.listing]
    return named or _in_file(market, options.listing, test)


def _in_file(market: Market, name: str, test: Path) -> list[Listing]:
    from x402_harness.shopping.loading import Unreadable, load_listings

    for folder in (test.parent, market.root):
        if (folder / name).is_file():
            try:
                return load_listings(near((folder / name).resolve()))
            except Unreadable as error:
                raise pytest.Collector.CollectError(str(error)) from None
    raise pytest.Collector.CollectError(
        f"@pytest.mark.testbuy(listing={name!r}): no slug among the {len(market.catalogue)} listings of "
        f"--testbuy-listings, and no file beside {test.name}"
    )
