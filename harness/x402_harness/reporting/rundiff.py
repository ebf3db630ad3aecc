"""Two runs side by side: what was found anew, what is gone, which claims changed their verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from x402_catalog.findings import Finding, Identity
from x402_harness.reporting.figures import latencies, percentile
from x402_harness.reporting.view import RunView


@dataclass(frozen=True, slots=True)
class Turned:
    """A claim that has another verdict than before; ``None`` where there was no such claim."""

    slug: str
    pointer: str
    statement: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class RunDiff:
    """``new`` and ``gone`` findings, how many were ``kept``, claims that ``turned``, ``figures`` before and after."""

    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    kept: int
    turned: tuple[Turned, ...]
    figures: dict[str, tuple[Any, Any]]

    def to_dict(self) -> dict[str, Any]:
        """As the JSON document holds it."""
        return {
            "new": [finding.to_dict() for finding in self.new],
            "gone": [finding.to_dict() for finding in self.gone],
            "kept": self.kept,
            "claims": [{name: getattr(one, name) for name in Turned.__slots__} for one in self.turned],
            "figures": {name: {"before": before, "after": after} for name, (before, after) in self.figures.items()},
        }


def compare_runs(before: RunView, after: RunView) -> RunDiff:
    """What is different in ``after``. Findings are the same if they have one identity, however they are worded."""
    old, new = _identified(before), _identified(after)
    counted_old, counted_new = Counter(identity for identity, _ in old), Counter(identity for identity, _ in new)
    told_before, told_after = _figures(before), _figures(after)
    return RunDiff(
        tuple(_beyond(new, counted_old)),
        tuple(_beyond(old, counted_new)),
        sum((counted_old & counted_new).values()),
        tuple(_turned(before, after)),
        {name: (told_before[name], told_after[name]) for name in told_before},
    )


def _identified(view: RunView) -> list[tuple[Identity, Finding]]:
    accepted = {id(finding) for finding, _ in view.suppressed}
    return [(told.identity, told.finding) for told in view.told if id(told.finding) not in accepted]


def _beyond(found: list[tuple[Identity, Finding]], others: Counter[Identity]) -> Iterator[Finding]:
    left = Counter(others)
    for identity, finding in found:
        if left[identity] > 0:
            left[identity] -= 1
        else:
            yield finding


def _turned(before: RunView, after: RunView) -> Iterator[Turned]:
    old, new = _claims(before), _claims(after)
    for key in dict.fromkeys([*old, *new]):
        was, now = old.get(key, {}), new.get(key, {})
        if was.get("verdict") != now.get("verdict"):
            statement = (now or was)["statement"]
            yield Turned(key[0], key[1], statement, was.get("verdict"), now.get("verdict"))


def _claims(view: RunView) -> dict[tuple[str, str, int], dict[str, Any]]:
    found: dict[tuple[str, str, int], dict[str, Any]] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for listing in view.listings.values():
        for claim in listing.claims:
            key = str(listing.about["slug"]), str(claim["pointer"])
            seen[key] += 1
            found[(*key, seen[key])] = claim
    return found


def _figures(view: RunView) -> dict[str, Any]:
    summary = view.summary
    p95 = percentile(latencies(view), 95)
    bought = summary.get("purchases") or {}
    counts = {name: bought.get(name, 0) for name in ("planned", "settled", "refused", "unknown", "unsold")}
    levels = {f"{name}s": view.levels[name] for name in ("error", "warning", "info")}
    return {
        "exit_code": view.exit_code, "listings": len(view.listings), **counts, **levels,
        "p95_seconds": None if p95 is None else round(p95, 3),
    }  # fmt: skip
