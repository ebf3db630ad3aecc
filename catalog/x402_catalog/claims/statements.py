"""Statements: what each kind of leaf says, whom it is about, and which leaves nobody can check.

The first row whose pattern fits a leaf's pointer decides; ``*`` stands for one step, a trailing ``**`` for any rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class About(StrEnum):
    """What would have to be looked at to decide a claim."""

    LISTING = "the listing itself"
    CATALOGUE = "the catalogue"
    SELLER = "the seller"
    ANSWER = "the paid answer"
    NOBODY = "nobody's observation"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a leaf says.

    ``text`` may name ``{value}``, ``{name}`` (the last step that is no index) and ``{path}`` (the steps below the
    pattern, without those that only hold others).
    """

    pattern: tuple[str, ...]
    about: About
    text: str
    section: str
    reason: str = ""  # why it cannot be checked, where ``about`` is nobody


_OPINION = "an opinion: nothing observable decides it"
_PRIVATE = "private: no public source tells"
WORDING = "a wording: no rule reads it"

_L, _C, _S, _A, _N = About.LISTING, About.CATALOGUE, About.SELLER, About.ANSWER, About.NOBODY


def _rows(section: str, *rows: tuple[str, About, str] | tuple[str, About, str, str]) -> tuple[Statement, ...]:
    return tuple(Statement(tuple(row[0].split("/")), row[1], row[2], section, *row[3:]) for row in rows)


STATEMENTS: tuple[Statement, ...] = (
    *_rows(
        "payment terms",
        ("accepts/*/scheme", _S, "payment scheme {value}"),
        ("accepts/*/network", _S, "paid on {value}"),
        ("accepts/*/pay_to", _S, "paid to {value}"),
        ("accepts/*/asset", _S, "paid in the asset {value}"),
        ("accepts/*/max_amount_required_atomic", _S, "costs {value} atomic units"),
        ("accepts/*/max_timeout_seconds", _S, "a payment may take {value} seconds"),
        ("accepts/*/mime_type", _A, "the answer is {value}"),
        ("accepts/*/verified", _C, "verified by the catalogue: {value}"),
        ("accepts/*/description", _N, "described as {value}", WORDING),
        ("accepts/*/price/**", _S, "price {name}: {value}"),
        ("accepts/*/advisoryPriceUsd", _S, "costs about {value} dollars"),
        ("accepts/*/extra/**", _S, "payment detail {name} is {value}"),
        ("accepts", _S, "payment options: {value}"),
        ("x402Version", _S, "speaks version {value} of the protocol"),
        ("error", _N, "unpaid, the seller says {value}", WORDING),
    ),
    *_rows(
        "request",
        ("url", _S, "the endpoint is {value}"),
        ("accepts/*/hints/input/method", _S, "called with {value}"),
        ("accepts/*/hints/input/type", _S, "transport {value}"),
        ("accepts/*/hints/input/**", _S, "request {path}: {value}"),
        ("accepts/*/hints/output/input/**", _S, "request {path}: {value}"),
        ("example_request_body/**", _S, "an accepted request has {path} = {value}"),
        ("example_request_body", _S, "an accepted request is {value}"),
        ("example_prompt", _N, "example prompt {value}", WORDING),
    ),
    *_rows(
        "answer",
        ("accepts/*/hints/output/**", _A, "answer {path}: {value}"),
        ("accepts/*/hints/output", _A, "the answer is declared as {value}"),
        ("accepts/*/hints/**", _S, "hint {path}: {value}"),
        ("extensions/**", _S, "extension {path}: {value}"),
    ),
    *_rows(
        "price",
        ("pricing_sanity/ratio", _L, "{value} times the median of its category"),
        ("pricing_sanity/flag", _L, "flagged {value}"),
        ("pricing_sanity/median_category_atomic", _C, "its category's median is {value} atomic units"),
        ("pricing_sanity/**", _C, "price {name}: {value}"),
        ("pricing_review_required", _L, "price needs review: {value}"),
        ("pricing_decimal_suspect", _L, "price suspected of a decimal slip: {value}"),
        ("json_ld/offers/price", _L, "the page says {value}"),
        ("json_ld/offers/priceSpecification/price", _L, "the page says {value}"),
        ("json_ld/offers/priceSpecification/unitText", _L, "priced per {value}"),
        ("json_ld/offers/priceSpecification/priceCurrency", _L, "priced in {value}"),
        ("json_ld/offers/priceCurrency", _L, "priced in {value}"),
        ("json_ld/offers/additionalProperty/*/value", _L, "the page says {value}"),
        ("json_ld/offers/availability", _S, "availability {value}"),
    ),
    *_rows(
        "identity",
        ("slug", _L, "known as {value}"),
        ("title", _N, "titled {value}", WORDING),
        ("category", _C, "in the category {value}"),
        ("duplicate_cluster_id", _C, "in the duplicate cluster {value}"),
        ("trust_tier", _C, "trust tier {value}"),
        ("generated_at", _C, "as of {value}"),
        ("origin/host", _L, "served by {value}"),
        ("origin/slug", _L, "the server is known as {value}"),
        ("origin/url", _L, "the server is {value}"),
        ("origin/**", _N, "the server's {name} is {value}", WORDING),
        ("json_ld/sameAs", _L, "the page stands for {value}"),
        ("json_ld/identifier", _L, "the page identifies {value}"),
        ("json_ld/potentialAction/target", _L, "the page links to {value}"),
        ("axon_deep_link", _L, "test-buy link {value}"),
        ("json_ld/applicationCategory", _L, "the page's category is {value}"),
        ("json_ld/provider/**", _L, "the page's provider {name} is {value}"),
        ("json_ld/**", _N, "the page's {name} is {value}", WORDING),
    ),
    *_rows(
        "promises in prose",
        ("summary", _N, "{value}", WORDING),
        ("seo/**", _N, "{value}", WORDING),
        ("use_cases/**", _N, "of use to: {value}", _OPINION),
        ("use_cases", _N, "uses: {value}", _OPINION),
        ("ideal_buyer", _N, "made for: {value}", _OPINION),
        ("risk_notes/**", _N, "risk: {value}", _OPINION),
        ("risk_notes", _N, "risks: {value}", _PRIVATE),
    ),
)

OTHER = Statement((), About.NOBODY, "{name}: {value}", "other members", "no rule speaks of this member")


# Steps that hold fields and say nothing themselves.
_HOLDERS = frozenset({"bodyFields", "body", "queryParams", "headerFields", "pathParams", "properties", "items"})


def path_below(said: Statement, steps: tuple[str, ...]) -> str:
    """The steps below a statement's pattern, joined by dots, without those that only hold others."""
    rest = steps[len(said.pattern) - 1 :] if said.pattern and said.pattern[-1] == "**" else ()
    *holding, last = rest or ("",)
    return ".".join([*(step for step in holding if step not in _HOLDERS), last])


def statement(steps: tuple[str, ...]) -> Statement:
    """What the leaf at ``steps`` says."""
    return _statement(tuple("*" if step.isdigit() else step for step in steps))


@lru_cache(maxsize=4096)
def _statement(steps: tuple[str, ...]) -> Statement:
    return next((row for row in STATEMENTS if _fits(row.pattern, steps)), OTHER)


def _fits(pattern: tuple[str, ...], steps: tuple[str, ...]) -> bool:
    if pattern[-1] == "**":
        return len(steps) >= len(pattern) and _fits(pattern[:-1], steps[: len(pattern) - 1])
    return len(pattern) == len(steps) and all(want in ("*", step) for want, step in zip(pattern, steps, strict=True))
