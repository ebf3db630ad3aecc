"""The truth sheet: every leaf of a listing as a claim, with its verdict and the evidence for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from x402_catalog.claims.prose import in_prose
from x402_catalog.claims.statements import About, Statement, path_below, statement
from x402_catalog.findings import shown
from x402_catalog.models import Json, Listing, member, pointer, steps
from x402_catalog.rules.judge import Evidence, Judgement, Verdict

# What a judgement must rest on to hold a claim about each subject. Simulated evidence is in none of them: a seller
# that was made from the listing cannot confirm what the listing says of the real one.
_HOLDS = {
    About.LISTING: frozenset({Evidence.LISTING, Evidence.CATALOGUE, Evidence.PROBED, Evidence.PAID}),
    About.CATALOGUE: frozenset({Evidence.CATALOGUE}),
    About.SELLER: frozenset({Evidence.PROBED, Evidence.PAID}),
    About.ANSWER: frozenset({Evidence.PAID}),
    About.NOBODY: frozenset(Evidence) - {Evidence.SIMULATED},
}
_NEEDS = {
    About.LISTING: "no rule decides it yet",
    About.CATALOGUE: "needs the other listings of its catalogue",
    About.SELLER: "needs the seller's endpoint: a probe or a purchase",
    About.ANSWER: "needs a purchase from the seller's endpoint",
    About.NOBODY: "",
}
_RANK = tuple(Evidence)


@dataclass(frozen=True, slots=True)
class Claim:
    """One leaf: what it says, the verdict with its ``reason``, the deciding ``rule`` and ``evidence``.

    ``simulated`` is what a sandbox seller made from the listing did, which decides nothing about the real one.
    """

    pointer: str
    value: Any
    statement: str
    section: str
    about: About
    verdict: Verdict
    reason: str
    rule: str | None
    evidence: Evidence | None
    simulated: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """A JSON object with every member."""
        return {
            "pointer": self.pointer,
            "value": self.value,
            "statement": self.statement,
            "section": self.section,
            "about": str(self.about),
            "verdict": str(self.verdict),
            "reason": self.reason,
            "rule": self.rule,
            "evidence": str(self.evidence) if self.evidence else None,
            "simulated": self.simulated,
        }


def truth_sheet(listing: Listing, judgements: Iterable[Judgement]) -> tuple[Claim, ...]:
    """One claim for every leaf of the listing, in document order."""
    index = _Index(judgements)
    return tuple(_claim(path, value, index, listing.raw) for path, value in leaves(listing.raw))


def totals(claims: Iterable[Claim]) -> dict[str, int]:
    """How many claims got each verdict; every verdict is named."""
    counts = Counter(str(claim.verdict) for claim in claims)
    return {str(verdict): counts[str(verdict)] for verdict in Verdict}


def leaves(value: Json) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """Every leaf with its path: scalars, and empty objects and arrays, in document order."""
    stack: list[tuple[tuple[str | int, ...], Json]] = [((), value)]
    while stack:
        path, node = stack.pop()
        if isinstance(node, dict) and node:
            stack.extend(((*path, key), node[key]) for key in reversed(node))
        elif isinstance(node, list) and node:
            stack.extend(((*path, index), node[index]) for index in range(len(node) - 1, -1, -1))
        else:
            yield path, node


class _Index:
    def __init__(self, judgements: Iterable[Judgement]) -> None:
        self._at: dict[tuple[str, ...], list[Judgement]] = {}
        for judgement in judgements:
            self._at.setdefault(tuple(steps(judgement.pointer)), []).append(judgement)

    def over(self, path: tuple[str, ...]) -> list[Judgement]:
        # A judgement speaks for everything below its pointer, except the document as a whole.
        found: list[Judgement] = []
        for depth in range(len(path), 0, -1):
            found.extend(self._at.get(path[:depth], ()))
        return found


def _claim(path: tuple[str | int, ...], value: Json, index: _Index, document: Json) -> Claim:
    texts = tuple(map(str, path))
    said = _said(path, texts, value, document)
    judgements = index.over(texts)
    verdict, reason, decider = _verdict(said, judgements)
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    return Claim(
        pointer=pointer(*path),
        value=shown(value, 200),
        statement=said.text.format(value=_worded(value), name=name, path=path_below(said, texts)),
        section=said.section,
        about=said.about,
        verdict=verdict,
        reason=reason,
        rule=decider.rule if decider else None,
        evidence=decider.evidence if decider else None,
        simulated=_simulated(judgements),
    )


def _said(path: tuple[str | int, ...], texts: tuple[str, ...], value: Json, document: Json) -> Statement:
    described = texts[-1:] == ("description",) and in_prose(texts, value, member(document, *path[:-1]))
    return described or statement(texts)


def _verdict(said: Statement, judgements: list[Judgement]) -> tuple[Verdict, str, Judgement | None]:
    real = [judgement for judgement in judgements if judgement.evidence is not Evidence.SIMULATED]
    if wrong := _strongest(real, Verdict.CONTRADICTED):
        return Verdict.CONTRADICTED, wrong.detail, wrong
    sufficient = [judgement for judgement in real if judgement.evidence in _HOLDS[said.about]]
    if right := _strongest(sufficient, Verdict.HELD):
        return Verdict.HELD, right.detail, right
    if said.about is About.NOBODY:
        return Verdict.UNCHECKABLE, said.reason, None
    if undecided := _strongest(sufficient, Verdict.NOT_TESTED):
        return Verdict.NOT_TESTED, undecided.detail, undecided
    return Verdict.NOT_TESTED, _NEEDS[said.about] + _within(real), None


def _within(real: list[Judgement]) -> str:
    held = _strongest(real, Verdict.HELD)
    return f"; within the listing it agrees ({held.rule})" if held else ""


def _strongest(judgements: list[Judgement], verdict: Verdict) -> Judgement | None:
    matching = [judgement for judgement in judgements if judgement.verdict is verdict]
    return max(matching, key=lambda judgement: _RANK.index(judgement.evidence), default=None)


def _simulated(judgements: list[Judgement]) -> str | None:
    mine = [judgement for judgement in judgements if judgement.evidence is Evidence.SIMULATED]
    if not mine:
        return None
    worst = _strongest(mine, Verdict.CONTRADICTED) or mine[0]
    return f"{worst.verdict} in simulation ({worst.rule})"


def _worded(value: Json) -> str:
    if isinstance(value, str):
        return str(shown(value, 120))
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in ([], {}) else str(shown(value, 120))
