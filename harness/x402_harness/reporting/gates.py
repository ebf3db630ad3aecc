"""Gates: what a run must pass. Each says what it asks, what was found and how much it looked at.

Some are of every run; thresholds are gates that were asked for, and one that evaluated nothing fails: nobody who asks
for a p95 of two seconds means a run in which nothing was bought. The exit code follows from the gates that failed,
never from the reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from x402_catalog.findings import Level
from x402_harness.policy import MICROS
from x402_harness.reporting import figures
from x402_harness.reporting.rows import dollars
from x402_harness.reporting.view import RunView
from x402_harness.runs.outcome import Exit, worst


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a run is asked to keep; ``None`` where nothing is asked.

    ``fail_on`` is the mildest level of finding that fails it, ``max_p95`` seconds of a purchase, ``min_coverage`` per
    cent of the levels of its requests, ``max_spend`` millionths of a dollar.
    """

    fail_on: Level | None = Level.ERROR
    max_p95: Decimal | None = None
    min_coverage: Decimal | None = None
    max_spend: int | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: its ``name``, what it ``asks``, what was ``observed``, over how many things, and whether it ``passed``.
    ``exit`` is the exit code that it asks for if not."""

    name: str
    asks: str
    observed: str
    evaluated: int
    passed: bool
    exit: Exit

    def to_dict(self) -> dict[str, Any]:
        """As events and reports hold it."""
        told = {"name": self.name, "asks": self.asks, "observed": self.observed, "evaluated": self.evaluated}
        return {**told, "passed": self.passed, "exit_code": int(self.exit)}


Asked = Callable[[RunView], Iterable[Gate]]  # the gates of a command's own, for a run that a baseline was held to


def gates(view: RunView, thresholds: Thresholds) -> list[Gate]:
    """Every gate of a run: those of all runs, then the thresholds."""
    return [*_of_every_run(view), *_thresholds(view, thresholds)]


def conclude(
    view: RunView, thresholds: Thresholds, emit: Callable[..., None], more: Asked | None = None
) -> Exit:  # fmt: skip
    """Judge a run: a ``gate`` event for each gate, then the ``verdict``. ``more`` are gates of a command's own."""
    judged = [*gates(view, thresholds), *(more(view) if more is not None else ())]
    code = worst(gate.exit for gate in judged if not gate.passed)
    for gate in judged:
        emit("gate", gate=gate.to_dict())
    emit("verdict", exit_code=int(code), passed=code is Exit.CLEAN)
    return code


def gate_line(gate: dict[str, Any]) -> str:
    """A gate in a line, without its mark: ``max-p95: purchases take at most 2 s at the 95th percentile (0.4 s)``."""
    looked = "" if gate["evaluated"] else ", nothing to evaluate"
    return f"{gate['name']}: {gate['asks']} ({gate['observed']}{looked})"


def _of_every_run(view: RunView) -> Iterator[Gate]:
    summary, listings = view.summary, len(view.listings)
    finished, interrupted = view.ended is not None, bool(summary.get("interrupted"))
    how = "interrupted" if interrupted else "it did" if finished else "the record ends before the run"
    code = Exit.INTERRUPTED if interrupted else Exit.FAULT
    yield Gate("finished", "the run went to its end", how, 1, finished and not interrupted, code)
    yield Gate("tested", "something was tested", f"{listings} listings", listings, listings > 0, Exit.NOTHING)
    faults = summary["faults"]
    yield Gate("faults", "no fault of our own", f"{faults} faults", max(listings, 1), not faults, Exit.FAULT)
    bought = summary["purchases"]
    if planned := bought.get("planned", 0):
        unknown, refused = bought["unknown"], bought["refused"]
        yield Gate(
            "unknown", "no payment of unknown outcome", f"{unknown} of {planned}", planned, not unknown, Exit.UNKNOWN
        )
        yield Gate(
            "guards", "no purchase refused by a guard", f"{refused} of {planned}", planned, not refused, Exit.REFUSED
        )


def _thresholds(view: RunView, thresholds: Thresholds) -> Iterator[Gate]:
    if thresholds.fail_on is not None:
        yield _findings(view, thresholds.fail_on)
    if thresholds.max_p95 is not None:
        yield _p95(view, thresholds.max_p95)
    if thresholds.min_coverage is not None:
        yield _coverage(view, thresholds.min_coverage)
    if thresholds.max_spend is not None:
        yield _spend(view, thresholds.max_spend)


def _findings(view: RunView, level: Level) -> Gate:
    failing = sum(count for name, count in view.levels.items() if Level(name).rank <= level.rank)
    asks = f"no finding of level {level}" + ("" if level is Level.ERROR else " or worse")
    looked = max(len(view.listings), len(view.told))  # a source that cannot be read is a finding of no listing
    return _threshold("fail-on", asks, f"{failing} found", looked, not failing)


def _p95(view: RunView, most: Decimal) -> Gate:
    took = figures.latencies(view)
    p95 = figures.percentile(took, 95)
    asks, observed = f"95 of 100 purchases take at most {most:f} s", "–" if p95 is None else f"{p95:.3f} s"
    # Events hold microseconds; as a float 0.1 would be more than 0.1.
    return _threshold("max-p95", asks, observed, len(took), p95 is not None and Decimal(f"{p95:.6f}") <= most)


def _coverage(view: RunView, least: Decimal) -> Gate:
    (shown, of), percent = figures.covered(view), figures.percent_covered(view)
    passed = percent is not None and percent >= Fraction(least)
    observed = "–" if percent is None else f"{shown} of {of}, {float(percent):.1f} %"
    return _threshold("min-coverage", f"purchases show at least {least:f} % of the levels", observed, of, passed)


def _spend(view: RunView, most: int) -> Gate:
    spent, bought = figures.spent_micro(view), view.summary["purchases"]
    signed = bought.get("settled", 0) + bought.get("unknown", 0)
    observed = "of an asset without a known price" if spent is None else _usd(spent)
    return _threshold(
        "max-spend", f"at most {_usd(most)} is spent", observed, signed, spent is not None and spent <= most
    )


def _threshold(name: str, asks: str, observed: str, evaluated: int, passed: bool) -> Gate:
    return Gate(name, asks, observed, evaluated, passed and evaluated > 0, Exit.FINDINGS if evaluated else Exit.NOTHING)


def _usd(micros: int) -> str:
    return dollars(Decimal(micros) / MICROS)
