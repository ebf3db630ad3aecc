"""One way of selecting, held against a second one that is written as plainly as can be and does nothing else."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x402_catalog.models import Listing, Offer, listing_of
from x402_catalog.networks import network
from x402_catalog.reading import read
from x402_catalog.records import Record
from x402_catalog.search import SORTS, Filters, cheapest, dollars, host
from x402_catalog.store import Catalogue, Query, passing, select
from x402_catalog.store.words import words

# Each list is short, so that values meet; they hold what is near to each other and what is odd.
WORDS = (
    "weather",
    "weathervane",
    "image",
    "images",
    "im",
    "Été",
    "ete",
    "naïve",
    "天気予報",
    "x2",
    "a_b",
    "ﬁne",
    "'\"*",
)
CATEGORIES = ("media", "Media", "data", "d[a]ta", "", "ünï", "*")
HOSTS = ("a.example", "api.a.example", "B.example:8402", "[::1", "")
TOKENS = {
    "base": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "eip155:8453": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
    "solana": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
    "eip155:4326": "0xFAfDdbb3FC7688494971a79cc65DCa3EF82079E7", "nowhere": "0xfeed", "my net": "x",
}  # fmt: skip
# The last but one is a wei of an asset with 18 decimals: a double would not tell it from nothing.
AMOUNTS = ("0", "1", "10000", "20000", "10000000", "1000000000000000000", "1000000000000000001", str(2**256 - 1), "x")
PRICES = ("<=0.02", "0.01", ">0.01", ">= 1", "<0.000000000000000002", "=1.000000000000000001", "<1", ">99999999999999")

texts = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)


@st.composite
def offers(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(TOKENS)))
    hints = draw(st.sampled_from([{}, {"output": {"type": "json"}}, {"input": {"bodyFields": {"zebra_x": {}}}}]))
    return {"network": name, "asset": TOKENS[name], "max_amount_required_atomic": draw(st.sampled_from(AMOUNTS)),
            "scheme": "exact", "pay_to": "0x1", "hints": hints}  # fmt: skip


@st.composite
def values(draw: st.DrawFn) -> dict[str, Any]:
    pick = lambda options: draw(st.sampled_from(options))  # noqa: E731
    made: dict[str, Any] = {
        "slug": f"{pick('abc')}-{pick(WORDS)}", "title": draw(texts), "summary": draw(texts),
        "url": f"https://{pick(HOSTS)}/{pick('xy')}", "category": pick(CATEGORIES),
        "accepts": draw(st.lists(offers(), max_size=3)), "trust_tier": pick(("verified", "indexed", None)),
        "pricing_sanity": {"flag": pick(("cheap", "normal", None)), "ratio": pick((0.1, 2, 10**400, True, None))},
    }  # fmt: skip
    return made


def some(options: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(options), max_size=2).map(tuple)


filters = st.builds(
    Filters,
    category=some((*CATEGORIES, "m*", "?ata", "[!d]*")),
    network=some((*TOKENS, "eip155:1")),
    host=some(("*.example", "a.EXAMPLE", "::1", "")),
    price=st.none() | st.sampled_from(PRICES),
    asset=some(("usdc", "USDC", "megausd", TOKENS["base"].upper(), "0xFEED", "")),
    method=some(("get", "POST")),
    flag=some(("cheap", "n*")),
    tier=some(("verified", "*e*")),
    sort=st.sampled_from(SORTS),
    limit=st.none() | st.integers(1, 5),
)
queries = st.lists(
    st.sampled_from((*WORDS, "we", "zeb", '"weather image"', '"', "-", "NEAR(", "a OR b")), max_size=3
).map(" ".join)


def plainly(listing: Listing, query: str, chosen: Filters) -> bool:
    """Whether a listing is selected, by going through everything."""
    plain = (
        (chosen.category, listing.category), (chosen.host, host(listing)), (chosen.method, listing.method),
        (chosen.flag, listing.pricing.get("flag") or ""), (chosen.tier, listing.raw.get("trust_tier") or ""),
    )  # fmt: skip
    fits = all(not globs or any(fnmatchcase(v.lower(), g.lower()) for g in globs) for globs, v in plain)
    asks = chosen.network or chosen.asset or chosen.price
    return fits and (not asks or any(suits(o, chosen) for o in listing.offers)) and all(stands(listing, query))


def suits(offer: Offer, chosen: Filters) -> bool:
    names = [network(name) or name for name in chosen.network]
    if names and (offer.network or offer.network_name) not in names:
        return False
    symbol = offer.token.asset.symbol if offer.token else ""
    if chosen.asset and not {name.lower() for name in chosen.asset} & {symbol.lower(), (offer.asset or "").lower()}:
        return False
    return chosen.price is None or compares(dollars(offer), chosen.price)


def compares(price: Decimal | None, expression: str) -> bool:
    operator, number = re.fullmatch(r"([<>=]*)\s*(.*)", expression).groups()  # type: ignore[union-attr]
    if price is None:
        return False
    signs = {"<": price < Decimal(number), ">": price > Decimal(number), "=": price == Decimal(number)}
    return any(signs[sign] for sign in operator or "=")


def stands(listing: Listing, query: str) -> Iterator[bool]:
    names = ["zebra x"] if any(o.hints.get("input") for o in listing.offers) else []
    fields = [fold(text) for text in (listing.title, listing.slug, host(listing), listing.summary, *names)]
    for phrase, rest in re.findall(r'"([^"]*)"|([^"]+|")', query):
        wanted = fold(phrase)
        if wanted:
            places = ((field, start) for field in fields for start in range(len(field)))
            yield any(field[start : start + len(wanted)] == wanted for field, start in places)
        for word in fold(rest):
            yield any(found.startswith(word) for field in fields for found in field)


@cache
def fold(text: str) -> list[str]:
    """Words without case and accents; each character of an unspaced script is a word."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.findall(r"[0-9a-z]+|[^\W_0-9a-z]", plain)


