"""The judge: what rules and checks speak to. From it come both the findings and the truth sheet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from x402_catalog.findings import Finding, Level, Location
from x402_catalog.hints import RequestShape, ResponseShape, request_shape, response_shape
from x402_catalog.hints.plain import is_plain
from x402_catalog.jsonschemas import Problem, problem_of, published_checker
from x402_catalog.models import JsonObject, Listing, Offer, mapping
from x402_catalog.rules.registry import Rule

MAX_TOLD = 50  # findings of one rule about one listing; those beyond are counted


class Verdict(StrEnum):
    """What became of a claim."""

    HELD = "held"
    CONTRADICTED = "contradicted"
    NOT_TESTED = "not tested"
    UNCHECKABLE = "uncheckable"


class Evidence(StrEnum):
    """What a judgement rests on, from the weakest about a seller to the strongest."""

    LISTING = "listing"
    CATALOGUE = "catalogue"
    SIMULATED = "simulated"
    PROBED = "probed"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one rule made of everything at or below ``pointer``."""

    pointer: str
    verdict: Verdict
    rule: str
    evidence: Evidence
    detail: str = ""


class Judge(Struct, eq=False):  # made for every listing of a catalogue
    """Takes down what the rules say of one listing.

    ``keep_held`` is for the truth sheet; a run that wants findings alone leaves it off, and what held costs nothing.
    """

    listing: Listing
    evidence: Evidence = Evidence.LISTING
    keep_held: bool = True
    findings: list[Finding] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    page: JsonObject = field(default_factory=dict)
    page_offer: JsonObject = field(default_factory=dict)
    _told: dict[Rule, int] = field(default_factory=dict)
    _words: str | None = None
    _is_well_formed: bool | None = None
    _plain: dict[int, bool] = field(default_factory=dict)
    _requests: dict[int, RequestShape] = field(default_factory=dict)
    _responses: dict[int, ResponseShape] = field(default_factory=dict)
    # With each problem its schema, so that no other object can take its identity.
    _problems: dict[int, tuple[Problem | None, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # The listing's JSON-LD and the offer in it, which a dozen rules look at.
        self.page = mapping(self.listing.raw.get("json_ld"))
        self.page_offer = mapping(self.page.get("offers"))

    @property
    def is_well_formed(self) -> bool:
        """Whether the listing with all its offers and hints satisfies the published schemas, found out once: what is
        well-formed as a whole has no broken part."""
        if self._is_well_formed is None:
            self._is_well_formed = published_checker("listing").is_valid(self.listing.raw)
        return self._is_well_formed

    @property
    def words(self) -> str:
        """Every text of the listing, its page and its offers in one, in lower case: a rule that looks for words can
        tell in one look that none of them is there. What is not ASCII may fold into a word that is not in it."""
        if self._words is None:
            found = _texts(self.listing.raw, self.page)
            try:
                words = "\n".join(found)
            except TypeError:  # one of them is missing or no text
                words = "\n".join([text for text in found if isinstance(text, str)])
            self._words = words.lower()
        return self._words

    def is_plain(self, offer: Offer) -> bool:
        """Whether the offer's hints are plain, so that rules about hints alone need not look at them."""
        known = self._plain.get(offer.index)
        if known is None:
            known = self._plain[offer.index] = is_plain(offer.hints, self.listing.url)
        return known

    def close(self) -> None:
        """Say how many findings of a rule were only counted."""
        for rule, count in self._told.items():
            if (more := count - MAX_TOLD) > 0:
                message = f"and {more} more of these in this listing"
                self.findings.append(rule.finding(message, observed=more, location=self.listing.locate()))

    def request(self, offer: Offer) -> RequestShape:
        """The request that an offer of this listing declares, made once however many rules ask."""
        if offer.index not in self._requests:
            self._requests[offer.index] = request_shape(self.listing, offer)
        return self._requests[offer.index]

    def response(self, offer: Offer) -> ResponseShape:
        """The answer that an offer of this listing declares, made once."""
        if offer.index not in self._responses:
            self._responses[offer.index] = response_shape(self.listing, offer)
        return self._responses[offer.index]

    def schema_problem(self, schema: Any) -> Problem | None:
        """Why a schema of this listing is not usable, found out once."""
        if id(schema) not in self._problems:
            self._problems[id(schema)] = (problem_of(schema), schema)
        return self._problems[id(schema)][0]

    def held(self, rule: Rule, *pointers: str, detail: str = "") -> None:
        """``rule`` looked at these places and they are as claimed."""
        if self.keep_held:
            for pointer in pointers:
                self.judgements.append(Judgement(pointer, Verdict.HELD, rule.code, self.evidence, detail))

    def not_judged(self, rule: Rule, *pointers: str, reason: str) -> None:
        """``rule`` cannot decide these places, and why."""
        if self.keep_held:
            for pointer in pointers:
                self.judgements.append(Judgement(pointer, Verdict.NOT_TESTED, rule.code, self.evidence, reason))

    def contradicted(
        self,
        rule: Rule,
        pointer: str,
        message: str,
        *,
        observed: Any = None,
        expected: Any = None,
        also: tuple[str, ...] = (),
        level: Level | None = None,
        location: Location | None = None,
        key: bool = False,
        help: str | None = None,
    ) -> None:
        """``rule`` found the claim at ``pointer`` (and those at ``also``) wrong: a finding and its judgements."""
        self.remark(
            rule, pointer, message,
            observed=observed, expected=expected, level=level, location=location, key=key, help=help,
        )  # fmt: skip
        for place in (pointer, *also):
            self.judgements.append(Judgement(place, Verdict.CONTRADICTED, rule.code, self.evidence, message))

    def remark(
        self,
        rule: Rule,
        pointer: str,
        message: str,
        *,
        observed: Any = None,
        expected: Any = None,
        level: Level | None = None,
        location: Location | None = None,
        key: bool = False,
        help: str | None = None,
    ) -> None:
        """A finding that contradicts no claim: unwise, or worth knowing. Beyond :data:`MAX_TOLD` of one rule they are
        only counted."""
        count = self._told[rule] = self._told.get(rule, 0) + 1
        if count > MAX_TOLD:
            return
        place = location or self.listing.locate(pointer, key=key)
        self.findings.append(
            rule.finding(message, observed=observed, expected=expected, location=place, level=level, help=help)
        )


def _texts(raw: JsonObject, page: JsonObject) -> list[Any]:
    seo, origin, cases, offers = raw.get("seo"), raw.get("origin"), raw.get("use_cases"), raw.get("accepts")
    summary, described = raw.get("summary"), page.get("description")
    found = [raw.get("title"), summary]
    if isinstance(seo, dict):
        found.append(seo.get("title"))
        if (stated := seo.get("description")) != summary:  # mostly it is the same, which need not be searched twice
            found.append(stated)
    if described != summary and described != found[-1]:
        found.append(described)
    if isinstance(origin, dict):
        found.append(origin.get("title"))
    if isinstance(cases, list):
        found += cases
    if isinstance(offers, list):
        found += [offer["description"] for offer in offers if isinstance(offer, dict) and "description" in offer]
    return found
