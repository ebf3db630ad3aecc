"""The subject: a delivered answer as the checks of its content see it, each part worked out once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from x402_catalog.hints import Declared, RequestShape
from x402_catalog.models import Json
from x402_harness.checks.content.asking import Asked, asked
from x402_harness.checks.content.files import File, NotEncoded, base64_claim, decoded, file_of_data_url, is_data_url
from x402_harness.checks.content.media import sniff
from x402_harness.checks.content.spots import Spot, spots
from x402_harness.checks.content.wishes import Wish, wishes
from x402_harness.checks.context import Scene
from x402_harness.protocol.exchange import Exchange, Response
from x402_harness.protocol.parsing import loads

NOTHING = object()  # no JSON value; null is one


@dataclass
class Subject:
    """A paid answer of success with its scene. ``exchange`` is the paid leg."""

    scene: Scene
    exchange: Exchange
    answer: Response

    @property
    def shape(self) -> RequestShape:
        """The request that the offer declares."""
        return self.scene.judge.request(self.scene.offer)

    @cached_property
    def fields(self) -> tuple[Asked, ...]:
        """What was asked for, field by field."""
        return asked(self.shape, self.scene.purchase.request)

    @cached_property
    def wishes(self) -> tuple[Wish, ...]:
        """What the request asks of the answer."""
        return wishes(self.fields)

    @property
    def is_whole(self) -> bool:
        """Whether the body is there as the seller meant it."""
        return not (self.answer.truncated or self.answer.undecoded) and bool(self.answer.body)

    @property
    def is_json(self) -> bool:
        """Whether the answer says that it is JSON."""
        kind = self.answer.media_type or ""
        return kind == "application/json" or kind.endswith("+json")

    @cached_property
    def value(self) -> Json:
        """The JSON value of the answer, or :data:`NOTHING`."""
        if not self.is_whole or sniff(self.answer.body) is not None:
            return NOTHING
        try:
            return loads(self.answer.body)
        except ValueError:
            return NOTHING

    @cached_property
    def spots(self) -> tuple[Spot, ...]:
        """Every value of a JSON answer beside what is said of it."""
        declared = self.scene.declared
        if self.value is NOTHING or declared.declared not in (Declared.SCHEMA, Declared.EXAMPLE):
            return ()
        return tuple(spots(declared, self.scene.listing, self.value))

    @cached_property
    def files(self) -> tuple[File, ...]:
        """Every file in the answer that can be decoded."""
        return tuple(self._files())

    def _files(self) -> list[File]:
        if self.value is NOTHING:
            shown = sniff(self.answer.body) if self.is_whole and not self.is_json else None
            return [File(self.answer.body, shown, self.answer.media_type)] if shown else []
        found = []
        for spot in self.spots:
            try:
                file = _file(spot)
            except NotEncoded:
                continue
            if file is not None:
                found.append(file)
        return found


def _file(spot: Spot) -> File | None:
    if not isinstance(spot.value, str) or not spot.views:
        return None
    if is_data_url(spot.value):
        return file_of_data_url(spot, spot.value)
    claim = base64_claim(spot)
    if claim is None:
        return None
    data = decoded(spot.value, lenient=claim.is_url_safe)
    return File(data, sniff(data), None, spot)


ContentCheck = Callable[[Subject], None]
