"""RESP021 and RESP022: as many items as were asked for, and no text longer than was said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from x402_catalog.findings import Level
from x402_catalog.hints.suggestions import Kind, read
from x402_catalog.rules.registry import rule
from x402_harness.checks.content.asking import Basis
from x402_harness.checks.content.encoded import DEFAULT
from x402_harness.checks.content.files import base64_claim, is_data_url
from x402_harness.checks.content.spots import Spot
from x402_harness.checks.content.subject import ContentCheck, Subject
from x402_harness.checks.content.wishes import Aim, Wish
from x402_harness.protocol.exchange import Leg

COUNT = rule(
    "RESP021",
    Level.WARNING,
    "answer holds another number of items than asked for",
    why="The buyer paid for a number of things and got fewer, or asked for at most so many and got more.",
    basis="hints.input (n, count, limit, page_size and the like)",
    mend="Answer with as many items as the request asks for.",
)
EXTENT = rule(
    "RESP022",
    Level.WARNING,
    "answer breaks a bound that its description states",
    why="The listing says in words how long or how many, and a buyer has made room for that much.",
    basis="hints.output (description), hints.input (max_tokens and the like)",
    mend="Keep the bound, or describe the one that is kept.",
)
_GENERIC = frozenset({"", "results", "result", "items", "records", "rows", "entries", "outputs", "hits", "matches"})
_MEDIA = re.compile(r"\b(?:image|picture|photo|audio|video|data url)\b", re.I)
_ITEMS = re.compile(
    r"\b(?:max(?:imum)?(?: of)?|up to|at most|no more than)\s+(\d{1,6})\s+(?:items|entries|results|elements)\b", re.I
)
_ANSWERS = re.compile(r"(?:.*_)?(?:text|content|response|completion|answer|output|summary|result)")
_TOKENS = re.compile(r"max_(?:(?:new|output|completion|response)_)?tokens|max_words")


def counts(subject: Subject) -> None:
    """The list that a field speaks of has as many items as it asks for."""
    wanted = [wish for wish in subject.wishes if wish.aim in (Aim.COUNT, Aim.LIMIT)]
    exact = {wish.field.name for wish in wanted if wish.aim is Aim.COUNT}
    for wish in wanted:
        found = list_for(wish, subject.spots)
        if found is not None:
            _judge(subject, wish, found)
    if not exact:
        _empty(subject)


def _judge(subject: Subject, wish: Wish, spot: Spot) -> None:
    number, wanted = len(spot.value), int(wish.value)
    least = wish.least if wish.aim is Aim.COUNT else 0
    left_out = wish.field.basis is not Basis.SENT
    if least <= number <= wanted:
        subject.scene.held(DEFAULT if left_out else COUNT, wish.field.claim)
        return
    few = f"{wanted}" if wish.aim is Aim.COUNT else f"at most {wanted}"
    why = f"{wish.field.name} is left out, which means {few}" if left_out else f"{wish.field.name} asks for {few}"
    subject.scene.broken(
        DEFAULT if left_out else COUNT, Leg.PAID, f"{spot.at or '/'}: {number} items, where {why}",
        observed=number, expected=wanted, pointer=wish.field.claim,
    )  # fmt: skip


def list_for(wish: Wish, spots: tuple[Spot, ...]) -> Spot | None:
    """The list that a wish is about: the one that bears its name, or else the only one near the top."""
    lists = [spot for spot in spots if isinstance(spot.value, list) and spot.depth <= 2 and not spot.is_item]
    named = [spot for spot in lists if wish.thing and _is_called(spot.words, wish.thing)]
    if len(named) == 1:
        return named[0]
    top = [spot for spot in lists if spot.depth <= 1]
    may_be_any = wish.thing in _GENERIC or wish.field.words in ("n", "limit") or _says_images(wish, top)
    return top[0] if len(top) == 1 and len(lists) == 1 and may_be_any else None


def _is_called(words: str, thing: str) -> bool:
    return words == thing or words.rstrip("s") == thing.rstrip("s")


def _says_images(wish: Wish, lists: list[Spot]) -> bool:
    return wish.thing.rstrip("s") in ("image", "picture", "photo", "variation", "sample", "video") and bool(lists)


def _empty(subject: Subject) -> None:
    """A list that is there to carry files carries one at least."""
    for spot in subject.spots:
        if spot.value == [] and spot.depth <= 1 and (item := _carrier(spot)) is not None:
            subject.scene.broken(
                COUNT, Leg.PAID, f"{spot.at or '/'}: no item, where each would hold what was bought", observed=0,
                pointer=item,
            )  # fmt: skip


def _carrier(spot: Spot) -> str | None:
    """Where the items of a list are said to hold files."""
    for view in spot.views:
        item = view.item()
        if item is None:
            continue
        alternatives = [item.schema]
        for key in ("anyOf", "oneOf"):
            found = item.schema.get(key)
            alternatives += [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        for schema in alternatives:
            for name, child in _members(schema):
                told = Spot(name, "", "", (type(view)(child, item.place),))
                if (base64_claim(told) and _MEDIA.search(told.text)) or any(is_data_url(str(x)) for x in told.examples):
                    return item.place
    return None


def _members(schema: dict[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    members = schema.get("properties")
    for name, child in members.items() if isinstance(members, dict) else ():
        if isinstance(child, dict):
            yield name, child


def extents(subject: Subject) -> None:
    """Texts and lists keep the bounds that their descriptions state."""
    for spot in subject.spots:
        if isinstance(spot.value, (str, list)) and spot.prose and spot.views:
            _bounded(subject, spot)


def _bounded(subject: Subject, spot: Spot) -> None:
    most = _stated_length(spot.text) if isinstance(spot.value, str) else _stated_items(spot.text)
    if most is None or spot.prose is None:
        return
    if len(spot.value) > most:
        unit = "characters" if isinstance(spot.value, str) else "items"
        subject.scene.broken(
            EXTENT, Leg.PAID, f"{spot.at}: {len(spot.value)} {unit}, described as at most {most}",
            observed=len(spot.value), expected=most, pointer=spot.prose,
        )  # fmt: skip
    else:
        subject.scene.held(EXTENT, spot.prose)


def _stated_length(text: str) -> int | None:
    said = read(text, {"type": "string"})
    return next((value for kind, value, _ in said if kind is Kind.MAXIMUM and type(value) is int and value > 0), None)


def _stated_items(text: str) -> int | None:
    match = _ITEMS.search(text)
    return int(match[1]) if match else None


def words(subject: Subject) -> None:
    """No text has more words than tokens or words were allowed: a token is no more than a word."""
    field = next((f for f in subject.fields if _TOKENS.fullmatch(f.words) and f.basis is Basis.SENT), None)
    if field is None or field.is_unused or type(field.value) is not int or field.value < 1:
        return
    told = (spot for spot in subject.spots if isinstance(spot.value, str) and _ANSWERS.fullmatch(spot.words))
    texts = [spot for spot in told if not any(spot.value == f.value for f in subject.fields)]
    for spot in texts:
        number = len(spot.value.split())
        if number > field.value:
            subject.scene.broken(
                EXTENT, Leg.PAID, f"{spot.at or '/'}: {number} words, where {field.name} is {field.value}",
                observed=number, expected=field.value, pointer=field.claim,
            )  # fmt: skip
            return
    if texts:
        subject.scene.held(EXTENT, field.claim)


CHECKS: tuple[ContentCheck, ...] = (counts, extents, words)
