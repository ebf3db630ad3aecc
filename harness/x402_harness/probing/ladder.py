"""The ladder: a conversation with one endpoint, as a generator that yields requests and is sent exchanges.

It climbs from the plainest request to those that carry more until one is answered with a 402, and asks that one again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

from x402_catalog.rules.registry import Rule
from x402_harness.probing.targets import Rung
from x402_harness.protocol.exchange import Exchange, Request

Conversation = Generator[Request, Exchange, "Talk"]
OVERLOADED = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Step:
    """A rung, and what came of it."""

    rung: Rung
    exchange: Exchange

    @property
    def status(self) -> int | None:
        """The status of the answer; ``None`` if there was none."""
        return self.exchange.response.status if self.exchange.response else None


@dataclass(frozen=True, slots=True)
class Provocation:
    """A request that must be refused: what it ``is``, the rule that it tests, whether it asks for the content."""

    what: str
    rule: Rule
    request: Request
    wants_content: bool = True


@dataclass(frozen=True, slots=True)
class Provoked:
    """A provocation, and what came of it."""

    provocation: Provocation
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said: ``steps`` up the ladder, and the answer to the last of them asked ``again`` if it was a 402."""

    steps: tuple[Step, ...]
    again: Exchange | None = None
    provoked: tuple[Provoked, ...] = field(default=())

    @property
    def found(self) -> Step | None:
        """The step that was answered with a 402."""
        return self.steps[-1] if self.steps and self.steps[-1].status == 402 else None

    @property
    def telling(self) -> Step:
        """The step that says most about the endpoint: the 402, or else the answer nearest to one."""
        return self.found or min(self.steps, key=lambda step: _rank(step.status))


def climb(rungs: Iterable[Rung]) -> Conversation:
    """Try ``rungs`` until one is answered with a 402; an endpoint that does not answer is not asked differently."""
    steps: list[Step] = []
    for rung in rungs:
        step = Step(rung, (yield rung.request))
        steps.append(step)
        if step.status == 402:
            return Talk(tuple(steps), again=(yield rung.request))
        if step.status is None or step.status in OVERLOADED:
            break
    return Talk(tuple(steps))


def _rank(status: int | None) -> int:
    # What a handler says tells more than what a router says; no answer tells most, and ended the climb.
    if status is None or status in OVERLOADED:
        return 0
    if status < 300:
        return 1
    if status in {400, 413, 415, 422}:
        return 2
    if status in {401, 403}:
        return 3
    return 4 if status < 400 or status >= 500 else 5
