"""What a check sees: one purchase as it went, and the listing that it was made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from x402_catalog.findings import Level, Location
from x402_catalog.hints import ResponseShape
from x402_catalog.models import Listing, Offer
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.registry import Rule
from x402_harness.policy import Expected
from x402_harness.protocol.challenge import Option
from x402_harness.protocol.exchange import Leg, Response, Transcript
from x402_harness.protocol.purchase import Purchase


@dataclass
class Scene:
    """A purchase under check. ``held`` and ``broken`` speak to the judge, placed in the listing and at the leg.

    ``offer``, ``expected`` and ``declared`` are what was planned from the listing; ``example`` says that the request
    was the listing's own example.
    """

    listing: Listing
    offer: Offer
    expected: Expected
    declared: ResponseShape
    example: bool
    purchase: Purchase
    transcript: Transcript
    judge: Judge
    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    @property
    def option(self) -> Option | None:
        """The option that was taken, or else the one that stands for the planned offer."""
        return self.purchase.option or self._counterpart

    @cached_property
    def _counterpart(self) -> Option | None:
        options = self.purchase.challenge.options if self.purchase.challenge else ()
        exact = (option for option in options if self.expected.is_met_by(option))
        same_network = (option for option in options if option.caip2 == self.expected.network)
        return next(exact, None) or next(same_network, None) or next(iter(options), None)

    def response(self, leg: Leg) -> Response | None:
        """The answer on that leg; ``None`` if there was none."""
        exchange = self.transcript.leg(leg)
        return exchange.response if exchange else None

    def head(self, leg: Leg) -> Response | None:
        """The answer on that leg as far as it came: its headers are whole, its body may not be."""
        exchange = self.transcript.leg(leg)
        if exchange is None or exchange.response is not None or exchange.failure is None:
            return exchange.response if exchange else None
        return exchange.failure.partial

    def held(self, rule: Rule, *pointers: str, detail: str = "") -> None:
        """The rule looked and found nothing wrong."""
        self.passed.add(rule.code)
        self.judge.held(rule, *pointers, detail=detail)

    def broken(
        self,
        rule: Rule,
        leg: Leg,
        message: str,
        *,
        observed: Any = None,
        expected: Any = None,
        pointer: str | None = None,
        also: tuple[str, ...] = (),
        level: Level | None = None,
    ) -> None:
        """The rule found something wrong on a leg; ``pointer`` is the claim in the listing that it contradicts."""
        self.failed.add(rule.code)
        place = self._place(leg, pointer)
        if pointer is None:
            self.judge.remark(rule, "", message, observed=observed, expected=expected, level=level, location=place)
        else:
            self.judge.contradicted(
                rule, pointer, message,
                observed=observed, expected=expected, also=also, level=level, location=place,
            )  # fmt: skip

    def _place(self, leg: Leg, pointer: str | None) -> Location:
        found = self.listing.locate(pointer or "")
        return Location(
            listing=self.listing.slug,
            file=found.file,
            line=found.line,
            column=found.column,
            pointer=found.pointer or None,
            url=self.purchase.request.url,
            leg=str(leg),
        )


Check = Callable[[Scene], None]