def listings(raw: list[dict[str, Any]]) -> list[Listing]:
    return [listing_of(Record(value, b"", "x")) for value in raw]


@settings(max_examples=40)
@given(st.lists(values(), max_size=8), queries, filters)
def test_exactly_those_are_selected_that_match(raw: list[dict[str, Any]], query: str, chosen: Filters) -> None:
    made = listings(raw)
    expected = [one for one in made if plainly(one, query, chosen)]
    found = select(made, query, chosen)
    everything = select(made, query, Filters(**{**vars_of(chosen), "limit": None}))
    assert Counter(map(id, everything)) == Counter(map(id, expected))
    assert found == everything[: chosen.limit]


def vars_of(chosen: Filters) -> dict[str, Any]:
    return {name: getattr(chosen, name) for name in Filters.__dataclass_fields__}


@settings(max_examples=40)
@given(st.lists(values(), min_size=1, max_size=8), filters)
def test_they_come_in_the_order_that_is_asked_for(raw: list[dict[str, Any]], chosen: Filters) -> None:
    chosen = Filters(**{**vars_of(chosen), "limit": None})
    found = select(listings(raw), "", chosen)
    if chosen.network or chosen.asset or chosen.price:
        prices = [min((p for o in one.offers if suits(o, chosen) and (p := dollars(o)) is not None), default=None)
                  for one in found]  # fmt: skip
    else:
        prices = [cheapest(one) for one in found]
    known = [price for price in prices if price is not None]
    ratios = [one.pricing.get("ratio") for one in found]
    ratios = [ratio if ratio in (0.1, 2) and ratio is not True else None for ratio in ratios]
    slugs = [one.slug for one in found]
    if chosen.sort in ("price", "-price"):
        assert prices == sorted(known, reverse=chosen.sort == "-price") + [None] * (len(prices) - len(known))
    elif chosen.sort == "ratio":
        assert ratios == sorted((r for r in ratios if r), reverse=True) + [None] * ratios.count(None)
    elif chosen.sort == "host":
        assert [(host(one), one.slug) for one in found] == sorted((host(one), one.slug) for one in found)
    else:
        assert slugs == sorted(slugs)


@settings(max_examples=40)
@given(st.lists(values(), max_size=8), filters)
def test_a_stream_is_filtered_as_a_list_is(raw: list[dict[str, Any]], chosen: Filters) -> None:
    made = listings(raw)
    assert [id(one) for one in passing(made, chosen)] == [id(one) for one in made if plainly(one, "", chosen)]


