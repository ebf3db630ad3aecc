"""The judge: what rules and checks speak to. From it come both the findings and the truth sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from x402_catalog.findings import Finding, Level, Location
from x402_catalog.hints import RequestShape, ResponseShape, request_shape, response_shape
from x402_catalog.jsonschemas import Problem, problem_of
from x402_catalog.models import Listing, Offer
from x402_catalog.rules.registry import Rule


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


@dataclass(slots=True)
class Judge:
    """Takes down what the rules say of one listing.

    ``keep_held`` is for the truth sheet; a run that wants findings alone leaves it off, and what held costs nothing.
    """

    listing: Listing
    evidence: Evidence = Evidence.LISTING
    keep_held: bool = True
    findings: list[Finding] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    _requests: dict[int, RequestShape] = field(default_factory=dict)
    _responses: dict[int, ResponseShape] = field(default_factory=dict)
    # With each problem its schema, so that no other object can take its identity.
    _problems: dict[int, tuple[Problem | None, Any]] = field(default_factory=dict)

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
        """A finding that contradicts no claim: unwise, or worth knowing."""
        place = location or self.listing.locate(pointer, key=key)
        self.findings.append(
            rule.finding(message, observed=observed, expected=expected, location=place, level=level, help=help)
        )
