"""A catalogue with known faults: each listing that has some says which, so that an audit can be marked.

Categories are noisy, as real ones are: in each, things are sold whose prices are decades apart. Faults never overlap.
Outliers are 15 to 60 times off, since a price a hundred or a thousand times off is what a slip looks like.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
SHARE = 0.06  # of listings that get a fault

# Category, the words of the title, typical dollars, method, media type.
_THEMES = (
    ("media", "image generation", 0.03, "POST", "image/png"),
    ("media", "image upscaling", 0.02, "POST", "image/png"),
    ("media", "video clip rendering", 0.8, "POST", "video/mp4"),
    ("media", "speech synthesis", 0.015, "POST", "audio/mpeg"),
    ("media", "podcast chapters", 0.1, "POST", "application/json"),
    ("media", "logo design", 0.5, "POST", "image/png"),
    ("data", "weather forecast", 0.002, "GET", "application/json"),
    ("data", "company report", 1.5, "GET", "application/json"),
    ("data", "domain whois", 0.004, "GET", "application/json"),
    ("data", "flight offers", 0.02, "GET", "application/json"),
    ("data", "patent search", 0.2, "GET", "application/json"),
    ("data", "news headlines", 0.005, "GET", "application/json"),
    ("finance", "token price", 0.001, "GET", "application/json"),
    ("finance", "wallet portfolio", 0.01, "GET", "application/json"),
    ("finance", "gas estimate", 0.001, "GET", "application/json"),
    ("finance", "option greeks", 0.05, "GET", "application/json"),
    ("finance", "credit memo", 2.0, "POST", "application/json"),
    ("finance", "yield comparison", 0.02, "GET", "application/json"),
    ("ai", "text translation", 0.006, "POST", "application/json"),
    ("ai", "document summary", 0.04, "POST", "application/json"),
    ("ai", "spam moderation", 0.002, "POST", "application/json"),
    ("ai", "code review", 0.3, "POST", "application/json"),
    ("ai", "legal drafting", 1.2, "POST", "application/json"),
    ("ai", "sentiment scoring", 0.004, "POST", "application/json"),
)
_FILLER = """
    accurate aggregated annotated archived audited available batched benchmarked bounded broad cached checked
    clean compact complete concise configurable consistent continuous curated custom daily decoded dense detailed
    deterministic direct discovered documented durable dynamic elastic encrypted enriched exact extended fair fast
    filtered fine fresh global grouped guided handy hourly indexed instant intelligent interactive isolated joined
    labelled layered lean linked live local managed mapped matched measured merged minimal mirrored modern modular
    monitored native neutral noisy normal observed offline open optimised ordered original paired parsed partial
    pinned plain portable precise predicted premium private proven public quick ranked rapid raw refined regional
    related reliable resolved reviewed rich robust rolling safe sampled scored secure selected semantic signed simple
    smart sorted sourced sparse stable streaming strict structured synced tagged tested timely tiny traced tracked
    trusted tuned typed unified unique updated useful validated verified versioned warm weekly weighted wide