@settings(max_examples=40)
@given(st.lists(values(), min_size=1, max_size=8), st.lists(values(), max_size=4), queries, filters)
def test_facets_count_what_each_other_choice_would_give(
    raw: list[dict[str, Any]], later: list[dict[str, Any]], query: str, chosen: Filters
) -> None:
    with Catalogue.memory() as catalogue:
        for state in (raw, [*raw[1:], *later]) if later else (raw,):
            catalogue.add(records(state), ["x"], 0.0)
        pages = [(catalogue.search(Query(query, chosen, facets=True)), [*raw[1:], *later] if later else raw)]
        if later:
            pages.append((catalogue.at(1).search(Query(query, chosen, facets=True)), raw))
    for page, state in pages:
        made = listings(state)
        if page.corrected is None:
            found = [one for one in made if plainly(one, query, chosen)]
            assert page.total == len(found)
            for name, value in VALUES.items():
                assert page.facets[name] == count(made, query, chosen, name, value)
            assert page.facets["network"] == count(made, query, chosen, "network", lambda one: networks(one, chosen))
            assert page.facets["output"] == dict(Counter(answers(one) for one in found))
            prices = [least(one, chosen) for one in found]
            assert page.prices == dict(Counter(price for price in prices if price is not None))
            assert list(page.prices) == sorted(page.prices)


@settings(max_examples=40)
@given(st.lists(values(), min_size=1, max_size=12), queries, filters, st.integers(0, 4))
def test_a_page_with_facets_has_the_rows_of_one_without(
    raw: list[dict[str, Any]], query: str, chosen: Filters, offset: int
) -> None:
    with Catalogue.memory() as catalogue:
        catalogue.add(records(raw), ["x"], 0.0)
        page = catalogue.search(Query(query, chosen, offset, facets=True))
        other = catalogue.search(Query(query, chosen, offset))
        whole = catalogue.select(query, Filters(**{**vars_of(chosen), "limit": None}))
    assert page.rows == other.rows
    assert (page.total, page.ranked, page.corrected) == (other.total, other.ranked, other.corrected)
    if page.corrected is None:
        assert [row.id for row in page.rows] == whole[offset:][: chosen.limit]


VALUES: dict[str, Any] = {
    "category": lambda one: {one.category}, "host": lambda one: {host(one)}, "method": lambda one: {one.method},
    "flag": lambda one: {one.pricing.get("flag") or ""}, "tier": lambda one: {one.raw.get("trust_tier") or ""},
}  # fmt: skip


def records(raw: list[dict[str, Any]]) -> list[Record]:
    return [Record(value, json.dumps(value).encode(), "x") for value in raw]


def answers(listing: Listing) -> str:
    return "yes" if any(offer.hints.get("output") for offer in listing.offers) else "no"


def least(listing: Listing, chosen: Filters) -> Decimal | None:
    """The cheapest price among the offers that are asked for."""
    prices = (dollars(offer) for offer in listing.offers if suits(offer, chosen))
    return min((price for price in prices if price is not None), default=None)


def networks(listing: Listing, chosen: Filters) -> set[str]:
    others = Filters(asset=chosen.asset, price=chosen.price)
    names = {o.network.caip2 if o.network else (o.network_name or "").replace(" ", "_")
             for o in listing.offers if suits(o, others)}  # fmt: skip
    return names - {""}


def count(made: list[Listing], query: str, chosen: Filters, name: str, of: Any) -> dict[str, int]:
    others = Filters(**{**vars_of(chosen), name: ()})
    return dict(Counter(value for one in made if plainly(one, query, others) for value in of(one)))


LISTINGS = Path(__file__).parents[3] / "listings"


@settings(max_examples=40)
@given(queries | st.text(max_size=20), filters, st.none() | st.integers(1, 9), st.integers(0, 3))
def test_a_file_and_a_list_give_the_same_in_the_same_order(
    query: str, chosen: Filters, sample: int | None, seed: int
) -> None:
    chosen = Filters(**{**vars_of(chosen), "sample": sample, "seed": seed})
    assert [listing.slug for listing in select(shelf(), query, chosen)] == [
        shared().get(key).slug for key in shared().select(query, chosen)
    ]


@cache
def shared() -> Catalogue:
    catalogue = Catalogue.memory()
    catalogue.add(read([LISTINGS]), ["x"], 0.0)
    return catalogue


@cache
def shelf() -> tuple[Listing, ...]:
    return tuple(shared())


@pytest.fixture(autouse=True, scope="module")
def _closed() -> Iterator[None]:
    yield
    shared().close()


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_texts_and_queries_are_cut_into_the_same_words(text: str) -> None:
    made = listings([{"slug": "s", "title": text}])
    for word in words(text):
        assert select(made, word) == made
        assert select(made, f'"{word}"') == made
