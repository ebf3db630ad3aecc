"""Synthetic listings: varied copies of the reference listing, the same for the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[1] / "listings" / "api-venice-ai-api-v1-images-generations.json"
_WORDS = ("weather", "image", "price", "token", "news", "search", "audio", "map", "chart", "wallet", "trade", "text")
_TYPES = ("string", "integer", "number", "boolean")


def lines(count: int, seed: int = 402) -> Iterator[bytes]:
    """``count`` listings, each a line of compact JSON; half of the output schemas are one of a kind."""
    chance = random.Random(seed)
    base = json.loads(REFERENCE.read_text(encoding="utf-8"))
    for number in range(count):
        yield json.dumps(_varied(base, number, chance), separators=(",", ":")).encode() + b"\n"


def _varied(base: dict, number: int, chance: random.Random) -> dict:
    listing = json.loads(json.dumps(base))
    word, amount = chance.choice(_WORDS), chance.choice((1000, 5000, 10000, 20000, 50000, 250000))
    host = f"api-{number % 997}.{word}.example"
    slug = f"{host.replace('.', '-')}-v1-{word}-{number}"
    text = f"{word} service number {number}: " + " ".join(chance.choices(_WORDS, k=12))
    listing |= {"slug": slug, "title": f"{word} {number}", "url": f"https://{host}/v1/{word}/{number}", "summary": text}
    if number % 10:
        # Nine in ten have nothing to find; the tenth keeps a text that speaks of another unit than its price.
        listing["use_cases"] = [f"Use {word} from a program", f"Compare {word} with others"]
    listing["seo"] = {"title": f"{word} API", "description": text}
    offer = listing["accepts"][0]
    offer["max_amount_required_atomic"] = str(amount)
    offer["pay_to"] = f"0x{chance.getrandbits(160):040x}"
    _vary_hints(offer["hints"], number, chance)
    listing["pricing_sanity"] = {"flag": "normal", "ratio": 0.5, "median_category_atomic": amount * 2}
    _agree(listing, slug, host, amount, text)
    return listing


def _vary_hints(hints: dict, number: int, chance: random.Random) -> None:
    fields = hints["input"]["bodyFields"]
    for name in chance.sample(sorted(fields), k=chance.randint(0, 6)):
        if name != "prompt" and name not in {"n", "size"}:
            del fields[name]
    if number % 2:
        extra = {f"{chance.choice(_WORDS)}_{number}": {"type": chance.choice(_TYPES)} for _ in range(3)}
        hints["output"]["properties"] |= extra


def _agree(listing: dict, slug: str, host: str, amount: int, text: str) -> None:
    page, link = listing["json_ld"], f"https://x402all.com/resource/{slug}"
    dollars = f"{amount // 1_000_000}.{amount % 1_000_000:06d}"
    page |= {"@id": link, "url": link, "name": listing["title"], "identifier": slug, "description": text}
    page["sameAs"] = listing["url"]
    page["offers"] |= {"url": link, "price": dollars}
    page["offers"]["priceSpecification"]["price"] = dollars
    server = {"slug": host.replace(".", "-"), "host": host, "url": f"https://{host}"}
    listing["origin"] |= server
    page["provider"] |= {"@id": f"https://x402all.com/server/{server['slug']}", "url": server["url"]}
    listing["axon_deep_link"] = page["potentialAction"]["target"] = f"https://axon402.com/test-buy?resource={slug}"