""".split()  # noqa: SIM905  # a hundred words read best as text
_WORDS = {
    theme: [f"{word}{ending}" for word in theme.split() for ending in ("", "s", "ing", "er", "kit")]
    for _, theme, *_ in _THEMES
}

Json = dict[str, Any]


@dataclass
class Labelled:
    """Listings in their order, and the faults: ``(rule, slug)`` of each listing that one is about. ``unknown`` are
    slugs of which it is not known."""

    listings: list[Json] = field(default_factory=list)
    faults: set[tuple[str, str]] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)


def catalogue(count: int, seed: int) -> Labelled:
    """About ``count`` listings; the same for the same seed."""
    chance = random.Random(seed)
    made = Labelled()
    for number in range(count):
        made.listings.append(_listing(number, chance))
    for listing in chance.sample(made.listings, round(count * SHARE)):
        chance.choice(_FAULTS)(made, listing, chance)
    chance.shuffle(made.listings)
    return made


def perturbed(price: int, chance: random.Random) -> Iterator[tuple[str, int]]:
    """One wrong price for a right one (atomic units), with the rule that should find it."""
    yield chance.choice(_WRONG)(price, chance)


def _listing(number: int, chance: random.Random) -> Json:
    category, theme, dollars, method, mime = chance.choice(_THEMES)
    host = f"api.{chance.choice(_FILLER)}{number % 613}.example"
    words = [*chance.choices(_FILLER, k=chance.randint(14, 24)), *chance.sample(_WORDS[theme], k=4), *theme.split()]
    chance.shuffle(words)
    path = f"v1/{theme.replace(' ', '-')}/{chance.choice(_FILLER)}-{_letters(number)}"
    atomic = _rounded(dollars * 10 ** chance.gauss(0, 0.2))
    return {
        "slug": f"{host.replace('.', '-')}-{path.replace('/', '-')}",
        "title": f"{chance.choice(_FILLER)} · {theme}",
        "url": f"https://{host}/{path}",
        "category": category,
        "summary": " ".join(words),
        "pricing_sanity": {"flag": "unknown", "median_category_atomic": 0},
        "accepts": [
            {
                "scheme": "exact", "network": "base", "pay_to": f"0x{chance.getrandbits(160):040x}", "asset": USDC,
                "max_amount_required_atomic": str(atomic), "max_timeout_seconds": 60, "mime_type": mime,
                "hints": {"input": {"type": "http", "method": method, "queryParams": {}}, "output": {"type": "object"}},
            }
        ],
    }  # fmt: skip


def _letters(number: int) -> str:
    return "".join(chr(97 + int(digit)) for digit in str(number))


def _rounded(dollars: float) -> int:
    return _two_digits(dollars * 1_000_000)


def _two_digits(atomic: float) -> int:
    # People ask round prices, wrong ones too.
    return max(1, int(float(f"{atomic:.1e}")))


def _slip_up(price: int, chance: random.Random) -> tuple[str, int]:
    return "PRICE022", price * 10 ** chance.choice((3, 6, 12))


def _slip_down(price: int, chance: random.Random) -> tuple[str, int]:
    # What the asset cannot divide is no price.
    return ("PRICE022", price // 1000) if price % 1000 == 0 else _slip_up(price, chance)


def _cents(price: int, chance: random.Random) -> tuple[str, int]:
    return ("PRICE022", price * 100) if price % 10_000 == 0 else _slip_up(price, chance)


def _dear(price: int, chance: random.Random) -> tuple[str, int]:
    wrong = _two_digits(price * chance.uniform(18, 55))
    # Whole dollars may be cents given as dollars as well, and nobody could say which: ten cents more.
    return "PRICE020", wrong + (100_000 if wrong % 1_000_000 == 0 else 0)


def _cheap(price: int, chance: random.Random) -> tuple[str, int]:
    return "PRICE021", _two_digits(price / chance.uniform(18, 55))


_WRONG = (_slip_up, _slip_up, _slip_down, _cents, _dear, _cheap)


def _wrong_price(made: Labelled, listing: Json, chance: random.Random) -> None:
    offer = listing["accepts"][0]
    ((rule, wrong),) = perturbed(int(offer["max_amount_required_atomic"]), chance)
    offer["max_amount_required_atomic"] = str(wrong)
    made.faults.add((rule, listing["slug"]))


def _copy(listing: Json, **changes: Any) -> Json:
    return {**listing, "accepts": [dict(offer) for offer in listing["accepts"]], **changes}


def _moved(listing: Json, chance: random.Random, *, payee: bool) -> Json:
    host = f"mirror-{chance.getrandbits(32):08x}.example"
    url = f"https://{host}/{listing['url'].split('/', 3)[3]}"
    copy = _copy(listing, url=url, slug=f"{listing['slug']}-{host.partition('.')[0]}")
    if payee:
        copy["accepts"][0]["pay_to"] = f"0x{chance.getrandbits(160):040x}"
    return copy


def _listed_twice(made: Labelled, listing: Json, chance: random.Random) -> None:
    host, path = listing["url"].removeprefix("https://").split("/", 1)
    url = chance.choice((f"{host}/{path}/", f"{host.upper()}/{path}", f"{host}:443/{path}"))
    again = _copy(listing, url=f"https://{url}", slug=listing["slug"] + "-again", summary="An older text.")
    _add(made, "DUP001", listing, [again])


def _exact_copy(made: Labelled, listing: Json, chance: random.Random) -> None:
    _add(made, "DUP002", listing, [_moved(listing, chance, payee=True)])


def _mirror(made: Labelled, listing: Json, chance: random.Random) -> None:
    _add(made, "DUP005", listing, [_moved(listing, chance, payee=False)])


def _near_copy(made: Labelled, listing: Json, chance: random.Random) -> None:
    copy = _moved(listing, chance, payee=True)
    words = listing["summary"].split()
    words[-1] = "altogether"
    copy["summary"] = " ".join(words)
    _add(made, "DUP003", listing, [copy])


def _family(made: Labelled, listing: Json, chance: random.Random) -> None:
    members = []
    for _ in range(chance.randint(2, 12)):
        wallet = f"0x{chance.getrandbits(160):040x}"
        members.append(_copy(listing, url=f"{listing['url']}/{wallet}/stats", slug=f"{listing['slug']}-{wallet}"))
    first, *others = members
    made.listings[made.listings.index(listing)] = first
    _add(made, "DUP004", first, others)


def _add(made: Labelled, rule: str, listing: Json, others: list[Json]) -> None:
    made.listings += others
    made.faults |= {(rule, one["slug"]) for one in (listing, *others)}


_FAULTS: tuple[Callable[[Labelled, Json, random.Random], None], ...] = (
    _wrong_price, _wrong_price, _wrong_price, _wrong_price, _listed_twice, _exact_copy, _mirror, _near_copy, _family,
)  # fmt: skip
